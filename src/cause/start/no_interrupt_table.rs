//! KC206: the kernel reads none of the tables that name its interrupt controllers.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::machine::Machine;
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
    summary: "The x86 kernel reads none of the tables with which the target describes its \
        interrupts.",
    explanation: "ACPI's MADT or Intel's older MultiProcessor table, which needs \
        CONFIG_X86_MPPARSE, list CPUs and I/O APICs. libkrun has no ACPI, so its guests need the \
        latter. QEMU's microvm has one of the two: an MP table with acpi=off, as kelpie-check \
        starts it, or ACPI (--acpi on). Firecracker, Cloud Hypervisor and QEMU's q35 have both. A \
        kernel that reads neither finds no I/O APIC, and interrupts of virtio devices never \
        arrive. q35 has the 8259 of a PC for such kernels.",
    fix: "Build with CONFIG_X86_MPPARSE=y, or CONFIG_ACPI=y if the target has ACPI.",
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
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let machine = bundle.machine()?;
    let options = machine.table_options();
    let mut unknown = None;
    for option in options.iter().copied() {
        match bundle.driver(option)? {
            Driver::BuiltIn => return Ok(Vec::new()),
            Driver::Unknown(why) => unknown = Some(Error::unsupported(option, why.to_owned())),
            Driver::Module | Driver::Absent | Driver::NotBuiltIn => {}
        }
    }
    match unknown {
        _ if options.is_empty() => Ok(Vec::new()),
        Some(error) => Err(error),
        None => Ok(vec![none(&machine, &options)]),
    }
}

fn none(machine: &Machine, options: &[&str]) -> Finding {
    let title = machine.target.title;
    let settings: Vec<String> = options
        .iter()
        .map(|option| format!("CONFIG_{option}=y"))
        .collect();
    let build = format!("Build with {}", settings.join(" or "));
    let fix = match machine.platform.tables {
        Tables::AcpiOrMultiProcessor { .. } if !machine.has_acpi() => {
            format!("{build}, or give the machine ACPI (--acpi on).")
        }
        Tables::AcpiOrMultiProcessor { without_acpi } => {
            format!("{build}, or start it with {without_acpi}.")
        }
        _ => format!("{build}."),
    };
    NO_INTERRUPT_TABLE.finding(
        match options {
            [one] if machine.has_acpi() => {
                format!(
                    "{one} is not built into this kernel, and {title} with ACPI has no MP table."
                )
            }
            [one] => format!("{one} is not built into this kernel, and {title} has no ACPI."),
            many => format!("Neither {} is built into this kernel.", many.join(" nor ")),
        },
        "The kernel says \"APIC: ACPI MADT or MP tables are not detected\", and interrupts of \
         virtio devices are lost.",
        fix,
    )
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
