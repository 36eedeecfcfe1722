//! The superblock: 1024 bytes at 1024, little endian.
//!
//! Source: `Documentation/filesystems/ext4/super.rst` and `struct ext4_super_block` in
//! `fs/ext4/ext4.h`, whose spelling the fields keep.

use super::checksum::{Checksum, Crc32c};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;
use binrw::BinRead;

/// Where the superblock begins.
pub const SUPERBLOCK_AT: u64 = 1024;
const SUPERBLOCK_BYTES: u64 = 1024;
const CHECKSUM_AT: u64 = 0x3fc;
const MAGIC: u16 = 0xef53;
const MAGIC_AT: u64 = 0x38;
const NAME: &str = "ext4_super_block";

const STATE_VALID: u16 = 1;
const STATE_ERROR: u16 = 2;

/// The superblock, raw.
#[derive(Debug, Clone, BinRead)]
pub struct Superblock {
    /// 0x00: Inodes in all groups.
    pub s_inodes_count: u32,
    /// 0x04: Blocks, low half.
    pub s_blocks_count_lo: u32,
    /// 0x08: Blocks kept for the superuser, low half.
    pub s_r_blocks_count_lo: u32,
    /// 0x0c: Free blocks, low half.
    pub s_free_blocks_count_lo: u32,
    /// 0x10: Free inodes.
    pub s_free_inodes_count: u32,
    /// 0x14: The block that the superblock is in: 1 with blocks of 1 KiB, else 0.
    pub s_first_data_block: u32,
    /// 0x18: The block size is 1024 shifted left by this.
    pub s_log_block_size: u32,
    /// 0x1c: The cluster size (`bigalloc`) is 1024 shifted left by this.
    pub s_log_cluster_size: u32,
    /// 0x20: Blocks in a group.
    pub s_blocks_per_group: u32,
    /// 0x24: Clusters in a group.
    pub s_clusters_per_group: u32,
    /// 0x28: Inodes in a group.
    pub s_inodes_per_group: u32,
    /// 0x2c: Time of the last mount, seconds since 1970.
    pub s_mtime: u32,
    /// 0x30: Time of the last write of this superblock.
    pub s_wtime: u32,
    /// 0x34: Mounts since the last check.
    pub s_mnt_count: u16,
    /// 0x36: Mounts after which a check is due.
    pub s_max_mnt_count: u16,
    /// 0x38: 0xef53.
    pub s_magic: u16,
    /// 0x3a: 1: unmounted cleanly; 2: errors were found; 4: orphans are being recovered.
    pub s_state: u16,
    /// 0x3c: What to do on errors: 1 go on, 2 remount read-only, 3 panic.
    pub s_errors: u16,
    /// 0x3e: Minor revision.
    pub s_minor_rev_level: u16,
    /// 0x40: Time of the last check.
    pub s_lastcheck: u32,
    /// 0x44: Seconds between two checks.
    pub s_checkinterval: u32,
    /// 0x48: 0 Linux, 1 Hurd.
    pub s_creator_os: u32,
    /// 0x4c: 0: the fields from `s_first_ino` on are not used.
    pub s_rev_level: u32,
    /// 0x50: User that the kept blocks are for.
    pub s_def_resuid: u16,
    /// 0x52: Group that the kept blocks are for.
    pub s_def_resgid: u16,
    /// 0x54: First inode for ordinary files.
    pub s_first_ino: u32,
    /// 0x58: Bytes of an inode.
    pub s_inode_size: u16,
    /// 0x5a: The group that this copy is in.
    pub s_block_group_nr: u16,
    /// 0x5c: Features that an older driver may ignore.
    pub s_feature_compat: u32,
    /// 0x60: Features without which nothing may be mounted.
    pub s_feature_incompat: u32,
    /// 0x64: Features without which nothing may be written.
    pub s_feature_ro_compat: u32,
    /// 0x68: Name of the file system, for `root=UUID=`.
    pub s_uuid: [u8; 16],
    /// 0x78: Label.
    pub s_volume_name: [u8; 16],
    /// 0x88: Where it was mounted last.
    pub s_last_mounted: [u8; 64],
    /// 0xc8: For compression, never used.
    pub s_algorithm_usage_bitmap: u32,
    /// 0xcc: Blocks to allocate ahead for files.
    pub s_prealloc_blocks: u8,
    /// 0xcd: Blocks to allocate ahead for directories.
    pub s_prealloc_dir_blocks: u8,
    /// 0xce: Blocks kept for more descriptors.
    pub s_reserved_gdt_blocks: u16,
    /// 0xd0: Name of an external journal.
    pub s_journal_uuid: [u8; 16],
    /// 0xe0: Inode of the journal.
    pub s_journal_inum: u32,
    /// 0xe4: Device number of an external journal.
    pub s_journal_dev: u32,
    /// 0xe8: First inode of the list of orphans.
    pub s_last_orphan: u32,
    /// 0xec: Seed of the directory hash.
    pub s_hash_seed: [u32; 4],
    /// 0xfc: Hash of new directories.
    pub s_def_hash_version: u8,
    /// 0xfd: 1: `s_jnl_blocks` is a copy of the journal's inode.
    pub s_jnl_backup_type: u8,
    /// 0xfe: Bytes of a group descriptor, with `64bit`.
    pub s_desc_size: u16,
    /// 0x100: Mount options that are on by default.
    pub s_default_mount_opts: u32,
    /// 0x104: First block of descriptors that `meta_bg` places.
    pub s_first_meta_bg: u32,
    /// 0x108: Time of making.
    pub s_mkfs_time: u32,
    /// 0x10c: Copy of the journal inode's block map and size.
    pub s_jnl_blocks: [u32; 17],
    /// 0x150: Blocks, high half.
    pub s_blocks_count_hi: u32,
    /// 0x154: Blocks kept for the superuser, high half.
    pub s_r_blocks_count_hi: u32,
    /// 0x158: Free blocks, high half.
    pub s_free_blocks_count_hi: u32,
    /// 0x15c: Every inode has this many bytes beyond 128.
    pub s_min_extra_isize: u16,
    /// 0x15e: New inodes keep this many.
    pub s_want_extra_isize: u16,
    /// 0x160: 1 signed hash, 2 unsigned hash, 4 test file system.
    pub s_flags: u32,
    /// 0x164: RAID stride.
    pub s_raid_stride: u16,
    /// 0x166: Seconds between two signs of life (`mmp`).
    pub s_mmp_update_interval: u16,
    /// 0x168: The block of `mmp`.
    pub s_mmp_block: u64,
    /// 0x170: Blocks on all data disks.
    pub s_raid_stripe_width: u32,
    /// 0x174: Groups of a flexible group, as a power of two.
    pub s_log_groups_per_flex: u8,
    /// 0x175: 1: crc32c.
    pub s_checksum_type: u8,
    /// 0x176: Version of encryption.
    pub s_encryption_level: u8,
    /// 0x177: Padding.
    pub s_reserved_pad: u8,
    /// 0x178: KiB written in its life.
    pub s_kbytes_written: u64,
    /// 0x180: Inode of the active snapshot, never used.
    pub s_snapshot_inum: u32,
    /// 0x184: Number of the active snapshot.
    pub s_snapshot_id: u32,
    /// 0x188: Blocks kept for the active snapshot.
    pub s_snapshot_r_blocks_count: u64,
    /// 0x190: Head of the list of snapshots.
    pub s_snapshot_list: u32,
    /// 0x194: Errors that the kernel has found.
    pub s_error_count: u32,
    /// 0x198: Time of the first error.
    pub s_first_error_time: u32,
    /// 0x19c: Inode of the first error.
    pub s_first_error_ino: u32,
    /// 0x1a0: Block of the first error.
    pub s_first_error_block: u64,
    /// 0x1a8: Function of the kernel that found the first error.
    pub s_first_error_func: [u8; 32],
    /// 0x1c8: Its line.
    pub s_first_error_line: u32,
    /// 0x1cc: Time of the last error.
    pub s_last_error_time: u32,
    /// 0x1d0: Inode of the last error.
    pub s_last_error_ino: u32,
    /// 0x1d4: Line that found the last error.
    pub s_last_error_line: u32,
    /// 0x1d8: Block of the last error.
    pub s_last_error_block: u64,
    /// 0x1e0: Function of the kernel that found the last error.
    pub s_last_error_func: [u8; 32],
    /// 0x200: Mount options as text.
    pub s_mount_opts: [u8; 64],
    /// 0x240: Inode of the user quota.
    pub s_usr_quota_inum: u32,
    /// 0x244: Inode of the group quota.
    pub s_grp_quota_inum: u32,
    /// 0x248: Clusters that the file system itself takes.
    pub s_overhead_clusters: u32,
    /// 0x24c: Groups with copies of this superblock (`sparse_super2`).
    pub s_backup_bgs: [u32; 2],
    /// 0x254: Algorithms of encryption.
    pub s_encrypt_algos: [u8; 4],
    /// 0x258: Salt of passwords.
    pub s_encrypt_pw_salt: [u8; 16],
    /// 0x268: Inode of lost+found.
    pub s_lpf_ino: u32,
    /// 0x26c: Inode of the project quota.
    pub s_prj_quota_inum: u32,
    /// 0x270: Seed of all checksums, with `metadata_csum_seed`.
    pub s_checksum_seed: u32,
    /// 0x274: `s_wtime`, bits 32 to 39.
    pub s_wtime_hi: u8,
    /// 0x275: `s_mtime`, bits 32 to 39.
    pub s_mtime_hi: u8,
    /// 0x276: `s_mkfs_time`, bits 32 to 39.
    pub s_mkfs_time_hi: u8,
    /// 0x277: `s_lastcheck`, bits 32 to 39.
    pub s_lastcheck_hi: u8,
    /// 0x278: `s_first_error_time`, bits 32 to 39.
    pub s_first_error_time_hi: u8,
    /// 0x279: `s_last_error_time`, bits 32 to 39.
    pub s_last_error_time_hi: u8,
    /// 0x27a: Number of the first error.
    pub s_first_error_errcode: u8,
    /// 0x27b: Number of the last error.
    pub s_last_error_errcode: u8,
    /// 0x27c: Encoding of names (`casefold`): 1 is UTF-8 12.1.
    pub s_encoding: u16,
    /// 0x27e: 1: names that are not of the encoding are refused.
    pub s_encoding_flags: u16,
    /// 0x280: Inode of the orphan file.
    pub s_orphan_file_inum: u32,
    /// 0x284: Reserved.
    pub s_reserved: [u32; 94],
    /// 0x3fc: crc32c of all before it, with `metadata_csum`.
    pub s_checksum: u32,
}

/// In what state the file system was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// It was unmounted, or never mounted (`EXT4_VALID_FS`).
    pub clean: bool,
    /// The kernel found errors in it (`EXT4_ERROR_FS`).
    pub has_errors: bool,
    /// Files were deleted while they were open, and their blocks are still to be freed.
    pub orphans: bool,
    /// The journal holds what is not yet in place (`needs_recovery`).
    pub needs_recovery: bool,
}

impl Superblock {
    /// Reads the superblock; its checksum is computed beside, and binds nobody.
    pub(super) fn read(source: &Source) -> Result<(Self, Checksum)> {
        let magic_end = SUPERBLOCK_AT.saturating_add(MAGIC_AT).saturating_add(2);
        if source.len() < magic_end {
            return Err(unrecognised(format!("{} bytes", source.len())));
        }
        let length = SUPERBLOCK_BYTES.min(source.len().saturating_sub(SUPERBLOCK_AT));
        let bytes = source.read(NAME, SUPERBLOCK_AT, length)?;
        let window = Window::new(&bytes, SUPERBLOCK_AT);
        let magic = window.u16("s_magic", MAGIC_AT, Endianness::Little)?;
        if magic != MAGIC {
            let error = unrecognised(format!("{magic:#06x} instead of s_magic, 0xef53"))
                .at(SUPERBLOCK_AT.saturating_add(MAGIC_AT));
            return Err(match backup_hint(source) {
                Some(hint) => error.hinted(hint),
                None => error,
            });
        }
        let superblock: Self = window.header(NAME, 0, Endianness::Little)?;
        let checksum = if superblock.has_metadata_csum() {
            let covered = window.bytes("s_checksum", 0, CHECKSUM_AT)?;
            let computed = Crc32c::new(u32::MAX).bytes(covered).value();
            Checksum::compare(superblock.s_checksum, computed)
        } else {
            Checksum::None
        };
        Ok((superblock, checksum))
    }

    /// The label, without its padding.
    pub fn label(&self) -> Vec<u8> {
        until_nul(&self.s_volume_name)
    }

    /// Where it was mounted last, without its padding.
    pub fn last_mounted(&self) -> Vec<u8> {
        until_nul(&self.s_last_mounted)
    }

    /// Seconds since 1970 of the last mount; `None` where it was never mounted.
    pub fn last_mount_time(&self) -> Option<u64> {
        let seconds = u64::from(self.s_mtime) | (u64::from(self.s_mtime_hi) << 32);
        (seconds != 0).then_some(seconds)
    }

    /// The UUID as `blkid` prints it.
    pub fn uuid(&self) -> String {
        uuid_text(&self.s_uuid)
    }

    /// In what state it was left.
    pub fn state(&self) -> State {
        State {
            clean: self.s_state & STATE_VALID != 0,
            has_errors: self.s_state & STATE_ERROR != 0,
            orphans: self.s_last_orphan != 0 || self.has_orphan_present(),
            needs_recovery: self.has_needs_recovery(),
        }
    }

    /// Blocks, both halves.
    pub fn blocks_count(&self) -> u64 {
        self.both(self.s_blocks_count_lo, self.s_blocks_count_hi)
    }

    /// Free blocks, both halves; with `bigalloc` the kernel counts clusters here.
    pub fn free_blocks_count(&self) -> u64 {
        self.both(self.s_free_blocks_count_lo, self.s_free_blocks_count_hi)
    }

    fn both(&self, low: u32, high: u32) -> u64 {
        let high = if self.has_64bit() { high } else { 0 };
        u64::from(low) | (u64::from(high) << 32)
    }

    /// The seed of all checksums but the superblock's own.
    pub(super) fn checksum_seed(&self) -> u32 {
        if self.has_metadata_csum_seed() {
            self.s_checksum_seed
        } else {
            Crc32c::new(u32::MAX).bytes(&self.s_uuid).value()
        }
    }
}

/// Sixteen bytes as a UUID is written.
pub(in super::super) fn uuid_text(uuid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in uuid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

fn until_nul(bytes: &[u8]) -> Vec<u8> {
    bytes
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or_default()
        .to_vec()
}

fn unrecognised(found: String) -> Error {
    Error::unrecognised(found).expected("an ext2, ext3 or ext4 file system")
}

/// Where the first copy of the superblock still stands, by the block sizes that are in use.
fn backup_hint(source: &Source) -> Option<&'static str> {
    const PLACES: [(u64, &str); 3] = [
        (
            8193 * 1024,
            "there is a copy of the superblock at block 8193: `e2fsck -b 8193 -B 1024` restores it",
        ),
        (
            16384 * 2048,
            "there is a copy of the superblock at block 16384: `e2fsck -b 16384 -B 2048` restores \
                it",
        ),
        (
            32768 * 4096,
            "there is a copy of the superblock at block 32768: `e2fsck -b 32768 -B 4096` restores \
                it",
        ),
    ];
    PLACES
        .into_iter()
        .find(|(at, _)| {
            let Ok(bytes) = source.read(NAME, *at, SUPERBLOCK_BYTES) else {
                return false;
            };
            let window = Window::new(&bytes, *at);
            window
                .header::<Superblock>(NAME, 0, Endianness::Little)
                .is_ok_and(|copy| copy.s_magic == MAGIC && copy.s_block_group_nr == 1)
        })
        .map(|(_, hint)| hint)
}
