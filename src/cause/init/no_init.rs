//! KC601: there is no init where one is looked for.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{InitEnd, InitFault, InitTrouble, Trouble};

/// The cause.
pub static NO_INIT: Cause = Cause {
    code: Code(601),
    name: "no-init",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root lacks the program that init= names, or all programs that the kernel tries \
        without it.",
    explanation: "With init= on the command line, the kernel executes only that program. Without \
        it, it tries /sbin/init, /etc/init and /bin/init in this order, and then /bin/sh. If it \
        starts the shell, nothing panics, but no service starts either, and the shell waits for \
        input.\n\nAn initramfs that mounts the root looks for init by its own rules; Alpine's \
        takes init= or /sbin/init.",
    fix: "Install an init on the root, or name an existing program with init=.",
    tells: &[
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -2).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No working init found.",
            by: "Linux since 3.16, init/main.c, without init=; a suggestion follows",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: No init found.",
            by: "Linux before 3.16, init/main.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Run /bin/sh as init process",
            by: "Linux since 5.1, init/main.c, without init=, after its other candidates",
            says: Says::When(shell_is_left),
        },
        Tell {
            text: "Target filesystem doesn't have requested ‹/sbin/init›.",
            by: "the init of initramfs-tools",
            says: Says::When(weigh),
        },
        Tell {
            text: "Cannot find init!",
            by: "dracut without systemd, when it starts init",
            says: Says::When(weigh),
        },
        Tell {
            text: "No init found. Try passing init= bootarg.",
            by: "the init of initramfs-tools, after that",
            says: Says::When(weigh),
        },
        Tell {
            text: "‹path› not found in new root",
            by: "the init of Alpine's initramfs (mkinitfs)",
            says: Says::It,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -20)",
            by: "Linux, init/main.c, without init=, if a parent of it is not a directory",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -20).",
            by: "Linux since 4.0, init/main.c, with init=, if a parent of it is not a directory",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -36)",
            by: "Linux, init/main.c, without init=, if a name in its path is too long",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -36).",
            by: "Linux since 4.0, init/main.c, with init=, if a name in its path is too long",
            says: Says::Mostly,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -117)",
            by: "Linux, init/main.c, without init=, if a directory names a deleted inode",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -117).",
            by: "Linux since 4.0, init/main.c, with init=, if a directory names a deleted inode",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -36)",
            by: "the init that `initramfs build` makes, if a name in its path is too long",
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
            by: "the init that `initramfs build` makes, if a parent of it is not a directory",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': No such file or directory",
            by: "BusyBox's switch_root, in an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Not a directory",
            by: "BusyBox's switch_root, in an initramfs, if a parent of it is not a directory",
            says: Says::Mostly,
        },
        Tell {
            text: "Couldn't execute '‹/sbin/init›'",
            by: "the init of libkrun, init/init.c",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux init/main.c, kernel_init",
        "mkinitfs initramfs-init.in",
    ],
    check: Check::Boot,
};

/// The finding about a root that has no init; `then` is what happens, `elsewhere` the device that holds
/// the system.
pub(crate) fn of(trouble: &InitTrouble, elsewhere: Option<&str>, then: &str) -> Option<Finding> {
    let path = escaped(&trouble.program.path);
    let (message, fix) = match &trouble.fault {
        InitFault::NothingThere => {
            let shell = match trouble.end {
                InitEnd::Shell => ", only /bin/sh",
                _ => " that can be executed, nor such a /bin/sh",
            };
            (
                format!("The root has no /sbin/init, /etc/init or /bin/init{shell}."),
                "Install an init as /sbin/init, or name a program of the root with init=."
                    .to_owned(),
            )
        }
        InitFault::Program(missing @ Trouble::Missing { .. }) => (
            message(trouble, missing),
            format!("Install {path} on the root, or name an existing program with init=."),
        ),
        _ => return None,
    };
    let (message, fix) = match elsewhere {
        Some(device) => (
            format!("{message} The system is on {device}."),
            format!("Use root={device}."),
        ),
        None => (message, fix),
    };
    Some(NO_INIT.finding(message, then, fix))
}

/// The finding about an empty root in memory.
pub(crate) fn of_memory(trouble: &InitTrouble, memory: &str, then: &str) -> Finding {
    NO_INIT
        .finding(
            format!(
                "rootfstype= names {memory}, so that the root is empty, whatever the disk has: \
                 there is no {}.",
                escaped(&trouble.program.path)
            ),
            then,
            format!("Remove rootfstype={memory}."),
        )
        .about(Role::Cmdline)
}

/// The finding about an init that the initramfs starts because what `init=` names is missing.
pub(crate) fn of_replaced(named: &str, other: &[u8]) -> Finding {
    NO_INIT
        .finding(
            format!("The root has no {named} that can be executed."),
            format!(
                "The init of the initramfs starts {} instead.",
                escaped(other)
            ),
            format!("Remove init={named}, or name an existing program with init=."),
        )
        .about(Role::Cmdline)
        .with_severity(Severity::Warn)
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
