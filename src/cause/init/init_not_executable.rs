//! KC602: init is there, and nothing that may be executed.

use super::super::{Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{InitFault, InitTrouble, NotExecutable, Trouble};

/// The cause.
pub static INIT_NOT_EXECUTABLE: Cause = Cause {
    code: Code(602),
    name: "init-not-executable",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init has no execute bit, or is a directory, a device, a pipe or a socket.",
    explanation: "The kernel executes regular files with at least one execute bit. Even the \
        superuser needs one of these bits to execute a file. They get lost if a root is copied \
        through a file system or an archive without them, or if an editor wrote a script that was \
        never made executable.",
    fix: "Set the execute bits with chmod 755.",
    tells: &[
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -13)",
            by: "Linux, init/main.c, without init=",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -13).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -13)",
            by: "the init that `initramfs build` makes",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Permission denied",
            by: "BusyBox's switch_root, in an initramfs",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux fs/exec.c, do_open_execat",
        "Linux fs/namei.c, generic_permission and may_open",
    ],
    check: Check::Boot,
};

/// The finding about a file that is no program; `then` is what happens.
pub(crate) fn of(trouble: &InitTrouble, then: &str) -> Option<Finding> {
    let InitFault::Program(fault @ Trouble::NotExecutable { path, why }) = &trouble.fault else {
        return None;
    };
    let path = escaped(path);
    let fix = match why {
        NotExecutable::NoExecuteBit { .. } => {
            format!("Run chmod 755 on {path} of the root.")
        }
        NotExecutable::Directory | NotExecutable::Special(_) => {
            format!("Put a program at {path}, or name one with init=.")
        }
    };
    Some(INIT_NOT_EXECUTABLE.finding(message(trouble, fault), then, fix))
}
