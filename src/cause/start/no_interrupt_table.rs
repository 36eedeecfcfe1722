//! KC206: the kernel reads none of the tables that name its interrupt controllers.

use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Tables;

/// The cause.
pub static NO_INTERRUPT_TABLE: Cause = Cause {
    code: Code(206),
    name: "no-interrupt-table",
    stage: Stage::Start,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The x86 kernel reads none of the tables by which the target describes its interrupts.",
    explanation: "CPUs and I/O APICs stand in ACPI's MADT or in Intel's older MultiProcessor table, \
        which needs CONFIG_X86_MPPARSE. libkrun has no ACPI, so that its guests need the latter. \
        QEMU's microvm has ACPI, and an MP table only when it is started with acpi=off; Firecracker \
        and Cloud Hypervisor write both. A kernel that reads none finds no I/O APIC, and interrupts \
        of virtio devices never arrive.",
    fix: "Build with CONFIG_X86_MPPARSE=y, or CONFIG_ACPI=y where the target has ACPI.",
    tells: &[Tell {
        text: "APIC: ACPI MADT or MP tables are not detected",
        by: "Linux 6.1, x86",
        says: Says::When(weigh),
    }],
    sources: &[
        "Linux arch/x86/Kconfig, X86_MPPARSE",
        "Linux 6.1 arch/x86/kernel/apic/apic.c",
        "krun-arch 1.19.7 src/x86_64/mptable.rs",
        "Firecracker src/vmm/src/arch/x86_64/mod.rs, configure_system_for_boot",
        "Cloud Hypervisor arch/src/x86_64/layout.rs, MPTABLE_START and RSDP_POINTER",
        "QEMU hw/i386/microvm.c; a kernel without ACPI booted with QEMU 7.2",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let options = bundle.table_options()?;
    let mut read = Vec::new();
    let mut unknown = None;
    for option in options {
        match bundle.driver(option)? {
            Driver::BuiltIn => read.push(*option),
            Driver::Unknown(why) => unknown = Some(Error::unsupported(*option, why.to_owned())),
            Driver::Module | Driver::Absent | Driver::NotBuiltIn => {}
        }
    }
    if options.is_empty() || read.contains(&"ACPI") {
        return Ok(Vec::new());
    }
    if let Some(error) = unknown {
        return Err(error);
    }
    if read.is_empty() {
        return Ok(vec![none(bundle, options)]);
    }
    Ok(match platform.tables {
        Tables::AcpiOrMultiProcessor { without_acpi } if bundle.acpi.is_none() => {
            vec![acpi_off(bundle, without_acpi)]
        }
        _ => Vec::new(),
    })
}

fn none(bundle: &Bundle, options: &[&str]) -> Finding {
    let settings: Vec<String> = options
        .iter()
        .map(|option| format!("CONFIG_{option}=y"))
        .collect();
    NO_INTERRUPT_TABLE.finding(
        match options {
            [one] => format!(
                "{one} is not built into this kernel, and {} has no ACPI.",
                bundle.target.title
            ),
            many => format!("Neither {} is built into this kernel.", many.join(" nor ")),
        },
        "The kernel says \"APIC: ACPI MADT or MP tables are not detected\", and interrupts of \
         virtio devices are lost.",
        format!("Build with {}.", settings.join(" or ")),
    )
}

/// It reads the one table that is not there by default.
fn acpi_off(bundle: &Bundle, without_acpi: &str) -> Finding {
    NO_INTERRUPT_TABLE
        .finding(
            format!(
                "ACPI is not built into this kernel, and {} has it by default.",
                bundle.target.title
            ),
            "With ACPI on, the kernel finds no virtio device, and no root.",
            format!("Start it with {without_acpi}."),
        )
        .with_severity(Severity::Info)
}

/// The line stands in the log of many a virtual machine that boots: there, devices of virtio come.
fn weigh(clues: &Clues) -> Belief {
    let is_early = clues.stage() <= Some(Stage::Console);
    let misses_disk = !clues.has_virtio && !clues.has_reached(Stage::RootMount);
    if is_early || misses_disk {
        Belief::Possible
    } else {
        Belief::No
    }
}
