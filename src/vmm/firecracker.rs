//! Firecracker.
//!
//! Source: Firecracker `docs/rootfs-and-kernel-setup.md` ("uncompressed ELF kernel images on
//! x86_64 while on aarch64 it supports PE formatted images"), `src/vmm/src/arch/*/mod.rs`
//! (`load_kernel`), `src/vmm/src/arch/x86_64/layout.rs`.

use super::{Accepts, Entry, Finds, NO_16K, NO_64K, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static FIRECRACKER: Target = Target {
    name: "firecracker",
    title: "Firecracker",
    versions: "1.7 to 1.13",
    as_of: "2026-11",
    sources: &[
        "Firecracker docs/rootfs-and-kernel-setup.md",
        "Firecracker src/vmm/src/arch/x86_64/mod.rs and aarch64/mod.rs, load_kernel",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[taken("elf", "uncompressed ELF (vmlinux)")],
            extract_to: "vmlinux",
            extract_then: None,
            refusal: "Firecracker ends with \"Kernel Loader: Invalid Elf magic number\"",
            ram_mib: 128,
            ram_base: 0,
            reserved_bytes: 0,
            entry: Entry::Long64,
            elf_addresses: Some((0x10_0000, 0xd000_0000)),
            min_boot_protocol: None,
            consoles: &[console::TTY_S0],
            tables: Tables::Acpi,
            transport: Transport::MmioCommandLine,
            page_sizes: &[],
            big_endian: false,
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[taken("arm64-image", "raw arm64 Image (PE)")],
            extract_to: "image",
            extract_then: None,
            refusal: "Firecracker ends with \"Kernel Loader: Invalid image magic number\"",
            ram_mib: 128,
            ram_base: 0x8000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::TTY_S0],
            tables: Tables::DeviceTree,
            transport: Transport::Mmio,
            page_sizes: &[NO_16K, NO_64K],
            big_endian: false,
        },
    ],
};

const fn taken(container: &'static str, form: &'static str) -> Accepts {
    Accepts {
        container,
        codecs: None,
        inner: None,
        form,
        finds: Finds::Header,
        since: None,
    }
}
