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
        "krun-arch 1.19.7 src/*/layout.rs and mod.rs, src/x86_64/regs.rs and mptable.rs",
        "krun-devices 1.19.7 src/fdt/*.rs",
        "linux-loader 0.13.2 src/loader/elf/mod.rs",
        "QEMU issue 747 (Apple silicon has no big-endian mode)",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                direct("elf", "an ELF vmlinux (KRUN_KERNEL_FORMAT_ELF)"),
                scanned("bzimage", "bzip2", BZIP2, IMAGE_BZ2),
                scanned("bzimage", "gzip", GZIP, IMAGE_GZ),
                scanned("bzimage", "zstd", ZSTD, IMAGE_ZSTD),
                scanned("bzip2", "bzip2", BZIP2, IMAGE_BZ2),
                scanned("gzip", "gzip", GZIP, IMAGE_GZ),
                scanned("zstd", "zstd", ZSTD, IMAGE_ZSTD),
            ],
            extract_to: "vmlinux",
            extract_then: None,
            refusal: "libkrun ends with \"Building the microVM failed\" and \"Invalid Elf magic \
                      number\", \"Cannot find compressed kernel in file.\" or the decoder's error",
            ram_mib: 512,
            ram_base: 0,
            image_base: 0,
            adds_text_offset: false,
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
                direct("arm64-image", "a raw arm64 Image (KRUN_KERNEL_FORMAT_RAW)"),
                Accepts {
                    inner: Some("arm64-image"),
                    ..scanned("gzip", "gzip", GZIP, PE_GZ)
                },
            ],
            extract_to: "image",
            extract_then: None,
            refusal: "libkrun copies it to 0x80000000 and the guest prints nothing \
                      (KRUN_KERNEL_FORMAT_RAW), or libkrun decodes from the first bytes that look \
                      like gzip, whatever they are (KRUN_KERNEL_FORMAT_PE_GZ)",
            ram_mib: 512,
            ram_base: 0x8000_0000,
            image_base: 0x8000_0000,
            adds_text_offset: false,
            reserved_bytes: 0x20_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::MmioDeviceTree,
            page_sizes: &[NO_16K, NO_64K],
            big_endian: true,
        },
        Platform {
            architecture: Architecture::Riscv64,
            accepts: &[Accepts {
                inner: Some("riscv-image"),
                ..scanned("gzip", "gzip", GZIP, PE_GZ)
            }],
            extract_to: "image",
            extract_then: Some("gzip it"),
            refusal: "libkrun decodes from the first bytes that look like gzip, or ends with \
                      \"Building the microVM failed\"",
            ram_mib: 2048,
            ram_base: 0x4000_0000,
            image_base: 0x8000_0000,
            adds_text_offset: false,
            reserved_bytes: 0x1_0000,
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            tables: Tables::DeviceTree,
            transport: Transport::MmioDeviceTree,
            page_sizes: &[],
            big_endian: false,
        },
    ],
};

const IMAGE_BZ2: &str = "bzip2 around an ELF (KRUN_KERNEL_FORMAT_IMAGE_BZ2)";
const IMAGE_GZ: &str = "gzip around an ELF (KRUN_KERNEL_FORMAT_IMAGE_GZ)";
const IMAGE_ZSTD: &str = "zstd around an ELF (KRUN_KERNEL_FORMAT_IMAGE_ZSTD)";
const PE_GZ: &str = "gzip around a raw Image (KRUN_KERNEL_FORMAT_PE_GZ)";

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
