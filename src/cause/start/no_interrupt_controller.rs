//! KC207: the arm64 kernel lacks the machine's interrupt controller or its way to start CPUs.

use super::super::{Cause, Check};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_INTERRUPT_CONTROLLER: Cause = Cause {
    code: Code(207),
    name: "no-interrupt-controller",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The arm64 kernel has neither a GICv3 nor a GICv2 driver, or no PSCI.",
    explanation: "The virtual machines of KVM and Apple's hypervisor have a GIC, version 3 if the \
        host has it, otherwise version 2, and start, stop and reset their CPUs with PSCI calls. \
        Upstream's Kconfig selects these drivers for every arm64 kernel; a vendor's tree may not.",
    fix: "Build with CONFIG_ARM_GIC_V3=y, CONFIG_ARM_GIC=y and CONFIG_ARM_PSCI_FW=y.",
    tells: &[],
    sources: &[
        "Linux 6.1 arch/arm64/Kconfig, config ARM64 selects ARM_GIC, ARM_GIC_V3 and ARM_PSCI_FW",
        "krun-devices 1.19.7 src/fdt/aarch64.rs",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.platform()?.architecture != Architecture::Aarch64 {
        return Ok(Vec::new());
    }
    let missing = |option: &'static str| match bundle.driver(option)? {
        Driver::BuiltIn => Ok(false),
        Driver::Module | Driver::Absent | Driver::NotBuiltIn => Ok(true),
        Driver::Unknown(why) => Err(Error::unsupported(option, why.to_owned())),
    };
    let message = if missing("ARM_GIC_V3")? && missing("ARM_GIC")? {
        "No GIC driver is built into this kernel."
    } else if missing("ARM_PSCI_FW")? {
        "PSCI is not built into this kernel."
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![NO_INTERRUPT_CONTROLLER.finding(
        message,
        "It stops before its first message, or never starts its other CPUs.",
        "Build with CONFIG_ARM_GIC_V3=y, CONFIG_ARM_GIC=y and CONFIG_ARM_PSCI_FW=y.",
    )])
}
