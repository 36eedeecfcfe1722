//! KC205: a kernel that does not know that it is a guest.

use super::super::Cause;
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::stage::Stage;

/// The cause.
pub static NO_KVM_CLOCK: Cause = Cause {
    code: Code(205),
    name: "no-kvm-clock",
    stage: Stage::Start,
    severity: Severity::Warn,
    summary: "The x86 kernel lacks KVM_GUEST: it has no paravirtual clock.",
    explanation: "Without CONFIG_KVM_GUEST an x86 guest calibrates its clocks against timer chips \
        that a microVM hardly emulates, or not at all. The boot takes seconds longer, the clock \
        drifts, and on some VMMs the calibration never ends.",
    fix: "Build with CONFIG_HYPERVISOR_GUEST=y, CONFIG_PARAVIRT=y and CONFIG_KVM_GUEST=y.",
    tells: &[],
    sources: &[
        "Linux arch/x86/Kconfig, KVM_GUEST",
        "Linux arch/x86/kernel/kvmclock.c",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.platform()?.architecture != Architecture::X86_64 {
        return Ok(Vec::new());
    }
    Ok(match bundle.driver("KVM_GUEST")? {
        Driver::Module | Driver::Absent | Driver::NotBuiltIn => vec![NO_KVM_CLOCK.finding(
            "KVM_GUEST is not built into this kernel.",
            "Starting takes longer, and the guest's clock may drift.",
            "Build with CONFIG_KVM_GUEST=y.",
        )],
        Driver::BuiltIn | Driver::Unknown(_) => Vec::new(),
    })
}
