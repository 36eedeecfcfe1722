//! QEMU's `-M virt` with `-kernel`: aarch64 and riscv64.
//!
//! Source: QEMU 7.2, 8.0 and 10.0 `hw/arm/boot.c` (`load_aarch64_image`), `hw/riscv/boot.c`
//! (`riscv_load_kernel`), `hw/core/loader.c` (`unpack_efi_zboot_image`, since 8.0, gzip alone).

use super::{Accepts, Entry, Finds, NO_16K, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static QEMU_VIRT: Target = Target {
    name: "qemu-virt",
    title: "QEMU virt",
    versions: "7.2 to 10.0",
    as_of: "2026-11",
    sources: &[
        "QEMU hw/arm/boot.c, load_aarch64_image",
        "QEMU hw/riscv/boot.c, riscv_load_kernel",
        "QEMU hw/core/loader.c, unpack_efi_zboot_image",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[
                taken("arm64-image", None, "raw Image", None),
                taken("gzip", Some(&["gzip"]), "Image.gz", None),
                taken("elf", None, "ELF", None),
                taken("uimage", None, "uImage", None),
                taken("efi-zboot", Some(&["gzip"]), "EFI zboot", Some("QEMU 8.0")),
            ],
            extract_to: "image",
            extract_then: None,
            refusal: "QEMU loads the file as it is, and the guest prints nothing",
            ram_mib: 128,
            ram_base: 0x4000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::TTY_AMA0, console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::Mmio,
            page_sizes: &[NO_16K],
            big_endian: true,
        },
        Platform {
            architecture: Architecture::Riscv64,
            accepts: &[
                taken("riscv-image", None, "raw Image", None),
                taken("elf", None, "ELF", None),
                taken("uimage", None, "uImage", None),
                taken("efi-zboot", Some(&["gzip"]), "EFI zboot", Some("QEMU 8.0")),
            ],
            extract_to: "image",
            extract_then: None,
            refusal: "QEMU loads the file as it is, and the guest prints nothing",
            ram_mib: 128,
            ram_base: 0x8000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::TTY_S0, console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::Mmio,
            page_sizes: &[],
            big_endian: false,
        },
    ],
};

const fn taken(
    container: &'static str,
    codecs: Option<&'static [&'static str]>,
    form: &'static str,
    since: Option<&'static str>,
) -> Accepts {
    Accepts {
        container,
        codecs,
        inner: None,
        form,
        finds: Finds::Header,
        since,
    }
}
