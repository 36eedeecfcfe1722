//! KC906: the CPU gives up before the kernel could say why.

use super::super::{Belief, Cause, Says, Tell};
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
    summary: "The CPU met an error while it handled one, and was reset: a triple fault.",
    explanation: "Early in a boot the kernel has no handler of errors yet; the first one resets the \
        CPU. The reason is mostly that it was loaded or entered wrongly: segments to other \
        addresses, an entry that is none, too little memory, page tables that the kernel \
        overwrote, or a 32-bit entry of a 64-bit kernel. The same exit is how x86 guests \
        restart on purpose (reboot=t), and how a panic with panic=-1 ends: then the console \
        has said so. It is known only by booting.",
    fix: "Judge the kernel for the target with kelpie-check kernel; add earlyprintk=serial or \
        earlycon to see how far it came; give the machine more RAM.",
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
    check: None,
};

/// After a panic or a restart it is how an x86 machine is restarted.
fn weigh(clues: &Clues) -> Belief {
    match clues.end {
        Some(EndKind::TripleFault) => Belief::Likely,
        _ => Belief::No,
    }
}
