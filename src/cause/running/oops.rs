//! KC902: the kernel meets an error of its own.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind, Ended};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static OOPS: Cause = Cause {
    code: Code(902),
    name: "oops",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel hit an internal error: an invalid access, or a check that failed (BUG).",
    explanation: "An oops ends the process in which it happens, and the kernel continues as well \
        as it can. In an interrupt, in init, or with panic_on_oops it becomes a panic: \"Fatal \
        exception\". The reason is a defect of the kernel or a driver, a module that was built for \
        another kernel, or an instruction that the virtual CPU does not have. It is known only \
        from a boot.",
    fix: "Try the newest release of the kernel's series, and another CPU model of the VMM; \
        report the lines from BUG or Oops to the end of the call trace.",
    tells: &[
        Tell {
            text: "Internal error: Oops",
            by: "Linux on arm64 and arm, die",
            says: Says::When(weigh),
        },
        Tell {
            text: "BUG: unable to handle ",
            by: "Linux on x86, arch/x86/mm/fault.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "BUG: kernel NULL pointer dereference",
            by: "Linux on x86, 5.1 and later",
            says: Says::When(weigh),
        },
        Tell {
            text: "kernel BUG at ",
            by: "Linux, lib/bug.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "Unable to handle kernel ",
            by: "Linux on arm64, arm and riscv, before the address",
            says: Says::When(weigh),
        },
        Tell {
            text: "general protection fault, ",
            by: "Linux on x86, 5.6 and later",
            says: Says::When(weigh),
        },
        Tell {
            text: "general protection fault: ‹0000› [#‹1›]",
            by: "Linux on x86 before 5.6, arch/x86/kernel/dumpstack.c, __die",
            says: Says::When(weigh),
        },
        Tell {
            text: "invalid opcode: ‹0000› [#‹1›]",
            by: "Linux on x86, arch/x86/kernel/dumpstack.c, __die",
            says: Says::When(weigh),
        },
        Tell {
            text: "divide error: ‹0000› [#‹1›]",
            by: "Linux on x86, arch/x86/kernel/dumpstack.c, __die",
            says: Says::When(weigh),
        },
        Tell {
            text: "BUG: Kernel NULL pointer dereference",
            by: "Linux on PowerPC, arch/powerpc/mm/fault.c, bad_page_fault",
            says: Says::When(weigh),
        },
        Tell {
            text: "Oops: ",
            by: "Linux, die, with its number",
            says: Says::When(weigh),
        },
        Tell {
            text: "Kernel panic - not syncing: Fatal exception",
            by: "Linux, if the kernel could not survive the oops",
            says: Says::It,
        },
        Tell {
            text: "Internal error: ‹…› [#‹1›]",
            by: "Linux on ARM, arch/arm64/kernel/traps.c, die",
            says: Says::When(weigh),
        },
        Tell {
            text: "Unhandled fault: ‹…› at ‹0x0›",
            by: "Linux on ARM, arch/arm/mm/fault.c",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux Documentation/admin-guide/bug-hunting.rst",
        "Linux arch/x86/kernel/dumpstack.c and arch/arm64/kernel/traps.c, die",
    ],
    check: Check::Running,
};

/// An oops that was got over is no reason of what came later. One in init kills it, with SIGKILL on x86 and SIGSEGV
/// elsewhere.
///
/// Source: Linux 6.12 `arch/x86/mm/fault.c`, page_fault_oops; `kernel/exit.c`, make_task_dead.
fn weigh(clues: &Clues) -> Belief {
    let has_killed_init =
        clues.has_open_oops && matches!(clues.init_ended, Some(None | Some(Ended::Killed(9 | 11))));
    match clues.end {
        _ if has_killed_init => Belief::Certain,
        Some(EndKind::Oops) => Belief::Likely,
        _ => Belief::Possible,
    }
}
