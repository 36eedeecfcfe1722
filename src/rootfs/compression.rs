//! The codecs without which the kernel refuses a compressed file system as it mounts it.
//!
//! Sources: `fs/squashfs/super.c` (`supported_squashfs_filesystem`), `fs/squashfs/decompressor.c`;
//! `fs/erofs/erofs_fs.h`, `fs/erofs/super.c` (`erofs_load_compr_cfgs`); Linux 6.1 and 6.18. btrfs
//! selects all of its codecs (`fs/btrfs/Kconfig`).

use super::Contents;
use crate::bytes::{Endianness, Window};
use crate::error::Result;

/// The options of Kconfig that the kernel needs beside the driver, or a codec that no kernel has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compression {
    /// The options, without `CONFIG_`, each with the codec's name.
    pub needs: Vec<(&'static str, &'static str)>,
    /// A codec that no Linux reads, by its name.
    pub unreadable: Option<&'static str>,
}

/// `s_compression` of squashfs, from 1, with the option of each; `lzma` has none.
const SQUASHFS: [(&str, &str); 6] = [
    ("gzip", "SQUASHFS_ZLIB"),
    ("lzma", ""),
    ("lzo", "SQUASHFS_LZO"),
    ("xz", "SQUASHFS_XZ"),
    ("lz4", "SQUASHFS_LZ4"),
    ("zstd", "SQUASHFS_ZSTD"),
];
const SQUASHFS_COMPRESSION_AT: u64 = 0x14;

/// Where the superblock of erofs is, and its fields from there.
const EROFS_AT: u64 = 0x400;
const EROFS_INCOMPAT_AT: u64 = 0x50;
const EROFS_ALGORITHMS_AT: u64 = 0x54;
/// `EROFS_FEATURE_INCOMPAT_COMPR_CFGS`: the algorithms are listed. Without it the field is the
/// distance of LZ4.
const COMPR_CFGS: u32 = 0x2;
/// `available_compr_algs`, from bit 0.
const EROFS: [(&str, &str); 4] = [
    ("lz4", "EROFS_FS_ZIP"),
    ("lzma", "EROFS_FS_ZIP_LZMA"),
    ("deflate", "EROFS_FS_ZIP_DEFLATE"),
    ("zstd", "EROFS_FS_ZIP_ZSTD"),
];

/// Reads the codecs from the first bytes of a file system.
pub(super) fn compression(contents: &Contents, head: Window<'_>) -> Result<Compression> {
    let mut compression = Compression::default();
    if contents.is("squashfs") {
        let number = head.u16("s_compression", SQUASHFS_COMPRESSION_AT, Endianness::Little)?;
        let known = usize::from(number)
            .checked_sub(1)
            .and_then(|index| SQUASHFS.get(index));
        match known {
            Some((name, "")) => compression.unreadable = Some(name),
            Some(need) => compression.needs.push(*need),
            None => compression.unreadable = Some("unknown"),
        }
    } else if contents.is("erofs") {
        let at = |offset: u64| EROFS_AT.saturating_add(offset);
        let incompat = head.u32(
            "feature_incompat",
            at(EROFS_INCOMPAT_AT),
            Endianness::Little,
        )?;
        let field = head.u16(
            "available_compr_algs",
            at(EROFS_ALGORITHMS_AT),
            Endianness::Little,
        )?;
        let algorithms = match incompat & COMPR_CFGS {
            0 => u16::from(field != 0),
            _ => field,
        };
        for (bit, need) in EROFS.iter().enumerate() {
            if algorithms
                & 1_u16
                    .checked_shl(u32::try_from(bit).unwrap_or(u32::MAX))
                    .unwrap_or(0)
                != 0
            {
                compression.needs.push(*need);
            }
        }
        // All of them are parts of the driver of compressed files.
        if algorithms & 0xf != 0 && algorithms & 1 == 0 {
            compression.needs.insert(0, ("compression", "EROFS_FS_ZIP"));
        }
        if algorithms >> EROFS.len() != 0 {
            compression.unreadable = Some("unknown");
        }
    }
    Ok(compression)
}
