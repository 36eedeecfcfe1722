//! The raw RISC-V `Image`: the kernel itself behind a header of 64 bytes.
//!
//! Source: `Documentation/arch/riscv/boot-image-header.rst`; `arch/riscv/kernel/head.S` for the
//! load offsets. The header came with Linux 5.3 (version 0.1); version 0.2 of Linux 5.4 added
//! `magic2`, and made `magic` the old one.

use super::container::Container;
use super::header::Header;
use super::raw_image::bounds;
use super::{Architecture, pe};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

const OLD_MAGIC_AT: u64 = 0x30;
const OLD_MAGIC: &[u8] = b"RISCV\0\0\0";
const MAGIC_AT: u64 = 0x38;
const MAGIC: &[u8] = b"RSC\x05";
const FLAG_BIG_ENDIAN: u64 = 1;
/// `text_offset` of a 64-bit kernel: one huge page.
const TEXT_OFFSET_64: u64 = 0x20_0000;
/// `text_offset` of a 32-bit kernel: one huge page there.
const TEXT_OFFSET_32: u64 = 0x40_0000;

/// The container.
pub(super) static RISCV: Container = Container {
    name: "riscv-image",
    title: "RISC-V Image",
    recognise: |head| head.has(MAGIC_AT, MAGIC) || head.has(OLD_MAGIC_AT, OLD_MAGIC),
    parse,
};

/// The header.
#[derive(Debug, BinRead)]
struct ImageHeader {
    /// 0x00: executable code; `MZ` where there is an EFI stub.
    _code0: u32,
    /// 0x04: executable code.
    _code1: u32,
    /// 0x08: load offset from the beginning of memory.
    text_offset: u64,
    /// 0x10: memory needed from there on, BSS counted.
    image_size: u64,
    /// 0x18: bit 0 byte order.
    flags: u64,
    /// 0x20: version of this header, major and minor.
    _version: u32,
    /// 0x24: reserved.
    _res1: u32,
    /// 0x28: reserved.
    _res2: u64,
    /// 0x30: `RISCV`, deprecated.
    _magic: u64,
    /// 0x38: `RSC\x05`.
    _magic2: u32,
    /// 0x3c: offset of the PE header, with an EFI stub.
    _res3: u32,
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let image: ImageHeader = head.header("riscv_image_header", 0, Endianness::Little)?;
    let architecture = architecture(head, image.text_offset);
    let mut header = Header {
        architecture,
        bits: architecture.map(Architecture::bits),
        endianness: Some(if image.flags & FLAG_BIG_ENDIAN == 0 {
            Endianness::Little
        } else {
            Endianness::Big
        }),
        load_address: Some(image.text_offset),
        image_size_bytes: Some(image.image_size).filter(|size| *size > 0),
        ..Header::default()
    };
    if image.image_size == 0 {
        header.problems.push(Error::invalid(
            "riscv_image_header.image_size",
            0x10,
            "the size of the kernel in memory",
            "0",
        ));
    }
    for (field, at, magic) in [
        ("riscv_image_header.magic", OLD_MAGIC_AT, OLD_MAGIC),
        ("riscv_image_header.magic2", MAGIC_AT, MAGIC),
    ] {
        // Either may be zero: the first is deprecated, the second came with version 0.2.
        let found = head.bytes(field, at, u64::try_from(magic.len()).unwrap_or(0))?;
        if found != magic && found.iter().any(|byte| *byte != 0) {
            header.problems.push(Error::invalid(
                field,
                at,
                crate::error::hex(magic),
                crate::error::hex(found),
            ));
        }
    }
    bounds(&mut header, head, source.len(), limits);
    Ok(header)
}

/// The PE header tells 32 from 64 bits; without an EFI stub only the load offset does.
fn architecture(head: Window<'_>, text_offset: u64) -> Option<Architecture> {
    let by_machine = pe::machine(head)
        .and_then(Architecture::from_pe)
        .filter(|found| matches!(found, Architecture::Riscv32 | Architecture::Riscv64));
    by_machine.or(match text_offset {
        TEXT_OFFSET_64 => Some(Architecture::Riscv64),
        TEXT_OFFSET_32 => Some(Architecture::Riscv32),
        _ => None,
    })
}
