//! The superblock, and the knobs that are laid over it.

use super::super::super::checksum::crc32c;
use super::super::super::put;
use super::super::{Ext4, MADE, low};
use super::{FIRST_INODE, JOURNAL, Writer, first_data_block};

impl Writer<'_> {
    pub fn put_superblock(&mut self, journal: Option<([u8; 60], usize)>) {
        let spec = self.spec;
        let mut superblock = vec![0; 1024];
        let mut set = |at: usize, value: &[u8]| put(&mut superblock, at, value);
        let size = spec.block_size;
        let log_block_size = (size / 1024).ilog2();
        let inodes: u32 = low(self.layout.inodes);
        let free_inodes = self.layout.inodes - self.used_inodes();
        let has_large_inodes = spec.inode_size > 128;
        let is_64bit = spec.descriptor_bytes > 32;

        set(0x00, &inodes.to_le_bytes());
        set(0x04, &low::<u32>(self.layout.blocks).to_le_bytes());
        set(0x0c, &low::<u32>(self.free_blocks()).to_le_bytes());
        set(0x10, &low::<u32>(free_inodes).to_le_bytes());
        set(0x14, &low::<u32>(first_data_block(spec)).to_le_bytes());
        set(0x18, &log_block_size.to_le_bytes());
        set(0x1c, &log_block_size.to_le_bytes());
        set(0x20, &low::<u32>(size * 8).to_le_bytes());
        set(0x24, &low::<u32>(size * 8).to_le_bytes());
        set(0x28, &inodes.to_le_bytes());
        set(0x30, &MADE.to_le_bytes());
        // s_max_mnt_count: never
        set(0x36, &0xffff_u16.to_le_bytes());
        set(0x38, &0xef53_u16.to_le_bytes());
        set(0x3a, &1_u16.to_le_bytes());
        set(0x3c, &1_u16.to_le_bytes());
        set(0x40, &MADE.to_le_bytes());
        set(0x4c, &1_u32.to_le_bytes());
        set(0x54, &FIRST_INODE.to_le_bytes());
        set(0x58, &spec.inode_size.to_le_bytes());
        let has_journal = journal.is_some() || spec.external_journal.is_some();
        let needs_recovery = spec.journal.as_ref().is_some_and(|log| log.is_needed());
        let compat = u32::from(has_journal) << 2;
        let incompat = u32::from(spec.filetype) << 1
            | u32::from(needs_recovery) << 2
            | u32::from(spec.extents) << 6
            | u32::from(is_64bit) << 7
            | u32::from(spec.mmp.is_some()) << 8;
        // sparse_super, extra_isize, metadata_csum
        let ro_compat = 1 | u32::from(has_large_inodes) << 6 | u32::from(spec.metadata_csum) << 10;
        let incompat = (incompat | spec.s_feature_incompat) & !spec.s_feature_incompat_cleared;
        set(0x5c, &(compat | spec.s_feature_compat).to_le_bytes());
        set(0x60, &incompat.to_le_bytes());
        set(0x64, &(ro_compat | spec.s_feature_ro_compat).to_le_bytes());
        set(0x68, &spec.uuid);
        assert!(spec.label.len() <= 16, "a label has at most 16 bytes");
        set(0x78, spec.label.as_bytes());
        set(0xec, b"hash seed forged");
        // s_def_hash_version: half_md4
        set(0xfc, &[1]);
        if let Some((i_block, size_bytes)) = journal {
            set(0xe0, &JOURNAL.to_le_bytes());
            // s_jnl_backup_type: what follows is a copy of the journal's inode.
            set(0xfd, &[1]);
            set(0x10c, &i_block);
            set(0x14c, &low::<u32>(size_bytes).to_le_bytes());
        }
        if let Some(uuid) = spec.external_journal {
            set(0xd0, &uuid);
            // s_journal_dev: vdb, as it once was
            set(0xe4, &0xfd10_u32.to_le_bytes());
        }
        if is_64bit {
            set(0xfe, &low::<u16>(spec.descriptor_bytes).to_le_bytes());
        }
        set(0x108, &MADE.to_le_bytes());
        if has_large_inodes {
            set(0x15c, &32_u16.to_le_bytes());
            set(0x15e, &32_u16.to_le_bytes());
        }
        // s_flags: signed directory hash
        set(0x160, &1_u32.to_le_bytes());
        if let Some(at) = self.layout.mmp_at {
            set(0x166, &5_u16.to_le_bytes());
            set(0x168, &low::<u64>(at / size).to_le_bytes());
        }
        if spec.metadata_csum {
            set(0x175, &[1]);
        }

        put_defects(spec, &mut superblock);
        if spec.metadata_csum {
            let checksum = crc32c(!0, &superblock[..0x3fc]) ^ u32::from(spec.wrong_checksum);
            put(&mut superblock, 0x3fc, &checksum.to_le_bytes());
        }
        put(&mut self.image, 1024, &superblock);
    }
}

/// Lays the knobs over the superblock.
fn put_defects(spec: &Ext4, superblock: &mut Vec<u8>) {
    if let Some(count) = spec.s_blocks_count {
        let bytes = count.to_le_bytes();
        put(superblock, 0x04, &bytes[..4]);
        put(superblock, 0x150, &bytes[4..]);
    }
    let words = [
        (0x14, spec.s_first_data_block),
        (0x18, spec.s_log_block_size),
        (0x20, spec.s_blocks_per_group),
        (0x28, spec.s_inodes_per_group),
        (0x4c, spec.s_rev_level),
        (0xe0, spec.s_journal_inum),
        (0xe8, spec.s_last_orphan),
    ];
    for (at, word) in words {
        if let Some(word) = word {
            put(superblock, at, &word.to_le_bytes());
        }
    }
    let halves = [
        (0x38, spec.s_magic),
        (0x3a, spec.s_state),
        (0x3c, spec.s_errors),
        (0x58, spec.s_inode_size),
        (0xfe, spec.s_desc_size),
    ];
    for (at, half) in halves {
        if let Some(half) = half {
            put(superblock, at, &half.to_le_bytes());
        }
    }
    if let Some(kind) = spec.s_checksum_type {
        put(superblock, 0x175, &[kind]);
    }
}
