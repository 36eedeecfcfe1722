//! libkrun as one meets it with a kernel of one's own (`krun_set_kernel`), or with libkrunfw.
//!
//! Source: crates libkrun, krun-vmm, krun-arch and krun-devices 1.19.7: `src/builder.rs`
//! (`load_external_kernel`, `load_payload`), `src/lib.rs` (`krun_set_kernel`, `load_krunfw_payload`).

use super::{
    Accepts, Addition, Adds, CommandLineRules, Entry, Finds, InitramfsPlace, MmioDevices, NO_16K,
    NO_64K, Platform, RAM_MIB, Tables, Target, VIRTIO_BLK, VirtioFs, When, bus, console,
};
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
        "libkrun 1.19.7 src/lib.rs, load_krunfw_payload; krun-vmm 1.19.7 src/builder.rs, load_payload",
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel (the initramfs's place)",
        "krun-arch 1.19.7 src/*/layout.rs and mod.rs, src/x86_64/regs.rs and mptable.rs",
        "krun-devices 1.19.7 src/fdt/*.rs",
        "linux-loader 0.13.2 src/loader/elf/mod.rs",
        "QEMU issue 747 (Apple silicon has no big-endian mode)",
        "libkrun 1.19.7 include/libkrun.h, KRUN_DISK_FORMAT_RAW, _QCOW2 and _VMDK",
    ],
    platforms: &[
        Platform {
            architecture: Architecture::X86_64,
            accepts: &[
                Accepts::header("elf", "an ELF vmlinux (KRUN_KERNEL_FORMAT_ELF)"),
                scanned("bzimage", "bzip2", BZIP2, IMAGE_BZ2),
                scanned("bzimage", "gzip", GZIP, IMAGE_GZ),
                scanned("bzimage", "zstd", ZSTD, IMAGE_ZSTD),
                scanned("bzip2", "bzip2", BZIP2, IMAGE_BZ2),
                scanned("gzip", "gzip", GZIP, IMAGE_GZ),
                scanned("zstd", "zstd", ZSTD, IMAGE_ZSTD),
                LIBKRUNFW,
            ],
            extract_to: "vmlinux",
            refusal: "libkrun ends with \"Building the microVM failed\" and \"Invalid Elf magic \
                      number\", \"Cannot find compressed kernel in file.\" or the decoder's error",
            initramfs: InitramfsPlace::Top { below: 0xd000_0000 },
            entry: Entry::Long64,
            elf_addresses: Some((0x10_0000, 0x4000_0000)),
            consoles: &[console::TTY_S0, console::HVC0],
            tables: Tables::MultiProcessor,
            bus: &bus::MMIO_COMMAND_LINE,
            disks: &[&VIRTIO_BLK],
            command_line: COMMAND_LINE_X86,
            implicit_devices: IMPLICIT,
            max_virtio_devices: Some(11),
            virtio_fs: Some(VIRTIO_FS),
            disk_formats: DISK_FORMATS,
            ..super::PLAIN
        },
        Platform {
            architecture: Architecture::Aarch64,
            accepts: &[
                Accepts::header("arm64-image", "a raw arm64 Image (KRUN_KERNEL_FORMAT_RAW)"),
                Accepts {
                    inner: Some("arm64-image"),
                    ..scanned("gzip", "gzip", GZIP, PE_GZ)
                },
                LIBKRUNFW,
            ],
            extract_to: "image",
            extract_then: None,
            refusal: "libkrun copies it to 0x80000000 and the guest prints nothing \
                      (KRUN_KERNEL_FORMAT_RAW), or libkrun decodes from the first bytes that look \
                      like gzip, whatever they are (KRUN_KERNEL_FORMAT_PE_GZ)",
            ram_mib: RAM_MIB,
            ram_base: 0x8000_0000,
            image_base: 0x8000_0000,
            adds_text_offset: false,
            reserved_bytes: 0x20_0000,
            virtio_console_pages: 0,
            initramfs: InitramfsPlace::Top { below: u64::MAX },
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            has_one_console: false,
            stdout_path: false,
            tables: Tables::DeviceTree,
            bus: &bus::MMIO_DEVICE_TREE,
            disks: &[&VIRTIO_BLK],
            page_sizes: &[NO_16K, NO_64K],
            big_endian: true,
            command_line: COMMAND_LINE_AARCH64,
            implicit_devices: IMPLICIT,
            max_virtio_devices: None,
            virtio_fs: Some(VIRTIO_FS),
            disk_formats: DISK_FORMATS,
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
            ram_mib: RAM_MIB,
            ram_base: 0x4000_0000,
            image_base: 0x8000_0000,
            adds_text_offset: false,
            reserved_bytes: 0x1_0000,
            virtio_console_pages: 0,
            initramfs: InitramfsPlace::Top { below: u64::MAX },
            entry: Entry::Image,
            elf_addresses: None,
            min_boot_protocol: None,
            consoles: &[console::HVC0],
            has_one_console: false,
            stdout_path: false,
            tables: Tables::DeviceTree,
            bus: &bus::MMIO_DEVICE_TREE,
            disks: &[&VIRTIO_BLK],
            page_sizes: &[],
            big_endian: false,
            command_line: COMMAND_LINE_RISCV,
            implicit_devices: IMPLICIT,
            max_virtio_devices: None,
            virtio_fs: Some(VIRTIO_FS),
            disk_formats: DISK_FORMATS,
        },
    ],
};

/// The kernel that libkrun starts if its caller names none.
const LIBKRUNFW: Accepts = Accepts {
    container: "libkrunfw",
    codecs: None,
    inner: None,
    form: "a libkrunfw, which it loads as a shared library",
    finds: Finds::Library,
    since: None,
};

const IMAGE_BZ2: &str = "bzip2 around an ELF (KRUN_KERNEL_FORMAT_IMAGE_BZ2)";
const IMAGE_GZ: &str = "gzip around an ELF (KRUN_KERNEL_FORMAT_IMAGE_GZ)";
const IMAGE_ZSTD: &str = "zstd around an ELF (KRUN_KERNEL_FORMAT_IMAGE_ZSTD)";
const PE_GZ: &str = "gzip around a raw Image (KRUN_KERNEL_FORMAT_PE_GZ)";

/// A balloon, a source of entropy and the implicit console are always made, in this order. A
/// vsock comes with them unless it is turned off, and redirects the guest's sockets
/// (`tsi_hijack`), which stock kernels hand to init.
const IMPLICIT: &[&str] = &["balloon", "rng", "console"];

/// `krun_set_root` gives the folder the tag `/dev/root`; `krun_add_virtiofs` takes any.
const VIRTIO_FS: VirtioFs = VirtioFs {
    tag: "/dev/root",
    made_by: "krun_set_root",
};

const COMMAND_LINE_X86: CommandLineRules = CommandLineRules {
    max_bytes: Some(0x1_0000),
    additions: &[
        ENVIRONMENT,
        Addition {
            adds: Adds::MmioDevices(MmioDevices {
                size: "4K",
                address: 0xd000_0000,
                address_step: 0x1000,
                interrupt: 5,
                interrupt_step: 1,
            }),
            when: When::Always,
        },
        HIJACK,
        INIT_ARGUMENTS,
    ],
    source: "krun-vmm 1.19.7 src/builder.rs and src/device_manager/kvm/mmio.rs, \
             add_device_to_cmdline; krun-arch 1.19.7 src/x86_64/layout.rs",
    ..COMMAND_LINE_AARCH64
};

const COMMAND_LINE_AARCH64: CommandLineRules = CommandLineRules {
    max_bytes: Some(2048),
    printable_ascii_only: true,
    adds_before_dashes: false,
    additions: &[
        ENVIRONMENT,
        Addition {
            adds: Adds::Text("earlycon=pl011,mmio32,0x0a001000"),
            when: When::Serial,
        },
        HIJACK,
        INIT_ARGUMENTS,
    ],
    source: "krun-vmm 1.19.7 src/builder.rs and src/device_manager/kvm/mmio.rs, \
             register_mmio_serial; krun-arch 1.19.7 src/aarch64/layout.rs",
};

const COMMAND_LINE_RISCV: CommandLineRules = CommandLineRules {
    max_bytes: Some(1024),
    additions: &[
        ENVIRONMENT,
        Addition {
            adds: Adds::Text("earlycon=uart,mmio,0x0a001000"),
            when: When::Serial,
        },
        HIJACK,
        INIT_ARGUMENTS,
    ],
    source: "krun-vmm 1.19.7 src/builder.rs and src/device_manager/kvm/mmio.rs, \
             register_mmio_serial; krun-arch 1.19.7 src/riscv64/layout.rs",
    ..COMMAND_LINE_AARCH64
};

/// Five places for `KRUN_*` variables, which are empty unless `krun_set_exec` and its like fill
/// them; the spaces between them stay.
const ENVIRONMENT: Addition = Addition {
    adds: Adds::Text("     "),
    when: When::Always,
};

const HIJACK: Addition = Addition {
    adds: Adds::Text("tsi_hijack"),
    when: When::SocketHijack,
};

/// What `krun_set_exec` names as arguments follows; without it, the dashes stand alone.
const INIT_ARGUMENTS: Addition = Addition {
    adds: Adds::Text(" -- "),
    when: When::Always,
};

const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const BZIP2: &[u8] = b"BZh";
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

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

/// `KRUN_DISK_FORMAT_*` of `krun_add_disk2` and later; `krun_add_disk` itself takes raw only.
const DISK_FORMATS: &[&str] = &["raw", "qcow2", "vmdk"];
