//! KC205: a kernel that does not know that it is a guest.

use super::super::{Cause, Check};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_KVM_CLOCK: Cause = Cause {
    code: Code(205),
    name: "no-kvm-clock",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Warn,
    summary: "The x86 kernel lacks KVM_GUEST: it has no paravirtual clock.",
    explanation: "With CONFIG_KVM_GUEST, an x86 guest reads its clock, and the frequency of its \
        TSC, from the hypervisor. Without it, the guest calibrates the TSC with timer chips, and a \
        microVM emulates few of them. The boot takes longer, and without a timer chip the kernel \
        has no reliable clock.",
    fix: "Build with CONFIG_HYPERVISOR_GUEST=y, CONFIG_PARAVIRT=y and CONFIG_KVM_GUEST=y.",
    tells: &[],
    sources: &[
        "Linux arch/x86/Kconfig, KVM_GUEST",
        "Linux arch/x86/kernel/kvmclock.c",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.platform()?.architecture != Architecture::X86_64 {
        return Ok(Vec::new());
    }
    Ok(match bundle.driver("KVM_GUEST")? {
        Driver::Module | Driver::Absent | Driver::NotBuiltIn => vec![NO_KVM_CLOCK.finding(
            "KVM_GUEST is not built into this kernel.",
            "It calibrates its clocks with timer chips: the start takes longer, and the time may \
                be wrong.",
            "Build with CONFIG_HYPERVISOR_GUEST=y, CONFIG_PARAVIRT=y and CONFIG_KVM_GUEST=y.",
        )],
        Driver::BuiltIn => Vec::new(),
        Driver::Unknown(why) => return Err(Error::unsupported("KVM_GUEST", why.to_owned())),
    })
}
