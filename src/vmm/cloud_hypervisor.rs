//! Cloud Hypervisor with `--kernel`.
//!
//! Source: Cloud Hypervisor README ("Custom Kernel and Disk Image"), pull request 6200 (bzImage,
//! since 38.0), `vmm/src/vm.rs` (`load_kernel`), issue 4930 (PVH).

use super::{Accepts, Entry, Finds, NO_16K, NO_64K, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static CLOUD_HYPERVISOR: Target = Target {
    name: "cloud-hypervisor",
    title: "Cloud Hypervisor",
    versions: "38 to 48",
    as_of: "2026-11",
    sources: &[
        "Cloud Hypervisor README, Custom Kernel and Disk Image",
        "Cloud Hypervisor vmm/src/vm.rs, load_kernel; pull request 6200; issue 4930",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                taken("elf", "ELF with a PVH note", None),
                taken("bzimage", "bzImage", Some("Cloud Hypervisor 38.0")),
            ],
            extract_to: "vmlinux",
            extract_then: None,
            refusal: "Cloud Hypervisor ends with \"Kernel Loader: Invalid Elf magic number\" or \
                      \"Invalid bzImage\"",
            ram_mib: 512,
            ram_base: 0,
            reserved_bytes: 0,
            entry: Entry::PvhElf,
            elf_addresses: Some((0x10_0000, 0xc000_0000)),
            min_boot_protocol: Some((2, 12)),
            consoles: &[console::HVC0, console::TTY_S0],
            tables: Tables::Acpi,
            transport: Transport::Pci,
            page_sizes: &[],
            big_endian: false,
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[taken("arm64-image", "raw arm64 Image (PE)", None)],
            extract_to: "image",
            extract_then: None,
            refusal: "Cloud Hypervisor ends with \"Kernel Loader: Invalid image magic number\"",
            ram_mib: 512,
            ram_base: 0x4000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0, console::TTY_AMA0],
            tables: Tables::DeviceTree,
            transport: Transport::Pci,
            page_sizes: &[NO_16K, NO_64K],
            big_endian: false,
        },
    ],
};

const fn taken(
    container: &'static str,
    form: &'static str,
    since: Option<&'static str>,
) -> Accepts {
    Accepts {
        container,
        codecs: None,
        inner: None,
        form,
        finds: Finds::Header,
        since,
    }
}
