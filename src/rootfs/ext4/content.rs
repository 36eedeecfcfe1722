//! The content of an inode, wherever it is kept.
//!
//! Source: `Documentation/filesystems/ext4/ifork.rst`.

use super::blocks;
use super::extents::ExtentTree;
use super::inode::{FLAG_EXTENTS, Inode};
use super::view::{View, slice};
use crate::error::{Error, Result};

/// Where blocks of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: they read as zeros.
    Hole,
    /// Allocated and never written: they read as zeros, whatever the disk has there.
    Unwritten,
    /// At this block of the file system, and those that follow.
    Blocks(u64),
}

/// A place, and for how many blocks of the file it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) place: Place,
    pub(super) blocks: u64,
}

impl Run {
    pub(super) fn hole(blocks: u64) -> Self {
        Self {
            place: Place::Hole,
            blocks,
        }
    }
}

/// The map from blocks of a file to blocks of the file system.
pub(super) enum Map<'a> {
    Extents(ExtentTree<'a>),
    Blocks(&'a Inode),
}

impl<'a> Map<'a> {
    pub(super) fn of(inode: &'a Inode) -> Self {
        if inode.has(FLAG_EXTENTS) {
            Self::Extents(ExtentTree::new(inode))
        } else {
            Self::Blocks(inode)
        }
    }

    /// What is at `block`: at least one block of it, and not more than `wanted` have to be told.
    pub(super) fn at(&mut self, view: &View<'_>, block: u64, wanted: u64) -> Result<Run> {
        let run = match self {
            Self::Extents(tree) => tree.at(view, block)?,
            Self::Blocks(inode) => blocks::at(view, inode, block, wanted.max(1))?,
        };
        Ok(Run {
            blocks: run.blocks.max(1),
            ..run
        })
    }
}

impl View<'_> {
    /// The content of `inode` from `offset` on: `length` bytes of it, or fewer where it ends.
    pub(super) fn content(&self, inode: &Inode, offset: u64, length: u64) -> Result<Vec<u8>> {
        let end = offset.saturating_add(length).min(inode.size(self)?);
        let wanted = end.saturating_sub(offset);
        let limit = self.volume.disk.limits().read_bytes;
        if wanted > limit {
            return Err(Error::limit("read_bytes", limit));
        }
        if let Some(bytes) = self.inline_data(inode)? {
            let mut bytes = slice(&bytes, offset, wanted).to_vec();
            bytes.resize(usize::try_from(wanted).unwrap_or(0), 0);
            return Ok(bytes);
        }
        let block_bytes = self.block_bytes();
        let mut map = Map::of(inode);
        let mut out = Vec::new();
        let mut at = offset;
        while at < end {
            let block = at.checked_div(block_bytes).unwrap_or(0);
            let within = at.checked_rem(block_bytes).unwrap_or(0);
            let left = end.saturating_sub(at);
            let wanted = within.saturating_add(left).div_ceil(block_bytes.max(1));
            let run = map.at(self, block, wanted)?;
            let take = run
                .blocks
                .saturating_mul(block_bytes)
                .saturating_sub(within)
                .min(left);
            match run.place {
                Place::Blocks(start) => self.append(&mut out, start, within, take)?,
                Place::Hole | Place::Unwritten => {
                    let length = usize::try_from(take).unwrap_or(0);
                    out.resize(out.len().saturating_add(length), 0);
                }
            }
            at = at.saturating_add(take);
        }
        Ok(out)
    }
}
