//! KC608: a kernel that executes no ELF files.

use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter};
use crate::bytes::escaped;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_ELF_SUPPORT: Cause = Cause {
    code: Code(608),
    name: "no-elf-support",
    stage: Stage::Init,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel lacks BINFMT_ELF, and init is an ELF program or a script for one.",
    explanation: "What the kernel executes is a matter of formats that are built in. Nearly every \
        program of Linux is an ELF file; without CONFIG_BINFMT_ELF each of them is answered with \
        ENOEXEC, -8, whatever is in it. Configurations that begin with tinyconfig or allnoconfig \
        leave it out.",
    fix: "Build with CONFIG_BINFMT_ELF=y.",
    tells: &[
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -8)",
            by: "Linux, init/main.c, without init=",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -8).",
            by: "Linux since 4.0, init/main.c, with init=",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to execute ‹/init› (error -8)",
            by: "Linux, init/main.c, of an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -8)",
            by: "the init that `initramfs build` makes",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Exec format error",
            by: "BusyBox's switch_root, of an initramfs",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux fs/Kconfig.binfmt, BINFMT_ELF",
        "Linux fs/exec.c, search_binary_handler",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.kernel()?;
    let chain = bundle.init()?;
    let program = match (chain, bundle.early_init()?) {
        // The init of an initramfs comes first.
        (_, Some(early)) if early.needs.elf => Some(early),
        (Some(chain), _) => chain.tried.iter().find(|program| program.needs.elf),
        (None, _) => None,
    };
    let Some(program) = program else {
        return Ok(Vec::new());
    };
    if bundle.builds_in("BINFMT_ELF")? {
        return Ok(Vec::new());
    }
    let path = escaped(&program.path);
    let consequence = match (bundle.mounter()?, chain) {
        (Mounter::Kernel, Some(chain)) if chain.requested => {
            format!("The kernel panics with \"Requested init {path} failed (error -8)\".")
        }
        (Mounter::Kernel, _) => format!(
            "The kernel says \"Starting init: {path} exists but couldn't execute it (error -8)\" \
             and panics with \"No working init found\"."
        ),
        _ => format!(
            "The kernel says \"Failed to execute {path} (error -8)\" and panics with \"No working \
             init found\"."
        ),
    };
    Ok(vec![NO_ELF_SUPPORT.finding(
        format!(
            "BINFMT_ELF is not built into this kernel, and {path} is, or needs, an ELF program."
        ),
        consequence,
        "Build with CONFIG_BINFMT_ELF=y.",
    )])
}

/// Every program fails so where the kernel runs no ELF at all.
fn weigh(clues: &Clues) -> Belief {
    match super::formatless(clues) {
        0 => Belief::No,
        _ => Belief::Possible,
    }
}
