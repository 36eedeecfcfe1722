//! What the journal holds of each block: the outcome of replaying it, without writing anything.
//!
//! Source: `do_one_pass`, `PASS_REPLAY`, in `fs/jbd2/recovery.c`.

use super::super::checksum::Crc32c;
use super::super::view::Volume;
use super::superblock::MAGIC;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The copy of a block in the journal.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct JournalCopy {
    /// Where it is, as a block of the file system.
    pub(super) block: u64,
    /// Its first four bytes would be the journal's magic, and were zeroed.
    pub(super) is_escaped: bool,
    /// The transaction that it belongs to.
    pub(super) sequence: u32,
    /// Its checksum, as far as it is stored, and which bits those are.
    pub(super) checksum: Option<(u32, u32)>,
}

/// Every block that replaying the journal would write.
#[derive(Debug)]
pub(in super::super) struct Replay {
    pub(super) copies: BTreeMap<u64, JournalCopy>,
    pub(super) checksum_seed: u32,
}

impl Replay {
    pub(in super::super) fn copy_of(&self, block: u64) -> Option<JournalCopy> {
        self.copies.get(&block).copied()
    }

    /// The first block from `block` on that the journal holds.
    pub(in super::super) fn first_at_or_after(&self, block: u64) -> Option<u64> {
        self.copies.range(block..).next().map(|(block, _)| *block)
    }

    /// How many blocks the journal holds.
    pub(in super::super) fn blocks(&self) -> u64 {
        u64::try_from(self.copies.len()).unwrap_or(u64::MAX)
    }

    /// The copy of `block`, as it would be written.
    pub(in super::super) fn read(
        &self,
        volume: &Volume,
        block: u64,
        copy: JournalCopy,
    ) -> Result<Arc<[u8]>> {
        let at = volume.geometry.offset_of(copy.block);
        let bytes = volume
            .disk
            .read("journal", at, volume.geometry.block_bytes)?;
        if let Some((stored, mask)) = copy.checksum {
            let computed = Crc32c::new(self.checksum_seed)
                .bytes(&copy.sequence.to_be_bytes())
                .bytes(&bytes)
                .value()
                & mask;
            if computed != stored {
                return Err(Error::corrupt(
                    "t_checksum",
                    at,
                    format!("{computed:#x} for block {block} in the journal"),
                    format!("{stored:#x}"),
                ));
            }
        }
        let mut bytes = bytes.into_owned();
        if copy.is_escaped
            && let Some(first) = bytes.first_chunk_mut()
        {
            *first = MAGIC.to_be_bytes();
        }
        Ok(Arc::from(bytes))
    }
}
