//! KC601: there is no init where one is looked for.

use super::super::{Belief, Cause, Says, Tell};
use super::{message, refusal};
use crate::bundle::{Bundle, InitEnd, InitFault};
use crate::bytes::escaped;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::Trouble;

/// The cause.
pub static NO_INIT: Cause = Cause {
    code: Code(601),
    name: "no-init",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root lacks the program that init= names, or has none of those that are tried without it.",
    explanation: "With init= on the command line the kernel executes that program and no other. \
        Without it, it tries /sbin/init, /etc/init and /bin/init in this order, and last /bin/sh. \
        Where it is the shell that runs, nothing panics, but nothing of the system comes up \
        either: no service starts, and nobody types into that shell.\n\n\
        An initramfs that mounts the root looks for init by its own rules; Alpine's takes init= or \
        /sbin/init.",
    fix: "Install an init on the root, or name a program that is there by init=.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, without init=; what to try follows",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No init found.",
            by: "Linux before 3.16, init/main.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, behind all that it tried before",
            says: Says::When(shell_is_left),
        },
        Tell {
            text: "Target filesystem doesn't have requested ‹/sbin/init›.",
            by: "the init of initramfs-tools",
            says: Says::When(weigh),
        },
        Tell {
            text: "No init found. Try passing init= bootarg.",
            by: "the init of initramfs-tools, behind that",
            says: Says::When(weigh),
        },
        Tell {
            text: "‹path› not found in new root",
            by: "the init of Alpine's initramfs (mkinitfs)",
            says: Says::It,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, where what leads to it is no directory",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, where what leads to it is no directory",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -36)",
            by: "Linux, init/main.c, without init=, where a name in its path is too long",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -36).",
            by: "Linux since 4.0, init/main.c, with init=, where a name in its path is too long",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -36)",
            by: "the init that `initramfs build` makes, where a name in its path is too long",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -2)",
            by: "the init that `initramfs build` makes",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot find an init on the root",
            by: "the init that `initramfs build` makes, without init=",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -20)",
            by: "the init that `initramfs build` makes, where what leads to it is no directory",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, of an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Not a directory",
            by: "BusyBox's switch_root, of an initramfs, where what leads to it is no directory",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux init/main.c, kernel_init",
        "mkinitfs initramfs-init.in",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(trouble) = bundle.init_trouble()? else {
        return Ok(Vec::new());
    };
    let path = escaped(&trouble.program.path);
    if let Some(memory) = bundle.root_in_memory()? {
        return Ok(vec![
            NO_INIT
                .finding(
                    format!(
                        "rootfstype= names {memory}, so that the root is empty, whatever the disk has: \
                         there is no {path}."
                    ),
                    refusal(bundle, trouble)?,
                    format!("Leave rootfstype={memory} away."),
                )
                .about(Role::Cmdline),
        ]);
    }
    let (message, fix) = match &trouble.fault {
        InitFault::NothingThere => {
            let shell = match trouble.end {
                InitEnd::Shell => ", only /bin/sh",
                _ => " that can be executed, nor such a /bin/sh",
            };
            (
                format!("The root has no /sbin/init, /etc/init or /bin/init{shell}."),
                "Install an init as /sbin/init, or name a program of the root by init=.".to_owned(),
            )
        }
        InitFault::Program(missing @ Trouble::Missing { .. }) => (
            message(trouble, missing),
            format!("Install {path} on the root, or name a program that is there by init=."),
        ),
        _ => return Ok(Vec::new()),
    };
    Ok(vec![NO_INIT.finding(
        message,
        refusal(bundle, trouble)?,
        fix,
    )])
}

/// A program that is there and lacks its interpreter fails with the same error, and without a word
/// where init= is not given.
fn weigh(clues: &Clues) -> Belief {
    let has_other = clues
        .init_failures
        .iter()
        .any(|failure| failure.error != Some(-2));
    if has_other {
        Belief::Possible
    } else {
        Belief::Likely
    }
}

/// A missing init is the likeliest reason for it.
fn shell_is_left(clues: &Clues) -> Belief {
    let has_other = weigh(clues) < Belief::Likely;
    match super::shell_is_left(clues) {
        Belief::Possible if !has_other => Belief::Likely,
        other => other,
    }
}
