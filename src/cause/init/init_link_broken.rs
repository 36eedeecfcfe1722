//! KC603: init is a symbolic link that leads nowhere.

use super::super::{Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::Errno;
use crate::userland::{InitFault, InitTrouble, Trouble};

/// The cause.
pub static INIT_LINK_BROKEN: Cause = Cause {
    code: Code(603),
    name: "init-link-broken",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A symbolic link on the way to init points nowhere or forms a loop.",
    explanation: "/sbin/init is usually a link: to busybox, to OpenRC, to systemd. The kernel \
        follows it inside the mounted root; absolute targets start at the top of that root. A link \
        that was made while the tree was elsewhere points out of it, and a link to a package that \
        is not installed points nowhere. For the kernel, such an init does not exist: it prints \
        nothing about it when it tries its list.",
    fix: "Point the link to a program on the root, or install its target.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -40)",
            by: "Linux, init/main.c, if the links form a loop",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -40).",
            by: "Linux since 4.0, init/main.c, with init=, if the links form a loop",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, if the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, if the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, which prints nothing about such a link without \
                init=",
            says: Says::Perhaps,
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, after its other candidates",
            says: Says::When(super::shell_is_left),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes, with init=",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -40)",
            by: "the init that `initramfs build` makes, if the links form a loop",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, if the link leads through a file",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, in an initramfs",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Symbolic link loop",
            by: "BusyBox's switch_root, in an initramfs and musl, if the links form a loop",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Not a directory",
            by: "BusyBox's switch_root, in an initramfs, if the link leads through a file",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux Documentation/filesystems/path-lookup.rst",
        "Linux init/main.c, try_to_run_init_process",
    ],
    check: Check::Boot,
};

/// The finding about a link that leads nowhere; `then` is what happens.
pub(crate) fn of(trouble: &InitTrouble, then: &str) -> Option<Finding> {
    let InitFault::Program(fault @ Trouble::BrokenLink { lost }) = &trouble.fault else {
        return None;
    };
    let link = lost.links.last().map_or_else(
        || escaped(&trouble.program.path),
        |link| escaped(&link.path),
    );
    let fix = match lost.errno {
        Errno::NotFound => format!(
            "Install {} on the root, or point {link} to a program that exists.",
            escaped(&lost.at)
        ),
        _ => format!("Point {link} to a program that is on the root."),
    };
    Some(INIT_LINK_BROKEN.finding(message(trouble, fault), then, fix))
}
