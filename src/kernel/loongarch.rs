//! The raw LoongArch kernel, `vmlinux.efi`: the kernel itself behind a header of 64 bytes.
//!
//! Source: `Documentation/arch/loongarch/booting.rst`, "Header Notes of Kernel Image";
//! `arch/loongarch/kernel/head.S`. Linux 6.1 leaves the Linux magic at 0x38 zero, so the
//! PE machine decides.

use super::container::Container;
use super::header::Header;
use super::raw_image::bounds;
use super::{Architecture, pe};
use crate::bytes::{Endianness, Window};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

/// The container.
pub(super) static LOONGARCH: Container = Container {
    name: "loongarch-image",
    title: "LoongArch kernel image",
    recognise,
    parse,
};

/// The header.
#[derive(Debug, BinRead)]
struct ImageHeader {
    /// 0x00: `MZ`, and two zeros that no other linker leaves there.
    _code0: [u8; 4],
    /// 0x04: reserved.
    _res0: u32,
    /// 0x08: entry point; virtual in Linux 6.1.
    kernel_entry: u64,
    /// 0x10: memory needed, BSS counted.
    image_size: u64,
    /// 0x18: load offset from the beginning of memory.
    load_offset: u64,
    /// 0x20: reserved.
    _reserved: [u64; 3],
    /// 0x38: `LINUX_PE_MAGIC`, or zero.
    _magic: u32,
    /// 0x3c: offset of the PE header.
    _pe_header: u32,
}

fn recognise(head: Window<'_>) -> bool {
    let linux_magic =
        head.has(pe::LINUX_MAGIC_AT, pe::LINUX_MAGIC) || head.has(pe::LINUX_MAGIC_AT, &[0; 4]);
    head.has(0, b"MZ\0\0\0\0\0\0")
        && linux_magic
        && head
            .u64("image_size", 0x10, Endianness::Little)
            .is_ok_and(|size| size > 0)
        && pe::machine(head).and_then(Architecture::from_pe) == Some(Architecture::Loongarch64)
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let image: ImageHeader = head.header("loongarch_image_header", 0, Endianness::Little)?;
    let mut header = Header {
        architecture: Some(Architecture::Loongarch64),
        bits: Some(Architecture::Loongarch64.bits()),
        endianness: Some(Endianness::Little),
        load_address: Some(image.load_offset),
        entry: Some(image.kernel_entry),
        image_size_bytes: Some(image.image_size),
        ..Header::default()
    };
    bounds(&mut header, head, source.len(), limits);
    Ok(header)
}
