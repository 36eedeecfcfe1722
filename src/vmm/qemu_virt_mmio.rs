//! QEMU's `-M virt` with `-kernel` and virtio over MMIO: aarch64 and riscv64.
//!
//! Source: QEMU `hw/arm/boot.c` (`load_aarch64_image`; "raw images are linux kernels, and ELF
//! images are not"), `hw/riscv/boot.c` (`riscv_load_kernel`), `hw/core/loader.c`
//! (`unpack_efi_zboot_image`, since 8.0, gzip alone); boots with QEMU 7.2.

use super::{
    Accepts, CommandLineRules, Entry, Finds, InitramfsPlace, NO_16K, Platform, Tables, Target, bus,
    console,
};
use crate::architecture::Architecture;

/// What virtio over MMIO offers the kernel of each queue, whatever the device has asked for
/// (`VIRTQUEUE_MAX_SIZE`, `hw/virtio/virtio-mmio.c`): the driver of the console fills the queue by which
/// it hears with a page an entry (`drivers/char/virtio_console.c`, `fill_queue`). With one port there is
/// no queue for control.
pub(super) const VIRTIO_CONSOLE_PAGES: u64 = 1024;

/// The target.
pub static QEMU_VIRT_MMIO: Target = Target {
    name: "qemu-virt-mmio",
    title: "QEMU virt with virtio-mmio",
    versions: "7.2, and 8.0 where it learned EFI zboot",
    as_of: "2026-11",
    sources: &[
        "QEMU hw/arm/boot.c, load_aarch64_image and arm_setup_direct_kernel_boot",
        "QEMU hw/riscv/boot.c, riscv_load_kernel and riscv_load_initrd",
        "QEMU hw/arm/virt.c and hw/riscv/virt.c, create_fdt (stdout-path)",
        "QEMU hw/core/loader.c, unpack_efi_zboot_image",
    ],
    platforms: &[AARCH64, RISCV64],
};

/// The machine on aarch64.
pub(super) const AARCH64: Platform = Platform {
    architecture: Architecture::Aarch64,
    accepts: &[
        Accepts::header("arm64-image", "a raw arm64 Image"),
        taken(
            "gzip",
            Some(&["gzip"]),
            Some("arm64-image"),
            "Image.gz",
            None,
        ),
        Accepts::header("uimage", "a uImage"),
        taken(
            "efi-zboot",
            Some(&["gzip"]),
            None,
            "an EFI zboot image with a gzip payload",
            Some("QEMU 8.0"),
        ),
    ],
    extract_to: "image",
    refusal: "QEMU loads the file as it is, and the guest prints nothing",
    ram_base: 0x4000_0000,
    image_base: 0x4020_0000,
    adds_text_offset: true,
    reserved_bytes: 0x20_0000,
    virtio_console_pages: VIRTIO_CONSOLE_PAGES,
    initramfs: InitramfsPlace::Middle { from: 0x4000_0000 },
    entry: Entry::Image,
    consoles: &[console::TTY_AMA0, console::HVC0],
    stdout_path: true,
    tables: Tables::DeviceTree,
    bus: &bus::MMIO_DEVICE_TREE,
    disks: super::qemu::DISKS,
    page_sizes: &[NO_16K],
    big_endian: true,
    command_line: COMMAND_LINE,
    virtio_fs: Some(super::qemu::VIRTIO_FS),
    disk_formats: super::qemu::DISK_FORMATS,
    ..super::PLAIN
};

/// The machine on riscv64.
pub(super) const RISCV64: Platform = Platform {
    architecture: Architecture::Riscv64,
    accepts: &[
        Accepts::header("riscv-image", "a raw RISC-V Image"),
        Accepts::header("elf", "an ELF vmlinux"),
        Accepts::header("uimage", "a uImage"),
    ],
    extract_to: "image",
    refusal: "QEMU loads the file as it is, and the guest prints nothing",
    ram_base: 0x8000_0000,
    image_base: 0x8020_0000,
    reserved_bytes: 0x20_0000,
    virtio_console_pages: VIRTIO_CONSOLE_PAGES,
    initramfs: InitramfsPlace::Middle { from: 0x8020_0000 },
    entry: Entry::Image,
    elf_addresses: Some((0x8000_0000, u64::MAX)),
    consoles: &[console::TTY_S0_OF, console::HVC0],
    stdout_path: true,
    tables: Tables::DeviceTree,
    bus: &bus::MMIO_DEVICE_TREE,
    disks: super::qemu::DISKS,
    command_line: COMMAND_LINE,
    virtio_fs: Some(super::qemu::VIRTIO_FS),
    disk_formats: super::qemu::DISK_FORMATS,
    ..super::PLAIN
};

/// It stands in the device tree as it was given.
const COMMAND_LINE: CommandLineRules =
    CommandLineRules::unchanged("QEMU hw/arm/boot.c, arm_load_dtb; hw/riscv/virt.c, create_fdt");

const fn taken(
    container: &'static str,
    codecs: Option<&'static [&'static str]>,
    inner: Option<&'static str>,
    form: &'static str,
    since: Option<&'static str>,
) -> Accepts {
    Accepts {
        container,
        codecs,
        inner,
        form,
        finds: Finds::Header,
        since,
    }
}
