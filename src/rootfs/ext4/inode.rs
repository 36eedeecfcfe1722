//! Inodes: 128 bytes and up, little endian.
//!
//! Source: `Documentation/filesystems/ext4/inodes.rst`; `__ext4_iget` and `ext4_inode_csum` in
//! `fs/ext4/inode.c`.

use super::checksum::Crc32c;
use super::geometry::{FIRST_ORDINARY, OLD_INODE_BYTES};
use super::iget;
use super::view::{Reading, View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::tree::{FileType, Stat};
use binrw::BinRead;

const NAME: &str = "ext4_inode";
const MODE_AT: u64 = 0x00;
const SIZE_AT: u64 = 0x04;
const LINKS_AT: u64 = 0x1a;
const FLAGS_AT: u64 = 0x20;
/// Where `i_block` begins.
const BLOCK_AT: u64 = 0x28;
const CHECKSUM_LOW_AT: u64 = 0x7c;
const CHECKSUM_HIGH_AT: u64 = 0x82;
/// `i_extra_isize` from which on `i_checksum_hi` is there.
const EXTRA_WITH_CHECKSUM: u16 = 4;
/// `i_extra_isize` from which on `i_mtime_extra` is there.
const EXTRA_WITH_MTIME: u16 = 0x8c - 0x80;
/// What `i_block` holds, in bytes.
pub(super) const I_BLOCK_BYTES: usize = 60;
/// `s_creator_os` of Linux.
const OS_LINUX: u32 = 0;
pub(super) const ROOT_INODE: u64 = 2;

pub(super) const FLAG_IMMUTABLE: u32 = 0x10;
pub(super) const FLAG_APPEND: u32 = 0x20;
pub(super) const FLAG_ENCRYPT: u32 = 0x800;
pub(super) const FLAG_INDEX: u32 = 0x1000;
pub(super) const FLAG_EXTENTS: u32 = 0x8_0000;
const FLAG_VERITY: u32 = 0x10_0000;
pub(super) const FLAG_EA_INODE: u32 = 0x20_0000;
pub(super) const FLAG_INLINE_DATA: u32 = 0x1000_0000;
pub(super) const FLAG_CASEFOLD: u32 = 0x4000_0000;

/// Bits of `i_flags`, with the names that reports give them.
const FLAGS: [(u32, &str); 26] = [
    (0x1, "secure_deletion"),
    (0x2, "undelete"),
    (0x4, "compress"),
    (0x8, "sync"),
    (FLAG_IMMUTABLE, "immutable"),
    (FLAG_APPEND, "append_only"),
    (0x40, "nodump"),
    (0x80, "noatime"),
    (0x100, "dirty"),
    (0x200, "compressed_blocks"),
    (0x400, "nocompress"),
    (FLAG_ENCRYPT, "encrypt"),
    (FLAG_INDEX, "index"),
    (0x2000, "imagic"),
    (0x4000, "journal_data"),
    (0x8000, "notail"),
    (0x1_0000, "dirsync"),
    (0x2_0000, "topdir"),
    (0x4_0000, "huge_file"),
    (FLAG_EXTENTS, "extents"),
    (FLAG_VERITY, "verity"),
    (FLAG_EA_INODE, "ea_inode"),
    (0x200_0000, "dax"),
    (FLAG_INLINE_DATA, "inline_data"),
    (0x2000_0000, "project_inherit"),
    (FLAG_CASEFOLD, "casefold"),
];

/// The first 128 bytes, raw.
#[derive(Debug, Clone, BinRead)]
pub(super) struct RawInode {
    /// 0x00: type and permission bits.
    pub(super) i_mode: u16,
    /// 0x02: owner, low half.
    pub(super) i_uid: u16,
    /// 0x04: length, low half.
    pub(super) i_size_lo: u32,
    /// 0x08: time of the last access and of the last change of the inode.
    pub(super) _i_atime_ctime: [u32; 2],
    /// 0x10: time of the last change of the content.
    pub(super) i_mtime: i32,
    /// 0x14: time of deletion.
    pub(super) _i_dtime: u32,
    /// 0x18: group, low half.
    pub(super) i_gid: u16,
    /// 0x1a: how many names it has.
    pub(super) i_links_count: u16,
    /// 0x1c: space taken, low half.
    pub(super) i_blocks_lo: u32,
    /// 0x20: flags.
    pub(super) i_flags: u32,
    /// 0x24: version.
    pub(super) _i_version: u32,
    /// 0x28: block map, extent tree, inline data, or the target of a short symbolic link.
    pub(super) i_block: [u8; I_BLOCK_BYTES],
    /// 0x64: generation, part of all checksums of this inode.
    pub(super) i_generation: u32,
    /// 0x68: block of extended attributes, low half.
    pub(super) i_file_acl_lo: u32,
    /// 0x6c: length, high half.
    pub(super) i_size_high: u32,
    /// 0x70: fragment address, never used.
    pub(super) _i_obso_faddr: u32,
    /// 0x74: space taken, high half.
    pub(super) l_i_blocks_high: u16,
    /// 0x76: block of extended attributes, high half.
    pub(super) l_i_file_acl_high: u16,
    /// 0x78: owner, high half.
    pub(super) l_i_uid_high: u16,
    /// 0x7a: group, high half.
    pub(super) l_i_gid_high: u16,
    /// 0x7c: checksum, low half.
    pub(super) l_i_checksum_lo: u16,
    /// 0x7e: reserved.
    pub(super) _l_i_reserved: u16,
}

/// An inode, whole.
#[derive(Debug, Clone)]
pub(super) struct Inode {
    pub(super) number: u64,
    /// Its offset on the disk.
    pub(super) at: u64,
    pub(super) raw: RawInode,
    /// All of its bytes.
    pub(super) bytes: Vec<u8>,
    /// Bytes in use beyond the first 128; 0 where none are.
    pub(super) extra_bytes: u16,
    /// The seed of checksums of what belongs to this inode.
    pub(super) checksum_seed: u32,
}

impl View<'_> {
    /// The inode of that number, whether it is in use or not.
    pub(super) fn inode(&self, number: u64) -> Result<Inode> {
        let geometry = self.geometry();
        let index = number
            .checked_sub(1)
            .filter(|index| *index < geometry.inodes)
            .ok_or_else(|| {
                let expected = format!("1 to {}", geometry.inodes);
                Error::corrupt("inode", 0, expected, number.to_string())
            })?;
        let group = index.checked_div(geometry.inodes_per_group).unwrap_or(0);
        let slot = index.checked_rem(geometry.inodes_per_group).unwrap_or(0);
        let offset = slot.saturating_mul(geometry.inode_bytes);
        let table = self.inode_table(group)?;
        let block = table.saturating_add(offset.checked_div(geometry.block_bytes).unwrap_or(0));
        let within = offset.checked_rem(geometry.block_bytes).unwrap_or(0);
        let bytes = self.block(NAME, block)?;
        let at = geometry.offset_of(block).saturating_add(within);
        let bytes = slice(&bytes, within, geometry.inode_bytes).to_vec();
        let window = Window::new(&bytes, at);
        let raw: RawInode = window.header(NAME, 0, Endianness::Little)?;
        let mut extra_bytes = 0;
        if geometry.inode_bytes > OLD_INODE_BYTES {
            extra_bytes = window.u16("i_extra_isize", OLD_INODE_BYTES, Endianness::Little)?;
            let most = geometry.inode_bytes.saturating_sub(OLD_INODE_BYTES);
            if u64::from(extra_bytes) > most || extra_bytes & 3 != 0 {
                return Err(Error::corrupt(
                    "i_extra_isize",
                    at.saturating_add(OLD_INODE_BYTES),
                    format!("a multiple of 4 up to {most}"),
                    extra_bytes.to_string(),
                ));
            }
        }
        let short = u32::try_from(number).unwrap_or(u32::MAX);
        let inode = Inode {
            number,
            at,
            checksum_seed: Crc32c::new(self.volume.checksum_seed)
                .u32(short)
                .u32(raw.i_generation)
                .value(),
            raw,
            bytes,
            extra_bytes,
        };
        self.verify_inode(&inode)?;
        Ok(inode)
    }

    /// The inode of that number, which a directory says is in use.
    pub(super) fn used_inode(&self, number: u64) -> Result<Inode> {
        // The root is taken before the zones are known, and kept.
        let view = if number == ROOT_INODE {
            self.read_as(self.reading.min(Reading::Mounting))
        } else {
            *self
        };
        if view.reading == Reading::Mounted {
            iget::check_number(&view, number)?;
        }
        let inode = view.inode(number)?;
        if view.reading > Reading::Lenient {
            iget::check(&view, &inode)?;
        } else if inode.raw.i_links_count == 0 && number >= FIRST_ORDINARY {
            return Err(Error::corrupt(
                "i_links_count",
                inode.at.saturating_add(LINKS_AT),
                format!("inode {number} in use"),
                "a deleted inode",
            ));
        }
        Ok(inode)
    }

    fn verify_inode(&self, inode: &Inode) -> Result<()> {
        let superblock = self.superblock();
        // Others than Linux may have written it without one.
        if !superblock.has_metadata_csum() || superblock.s_creator_os != OS_LINUX {
            return Ok(());
        }
        // An inode that was never used is zeros, checksum too.
        if inode.bytes.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let window = Window::new(&inode.bytes, inode.at);
        let high = (inode.extra_bytes >= EXTRA_WITH_CHECKSUM)
            .then(|| window.u16(NAME, CHECKSUM_HIGH_AT, Endianness::Little).ok())
            .flatten();
        let low_end = CHECKSUM_LOW_AT.saturating_add(2);
        let crc = Crc32c::new(inode.checksum_seed)
            .bytes(slice(&inode.bytes, 0, CHECKSUM_LOW_AT))
            .bytes(&[0; 2]);
        let rest = slice(&inode.bytes, low_end, u64::MAX);
        let stored = u32::from(inode.raw.l_i_checksum_lo);
        let (stored, computed) = match high {
            Some(high) => {
                let hole = usize::try_from(CHECKSUM_HIGH_AT.saturating_sub(low_end)).unwrap_or(0);
                let stored = stored | (u32::from(high) << 16);
                (stored, crc.with_zeros(rest, hole, 2).value())
            }
            None => (stored, crc.bytes(rest).value() & 0xffff),
        };
        let at = inode.at.saturating_add(CHECKSUM_LOW_AT);
        self.verify("l_i_checksum_lo", at, stored, computed)
    }
}

impl Inode {
    /// A field that can't be, by its offset in the inode.
    pub(super) fn corrupt(
        &self,
        field: &'static str,
        offset: u64,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::corrupt(field, self.at.saturating_add(offset), expected, found)
    }

    pub(super) fn has(&self, flag: u32) -> bool {
        self.raw.i_flags & flag != 0
    }

    /// The offset of `i_block` on the disk.
    pub(super) fn block_at(&self) -> u64 {
        self.at.saturating_add(BLOCK_AT)
    }

    /// The offset of `i_flags` on the disk.
    pub(super) fn flags_at(&self) -> u64 {
        self.at.saturating_add(FLAGS_AT)
    }

    /// The offset of `i_size_lo` on the disk.
    pub(super) fn size_at(&self) -> u64 {
        self.at.saturating_add(SIZE_AT)
    }

    pub(super) fn file_type(&self) -> Result<FileType> {
        FileType::of_mode(u32::from(self.raw.i_mode)).ok_or_else(|| {
            Error::corrupt(
                "i_mode",
                self.at.saturating_add(MODE_AT),
                "the type of a file",
                format!("{:#o}", self.raw.i_mode),
            )
        })
    }

    /// The length of the content. The high half of a directory's counts with `large_dir` only.
    pub(super) fn size(&self, view: &View<'_>) -> Result<u64> {
        let is_regular = self.file_type()? == FileType::Regular;
        let high = if is_regular || view.superblock().has_large_dir() {
            self.raw.i_size_high
        } else {
            0
        };
        let size = u64::from(self.raw.i_size_lo) | (u64::from(high) << 32);
        if i64::try_from(size).is_err() {
            return Err(Error::corrupt(
                "i_size_high",
                self.at.saturating_add(0x6c),
                "less than 2^63 bytes",
                size.to_string(),
            ));
        }
        Ok(size)
    }

    /// The block of extended attributes, 0 where there is none. The high half counts with `64bit` only.
    pub(super) fn attributes_block(&self, view: &View<'_>) -> u64 {
        let high = if view.superblock().has_64bit() {
            u64::from(self.raw.l_i_file_acl_high)
        } else {
            0
        };
        u64::from(self.raw.i_file_acl_lo) | (high << 32)
    }

    /// The space taken, in sectors or blocks. The high half counts with `huge_file` only.
    pub(super) fn blocks(&self, view: &View<'_>) -> u64 {
        let high = if view.superblock().has_huge_file() {
            u64::from(self.raw.l_i_blocks_high)
        } else {
            0
        };
        u64::from(self.raw.i_blocks_lo) | (high << 32)
    }

    pub(super) fn stat(&self, view: &View<'_>) -> Result<Stat> {
        let raw = &self.raw;
        let file_type = self.file_type()?;
        let is_device = matches!(file_type, FileType::CharacterDevice | FileType::BlockDevice);
        Ok(Stat {
            file_type,
            mode: raw.i_mode & 0o7777,
            uid: u32::from(raw.i_uid) | (u32::from(raw.l_i_uid_high) << 16),
            gid: u32::from(raw.i_gid) | (u32::from(raw.l_i_gid_high) << 16),
            size_bytes: self.size(view)?,
            links: u32::from(raw.i_links_count),
            modified: self.modified(),
            device: is_device.then(|| self.device()).flatten(),
        })
    }

    /// Seconds since 1970; two bits of `i_mtime_extra` carry on after 2038.
    fn modified(&self) -> i64 {
        let seconds = i64::from(self.raw.i_mtime);
        if self.extra_bytes < EXTRA_WITH_MTIME {
            return seconds;
        }
        let extra = Window::new(&self.bytes, 0).u32("i_mtime_extra", 0x88, Endianness::Little);
        let epoch = i64::from(extra.unwrap_or(0) & 3);
        seconds.saturating_add(epoch.saturating_mul(1 << 32))
    }

    /// The first word of `i_block` is a device number of 16 bits, or else the second is one of 32.
    fn device(&self) -> Option<(u32, u32)> {
        let window = Window::new(&self.raw.i_block, 0);
        let old = window.u32("i_block", 0, Endianness::Little).ok()?;
        if old != 0 {
            return Some(((old >> 8) & 0xff, old & 0xff));
        }
        let new = window.u32("i_block", 4, Endianness::Little).ok()?;
        let major = (new & 0xf_ff00) >> 8;
        Some((major, (new & 0xff) | ((new >> 12) & 0xf_ff00)))
    }

    /// The names of the flags that are set.
    pub(super) fn flag_names(&self) -> Vec<&'static str> {
        FLAGS
            .iter()
            .filter(|(flag, _)| self.has(*flag))
            .map(|(_, name)| *name)
            .collect()
    }

    /// That a kernel needs a key for the content, or proves it by hashes and refuses it without the
    /// option for that.
    pub(super) fn refuse_protected(&self) -> Result<()> {
        let what = if self.has(FLAG_ENCRYPT) {
            "encrypted (encrypt)"
        } else if self.has(FLAG_VERITY) {
            "protected by hashes (verity)"
        } else {
            return Ok(());
        };
        let found = format!("inode {} is {what}", self.number);
        Err(Error::unsupported("i_flags", found))
    }
}
