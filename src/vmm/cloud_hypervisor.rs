//! Cloud Hypervisor with `--kernel`.
//!
//! Source: Cloud Hypervisor README ("Custom Kernel and Disk Image"), pull request 6200 (bzImage by
//! its 32-bit entry, 2024), `vmm/src/vm.rs` (`load_kernel`), issue 4930 (PVH),
//! `arch/src/x86_64/layout.rs`.

use super::{
    Accepts, Addition, Adds, CommandLineRules, Entry, InitramfsPlace, NO_16K, NO_64K, Platform,
    Tables, Target, VIRTIO_BLK, VirtioFs, When, bus, console,
};
use crate::architecture::Architecture;

/// The target.
pub static CLOUD_HYPERVISOR: Target = Target {
    name: "cloud-hypervisor",
    title: "Cloud Hypervisor",
    versions: "main of 2024, and releases after pull request 6200",
    as_of: "2026-11",
    sources: &[
        "Cloud Hypervisor README, Custom Kernel and Disk Image",
        "Cloud Hypervisor vmm/src/vm.rs, load_kernel; pull request 6200; issue 4930",
        "Cloud Hypervisor arch/src/x86_64/layout.rs; arch/src/*/mod.rs, initramfs_load_addr",
        "linux-loader 0.13.2 src/loader/elf/mod.rs, src/loader/bzimage/mod.rs, src/loader/pe/mod.rs",
        "cocoonstack/cocoon pull request 134 (a compressed kernel on arm64)",
        "Cloud Hypervisor block/src/lib.rs, detect_image_type (raw, qcow2, fixed VHD, VHDX)",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                Accepts::header("elf", "an ELF vmlinux with a PVH note"),
                Accepts::header("bzimage", "a bzImage").since("pull request 6200 of 2024"),
            ],
            extract_to: "vmlinux",
            refusal: "Cloud Hypervisor ends with \"Invalid Elf magic number\" or \"Invalid bzImage\"",
            initramfs: InitramfsPlace::Top { below: 0xc000_0000 },
            entry: Entry::PvhElf,
            elf_addresses: Some((0x10_0000, 0xc000_0000)),
            min_boot_protocol: Some((2, 0)),
            consoles: &[console::HVC0, console::TTY_S0],
            has_one_console: true,
            tables: Tables::AcpiAndMultiProcessor,
            bus: &bus::PCI_X86,
            disks: &[&VIRTIO_BLK],
            command_line: COMMAND_LINE_X86,
            implicit_devices: &["console", "rng"],
            virtio_fs: Some(VIRTIO_FS),
            disk_formats: DISK_FORMATS,
            ..super::PLAIN
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[Accepts::header("arm64-image", "a raw arm64 Image")],
            extract_to: "image",
            refusal: "Cloud Hypervisor takes it for firmware and ends with \"UEFI image too big\", or \
                      nothing is printed",
            ram_base: 0x4000_0000,
            image_base: 0x4020_0000,
            adds_text_offset: true,
            reserved_bytes: 0x20_0000,
            initramfs: InitramfsPlace::Top { below: u64::MAX },
            entry: Entry::Image,
            consoles: &[console::HVC0, console::TTY_AMA0],
            has_one_console: true,
            tables: Tables::DeviceTree,
            bus: &bus::PCI_DEVICE_TREE,
            disks: &[&VIRTIO_BLK],
            page_sizes: &[NO_16K, NO_64K],
            big_endian: true,
            command_line: COMMAND_LINE_AARCH64,
            implicit_devices: &["console", "rng"],
            virtio_fs: Some(VIRTIO_FS),
            disk_formats: DISK_FORMATS,
            ..super::PLAIN
        },
    ],
};

const VIRTIO_FS: VirtioFs = VirtioFs {
    tag: "rootfs",
    made_by: "--fs tag=rootfs,socket=PATH",
};

const COMMAND_LINE_X86: CommandLineRules = CommandLineRules {
    max_bytes: Some(0x1_0000),
    printable_ascii_only: true,
    adds_before_dashes: false,
    additions: &[],
    source: "Cloud Hypervisor vmm/src/vm.rs, generate_cmdline; arch/src/x86_64/layout.rs; \
             linux-loader src/cmdline/mod.rs",
};

const COMMAND_LINE_AARCH64: CommandLineRules = CommandLineRules {
    max_bytes: Some(2048),
    additions: &[Addition {
        adds: Adds::Text("earlycon=pl011,mmio,0x09000000"),
        when: When::Serial,
    }],
    source: "Cloud Hypervisor vmm/src/vm.rs, generate_cmdline; vmm/src/device_manager.rs, \
             add_serial_device; arch/src/aarch64/layout.rs",
    ..COMMAND_LINE_X86
};

/// A fixed VHD, which it takes too, is a raw disk but for its last sector; a dynamic one is refused.
const DISK_FORMATS: &[&str] = &["raw", "qcow2", "vhdx"];
