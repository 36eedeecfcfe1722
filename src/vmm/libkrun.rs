//! libkrun as one meets it with a kernel of one's own (`krun_set_kernel`).
//!
//! Source: crates libkrun, krun-vmm, krun-arch and krun-devices 1.19.7: `src/builder.rs`
//! (`load_external_kernel`), `src/lib.rs` (`krun_set_kernel`).

use super::{Accepts, Entry, Finds, NO_16K, NO_64K, Platform, Tables, Target, Transport, console};
use crate::architecture::Architecture;

/// The target.
pub static LIBKRUN: Target = Target {
    name: "libkrun",
    title: "libkrun",
    versions: "1.19.7",
    as_of: "2026-11",
    sources: &[
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel",
        "libkrun 1.19.7 src/lib.rs, krun_set_kernel",
        "krun-devices 1.19.7 src/fdt/aarch64.rs",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                direct("elf", "KRUN_KERNEL_FORMAT_ELF"),
                scanned("bzimage", "bzip2", BZIP2, "KRUN_KERNEL_FORMAT_IMAGE_BZ2"),
                scanned("bzimage", "gzip", GZIP, "KRUN_KERNEL_FORMAT_IMAGE_GZ"),
                scanned("bzimage", "zstd", ZSTD, "KRUN_KERNEL_FORMAT_IMAGE_ZSTD"),
                scanned("bzip2", "bzip2", BZIP2, "KRUN_KERNEL_FORMAT_IMAGE_BZ2"),
                scanned("gzip", "gzip", GZIP, "KRUN_KERNEL_FORMAT_IMAGE_GZ"),
                scanned("zstd", "zstd", ZSTD, "KRUN_KERNEL_FORMAT_IMAGE_ZSTD"),
            ],
            extract_to: "vmlinux",
            extract_then: None,
            refusal: "libkrun ends with \"Kernel Loader: Invalid Elf magic number\" or a decoder's \
                      error, or starts nothing",
            ram_mib: 512,
            ram_base: 0,
            reserved_bytes: 0,
            entry: Entry::Long64,
            elf_addresses: Some((0x10_0000, 0x4000_0000)),
            min_boot_protocol: None,
            consoles: &[console::TTY_S0, console::HVC0],
            tables: Tables::MultiProcessor,
            transport: Transport::MmioCommandLine,
            page_sizes: &[],
            big_endian: false,
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[
                direct("arm64-image", "KRUN_KERNEL_FORMAT_RAW"),
                Accepts {
                    inner: Some("arm64-image"),
                    ..scanned("gzip", "gzip", GZIP, "KRUN_KERNEL_FORMAT_PE_GZ")
                },
            ],
            extract_to: "image",
            extract_then: None,
            refusal: "libkrun copies the file to 0x80000000 as it is, the guest runs whatever \
                      stands there, and nothing is printed; KRUN_KERNEL_FORMAT_PE_GZ reads no \
                      header either: it decodes from the first bytes that look like gzip",
            ram_mib: 512,
            ram_base: 0x8000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::Mmio,
            page_sizes: &[NO_16K, NO_64K],
            big_endian: false,
        },
        Platform {
            architecture: Architecture::Riscv64,
            accepts: &[Accepts {
                inner: Some("riscv-image"),
                ..scanned("gzip", "gzip", GZIP, "KRUN_KERNEL_FORMAT_PE_GZ")
            }],
            extract_to: "image",
            extract_then: Some("gzip it"),
            refusal: "libkrun decodes from the first bytes that look like gzip, and from nothing \
                      else",
            ram_mib: 2048,
            ram_base: 0x8000_0000,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::Mmio,
            page_sizes: &[],
            big_endian: false,
        },
    ],
};

const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const BZIP2: &[u8] = b"BZh";
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

const fn direct(container: &'static str, form: &'static str) -> Accepts {
    Accepts {
        container,
        codecs: None,
        inner: None,
        form,
        finds: Finds::Header,
        since: None,
    }
}

const fn scanned(
    container: &'static str,
    codec: &'static str,
    magic: &'static [u8],
    form: &'static str,
) -> Accepts {
    Accepts {
        container,
        codecs: Some(match codec.as_bytes() {
            b"bzip2" => &["bzip2"],
            b"gzip" => &["gzip"],
            _ => &["zstd"],
        }),
        inner: Some("elf"),
        form,
        finds: Finds::FirstMagic(magic),
        since: None,
    }
}
