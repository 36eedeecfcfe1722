//! QEMU's `-M microvm` with `-kernel`, x86_64.
//!
//! Source: QEMU `hw/i386/microvm.c`, `hw/i386/x86.c` (`x86_load_linux`),
//! `docs/system/i386/microvm.rst`; boots with QEMU 7.2. By default the machine has ACPI and names
//! its virtio devices there alone; `acpi=off` starts another firmware, which writes an MP table,
//! and puts the devices on the command line.

use super::qemu_virt_mmio::VIRTIO_CONSOLE_PAGES;
use super::{
    Accepts, Addition, Adds, CommandLineRules, Entry, InitramfsPlace, MmioDevices, Platform,
    Tables, Target, When, bus, console,
};
use crate::architecture::Architecture;

/// The target.
pub static QEMU_MICROVM: Target = Target {
    name: "qemu-microvm",
    title: "QEMU microvm",
    versions: "7.2, and its successors where they load kernels alike",
    as_of: "2026-11",
    sources: &[
        "QEMU hw/i386/x86.c (x86-common.c since 9.1), x86_load_linux",
        "QEMU hw/i386/microvm.c, microvm_devices_init and microvm_fix_kernel_cmdline",
        "QEMU docs/system/i386/microvm.rst",
    ],
    platforms: &[X86_64],
};

/// The machine.
pub(super) const X86_64: Platform = Platform {
    architecture: Architecture::X86_64,
    accepts: &[
        Accepts::header("bzimage", "a bzImage"),
        Accepts::header("zimage-x86", "a zImage"),
        Accepts::header("elf", "an ELF vmlinux with a PVH note"),
    ],
    extract_to: "vmlinux",
    refusal: "QEMU says \"linux kernel too old to load a ram disk\" or \"invalid kernel \
                  header\", or the guest prints nothing",
    virtio_console_pages: VIRTIO_CONSOLE_PAGES,
    initramfs: InitramfsPlace::TopByHeader { below: 0xc000_0000 },
    entry: Entry::PvhElfRealMode,
    min_boot_protocol: Some((2, 0)),
    consoles: &[console::TTY_S0, console::HVC0],
    tables: Tables::AcpiOrMultiProcessor {
        without_acpi: "-M microvm,acpi=off,rtc=on",
    },
    bus: &bus::MMIO_ACPI,
    disks: super::qemu::DISKS,
    command_line: COMMAND_LINE,
    max_virtio_devices: Some(8),
    virtio_fs: Some(super::qemu::VIRTIO_FS),
    disk_formats: super::qemu::DISK_FORMATS,
    ..super::PLAIN
};

/// Without ACPI the devices stand on the command line, the last of eight slots first, as booted
/// with QEMU 7.2.
const COMMAND_LINE: CommandLineRules = CommandLineRules {
    max_bytes: None,
    printable_ascii_only: false,
    adds_before_dashes: false,
    additions: &[Addition {
        adds: Adds::MmioDevices(MmioDevices {
            size: "512",
            address: 0xfeb0_0e00,
            address_step: -0x200,
            interrupt: 12,
            interrupt_step: -1,
        }),
        when: When::WithoutAcpi,
    }],
    source: "QEMU hw/i386/microvm.c, microvm_fix_kernel_cmdline",
};
