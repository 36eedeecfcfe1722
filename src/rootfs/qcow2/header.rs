//! The header of a qcow2 image, and what of it is refused.
//!
//! Source: QEMU `docs/interop/qcow2.rst`, "Header" and "Header extensions".

use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;
use binrw::BinRead;
use std::ops::RangeInclusive;

const V2_BYTES: u32 = 72;
const V3_BYTES: u32 = 104;
/// QEMU's own limits.
const CLUSTER_BITS: RangeInclusive<u32> = 9..=21;
const L1_ENTRIES_MAX: u32 = 4 * 1024 * 1024;
const BACKING_NAME_BYTES_MAX: u32 = 1023;
const COMPRESSION_TYPE_AT: u64 = 104;

/// Bits of `incompatible_features`. Dirty and corrupt ones concern who writes.
const DIRTY: u64 = 1 << 0;
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA: u64 = 1 << 2;
const COMPRESSION_TYPE: u64 = 1 << 3;
const EXTENDED_L2: u64 = 1 << 4;

/// The header that both versions have, big endian.
#[derive(Debug, BinRead)]
struct V2Header {
    /// 0x00: `QFI\xfb`.
    _magic: u32,
    /// 0x04: 2 or 3.
    version: u32,
    /// 0x08: where the name of the backing file is; 0 is none.
    backing_file_offset: u64,
    /// 0x10: its length.
    backing_file_size: u32,
    /// 0x14: base-2 logarithm of the cluster.
    cluster_bits: u32,
    /// 0x18: the disk, in bytes.
    size: u64,
    /// 0x20: 0 is none, 1 is AES, 2 is LUKS.
    crypt_method: u32,
    /// 0x24: entries of the level 1 table.
    l1_size: u32,
    /// 0x28: where that is.
    l1_table_offset: u64,
    /// 0x30: where the reference counts are.
    _refcount_table_offset: u64,
    /// 0x38: how many clusters they take.
    _refcount_table_clusters: u32,
    /// 0x3c: snapshots, which are not looked at.
    _nb_snapshots: u32,
    /// 0x40: where they are.
    _snapshots_offset: u64,
}

/// What version 3 adds, big endian.
#[derive(Debug, BinRead)]
struct V3Header {
    /// 0x48: who does not know one of these must not read on.
    incompatible_features: u64,
    /// 0x50: of no concern.
    _compatible_features: u64,
    /// 0x58: of concern for who writes.
    _autoclear_features: u64,
    /// 0x60: base-2 logarithm of the bits of a reference count.
    _refcount_order: u32,
    /// 0x64: its own length.
    header_length: u32,
}

/// How clusters are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    /// Raw deflate, which QEMU calls zlib.
    Deflate,
    /// One zstd frame.
    Zstd,
}

/// What reading needs of a header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub version: u32,
    pub cluster_bits: u32,
    pub size: u64,
    pub l1_table_offset: u64,
    pub compression: Compression,
}

impl Header {
    /// The header of the image, if it is one that can be read here.
    pub fn read(file: &Source) -> Result<Self> {
        let head = file.head()?;
        let v2: V2Header = head.header("qcow2_header", 0, Endianness::Big)?;
        if !matches!(v2.version, 2 | 3) {
            return Err(Error::unsupported(
                "qcow2_header.version",
                format!("version {}", v2.version),
            )
            .at(4));
        }
        if !CLUSTER_BITS.contains(&v2.cluster_bits) {
            let expected = format!("{} to {}", CLUSTER_BITS.start(), CLUSTER_BITS.end());
            let found = v2.cluster_bits.to_string();
            return Err(Error::invalid(
                "qcow2_header.cluster_bits",
                20,
                expected,
                found,
            ));
        }
        let compression = match v2.version {
            2 => Compression::Deflate,
            _ => read_features(head)?,
        };
        match v2.crypt_method {
            0 => {}
            1 => return Err(encrypted("AES")),
            _ => return Err(encrypted("LUKS")),
        }
        if v2.backing_file_offset != 0 {
            return Err(backed(&v2, file)?);
        }
        let header = Self {
            version: v2.version,
            cluster_bits: v2.cluster_bits,
            size: v2.size,
            l1_table_offset: v2.l1_table_offset,
            compression,
        };
        header.check_l1(v2.l1_size, file)?;
        Ok(header)
    }

    /// Bytes of a cluster.
    pub fn cluster_bytes(&self) -> u64 {
        1_u64.wrapping_shl(self.cluster_bits)
    }

    /// Bytes of the disk that one table of level 2 covers: it fills a cluster, by 8 bytes an entry.
    pub fn l2_coverage_bytes(&self) -> u64 {
        let bits = self.cluster_bits.saturating_mul(2).saturating_sub(3);
        1_u64.wrapping_shl(bits)
    }

    /// The level 1 table covers the disk, and is in the file.
    fn check_l1(&self, l1_size: u32, file: &Source) -> Result<()> {
        if l1_size > L1_ENTRIES_MAX {
            return Err(Error::invalid(
                "qcow2_header.l1_size",
                36,
                format!("at most {L1_ENTRIES_MAX}"),
                l1_size.to_string(),
            ));
        }
        let needed = self.size.div_ceil(self.l2_coverage_bytes());
        if u64::from(l1_size) < needed {
            return Err(Error::invalid(
                "qcow2_header.l1_size",
                36,
                format!("{needed} or more, for {} bytes", self.size),
                l1_size.to_string(),
            ));
        }
        if !self.l1_table_offset.is_multiple_of(self.cluster_bytes()) {
            return Err(Error::invalid(
                "qcow2_header.l1_table_offset",
                40,
                format!("a multiple of {:#x}", self.cluster_bytes()),
                format!("{:#x}", self.l1_table_offset),
            ));
        }
        let length = u64::from(l1_size).saturating_mul(8);
        let found = file.len().saturating_sub(self.l1_table_offset).min(length);
        if found < length {
            return Err(Error::truncated(
                "qcow2 L1 table",
                self.l1_table_offset,
                length,
                found,
            ));
        }
        Ok(())
    }
}

fn read_features(head: Window<'_>) -> Result<Compression> {
    let v3: V3Header = head.header("qcow2_header", V2_BYTES.into(), Endianness::Big)?;
    if v3.header_length < V3_BYTES {
        return Err(Error::invalid(
            "qcow2_header.header_length",
            100,
            format!("{V3_BYTES} or more"),
            v3.header_length.to_string(),
        ));
    }
    let features = v3.incompatible_features;
    let refuse = |what: &str| {
        Err(Error::unsupported("qcow2_header.incompatible_features", what.to_owned()).at(72))
    };
    if features & EXTERNAL_DATA != 0 {
        return refuse("an image whose data is in another file");
    }
    if features & EXTENDED_L2 != 0 {
        return refuse("an image with subclusters (extended_l2=on)");
    }
    let known = DIRTY | CORRUPT | COMPRESSION_TYPE;
    if features & !known != 0 {
        return refuse(&format!("unknown bits {:#x}", features & !known));
    }
    if features & COMPRESSION_TYPE == 0 {
        return Ok(Compression::Deflate);
    }
    let kind = head.bytes("qcow2_header.compression_type", COMPRESSION_TYPE_AT, 1)?;
    match kind {
        [1] if v3.header_length > V3_BYTES => Ok(Compression::Zstd),
        other => Err(
            Error::unsupported("qcow2_header.compression_type", crate::error::hex(other))
                .at(COMPRESSION_TYPE_AT),
        ),
    }
}

fn encrypted(how: &str) -> Error {
    Error::unsupported(
        "qcow2_header.crypt_method",
        format!("an image encrypted with {how}"),
    )
    .at(32)
    .hinted("Decrypt it with `qemu-img convert`, and give the result.")
}

/// The error of an image that holds only what differs from another.
fn backed(header: &V2Header, file: &Source) -> Result<Error> {
    if header.backing_file_size > BACKING_NAME_BYTES_MAX {
        return Ok(Error::invalid(
            "qcow2_header.backing_file_size",
            16,
            format!("at most {BACKING_NAME_BYTES_MAX}"),
            header.backing_file_size.to_string(),
        ));
    }
    let name = file.read(
        "qcow2 backing file name",
        header.backing_file_offset,
        header.backing_file_size.into(),
    )?;
    let name = String::from_utf8_lossy(&name);
    Ok(Error::unsupported(
        "qcow2 backing file",
        format!("an image on top of {}", name.escape_debug()),
    )
    .hinted(
        "Join it with what it is on top of: `qemu-img convert -O qcow2 image.qcow2 whole.qcow2`.",
    ))
}
