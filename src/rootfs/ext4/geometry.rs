//! What the superblock says of sizes and places, checked as the kernel checks it before mounting.
//!
//! Source: `ext4_load_super`, `ext4_block_group_meta_init`, `ext4_check_geometry` and
//! `ext4_inode_info_init` in `fs/ext4/super.c` of Linux.

use super::superblock::{SUPERBLOCK_AT, Superblock};
use crate::error::{Error, Result};

const MIN_BLOCK_BYTES: u64 = 1024;
/// 64 KiB, the largest block that the driver knows.
const MAX_LOG_BLOCK_SIZE: u32 = 6;
/// Clusters of 2^30 bytes (`EXT4_MAX_CLUSTER_LOG_SIZE`).
const MAX_LOG_CLUSTER_SIZE: u32 = 20;
pub(super) const OLD_INODE_BYTES: u64 = 128;
const OLD_DESCRIPTOR_BYTES: u64 = 32;
const MIN_64BIT_DESCRIPTOR_BYTES: u64 = 64;
const MAX_DESCRIPTOR_BYTES: u64 = 1024;
const OLD_REVISION: u32 = 0;
/// Inodes below this are the file system's own (`EXT4_GOOD_OLD_FIRST_INO`).
pub(super) const FIRST_ORDINARY: u64 = 11;
const OS_HURD: u32 = 1;

/// The numbers that everything else is found by; each is one that the kernel would take, but for the
/// default hash, in which releases differ.
#[derive(Debug, Clone)]
pub(super) struct Geometry {
    pub(super) block_bytes: u64,
    pub(super) blocks: u64,
    pub(super) first_data_block: u64,
    pub(super) blocks_per_group: u64,
    pub(super) inodes_per_group: u64,
    pub(super) inodes: u64,
    pub(super) inode_bytes: u64,
    pub(super) descriptor_bytes: u64,
    pub(super) groups: u64,
}

fn invalid(field: &'static str, at: u64, expected: impl Into<String>, found: u64) -> Error {
    Error::invalid(
        field,
        SUPERBLOCK_AT.saturating_add(at),
        expected,
        found.to_string(),
    )
}

impl Geometry {
    pub(super) fn of(superblock: &Superblock) -> Result<Self> {
        let log = superblock.s_log_block_size;
        let block_bytes = MIN_BLOCK_BYTES
            .checked_shl(log)
            .filter(|_| log <= MAX_LOG_BLOCK_SIZE)
            .ok_or_else(|| {
                let expected = format!("at most {MAX_LOG_BLOCK_SIZE}, which is 64 KiB");
                invalid("s_log_block_size", 0x18, expected, u64::from(log))
            })?;
        let blocks_per_group = u64::from(superblock.s_blocks_per_group);
        let bits = block_bytes.saturating_mul(8);
        check_clusters(superblock, log, bits)?;
        let inode_bytes = inode_bytes(superblock, block_bytes)?;
        let descriptor_bytes = descriptor_bytes(superblock, block_bytes)?;
        let inodes_per_group = u64::from(superblock.s_inodes_per_group);
        let inodes_per_block = block_bytes.checked_div(inode_bytes).unwrap_or(1);
        if inodes_per_group < inodes_per_block || inodes_per_group > bits {
            let expected = format!("{inodes_per_block} to {bits}");
            return Err(invalid(
                "s_inodes_per_group",
                0x28,
                expected,
                inodes_per_group,
            ));
        }
        let blocks = superblock.blocks_count();
        let first_data_block = u64::from(superblock.s_first_data_block);
        if first_data_block >= blocks {
            let expected = format!("a block of {blocks}");
            return Err(invalid(
                "s_first_data_block",
                0x14,
                expected,
                first_data_block,
            ));
        }
        let is_cluster_one_block = superblock.s_log_cluster_size == log;
        if first_data_block == 0 && block_bytes == MIN_BLOCK_BYTES && is_cluster_one_block {
            return Err(invalid(
                "s_first_data_block",
                0x14,
                "1 with blocks of 1 KiB",
                0,
            ));
        }
        let groups = blocks
            .saturating_sub(first_data_block)
            .div_ceil(blocks_per_group.max(1));
        let inodes = u64::from(superblock.s_inodes_count);
        if groups.checked_mul(inodes_per_group) != Some(inodes) {
            let expected = format!("{groups} groups of {inodes_per_group} inodes");
            return Err(invalid("s_inodes_count", 0, expected, inodes));
        }
        let geometry = Self {
            block_bytes,
            blocks,
            first_data_block,
            blocks_per_group,
            inodes_per_group,
            inodes,
            inode_bytes,
            descriptor_bytes,
            groups,
        };
        check_descriptor_blocks(superblock, &geometry)?;
        check_rules(superblock)?;
        Ok(geometry)
    }

    /// Whether `count` blocks from `start` on may hold content: all of them behind the first block
    /// and before the end, as `ext4_inode_block_valid` has it.
    pub(super) fn holds(&self, start: u64, count: u64) -> bool {
        start > self.first_data_block
            && start
                .checked_add(count)
                .is_some_and(|end| end <= self.blocks)
    }

    /// How many blocks the inode table of a group has.
    pub(super) fn inode_table_blocks(&self) -> u64 {
        let per_block = self.block_bytes.checked_div(self.inode_bytes).unwrap_or(1);
        self.inodes_per_group.checked_div(per_block).unwrap_or(0)
    }

    /// How many group descriptors a block has.
    pub(super) fn descriptors_per_block(&self) -> u64 {
        let number = self.block_bytes.checked_div(self.descriptor_bytes);
        number.unwrap_or(1).max(1)
    }

    /// Where a block begins.
    pub(super) fn offset_of(&self, block: u64) -> u64 {
        block.saturating_mul(self.block_bytes)
    }

    /// The first block of a group.
    pub(super) fn first_block_of(&self, group: u64) -> u64 {
        group
            .saturating_mul(self.blocks_per_group)
            .saturating_add(self.first_data_block)
    }

    /// The block that the primary superblock is in.
    pub(super) fn superblock_block(&self) -> u64 {
        SUPERBLOCK_AT.checked_div(self.block_bytes).unwrap_or(0)
    }
}

/// Clusters are blocks, or with `bigalloc` a power of two of them, and a group's fill one block of
/// bits at the most.
fn check_clusters(superblock: &Superblock, log_block: u32, bits: u64) -> Result<()> {
    let log_cluster = superblock.s_log_cluster_size;
    let blocks = u64::from(superblock.s_blocks_per_group);
    let clusters = u64::from(superblock.s_clusters_per_group);
    if blocks == 0 {
        return Err(invalid("s_blocks_per_group", 0x20, "more than none", 0));
    }
    if !superblock.has_bigalloc() {
        if log_cluster != log_block {
            let expected = format!("s_log_block_size, which is {log_block}");
            let found = u64::from(log_cluster);
            return Err(invalid("s_log_cluster_size", 0x1c, expected, found));
        }
        return if blocks > bits {
            let expected = format!("at most {bits}");
            Err(invalid("s_blocks_per_group", 0x20, expected, blocks))
        } else {
            Ok(())
        };
    }
    if log_cluster < log_block || log_cluster > MAX_LOG_CLUSTER_SIZE {
        let expected = format!("{log_block} to {MAX_LOG_CLUSTER_SIZE}");
        let found = u64::from(log_cluster);
        return Err(invalid("s_log_cluster_size", 0x1c, expected, found));
    }
    let ratio = 1_u64
        .checked_shl(log_cluster.saturating_sub(log_block))
        .unwrap_or(1);
    if clusters > bits {
        let expected = format!("at most {bits}");
        return Err(invalid("s_clusters_per_group", 0x24, expected, clusters));
    }
    if clusters.checked_mul(ratio) != Some(blocks) {
        let expected = format!("{clusters} clusters of {ratio} blocks");
        return Err(invalid("s_blocks_per_group", 0x20, expected, blocks));
    }
    Ok(())
}

/// The first inode that a name may lead to, but for the root.
pub(super) fn first_inode(superblock: &Superblock) -> u64 {
    match superblock.s_rev_level {
        OLD_REVISION => FIRST_ORDINARY,
        _ => u64::from(superblock.s_first_ino),
    }
}

fn inode_bytes(superblock: &Superblock, block_bytes: u64) -> Result<u64> {
    if superblock.s_rev_level == OLD_REVISION {
        return Ok(OLD_INODE_BYTES);
    }
    let first = u64::from(superblock.s_first_ino);
    if first < FIRST_ORDINARY {
        let expected = format!("{FIRST_ORDINARY} or more");
        return Err(invalid("s_first_ino", 0x54, expected, first));
    }
    let bytes = u64::from(superblock.s_inode_size);
    if bytes < OLD_INODE_BYTES || bytes > block_bytes || !bytes.is_power_of_two() {
        let expected = format!("a power of two from {OLD_INODE_BYTES} to {block_bytes}");
        return Err(invalid("s_inode_size", 0x58, expected, bytes));
    }
    let extra = bytes.saturating_sub(OLD_INODE_BYTES);
    if extra > 0 && superblock.has_extra_isize() {
        for (field, at, wanted) in [
            ("s_min_extra_isize", 0x15c, superblock.s_min_extra_isize),
            ("s_want_extra_isize", 0x15e, superblock.s_want_extra_isize),
        ] {
            if u64::from(wanted) > extra {
                let expected = format!("at most {extra}");
                return Err(invalid(field, at, expected, u64::from(wanted)));
            }
        }
    }
    Ok(bytes)
}

/// Room for more descriptors, and where those of `meta_bg` begin.
fn check_descriptor_blocks(superblock: &Superblock, geometry: &Geometry) -> Result<()> {
    let reserved = u64::from(superblock.s_reserved_gdt_blocks);
    let most = geometry.block_bytes >> 2;
    if reserved > most {
        let expected = format!("at most {most}");
        return Err(invalid("s_reserved_gdt_blocks", 0xce, expected, reserved));
    }
    let blocks = geometry.groups.div_ceil(geometry.descriptors_per_block());
    let first = u64::from(superblock.s_first_meta_bg);
    if superblock.has_meta_bg() && first > blocks {
        let expected = format!("at most {blocks}");
        return Err(invalid("s_first_meta_bg", 0x104, expected, first));
    }
    Ok(())
}

/// What the features rule out.
fn check_rules(superblock: &Superblock) -> Result<()> {
    let level = u64::from(superblock.s_encryption_level);
    if superblock.has_encrypt() && level != 0 {
        return Err(invalid("s_encryption_level", 0x176, "0", level));
    }
    let is_too_new = superblock.has_64bit() || superblock.has_ea_inode();
    if superblock.s_creator_os == OS_HURD && is_too_new {
        let expected = "another than the Hurd, with 64bit or ea_inode";
        return Err(invalid("s_creator_os", 0x48, expected, u64::from(OS_HURD)));
    }
    Ok(())
}

fn descriptor_bytes(superblock: &Superblock, block_bytes: u64) -> Result<u64> {
    if !superblock.has_64bit() {
        return Ok(OLD_DESCRIPTOR_BYTES);
    }
    let bytes = u64::from(superblock.s_desc_size);
    let most = MAX_DESCRIPTOR_BYTES.min(block_bytes);
    if bytes < MIN_64BIT_DESCRIPTOR_BYTES || bytes > most || !bytes.is_power_of_two() {
        let expected = format!("a power of two from {MIN_64BIT_DESCRIPTOR_BYTES} to {most}");
        return Err(invalid("s_desc_size", 0xfe, expected, bytes));
    }
    Ok(bytes)
}
