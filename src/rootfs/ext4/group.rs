//! Group descriptors: where the inode table of a group is.
//!
//! Source: `Documentation/filesystems/ext4/group_descr.rst`, `blockgroup.rst` (`meta_bg`,
//! `sparse_super2`); `descriptor_loc` and `ext4_group_desc_csum` in `fs/ext4/super.c`.

use super::checksum::{Checksum, Crc32c, crc16};
use super::superblock::Superblock;
use super::view::{View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;

/// The checksum's place in a descriptor.
const CHECKSUM_AT: usize = 0x1e;
const CHECKSUM_BYTES: usize = 2;
const HIGH_HALF_AT: u64 = 0x20;
const NAME: &str = "ext4_group_desc";
/// So many groups are checked, 512 GiB of blocks of 4 KiB; of a file system with more, the first.
pub(super) const CHECKED_GROUPS: u64 = 4096;

/// The first half of a descriptor, all there is of one with 32 bytes.
#[derive(Debug, BinRead)]
struct GroupDescriptor {
    /// 0x00: block of the bitmap of blocks.
    bg_block_bitmap_lo: u32,
    /// 0x04: block of the bitmap of inodes.
    bg_inode_bitmap_lo: u32,
    /// 0x08: first block of the inode table.
    bg_inode_table_lo: u32,
    /// 0x0c: free blocks, free inodes, directories.
    _counts: [u16; 3],
    /// 0x12: what of the group was never written.
    _bg_flags: u16,
    /// 0x14: snapshot bitmap and checksums of the bitmaps.
    _bitmaps: [u16; 4],
    /// 0x1c: inodes at the end that were never used.
    _bg_itable_unused_lo: u16,
    /// 0x1e: checksum of this descriptor.
    bg_checksum: u16,
}

/// The second half, as far as it is wanted.
#[derive(Debug, BinRead)]
struct GroupDescriptorHigh {
    /// 0x20: block of the bitmap of blocks.
    bg_block_bitmap_hi: u32,
    /// 0x24: block of the bitmap of inodes.
    bg_inode_bitmap_hi: u32,
    /// 0x28: first block of the inode table.
    bg_inode_table_hi: u32,
}

/// Where what a group keeps of itself is.
pub(super) struct Descriptor {
    /// Its offset on the disk.
    pub(super) at: u64,
    pub(super) block_bitmap: u64,
    pub(super) inode_bitmap: u64,
    pub(super) inode_table: u64,
    checksum: Checksum,
}

impl Superblock {
    /// Whether a group begins with a copy of the superblock.
    pub(super) fn is_in_group(&self, group: u64) -> bool {
        if group == 0 {
            return true;
        }
        if self.has_sparse_super2() {
            return self
                .s_backup_bgs
                .iter()
                .any(|backup| u64::from(*backup) == group);
        }
        if group == 1 || !self.has_sparse_super() {
            return true;
        }
        [3, 5, 7].into_iter().any(|base| is_power_of(group, base))
    }
}

fn is_power_of(number: u64, base: u64) -> bool {
    let mut power = base;
    while power < number {
        power = power.saturating_mul(base);
    }
    power == number
}

impl View<'_> {
    /// The block that holds the descriptor of a group, and the descriptor's place there.
    fn descriptor_place(&self, group: u64) -> (u64, u64) {
        let geometry = self.geometry();
        let superblock = self.superblock();
        let per_block = geometry.descriptors_per_block();
        let index = group.checked_div(per_block).unwrap_or(0);
        let slot = group.checked_rem(per_block).unwrap_or(0);
        let within = slot.saturating_mul(geometry.descriptor_bytes);
        let first_meta = u64::from(superblock.s_first_meta_bg);
        if !superblock.has_meta_bg() || index < first_meta {
            let block = geometry.superblock_block().saturating_add(1);
            return (block.saturating_add(index), within);
        }
        let meta_group = index.saturating_mul(per_block);
        let mut block = geometry.first_block_of(meta_group);
        if superblock.is_in_group(meta_group) {
            block = block.saturating_add(1);
        }
        // Clusters may begin at block 0 although the superblock is in block 1.
        if index == 0 && geometry.superblock_block() == 1 && geometry.first_data_block == 0 {
            block = block.saturating_add(1);
        }
        (block, within)
    }

    /// The first block of the inode table of a group.
    pub(super) fn inode_table(&self, group: u64) -> Result<u64> {
        let descriptor = self.descriptor(group)?;
        let table = descriptor.inode_table;
        if !self.geometry().holds(table, 1) {
            let expected = format!("a block of {}", self.geometry().blocks);
            let at = descriptor.at.saturating_add(8);
            return Err(Error::corrupt(
                "bg_inode_table_lo",
                at,
                expected,
                table.to_string(),
            ));
        }
        Ok(table)
    }

    /// Whether the descriptor of a group agrees with its checksum; an error where the blocks that it
    /// names are not its group's, as `ext4_check_descriptors` wants it. Those that overlap are for
    /// [`Zones`](super::zones::Zones).
    pub(super) fn check_descriptor(&self, group: u64) -> Result<Checksum> {
        let geometry = self.geometry();
        let descriptor = self.descriptor(group)?;
        let last = geometry.blocks.saturating_sub(1);
        let (from, to) = if self.superblock().has_flex_bg() {
            (geometry.first_data_block, last)
        } else {
            let from = geometry.first_block_of(group);
            let to = from.saturating_add(geometry.blocks_per_group);
            (from, to.saturating_sub(1).min(last))
        };
        let table = descriptor.inode_table;
        let table_end = table.saturating_add(geometry.inode_table_blocks());
        for (field, offset, block, end) in [
            ("bg_block_bitmap_lo", 0, descriptor.block_bitmap, None),
            ("bg_inode_bitmap_lo", 4, descriptor.inode_bitmap, None),
            ("bg_inode_table_lo", 8, table, Some(table_end)),
        ] {
            let end = end.unwrap_or(block.saturating_add(1));
            if block < from || end.saturating_sub(1) > to {
                return Err(Error::corrupt(
                    field,
                    descriptor.at.saturating_add(offset),
                    format!("blocks of {from} to {to}"),
                    block.to_string(),
                ));
            }
        }
        Ok(descriptor.checksum)
    }

    pub(super) fn descriptor(&self, group: u64) -> Result<Descriptor> {
        let geometry = self.geometry();
        let (block, within) = self.descriptor_place(group);
        let bytes = self.block(NAME, block)?;
        let at = geometry.offset_of(block).saturating_add(within);
        let window = Window::new(slice(&bytes, within, geometry.descriptor_bytes), at);
        let low: GroupDescriptor = window.header(NAME, 0, Endianness::Little)?;
        let checksum = self.verify_descriptor(group, &window, low.bg_checksum);
        let mut descriptor = Descriptor {
            at,
            block_bitmap: u64::from(low.bg_block_bitmap_lo),
            inode_bitmap: u64::from(low.bg_inode_bitmap_lo),
            inode_table: u64::from(low.bg_inode_table_lo),
            checksum,
        };
        if window.len() > HIGH_HALF_AT {
            let high: GroupDescriptorHigh =
                window.header(NAME, HIGH_HALF_AT, Endianness::Little)?;
            descriptor.block_bitmap |= u64::from(high.bg_block_bitmap_hi) << 32;
            descriptor.inode_bitmap |= u64::from(high.bg_inode_bitmap_hi) << 32;
            descriptor.inode_table |= u64::from(high.bg_inode_table_hi) << 32;
        }
        Ok(descriptor)
    }

    fn verify_descriptor(&self, group: u64, window: &Window<'_>, stored: u16) -> Checksum {
        let superblock = self.superblock();
        let number = u32::try_from(group).unwrap_or(u32::MAX);
        let bytes = window.as_bytes();
        let computed = if superblock.has_metadata_csum() {
            Crc32c::new(self.volume.checksum_seed)
                .u32(number)
                .with_zeros(bytes, CHECKSUM_AT, CHECKSUM_BYTES)
                .value()
                & 0xffff
        } else if superblock.has_gdt_csum() {
            let crc = crc16(u16::MAX, &superblock.s_uuid);
            let crc = crc16(crc, &number.to_le_bytes());
            let crc = crc16(crc, bytes.get(..CHECKSUM_AT).unwrap_or_default());
            u32::from(crc16(crc, slice(bytes, HIGH_HALF_AT, u64::MAX)))
        } else {
            return Checksum::None;
        };
        let at = window.base().saturating_add(0x1e);
        self.volume
            .verify("bg_checksum", at, u32::from(stored), computed)
    }
}
