//! The EFI zboot image: a PE program that carries a compressed kernel and decompresses it itself.
//!
//! Source: `drivers/firmware/efi/libstub/zboot-header.S` and `Makefile.zboot` (Linux 6.1 and
//! later; the Linux magic at 0x38 came after 6.1). The header counts the payload without the
//! length word that the build appends, except for gzip, whose format ends with one.

use super::container::Container;
use super::header::{Header, Payload};
use super::pe;
use super::stream::{LENGTH_WORD_BYTES, first_bytes, length_word};
use crate::bytes::Endianness;
use crate::codec::{self, Codec};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

const TYPE_AT: u64 = 4;
const TYPE: &[u8] = b"zimg";
const PAYLOAD_OFFSET_AT: u64 = 0x08;
const COMP_TYPE_AT: u64 = 0x18;

/// The container.
pub(super) static ZBOOT: Container = Container {
    name: "efi-zboot",
    title: "EFI zboot image",
    recognise: |head| head.has(0, b"MZ") && head.has(TYPE_AT, TYPE),
    parse,
};

/// The header, little endian.
#[derive(Debug, BinRead)]
struct ZbootHeader {
    /// 0x00: `MZ` and two zeros.
    _magic: [u8; 4],
    /// 0x04: `zimg`.
    _type: [u8; 4],
    /// 0x08: where the compressed kernel begins in the file.
    payload_offset: u32,
    /// 0x0c: its length, without an appended length word.
    payload_size: u32,
    /// 0x10: reserved.
    _reserved: [u32; 2],
    /// 0x18: how it is compressed: `gzip`, `zstd`; `zstd22` and `xzkern` in older kernels.
    comp_type: [u8; 32],
    /// 0x38: `LINUX_PE_MAGIC`, or zero.
    _linux_magic: u32,
    /// 0x3c: offset of the PE header.
    _pe_header: u32,
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let zboot: ZbootHeader = head.header("zboot_header", 0, Endianness::Little)?;
    let offset = u64::from(zboot.payload_offset);
    let length = u64::from(zboot.payload_size);
    let mut header = Header {
        endianness: Some(Endianness::Little),
        ..Header::default()
    };
    let end = offset.saturating_add(length);
    if offset == 0 || length == 0 {
        header.problems.push(Error::invalid(
            "zboot_header.payload_offset",
            PAYLOAD_OFFSET_AT,
            "the offset of a payload",
            format!("{length} bytes at {offset:#x}"),
        ));
    } else if end > source.len() {
        header.problems.push(Error::truncated(
            "payload",
            offset,
            length,
            source.len().saturating_sub(offset),
        ));
    }
    let first = first_bytes(source, offset, length);
    let codec = codec::recognise(&first);
    if let Some(problem) = disagreement(&zboot.comp_type, codec) {
        header.problems.push(problem);
    }
    let stated_decoded_bytes = codec.and_then(|codec| match codec.name {
        "gzip" => length_word(source, end.saturating_sub(LENGTH_WORD_BYTES)),
        _ => length_word(source, end),
    });
    header.payload = Some(Payload::Compressed {
        offset,
        length,
        codec,
        stated_decoded_bytes,
    });
    let pe = pe::describe(&mut header, head, source.len(), limits);
    header.bits = header.architecture.map(super::Architecture::bits);
    header.end = pe.map(|pe| pe.end());
    Ok(header)
}

/// What `comp_type` says against what the payload's first bytes are. Firmware reads neither, but
/// every loader that unpacks the image goes by the first.
fn disagreement(comp_type: &[u8; 32], codec: Option<&Codec>) -> Option<Error> {
    let stated = comp_type.split(|byte| *byte == 0).next()?;
    let stated = String::from_utf8_lossy(stated);
    let name = match stated.as_ref() {
        "xzkern" => "xz",
        "zstd22" => "zstd",
        other => other,
    };
    let Some(known) = codec::by_name(name) else {
        return Some(Error::invalid(
            "zboot_header.comp_type",
            COMP_TYPE_AT,
            "the name of a codec",
            pe::printable(&stated),
        ));
    };
    codec.filter(|codec| *codec != known).map(|codec| {
        Error::invalid(
            "zboot_header.comp_type",
            COMP_TYPE_AT,
            format!("{}, the codec of the payload", codec.name),
            pe::printable(&stated),
        )
    })
}
