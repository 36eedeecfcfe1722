//! KC608: a kernel that executes no ELF files.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
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
    explanation: "A kernel executes only formats that are built in. Nearly every Linux program is \
        an ELF file; without CONFIG_BINFMT_ELF, the kernel returns ENOEXEC, -8, for each of them. \
        Configurations that begin with tinyconfig or allnoconfig do not set it.",
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
            by: "Linux, init/main.c, in an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -8)",
            by: "the init that `initramfs build` makes",
            says: Says::When(weigh),
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Exec format error",
            by: "BusyBox's switch_root, in an initramfs",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux fs/Kconfig.binfmt, BINFMT_ELF",
        "Linux fs/exec.c, search_binary_handler",
    ],
    check: Check::Boot,
};

/// The finding about the first ELF program that the kernel would execute.
pub(crate) fn of(path: &str, consequence: String) -> Finding {
    NO_ELF_SUPPORT.finding(
        format!("BINFMT_ELF is not built into this kernel, and {path} is or needs an ELF program."),
        consequence,
        "Build with CONFIG_BINFMT_ELF=y.",
    )
}

/// Every program fails so where the kernel runs no ELF at all.
fn weigh(clues: &Clues) -> Belief {
    match super::formatless(clues) {
        0 => Belief::No,
        _ => Belief::Possible,
    }
}
