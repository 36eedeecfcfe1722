//! The journal: where it is, and what is in place only when it is applied.
//!
//! Source: `Documentation/filesystems/ext4/journal.rst`; `ext4_load_journal` in `fs/ext4/super.c`
//! and `jbd2_journal_recover` in `fs/jbd2/recovery.c`.

mod log;
mod replay;
mod superblock;

pub(super) use replay::Replay;

use super::content::{Map, Place};
use super::inode::FLAG_ENCRYPT;
use super::superblock::uuid_text;
use super::view::{Reading, View, Volume};
use crate::error::{Error, Result};
use crate::tree::FileType;
use log::Log;
use superblock::JournalSuperblock;

/// What journal a file system has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Journal {
    /// None.
    None,
    /// One in an inode of its own.
    Internal {
        /// Whether it holds what is not in place yet.
        needs_recovery: bool,
        /// Its features, as `dumpe2fs` names them; a bit without a name by its value.
        features: Vec<String>,
        /// What Linux finds wrong with its inode, and doesn't mount for.
        inode: Result<()>,
        /// How many blocks replaying it changes (none where it need not be), or why it can't be
        /// replayed.
        replayable: Result<u64>,
    },
    /// One on another device.
    External {
        /// That device's UUID.
        uuid: String,
    },
}

/// The journal's facts, and what to read by: the blocks that it changes, `None` where it changes
/// nothing, or why nothing can be read.
pub(super) struct Loaded {
    pub(super) journal: Journal,
    pub(super) replay: Result<Option<Replay>>,
}

impl Loaded {
    pub(super) fn of(volume: &Volume) -> Self {
        let superblock = &volume.superblock;
        let needs_recovery = superblock.has_needs_recovery();
        if !superblock.has_journal_feature() {
            return Self {
                journal: Journal::None,
                replay: Ok(None),
            };
        }
        if superblock.s_journal_inum == 0 {
            let uuid = uuid_text(&superblock.s_journal_uuid);
            let replay = if needs_recovery {
                let found = format!("not replayed: it is on another device, {uuid}");
                Err(Error::unsupported("journal", found))
            } else {
                Ok(None)
            };
            return Self {
                journal: Journal::External { uuid },
                replay,
            };
        }
        let mut features = Vec::new();
        let replay = read(volume, needs_recovery, &mut features);
        let journal = Journal::Internal {
            needs_recovery,
            features,
            inode: check_inode(volume),
            replayable: match &replay {
                Ok(replay) => Ok(replay.as_ref().map_or(0, Replay::blocks)),
                Err(error) => Err(error.clone()),
            },
        };
        Self {
            journal,
            // A journal that nothing waits in hinders nobody, whatever is wrong with it.
            replay: if needs_recovery { replay } else { Ok(None) },
        }
    }
}

/// The inode as Linux takes it.
fn check_inode(volume: &Volume) -> Result<()> {
    let view = volume.in_place().read_as(Reading::Mounting);
    let inode = view.used_inode(u64::from(volume.superblock.s_journal_inum))?;
    if inode.has(FLAG_ENCRYPT) {
        let found = format!("{:#x}", inode.raw.i_flags);
        return Err(inode.corrupt("i_flags", 0x20, "a journal that is not encrypted", found));
    }
    Ok(())
}

fn read(
    volume: &Volume,
    needs_recovery: bool,
    features: &mut Vec<String>,
) -> Result<Option<Replay>> {
    let view: View<'_> = volume.in_place();
    let inode = view.inode(u64::from(volume.superblock.s_journal_inum))?;
    if inode.file_type()? != FileType::Regular || inode.raw.i_links_count == 0 {
        return Err(Error::corrupt(
            "i_mode",
            inode.at,
            "the journal, a regular file in use",
            format!(
                "{:#o} with {} links",
                inode.raw.i_mode, inode.raw.i_links_count
            ),
        ));
    }
    let mut map = Map::of(&inode);
    let Place::Blocks(first) = map.at(&view, 0, 1)?.place else {
        return Err(Error::corrupt(
            "i_block",
            inode.block_at(),
            "the first block of the journal",
            "a hole",
        ));
    };
    let block = view.block("journal_superblock_s", first)?;
    let at = volume.geometry.offset_of(first);
    let superblock = JournalSuperblock::read(&block, at)?;
    *features = superblock.feature_names();
    let block_bytes = volume.geometry.block_bytes;
    let blocks = inode
        .size(&view)?
        .checked_div(block_bytes)
        .unwrap_or_default();
    superblock.check(&block, at, block_bytes, blocks)?;
    if !needs_recovery {
        return Ok(None);
    }
    Log::new(view, map, &superblock).replay().map(Some)
}
