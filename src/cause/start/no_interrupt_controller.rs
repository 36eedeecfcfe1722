//! KC207: the arm64 kernel lacks the machine's interrupt controller or its way to start CPUs.

use super::super::Cause;
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::stage::Stage;

/// The cause.
pub static NO_INTERRUPT_CONTROLLER: Cause = Cause {
    code: Code(207),
    name: "no-interrupt-controller",
    stage: Stage::Start,
    severity: Severity::Fatal,
    summary: "The arm64 kernel has neither a GICv3 nor a GICv2 driver, or no PSCI.",
    explanation: "Every virtual arm64 machine has a GIC, version 3 where the host has it, else 2, \
        and is started, stopped and reset by PSCI calls. Upstream's Kconfig always selects the \
        drivers; a vendor's tree may not.",
    fix: "Build with CONFIG_ARM_GIC_V3=y, CONFIG_ARM_GIC=y and CONFIG_ARM_PSCI_FW=y.",
    tells: &[],
    sources: &[
        "Linux arch/arm64/Kconfig, config ARM64",
        "krun-devices 1.19.7 src/fdt/aarch64.rs",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.platform()?.architecture != Architecture::Aarch64 {
        return Ok(Vec::new());
    }
    let missing = |option| -> Result<bool> {
        Ok(matches!(
            bundle.driver(option)?,
            Driver::Module | Driver::Absent | Driver::NotBuiltIn
        ))
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
