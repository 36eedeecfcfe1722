//! The file system as it is seen: as it lies on the disk, or with its journal applied.
//!
//! Source: `Documentation/filesystems/ext4/blocks.rst`; what is applied comes from the journal
//! (`journal/replay.rs`).

use super::checksum::Checksum;
use super::disk::{Disk, Version};
use super::geometry::Geometry;
use super::journal::Replay;
use super::superblock::Superblock;
use super::zones::Zones;
use crate::error::{Error, Result};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Problems beyond these are not remembered.
const KEPT_PROBLEMS: usize = 64;
/// How much of a file is read at once.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// An opened file system, without its journal.
pub(super) struct Volume {
    pub(super) disk: Disk,
    pub(super) superblock: Superblock,
    pub(super) geometry: Geometry,
    pub(super) checksum_seed: u32,
    pub(super) problems: Mutex<Vec<Error>>,
    /// What no file may have, as it was read first.
    pub(super) zones: OnceLock<Zones>,
}

impl Volume {
    /// Remembers what is wrong and yet hinders nobody.
    pub(super) fn report(&self, problem: Error) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < KEPT_PROBLEMS && !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Remembers a checksum that is wrong.
    pub(super) fn verify(
        &self,
        field: &'static str,
        at: u64,
        stored: u32,
        computed: u32,
    ) -> Checksum {
        let checksum = Checksum::compare(stored, computed);
        if let Checksum::Bad { stored, computed } = checksum {
            self.report(wrong_checksum(field, at, stored, computed));
        }
        checksum
    }

    /// The volume as it lies on the disk.
    pub(super) fn in_place(&self) -> View<'_> {
        View {
            volume: self,
            replay: None,
            reading: Reading::Lenient,
        }
    }
}

/// A volume, with or without its journal applied.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) volume: &'a Volume,
    pub(super) replay: Option<&'a Replay>,
    pub(super) reading: Reading,
}

/// What is taken for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// What keeps a file from being read.
    Lenient,
    /// What Linux refuses while it mounts: a wrong checksum, and an inode that names what it can't.
    Mounting,
    /// The same, and blocks that no file may have: these are collected last.
    Mounted,
}

impl<'a> View<'a> {
    /// The same, as it is read otherwise.
    pub(super) fn read_as(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// Compares a checksum: one that is wrong is remembered, or an error.
    pub(super) fn verify(
        &self,
        field: &'static str,
        at: u64,
        stored: u32,
        computed: u32,
    ) -> Result<()> {
        match self.volume.verify(field, at, stored, computed) {
            Checksum::Bad { stored, computed } if self.reading > Reading::Lenient => {
                Err(wrong_checksum(field, at, stored, computed))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn geometry(&self) -> &'a Geometry {
        &self.volume.geometry
    }

    pub(super) fn superblock(&self) -> &'a Superblock {
        &self.volume.superblock
    }

    pub(super) fn block_bytes(&self) -> u64 {
        self.volume.geometry.block_bytes
    }

    /// Whether a file may have these blocks: they are of the file system, and for Linux not of what it
    /// keeps for itself.
    pub(super) fn holds(&self, start: u64, count: u64) -> bool {
        let end = start.saturating_add(count);
        self.geometry().holds(start, count)
            && !(self.reading == Reading::Mounted && self.zones().meet(start, end))
    }

    pub(super) fn zones(&self) -> &'a Zones {
        self.volume.zones.get_or_init(|| Zones::of(self))
    }

    /// A block that `field` names, which must be one of the file system.
    pub(super) fn block(&self, field: &'static str, block: u64) -> Result<Arc<[u8]>> {
        let geometry = self.geometry();
        if block >= geometry.blocks {
            let at = geometry.offset_of(block);
            let expected = format!("a block of {}", geometry.blocks);
            return Err(Error::corrupt(field, at, expected, block.to_string()));
        }
        let disk = &self.volume.disk;
        if let Some((replay, copy)) = self
            .replay
            .and_then(|replay| Some((replay, replay.copy_of(block)?)))
        {
            return disk.cached(block, Version::Replayed, || {
                replay.read(self.volume, block, copy)
            });
        }
        disk.cached(block, Version::InPlace, || {
            let at = geometry.offset_of(block);
            Ok(Arc::from(disk.read(field, at, geometry.block_bytes)?))
        })
    }

    /// Appends `length` bytes of content, from `within` on of the blocks that begin at `block`.
    pub(super) fn append(
        &self,
        out: &mut Vec<u8>,
        block: u64,
        within: u64,
        length: u64,
    ) -> Result<()> {
        let block_bytes = self.block_bytes();
        let mut at = self.geometry().offset_of(block).saturating_add(within);
        let end = at.saturating_add(length);
        while at < end {
            let number = at.checked_div(block_bytes).unwrap_or(0);
            let next = self
                .replay
                .and_then(|replay| replay.first_at_or_after(number));
            if next == Some(number) {
                let bytes = self.block("content", number)?;
                let skip = at.saturating_sub(self.geometry().offset_of(number));
                let take = block_bytes
                    .saturating_sub(skip)
                    .min(end.saturating_sub(at))
                    .max(1);
                out.extend(slice(&bytes, skip, take));
                at = at.saturating_add(take);
                continue;
            }
            let until = next.map_or(end, |next| self.geometry().offset_of(next).min(end));
            let take = until.saturating_sub(at).clamp(1, CHUNK_BYTES);
            out.extend_from_slice(&self.volume.disk.read("content", at, take)?);
            at = at.saturating_add(take);
        }
        Ok(())
    }
}

/// The `length` bytes at `offset` that are there.
pub(super) fn slice(bytes: &[u8], offset: u64, length: u64) -> &[u8] {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

fn wrong_checksum(field: &'static str, at: u64, stored: u32, computed: u32) -> Error {
    let [expected, found] = [computed, stored].map(|sum| format!("{sum:#010x}"));
    Error::corrupt(field, at, expected, found)
}
