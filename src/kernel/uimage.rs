//! The legacy uImage of U-Boot: 64 bytes in front of a kernel.
//!
//! Source: U-Boot, `include/image.h` (`struct legacy_img_hdr`, `IH_*`) and `boot/image.c`.

use super::container::Container;
use super::header::{Header, Payload, PayloadCrc32, Section};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window, escaped};
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

/// The container.
pub(super) static UIMAGE: Container = Container {
    name: "uimage",
    title: "uImage",
    recognise,
    parse,
};

const MAGIC: &[u8] = &[0x27, 0x05, 0x19, 0x56];
const HEADER_BYTES: u64 = 64;
const HCRC: std::ops::Range<usize> = 4..8;
const IH_OS_LINUX: u8 = 5;
const IH_TYPE_KERNEL: u8 = 2;
const IH_TYPE_MULTI: u8 = 4;
const IH_TYPE_KERNEL_NOLOAD: u8 = 14;
/// Parts of a multi-file image; U-Boot knows three.
const PARTS: u64 = 16;

/// `struct legacy_img_hdr`, big-endian.
#[derive(Debug, BinRead)]
struct LegacyImgHdr {
    /// 0x00: 0x27051956.
    _ih_magic: u32,
    /// 0x04: CRC-32 of this header, this field being 0.
    ih_hcrc: u32,
    /// 0x08: when it was made.
    _ih_time: u32,
    /// 0x0c: bytes behind the header.
    ih_size: u32,
    /// 0x10: where it goes.
    ih_load: u32,
    /// 0x14: its first instruction.
    ih_ep: u32,
    /// 0x18: CRC-32 of the bytes behind the header.
    ih_dcrc: u32,
    /// 0x1c: operating system; 5 is Linux.
    ih_os: u8,
    /// 0x1d: architecture.
    ih_arch: u8,
    /// 0x1e: what it is: 2 a kernel, 4 several files, 14 a kernel that is started in place.
    ih_type: u8,
    /// 0x1f: compression.
    ih_comp: u8,
    /// 0x20: name, padded with NUL.
    ih_name: [u8; 32],
}

fn recognise(head: Window<'_>) -> bool {
    head.has(0, MAGIC)
}

fn parse(source: &Source, _limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let bytes = head.bytes("uImage header", 0, HEADER_BYTES)?;
    let fields: LegacyImgHdr = head.header("uImage header", 0, Endianness::Big)?;
    let mut problems = Vec::new();
    let crc = header_crc32(bytes);
    if crc != fields.ih_hcrc {
        problems.push(Error::corrupt(
            "ih_hcrc",
            4,
            format!("{crc:#010x}, the CRC-32 of the header"),
            format!("{:#010x}", fields.ih_hcrc),
        ));
    }
    if fields.ih_os != IH_OS_LINUX {
        let found = format!("a uImage for {}", named(OPERATING_SYSTEMS, fields.ih_os));
        return Err(Error::unrecognised(found));
    }
    let size = u64::from(fields.ih_size);
    let there = source.len().saturating_sub(HEADER_BYTES);
    if size > there {
        problems.push(Error::truncated("ih_size", 0x0c, size, there));
    }
    let architecture = Architecture::from_uimage(fields.ih_arch);
    let mut header = Header {
        architecture,
        bits: architecture.map(Architecture::bits),
        load_address: Some(u64::from(fields.ih_load)),
        entry: Some(u64::from(fields.ih_ep)),
        version_text: name(&fields.ih_name),
        end: HEADER_BYTES.checked_add(size),
        payload_crc32: Some(PayloadCrc32 {
            field: "ih_dcrc",
            field_offset: 0x18,
            offset: HEADER_BYTES,
            length: size,
            stated: fields.ih_dcrc,
        }),
        ..Header::default()
    };
    let (offset, length) = match fields.ih_type {
        IH_TYPE_KERNEL | IH_TYPE_KERNEL_NOLOAD => (HEADER_BYTES, size),
        IH_TYPE_MULTI => {
            header.sections = parts(head, size)?;
            match header.sections.first() {
                Some(kernel) => (kernel.offset, kernel.length),
                None => {
                    let at = HEADER_BYTES;
                    return Err(Error::invalid("multi-file sizes", at, "a kernel", "none"));
                }
            }
        }
        other => {
            let found = format!("a uImage of {}", named(TYPES, other));
            return Err(Error::unrecognised(found));
        }
    };
    let codec = match fields.ih_comp {
        0 => None,
        1 => codec::by_name("gzip"),
        2 => codec::by_name("bzip2"),
        3 => codec::by_name("lzma"),
        4 => codec::by_name("lzo"),
        5 => codec::by_name("lz4"),
        6 => codec::by_name("zstd"),
        other => {
            let found = format!("compression {other}, which is unknown");
            return Err(Error::unsupported("ih_comp", found).at(0x1f));
        }
    };
    header.payload = Some(match codec {
        None => Payload::Stored { offset, length },
        Some(codec) => Payload::Compressed {
            offset,
            length,
            codec: Some(codec),
            stated_decoded_bytes: None,
        },
    });
    header.problems = problems;
    Ok(header)
}

fn header_crc32(bytes: &[u8]) -> u32 {
    let mut bytes = bytes.to_vec();
    if let Some(field) = bytes.get_mut(HCRC) {
        field.fill(0);
    }
    let mut crc = flate2::Crc::new();
    crc.update(&bytes);
    crc.sum()
}

/// The files of a multi-file image: their sizes stand first, up to a 0, and each is padded to a
/// multiple of four.
fn parts(head: Window<'_>, size: u64) -> Result<Vec<Section>> {
    let mut sizes = Vec::new();
    let mut at = HEADER_BYTES;
    loop {
        let length = head.u32("multi-file sizes", at, Endianness::Big)?;
        at = at.saturating_add(4);
        if length == 0 {
            break;
        }
        if at > HEADER_BYTES.saturating_add(PARTS.saturating_mul(4)) {
            return Err(Error::limit("files of a uImage", PARTS));
        }
        sizes.push(u64::from(length));
    }
    let end = HEADER_BYTES.saturating_add(size);
    let mut parts = Vec::new();
    for (number, length) in sizes.into_iter().enumerate() {
        if at.saturating_add(length) > end {
            let found = end.saturating_sub(at);
            return Err(Error::truncated("file of a uImage", at, length, found));
        }
        parts.push(Section {
            name: format!("file {number}"),
            offset: at,
            length,
        });
        at = at.saturating_add(length.checked_next_multiple_of(4).unwrap_or(length));
    }
    Ok(parts)
}

/// `mkimage` is often told the release: `Linux-6.1.0`.
fn name(ih_name: &[u8]) -> Option<String> {
    let end = memchr::memchr(0, ih_name).unwrap_or(ih_name.len());
    let release = ih_name.get(..end)?.strip_prefix(b"Linux-")?;
    release
        .first()
        .is_some_and(u8::is_ascii_digit)
        .then(|| escaped(release))
}

/// `IH_OS_*`, those that are met.
const OPERATING_SYSTEMS: &[(u8, &str)] = &[
    (0, "no operating system"),
    (1, "OpenBSD"),
    (2, "NetBSD"),
    (3, "FreeBSD"),
    (14, "VxWorks"),
    (15, "QNX"),
    (17, "U-Boot itself"),
    (21, "Plan 9"),
    (23, "ARM Trusted Firmware"),
    (24, "Trusted Execution Environment"),
    (25, "OpenSBI"),
    (26, "EFI"),
];

/// `IH_TYPE_*`, those that are met.
const TYPES: &[(u8, &str)] = &[
    (1, "a standalone program"),
    (3, "an initramfs"),
    (5, "firmware"),
    (6, "a script"),
    (7, "a file system"),
    (8, "a device tree"),
];

fn named(names: &[(u8, &str)], number: u8) -> String {
    names
        .iter()
        .find(|(known, _)| *known == number)
        .map_or_else(
            || format!("number {number}"),
            |(_, name)| (*name).to_owned(),
        )
}
