//! KC206: the kernel reads none of the tables that name its interrupt controllers.

use super::super::{Cause, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::stage::Stage;
use crate::vmm::Tables;

/// The cause.
pub static NO_INTERRUPT_TABLE: Cause = Cause {
    code: Code(206),
    name: "no-interrupt-table",
    stage: Stage::Start,
    severity: Severity::Fatal,
    summary: "The target describes its interrupts by an MP table alone, and the x86 kernel cannot read one.",
    explanation: "libkrun and QEMU's microvm (with acpi=off) have no ACPI: CPUs and the I/O APIC \
        stand in an Intel MultiProcessor table, which needs CONFIG_X86_MPPARSE. Without it the \
        kernel finds no I/O APIC, and interrupts of virtio devices never arrive.",
    fix: "Build with CONFIG_X86_MPPARSE=y.",
    tells: &[Tell {
        text: "APIC: ACPI MADT or MP tables are not detected",
        by: "Linux 4.15 and later, x86",
    }],
    sources: &[
        "Linux arch/x86/Kconfig, X86_MPPARSE",
        "Linux arch/x86/kernel/apic/apic.c",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if platform.architecture != Architecture::X86_64 || platform.tables != Tables::MultiProcessor {
        return Ok(Vec::new());
    }
    match bundle.driver("X86_MPPARSE")? {
        Driver::BuiltIn => Ok(Vec::new()),
        Driver::Unknown(why) => Err(Error::unsupported("X86_MPPARSE", why.to_owned())),
        Driver::Module | Driver::Absent | Driver::NotBuiltIn => {
            Ok(vec![NO_INTERRUPT_TABLE.finding(
                "X86_MPPARSE is not built into this kernel.",
                format!(
                    "{} gives an MP table and no ACPI: \"APIC: ACPI MADT or MP tables are not \
                     detected\", and devices' interrupts are lost.",
                    bundle.target.title
                ),
                "Build with CONFIG_X86_MPPARSE=y.",
            )])
        }
    }
}
