//! Apple's Virtualization.framework (`VZLinuxBootLoader`), on Apple silicon.
//!
//! Source: Apple's documentation of `VZLinuxBootLoader`; what its users report: a compressed
//! kernel gives a VM without output; lima-vm/lima issue 841 for 64K pages.

use super::{Accepts, Entry, Finds, PageSize, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static VZ: Target = Target {
    name: "vz",
    title: "Virtualization.framework",
    versions: "macOS 13 to 15",
    as_of: "2026-11",
    sources: &[
        "Apple developer documentation, VZLinuxBootLoader",
        "lima-vm/lima issue 841",
    ],
    platforms: &[Platform {
        architecture: Architecture::Aarch64,
        accepts: &[Accepts {
            container: "arm64-image",
            codecs: None,
            inner: None,
            form: "raw arm64 Image",
            finds: Finds::Header,
            since: None,
        }],
        extract_to: "image",
        extract_then: None,
        refusal: "the virtual machine starts and prints nothing, or ends with an internal \
                  virtualization error",
        ram_mib: 512,
        ram_base: 0x7000_0000,
        reserved_bytes: 0x20_0000,
        entry: Entry::Image,
        elf_addresses: None,
        min_boot_protocol: None,
        consoles: &[console::HVC0],
        tables: Tables::DeviceTree,
        transport: Transport::Pci,
        page_sizes: &[PageSize {
            bytes: 65536,
            never: true,
            lacking: "Apple silicon has no 64K granule",
        }],
        big_endian: false,
    }],
};
