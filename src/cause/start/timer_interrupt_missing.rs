//! KC208: the timer's interrupts do not arrive.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static TIMER_INTERRUPT_MISSING: Cause = Cause {
    code: Code(208),
    name: "timer-interrupt-missing",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel cannot get timer interrupts through the I/O APIC.",
    explanation: "An x86 kernel checks early whether the timer (8254 or HPET) interrupts it through the \
        I/O APIC, and tries the 8259 and the local APIC next. If none of them works, it panics. \
        The machine describes its interrupts wrongly, its hypervisor emulates the timer badly or \
        too slowly, or TSC and timer were lost while the host was overloaded. It is known only \
        by booting.",
    fix: "Update the hypervisor; start the guest with KVM instead of emulation and with kvm-clock; \
        try the parameter no_timer_check (the default under KVM and Hyper-V), noapic, or another \
        machine type.",
    tells: &[
        Tell {
            text: "IO-APIC + timer doesn't work!",
            by: "Linux, arch/x86/kernel/apic/io_apic.c, check_timer",
            says: Says::It,
        },
        Tell {
            text: "..MP-BIOS bug: 8254 timer not connected to IO-APIC",
            by: "Linux, arch/x86/kernel/apic/io_apic.c, check_timer, before it tries other ways",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux 6.12 arch/x86/kernel/apic/io_apic.c, check_timer",
        "Linux Documentation/admin-guide/kernel-parameters.txt, no_timer_check and noapic",
    ],
    check: Check::Running,
};
