//! KC906: the CPU gives up before the kernel could say why.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static TRIPLE_FAULT: Cause = Cause {
    code: Code(906),
    name: "triple-fault",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The CPU met an error while it handled another, and was reset: a triple fault.",
    explanation: "Early in a boot, the kernel has no error handlers yet, so the first error resets \
        the CPU. Usually the VMM loaded or entered the kernel wrongly: segments at wrong \
        addresses, a wrong entry point, too little memory, page tables that the kernel overwrote, \
        or a 32-bit entry of a 64-bit kernel. x86 guests also restart this way on purpose \
        (reboot=t), and so does a panic with panic=-1: then the console shows it. It is known only \
        from a boot.",
    fix: "Check the kernel for the target with kelpie-check kernel. Add earlyprintk=serial or \
        earlycon to see how far it gets. Give the machine more RAM.",
    tells: &[
        Tell {
            text: "Received KVM_EXIT_SHUTDOWN signal",
            by: "libkrun 1.19.7",
            says: Says::When(weigh),
        },
        Tell {
            text: "Triple fault",
            by: "QEMU with -d cpu_reset; Bochs",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux Documentation/virt/kvm/api.rst, KVM_EXIT_SHUTDOWN",
        "krun-vmm 1.19.7 src/linux/vstate.rs",
    ],
    check: Check::Running,
};

/// After a panic or a restart it is how an x86 machine is restarted.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::TripleFault) => Belief::Likely,
        _ => Belief::No,
    }
}
