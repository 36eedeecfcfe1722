//! KC604: init is a program of another machine.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::message;
use crate::bytes::escaped;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::trouble::LoaderFault;
use crate::userland::{InitFault, InitTrouble, Trouble};

/// The cause.
pub static INIT_WRONG_ARCHITECTURE: Cause = Cause {
    code: Code(604),
    name: "init-wrong-architecture",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init, the interpreter of its script or its loader is an ELF file that this kernel does not execute.",
    explanation: "The header of a program states its machine and its word size. A kernel executes \
        programs for its own machine, and those of the 32-bit variant if an option such as \
        IA32_EMULATION or COMPAT is built in. For all others it returns ENOEXEC, -8, and for a \
        loader of another machine ELIBBAD, -80. Roots for amd64 and arm64 are easily confused: \
        they have the same files. A header that the kernel refuses for another reason has the same \
        result.",
    fix: "Use a root of the kernel's architecture.",
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
            text: "Starting init: ‹path› exists but couldn't execute it (error -5)",
            by: "Linux, init/main.c, without init=, of a file that ends before the name of its \
                loader",
            says: Says::Perhaps,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -5).",
            by: "Linux since 4.0, init/main.c, with init=, of such a file",
            says: Says::Perhaps,
        },
        Tell {
            text: "Starting init: ‹path› exists but couldn't execute it (error -80)",
            by: "Linux, init/main.c, without init=, of a loader for another machine",
            says: Says::Mostly,
        },
        Tell {
            text: "Kernel panic - not syncing: Requested init ‹path› failed (error -80).",
            by: "Linux since 4.0, init/main.c, with init=, of a loader for another machine",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -8)",
            by: "the init that `initramfs build` makes",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -5)",
            by: "the init that `initramfs build` makes, of such a file",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot run ‹path› (error -80)",
            by: "the init that `initramfs build` makes, of a loader for another machine",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: can't execute '‹path›': Exec format error",
            by: "BusyBox's switch_root, in an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "request_module: runaway loop modprobe binfmt-‹464c›",
            by: "Linux before 4.x, kernel/umh.c: it looks for a module that runs the program",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux fs/binfmt_elf.c, load_elf_binary",
        "Linux arch/*/include/asm/elf.h, elf_check_arch and compat_elf_check_arch",
    ],
    check: Check::Boot,
};

/// The finding about a program for another machine; `then` is what happens.
pub(crate) fn of(trouble: &InitTrouble, then: &str) -> Option<Finding> {
    let (what, fix) = match &trouble.fault {
        InitFault::Program(
            fault @ Trouble::WrongArchitecture {
                expected: machine, ..
            },
        ) => (
            fault.to_string(),
            format!("Use a root for {machine}, or a kernel for the machine of this root."),
        ),
        InitFault::Program(
            fault @ Trouble::LoaderUnusable {
                loader,
                fault: LoaderFault::WrongMachine { expected, .. },
                ..
            },
        ) => (
            fault.to_string(),
            format!("Install {} for {expected}.", escaped(loader)),
        ),
        InitFault::Program(fault @ Trouble::BadElf { path, .. }) => (
            fault.to_string(),
            format!("Install {} again.", escaped(path)),
        ),
        InitFault::Option(option) if Some(*option) == trouble.program.needs.compat => {
            let path = trouble.program.final_step().map_or_else(
                || escaped(&trouble.program.path),
                |step| escaped(&step.found.path),
            );
            let machine = match &trouble.program.elf {
                Some(elf) => elf.machine.to_string(),
                None => "another machine".to_owned(),
            };
            (
                format!(
                    "{path} is made for {machine}, which this kernel runs only with CONFIG_{option}"
                ),
                format!(
                    "Use a root of the kernel's own architecture, or a kernel with CONFIG_{option}=y."
                ),
            )
        }
        _ => return None,
    };
    Some(INIT_WRONG_ARCHITECTURE.finding(message(trouble, what), then, fix))
}

/// Of no format that the kernel runs: mostly it is another machine's.
fn weigh(clues: &Clues) -> Belief {
    match super::formatless(clues) {
        0 => Belief::No,
        1 => Belief::Likely,
        // The shell as well: it is not that one file is broken.
        _ => Belief::Certain,
    }
}
