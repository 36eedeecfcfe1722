//! KC602: init is there, and nothing that may be executed.

use super::super::{Cause, Says, Tell};
use super::{message, refusal};
use crate::bundle::{Bundle, InitFault};
use crate::bytes::escaped;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{NotExecutable, Trouble};

/// The cause.
pub static INIT_NOT_EXECUTABLE: Cause = Cause {
    code: Code(602),
    name: "init-not-executable",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init has no execute bit, or is a directory, a device, a pipe or a socket.",
    explanation: "The kernel executes regular files of which at least one execute bit is set. The \
        superuser may read and write everything, but to execute a file even it needs one of these \
        bits. They are lost where a root is copied through a file system or an archive that has \
        none, or where a script was written by an editor and never made executable.",
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
            by: "BusyBox's switch_root, of an initramfs",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux fs/exec.c, do_open_execat",
        "Linux fs/namei.c, generic_permission and may_open",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(trouble) = bundle.init_trouble()? else {
        return Ok(Vec::new());
    };
    let InitFault::Program(fault @ Trouble::NotExecutable { path, why }) = &trouble.fault else {
        return Ok(Vec::new());
    };
    let path = escaped(path);
    let fix = match why {
        NotExecutable::NoExecuteBit { .. } => {
            format!("Run chmod 755 on {path} of the root.")
        }
        NotExecutable::Directory | NotExecutable::Special(_) => {
            format!("Put a program in the place of {path}, or name one by init=.")
        }
    };
    Ok(vec![INIT_NOT_EXECUTABLE.finding(
        message(trouble, fault),
        refusal(bundle, trouble)?,
        fix,
    )])
}
