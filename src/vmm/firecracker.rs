//! Firecracker.
//!
//! Source: Firecracker `docs/rootfs-and-kernel-setup.md` ("uncompressed ELF kernel images on
//! x86_64 while on aarch64 it supports PE formatted images"), `src/vmm/src/arch/*/mod.rs`
//! (`load_kernel`, `get_kernel_start`), `src/vmm/src/arch/*/layout.rs`, pull request 6037.

use super::{
    Accepts, Addition, Adds, CommandLineRules, Entry, InitramfsPlace, MmioDevices, NO_16K, NO_64K,
    Platform, Tables, Target, VIRTIO_BLK, When, bus, console,
};
use crate::architecture::Architecture;

/// The target.
pub static FIRECRACKER: Target = Target {
    name: "firecracker",
    title: "Firecracker",
    versions: "main of 2026, and releases from 1.8 on",
    as_of: "2026-11",
    sources: &[
        "Firecracker docs/rootfs-and-kernel-setup.md",
        "Firecracker src/vmm/src/arch/x86_64/mod.rs and aarch64/mod.rs, load_kernel",
        "Firecracker src/vmm/src/arch/aarch64/layout.rs, SYSTEM_MEM_SIZE and FDT_MAX_SIZE",
        "Firecracker src/vmm/src/arch/*/mod.rs, initrd_load_addr",
        "Firecracker pull request 6037 (bzImage, merged in July 2026)",
        "linux-loader 0.13.2 src/loader/elf/mod.rs and src/loader/pe/mod.rs",
        "Firecracker docs/rootfs-and-kernel-setup.md, Creating a Linux rootfs Image (drives are raw)",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                Accepts::header("elf", "an ELF vmlinux"),
                Accepts::header("bzimage", "a bzImage").since("pull request 6037 of July 2026"),
            ],
            extract_to: "vmlinux",
            refusal: "Firecracker ends with \"Kernel Loader: Invalid Elf magic number\"",
            initramfs: InitramfsPlace::Top { below: 0xd000_0000 },
            entry: Entry::Long64,
            elf_addresses: Some((0x10_0000, 0x4000_0000)),
            min_boot_protocol: Some((2, 12)),
            consoles: &[console::TTY_S0],
            tables: Tables::AcpiAndMultiProcessor,
            bus: &bus::MMIO_ACPI,
            disks: &[&VIRTIO_BLK],
            command_line: COMMAND_LINE_X86,
            disk_formats: DISK_FORMATS,
            ..super::PLAIN
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[Accepts::header("arm64-image", "a raw arm64 Image")],
            extract_to: "image",
            refusal: "Firecracker ends with \"PE Kernel Loader: invalid Image magic number\"",
            ram_base: 0x8000_0000,
            image_base: 0x8020_0000,
            adds_text_offset: true,
            reserved_bytes: 0x20_0000,
            initramfs: InitramfsPlace::Top { below: u64::MAX },
            entry: Entry::Image,
            consoles: &[console::TTY_S0_OF],
            tables: Tables::DeviceTree,
            bus: &bus::MMIO_DEVICE_TREE,
            disks: &[&VIRTIO_BLK],
            page_sizes: &[NO_16K, NO_64K],
            big_endian: true,
            command_line: COMMAND_LINE_AARCH64,
            disk_formats: DISK_FORMATS,
            ..super::PLAIN
        },
    ],
};

/// The devices stand on the command line beside the ACPI tables; where the first lies has moved
/// between versions.
const COMMAND_LINE_X86: CommandLineRules = CommandLineRules {
    max_bytes: Some(2048),
    printable_ascii_only: true,
    adds_before_dashes: true,
    additions: &[
        WITHOUT_PCI,
        ROOT_DRIVE,
        Addition {
            adds: Adds::MmioDevices(MmioDevices {
                size: "4K",
                address: 0xc000_1000,
                address_step: 0x1000,
                interrupt: 5,
                interrupt_step: 1,
            }),
            when: When::Always,
        },
    ],
    source: "Firecracker src/vmm/src/builder.rs, build_microvm_for_boot and \
             attach_block_devices; src/vmm/src/device_manager/mmio.rs; linux-loader 0.13.2 \
             src/cmdline/mod.rs",
};

const COMMAND_LINE_AARCH64: CommandLineRules = CommandLineRules {
    additions: &[
        WITHOUT_PCI,
        ROOT_DRIVE,
        Addition {
            adds: Adds::Text("earlycon=uart,mmio,0x40002000"),
            when: When::ConsoleNamed,
        },
    ],
    ..COMMAND_LINE_X86
};

/// From 1.13 on, where it was not started with `--enable-pci`.
const WITHOUT_PCI: Addition = Addition {
    adds: Adds::Text("pci=off"),
    when: When::Always,
};

const ROOT_DRIVE: Addition = Addition {
    adds: Adds::RootDrive,
    when: When::RootDrive,
};

/// A drive is the file's bytes, whatever they are.
const DISK_FORMATS: &[&str] = &["raw"];
