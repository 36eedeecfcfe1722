//! Apple's Virtualization.framework (`VZLinuxBootLoader`), on Apple silicon.
//!
//! Source: Apple's documentation of `VZLinuxBootLoader`; what its users report: crc-org/vfkit pull
//! request 1 (a compressed kernel hangs at a black screen), lima-vm/lima issue 841 (64K pages),
//! QEMU issue 747 (big-endian). Where it places the kernel is not documented.

use super::{
    Accepts, CommandLineRules, Entry, Finds, InitramfsPlace, PageSize, Platform, Tables, Target,
    Transport, VirtioFs, console,
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
        accepts: &[Accepts {
            container: "arm64-image",
            codecs: None,
            inner: None,
            form: "a raw arm64 Image",
            finds: Finds::Header,
            since: None,
        }],
        extract_to: "image",
        extract_then: None,
        refusal: "the virtual machine starts, prints nothing and hangs",
        ram_mib: 512,
        ram_base: 0,
        image_base: 0,
        adds_text_offset: true,
        reserved_bytes: 0,
        virtio_console_pages: 0,
        initramfs: InitramfsPlace::Undocumented,
        entry: Entry::Image,
        elf_addresses: None,
        min_boot_protocol: None,
        consoles: &[console::HVC0],
        stdout_path: false,
        tables: Tables::DeviceTree,
        transport: Transport::Pci,
        page_sizes: &[PageSize {
            bytes: 65536,
            never: true,
            lacking: "Apple silicon has no 64K granule",
        }],
        big_endian: false,
        command_line: CommandLineRules {
            max_bytes: None,
            printable_ascii_only: false,
            adds_before_dashes: false,
            additions: &[],
            source: "Apple developer documentation, VZLinuxBootLoader.commandLine",
        },
        implicit_devices: &[],
        max_virtio_devices: None,
        virtio_fs: Some(VirtioFs {
            tag: "rootfs",
            made_by: "VZVirtioFileSystemDeviceConfiguration(tag: \"rootfs\")",
        }),
        disk_formats: DISK_FORMATS,
    }],
};

/// Attachments of disk images are raw.
const DISK_FORMATS: &[&str] = &["raw"];
