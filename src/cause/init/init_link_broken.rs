//! KC603: init is a symbolic link that leads nowhere.

use super::super::{Cause, Says, Tell};
use super::{message, refusal};
use crate::bundle::{Bundle, InitFault};
use crate::bytes::escaped;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::Errno;
use crate::userland::Trouble;

/// The cause.
pub static INIT_LINK_BROKEN: Cause = Cause {
    code: Code(603),
    name: "init-link-broken",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init is a symbolic link, or lies behind one, that leads nowhere or in a circle.",
    explanation: "/sbin/init is most often a link: to busybox, to OpenRC, to systemd. The kernel \
        follows it inside the root that it has mounted, absolute targets from the top of that \
        root. A link that was made while the tree lay elsewhere leads out of it, and one to a \
        package that is not installed leads nowhere. To the kernel such an init is not there: it \
        says nothing of it where it goes through its list.",
    fix: "Let the link lead to a program on the root, or install what it leads to.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -40)",
            by: "Linux, init/main.c, where the links go in a circle",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -40).",
            by: "Linux since 4.0, init/main.c, with init=, where the links go in a circle",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, where the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, where the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which says nothing of such a link without init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, behind all that it tried before",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, with init=",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -40)",
            by: "the init that `initramfs build` makes, where the links go in a circle",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, where the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, of an initramfs",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Symbolic link loop",
            by: "BusyBox's switch_root, of an initramfs and musl, where the links go in a circle",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Not a directory",
            by: "BusyBox's switch_root, of an initramfs, where the link leads through a file",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux Documentation/filesystems/path-lookup.rst",
        "Linux init/main.c, try_to_run_init_process",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(trouble) = bundle.init_trouble()? else {
        return Ok(Vec::new());
    };
    let InitFault::Program(fault @ Trouble::BrokenLink { lost }) = &trouble.fault else {
        return Ok(Vec::new());
    };
    let link = lost.links.last().map_or_else(
        || escaped(&trouble.program.path),
        |link| escaped(&link.path),
    );
    let fix = match lost.errno {
        Errno::NotFound => format!(
            "Install {} on the root, or let {link} lead to a program that is there.",
            escaped(&lost.at)
        ),
        _ => format!("Let {link} lead to a program that is on the root."),
    };
    Ok(vec![INIT_LINK_BROKEN.finding(
        message(trouble, fault),
        refusal(bundle, trouble)?,
        fix,
    )])
}
