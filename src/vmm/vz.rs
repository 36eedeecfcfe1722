//! Apple's Virtualization.framework (`VZLinuxBootLoader`), on Apple silicon.
//!
//! Source: Apple's documentation of `VZLinuxBootLoader`; what its users report: crc-org/vfkit pull
//! request 1 (a compressed kernel hangs at a black screen), lima-vm/lima issue 841 (64K pages),
//! QEMU issue 747 (big-endian). Where it places the kernel is not documented.

use super::{
    Accepts, CommandLineRules, Entry, InitramfsPlace, PageSize, Platform, Tables, Target,
    VIRTIO_BLK, VirtioFs, bus, console,
};
use crate::architecture::Architecture;

/// The target.
pub static VZ: Target = Target {
    name: "vz",
    title: "Virtualization.framework",
    versions: "as its users met it from 2022 on",
    as_of: "2026-11",
    sources: &[
        "Apple developer documentation, VZLinuxBootLoader",
        "crc-org/vfkit pull request 1",
        "lima-vm/lima issue 841",
        "QEMU issue 747 (Apple silicon has no big-endian mode)",
        "Apple developer documentation, VZDiskImageStorageDeviceAttachment (RAW images)",
    ],
    platforms: &[Platform {
        architecture: Architecture::Aarch64,
        accepts: &[Accepts::header("arm64-image", "a raw arm64 Image")],
        extract_to: "image",
        refusal: "the virtual machine starts, prints nothing and hangs",
        adds_text_offset: true,
        initramfs: InitramfsPlace::Undocumented,
        entry: Entry::Image,
        consoles: &[console::HVC0],
        tables: Tables::DeviceTree,
        bus: &bus::PCI_DEVICE_TREE,
        disks: &[&VIRTIO_BLK],
        page_sizes: &[PageSize {
            bytes: 65536,
            never: true,
            lacking: "Apple silicon has no 64K granule",
        }],
        command_line: CommandLineRules::unchanged(
            "Apple developer documentation, VZLinuxBootLoader.commandLine",
        ),
        virtio_fs: Some(VirtioFs {
            tag: "rootfs",
            made_by: "VZVirtioFileSystemDeviceConfiguration(tag: \"rootfs\")",
        }),
        disk_formats: DISK_FORMATS,
        ..super::PLAIN
    }],
};

/// Attachments of disk images are raw.
const DISK_FORMATS: &[&str] = &["raw"];
