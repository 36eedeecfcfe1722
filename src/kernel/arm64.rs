//! The raw arm64 `Image`: the kernel itself behind a header of 64 bytes.
//!
//! Source: `Documentation/arch/arm64/booting.rst`, "4. Call the kernel image". The fields are as
//! documented since Linux 3.17; before it, `image_size` is 0 and the byte order is not stated.
//! Only the magic is constant: with an EFI stub the first instruction reads as `MZ`, without one
//! it does not.

use super::Architecture;
use super::container::Container;
use super::header::Header;
use super::raw_image::bounds;
use crate::bytes::Endianness;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

pub(super) const MAGIC_AT: u64 = 56;
pub(super) const MAGIC: &[u8] = b"ARM\x64";
/// What `text_offset` is taken for where `image_size` is 0.
const OLD_TEXT_OFFSET: u64 = 0x8_0000;
const FLAG_BIG_ENDIAN: u64 = 1;
const FLAG_PLACED_ANYWHERE: u64 = 1 << 3;

/// The container.
pub(super) static ARM64: Container = Container {
    name: "arm64-image",
    title: "arm64 Image",
    recognise: |head| head.has(MAGIC_AT, MAGIC),
    parse,
};

/// The header, little endian throughout.
#[derive(Debug, BinRead)]
struct ImageHeader {
    /// 0x00: executable code; `MZ` where there is an EFI stub.
    _code0: u32,
    /// 0x04: executable code.
    _code1: u32,
    /// 0x08: load offset from a 2 MiB boundary.
    text_offset: u64,
    /// 0x10: memory needed from there on, BSS counted.
    image_size: u64,
    /// 0x18: bit 0 byte order, bits 1 and 2 page size, bit 3 placement.
    flags: u64,
    /// 0x20: `res2` to `res4`, reserved.
    _reserved: [u64; 3],
    /// 0x38: `ARM\x64`.
    _magic: [u8; 4],
    /// 0x3c: offset of the PE header, with an EFI stub.
    _res5: u32,
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let image: ImageHeader = head.header("arm64_image_header", 0, Endianness::Little)?;
    let before_3_17 = image.image_size == 0;
    let mut header = Header {
        architecture: Some(Architecture::Aarch64),
        bits: Some(Architecture::Aarch64.bits()),
        endianness: (!before_3_17).then_some(endianness(image.flags)),
        page_size_bytes: page_size_bytes(image.flags),
        relocatable: Some(image.flags & FLAG_PLACED_ANYWHERE != 0),
        load_address: Some(if before_3_17 {
            OLD_TEXT_OFFSET
        } else {
            image.text_offset
        }),
        image_size_bytes: (!before_3_17).then_some(image.image_size),
        ..Header::default()
    };
    bounds(&mut header, head, source.len(), limits);
    Ok(header)
}

fn endianness(flags: u64) -> Endianness {
    if flags & FLAG_BIG_ENDIAN == 0 {
        Endianness::Little
    } else {
        Endianness::Big
    }
}

fn page_size_bytes(flags: u64) -> Option<u64> {
    match (flags >> 1) & 3 {
        1 => Some(4 << 10),
        2 => Some(16 << 10),
        3 => Some(64 << 10),
        _ => None,
    }
}
