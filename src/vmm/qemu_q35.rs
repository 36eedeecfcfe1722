//! QEMU's `-M q35` with `-kernel`, x86_64: a PC with ACPI and PCI.
//!
//! SeaBIOS writes ACPI tables and an MP table. It loads the kernel with a ROM (`linuxboot`), in the way
//! in which microvm's firmware does.
//!
//! Source: QEMU `hw/i386/pc_q35.c`, `hw/i386/x86.c` (`x86_load_linux`), SeaBIOS `src/fw/mptable.c`;
//! boots with QEMU 7.2. Linux 6.1 with `acpi=off` takes its interrupts from the MP table. Without an
//! MP table it says "APIC: ACPI MADT or MP tables are not detected", uses the 8259, and mounts its disk.

use super::{CommandLineRules, Platform, Tables, Target, bus, qemu_microvm};

/// The target.
pub static QEMU_Q35: Target = Target {
    name: "qemu-q35",
    title: "QEMU q35",
    versions: qemu_microvm::QEMU_MICROVM.versions,
    as_of: "2026-12",
    sources: &[
        "QEMU hw/i386/pc_q35.c",
        "QEMU hw/i386/x86.c (x86-common.c since 9.1), x86_load_linux",
        "SeaBIOS src/fw/mptable.c, mptable_setup",
    ],
    platforms: &[X86_64],
};

/// The machine.
pub(super) const X86_64: Platform = Platform {
    tables: Tables::Pc,
    bus: &bus::PCI_Q35,
    virtio_console_pages: 0,
    command_line: COMMAND_LINE,
    max_virtio_devices: None,
    ..qemu_microvm::X86_64
};

/// The command line arrives as it was given.
const COMMAND_LINE: CommandLineRules =
    CommandLineRules::unchanged("QEMU hw/i386/x86.c, x86_load_linux");
