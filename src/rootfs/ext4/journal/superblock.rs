//! The journal's own superblock: 1024 bytes, big endian.
//!
//! Source: `Documentation/filesystems/ext4/journal.rst`, "Super Block"; `jbd2_journal_load` and
//! `journal_get_superblock` in `fs/jbd2/journal.c`.

use super::super::checksum::Crc32c;
use super::super::features::named_bits;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;

const NAME: &str = "journal_superblock_s";
pub(super) const MAGIC: u32 = 0xc03b_3998;
const TYPE_V1: u32 = 3;
const TYPE_V2: u32 = 4;
const CHECKSUM_AT: usize = 0xfc;
const SUPERBLOCK_BYTES: u64 = 1024;
const CRC32C: u8 = 4;
const DEFAULT_FAST_COMMIT_BLOCKS: u64 = 256;
/// `JBD2_MIN_JOURNAL_BLOCKS`: the log gives none of these to fast commits.
const MIN_JOURNAL_BLOCKS: u64 = 1024;

const COMPAT_CHECKSUM: u32 = 0x1;
const INCOMPAT_64BIT: u32 = 0x2;
const INCOMPAT_ASYNC_COMMIT: u32 = 0x4;
const INCOMPAT_CSUM_V2: u32 = 0x8;
const INCOMPAT_CSUM_V3: u32 = 0x10;
const INCOMPAT_FAST_COMMIT: u32 = 0x20;
const COMPAT: [(u32, &str); 1] = [(COMPAT_CHECKSUM, "journal_checksum")];
const INCOMPAT: [(u32, &str); 6] = [
    (0x1, "journal_incompat_revoke"),
    (INCOMPAT_64BIT, "journal_64bit"),
    (INCOMPAT_ASYNC_COMMIT, "journal_async_commit"),
    (INCOMPAT_CSUM_V2, "journal_checksum_v2"),
    (INCOMPAT_CSUM_V3, "journal_checksum_v3"),
    (INCOMPAT_FAST_COMMIT, "journal_fast_commit"),
];

/// The superblock, raw.
#[derive(Debug, Clone, BinRead)]
#[br(big)]
pub(super) struct JournalSuperblock {
    /// 0x00: 0xc03b3998.
    h_magic: u32,
    /// 0x04: 3 or 4; the features count with 4 only.
    h_blocktype: u32,
    /// 0x08: sequence, not used here.
    _h_sequence: u32,
    /// 0x0c: bytes of a block.
    s_blocksize: u32,
    /// 0x10: blocks of the journal.
    s_maxlen: u32,
    /// 0x14: first block of the log.
    s_first: u32,
    /// 0x18: the first transaction that is expected.
    pub(super) s_sequence: u32,
    /// 0x1c: where it begins; 0 where there is nothing to do.
    pub(super) s_start: u32,
    /// 0x20: why the journal was given up.
    _s_errno: u32,
    /// 0x24: features.
    s_feature_compat: u32,
    /// 0x28: features.
    s_feature_incompat: u32,
    /// 0x2c: features.
    s_feature_ro_compat: u32,
    /// 0x30: name.
    s_uuid: [u8; 16],
    /// 0x40: users, a second superblock, limits of transactions.
    _s_limits: [u32; 4],
    /// 0x50: 4 for crc32c.
    s_checksum_type: u8,
    /// 0x51: padding.
    _s_padding2: [u8; 3],
    /// 0x54: blocks at the end that are for fast commits.
    s_num_fc_blks: u32,
    /// 0x58: head of the log, when there is nothing to do; padding.
    _s_head: [u32; 41],
    /// 0xfc: crc32c of this superblock.
    s_checksum: u32,
    /// 0x100: names of users.
    _s_users: [[u8; 16]; 48],
}

impl JournalSuperblock {
    /// Reads the superblock from the first block of the journal, which is at `at`.
    pub(super) fn read(block: &[u8], at: u64) -> Result<Self> {
        let window = Window::new(block, at);
        let mut superblock: Self = window.header(NAME, 0, Endianness::Big)?;
        if superblock.h_magic != MAGIC {
            return Err(Error::corrupt(
                "h_magic",
                at,
                format!("{MAGIC:#010x}"),
                format!("{:#010x}", superblock.h_magic),
            ));
        }
        if !matches!(superblock.h_blocktype, TYPE_V1 | TYPE_V2) {
            return Err(Error::corrupt(
                "h_blocktype",
                at.saturating_add(4),
                "3 or 4",
                superblock.h_blocktype.to_string(),
            ));
        }
        if superblock.h_blocktype == TYPE_V1 {
            superblock.s_feature_compat = 0;
            superblock.s_feature_incompat = 0;
            superblock.s_feature_ro_compat = 0;
        }
        Ok(superblock)
    }

    /// The names of the features; bits without one by their value.
    pub(super) fn feature_names(&self) -> Vec<String> {
        let mut names = named_bits(self.s_feature_compat, &COMPAT, "journal_compat");
        names.extend(named_bits(
            self.s_feature_incompat,
            &INCOMPAT,
            "journal_incompat",
        ));
        names.extend(named_bits(
            self.s_feature_ro_compat,
            &[],
            "journal_ro_compat",
        ));
        names
    }

    /// Whether the kernel would replay this journal: the sizes fit, the features are known, and the
    /// checksum is right.
    pub(super) fn check(
        &self,
        block: &[u8],
        at: u64,
        block_bytes: u64,
        journal_blocks: u64,
    ) -> Result<()> {
        let fail = |field, at_field: u64, expected: String, found: String| {
            Err(Error::corrupt(
                field,
                at.saturating_add(at_field),
                expected,
                found,
            ))
        };
        let known = INCOMPAT.iter().fold(0, |known, (bit, _)| known | bit);
        if self.s_feature_incompat & !known != 0 || self.s_feature_ro_compat != 0 {
            let unknown = named_bits(self.s_feature_incompat & !known, &[], "journal_incompat");
            let read_only = named_bits(self.s_feature_ro_compat, &[], "journal_ro_compat");
            let found = [unknown, read_only].concat().join(", ");
            return Err(Error::unsupported(
                "journal",
                format!("not replayed: {found}"),
            ));
        }
        if u64::from(self.s_blocksize) != block_bytes {
            let found = self.s_blocksize.to_string();
            return fail("s_blocksize", 0x0c, block_bytes.to_string(), found);
        }
        let blocks = u64::from(self.s_maxlen);
        if blocks > journal_blocks || blocks == 0 {
            let expected = format!("at most {journal_blocks} blocks");
            return fail("s_maxlen", 0x10, expected, blocks.to_string());
        }
        if u64::from(self.s_first) >= self.end() || self.s_first == 0 {
            let expected = format!("1 or more, before {}", self.end());
            return fail("s_first", 0x14, expected, self.s_first.to_string());
        }
        let start = u64::from(self.s_start);
        if start != 0 && !(u64::from(self.s_first)..self.end()).contains(&start) {
            let expected = format!("0, or {} to {}", self.s_first, self.end());
            return fail("s_start", 0x1c, expected, start.to_string());
        }
        let has_v2 = self.s_feature_incompat & INCOMPAT_CSUM_V2 != 0;
        let has_v3 = self.has_checksum_v3();
        if (has_v2 && has_v3) || (self.has_checksum_v1() && self.has_checksums()) {
            let found = self.feature_names().join(", ");
            return fail(
                "s_feature_incompat",
                0x28,
                "one kind of checksums".to_owned(),
                found,
            );
        }
        if self.has_checksums() {
            if self.s_checksum_type != CRC32C {
                let found = self.s_checksum_type.to_string();
                return fail("s_checksum_type", 0x50, format!("{CRC32C}, crc32c"), found);
            }
            let covered = Window::new(block, at).bytes(NAME, 0, SUPERBLOCK_BYTES)?;
            let computed = Crc32c::new(u32::MAX)
                .with_zeros(covered, CHECKSUM_AT, 4)
                .value();
            if computed != self.s_checksum {
                let found = format!("{:#010x}", self.s_checksum);
                return fail("s_checksum", 0xfc, format!("{computed:#010x}"), found);
            }
        }
        Ok(())
    }

    /// First block of the log.
    pub(super) fn first(&self) -> u64 {
        u64::from(self.s_first)
    }

    /// The block after the log, `j_last`. Fast commits may follow it.
    pub(super) fn end(&self) -> u64 {
        let blocks = u64::from(self.s_maxlen);
        match self.fast_commit_blocks() {
            Some(fast) => blocks.saturating_sub(fast),
            None => blocks,
        }
    }

    /// The first block of fast commits, `j_fc_first`: one is left free after the log. `None` where
    /// the journal has no room for them, or no such feature.
    ///
    /// Models `load_superblock` in `fs/jbd2/journal.c`.
    pub(super) fn first_fast_commit(&self) -> Option<u64> {
        self.fast_commit_blocks()?;
        Some(self.end().saturating_add(1))
    }

    fn fast_commit_blocks(&self) -> Option<u64> {
        if self.s_feature_incompat & INCOMPAT_FAST_COMMIT == 0 {
            return None;
        }
        let fast = match self.s_num_fc_blks {
            0 => DEFAULT_FAST_COMMIT_BLOCKS,
            stated => u64::from(stated),
        };
        let log = u64::from(self.s_maxlen).checked_sub(fast);
        // A number above the length is refused: the log then has no block.
        log.is_none_or(|log| log >= MIN_JOURNAL_BLOCKS)
            .then_some(fast)
    }

    /// Seed of the checksums in the log.
    pub(super) fn checksum_seed(&self) -> u32 {
        Crc32c::new(u32::MAX).bytes(&self.s_uuid).value()
    }

    pub(super) fn has_async_commit(&self) -> bool {
        self.s_feature_incompat & INCOMPAT_ASYNC_COMMIT != 0
    }

    pub(super) fn has_64bit(&self) -> bool {
        self.s_feature_incompat & INCOMPAT_64BIT != 0
    }

    /// Checksums of whole transactions.
    pub(super) fn has_checksum_v1(&self) -> bool {
        self.s_feature_compat & COMPAT_CHECKSUM != 0
    }

    /// Checksums of whole 32 bits for every block of content.
    pub(super) fn has_checksum_v3(&self) -> bool {
        self.s_feature_incompat & INCOMPAT_CSUM_V3 != 0
    }

    /// Checksums of every block, v2 or v3.
    pub(super) fn has_checksums(&self) -> bool {
        self.s_feature_incompat & (INCOMPAT_CSUM_V2 | INCOMPAT_CSUM_V3) != 0
    }
}
