//! The blocks that no file may have: superblocks, descriptors, bitmaps, tables of inodes, the journal.
//!
//! Source: `ext4_setup_system_zone`, `add_system_zone` and `ext4_protect_reserved_inode` in
//! `fs/ext4/block_validity.c`; `ext4_num_base_meta_blocks` in `fs/ext4/balloc.c`.

use super::content::{Map, Place};
use super::group::CHECKED_GROUPS;
use super::inode::Inode;
use super::view::{Reading, View};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// The longest journal that is looked through: 4 GiB in blocks of 4 KiB.
const JOURNAL_BLOCKS: u64 = 1 << 20;

/// Zones by their first blocks, none of which meets another: so there are no more than blocks.
#[derive(Debug, Default)]
pub(super) struct Zones {
    ends: BTreeMap<u64, u64>,
    /// The first that begins in another, at which Linux gives up the mount.
    overlap: Option<Error>,
}

impl Zones {
    /// The zones of a file system; of one with more groups than are looked at, none.
    pub(super) fn of(view: &View<'_>) -> Self {
        let mut zones = Self::default();
        if view.geometry().groups <= CHECKED_GROUPS {
            zones.overlap = zones.collect(view).err();
        }
        zones
    }

    pub(super) fn overlap(&self) -> Option<&Error> {
        self.overlap.as_ref()
    }

    /// Whether some of the blocks from `start` to before `end` are of a zone.
    pub(super) fn meet(&self, start: u64, end: u64) -> bool {
        let before = self.ends.range(..end).next_back();
        before.is_some_and(|(_, zone_end)| *zone_end > start)
    }

    fn collect(&mut self, view: &View<'_>) -> Result<()> {
        for group in 0..view.geometry().groups {
            self.add_group(view, group)?;
        }
        let superblock = view.superblock();
        if !superblock.has_journal_feature() || superblock.s_journal_inum == 0 {
            return Ok(());
        }
        // Its own blocks are not among those that it may not have.
        let view = view.read_as(Reading::Lenient);
        match view.inode(u64::from(superblock.s_journal_inum)) {
            Ok(journal) => self.add_journal(&view, &journal),
            // One that can't be read is told elsewhere.
            Err(_) => Ok(()),
        }
    }

    fn add_group(&mut self, view: &View<'_>, group: u64) -> Result<()> {
        let geometry = view.geometry();
        let first = geometry.first_block_of(group);
        let at = geometry.offset_of(first);
        self.add_or_tell("ext4_group_desc", at, first, view.base_blocks(group))?;
        let Ok(descriptor) = view.descriptor(group) else {
            return Ok(());
        };
        let table_blocks = geometry.inode_table_blocks();
        for (field, offset, start, blocks) in [
            ("bg_block_bitmap_lo", 0, descriptor.block_bitmap, 1),
            ("bg_inode_bitmap_lo", 4, descriptor.inode_bitmap, 1),
            ("bg_inode_table_lo", 8, descriptor.inode_table, table_blocks),
        ] {
            self.add_or_tell(field, descriptor.at.saturating_add(offset), start, blocks)?;
        }
        Ok(())
    }

    fn add_journal(&mut self, view: &View<'_>, journal: &Inode) -> Result<()> {
        let length = journal.size(view).unwrap_or(0);
        let blocks = length
            .div_ceil(view.block_bytes().max(1))
            .min(JOURNAL_BLOCKS);
        let mut map = Map::of(journal);
        let mut block = 0;
        while block < blocks {
            let Ok(run) = map.at(view, block, blocks.saturating_sub(block)) else {
                return Ok(());
            };
            if let Place::Blocks(start) = run.place {
                self.add_or_tell("i_block", journal.block_at(), start, run.blocks)?;
            }
            block = block.saturating_add(run.blocks);
        }
        Ok(())
    }

    /// Adds a zone that `field` at that offset names; an error where it begins in another.
    fn add_or_tell(&mut self, field: &'static str, at: u64, start: u64, blocks: u64) -> Result<()> {
        if self.add(start, blocks) {
            return Ok(());
        }
        let expected = "blocks that nothing else of the file system has";
        Err(Error::corrupt(field, at, expected, start.to_string()))
    }

    /// Adds a zone, unless it begins in one that is there.
    fn add(&mut self, start: u64, blocks: u64) -> bool {
        if blocks == 0 {
            return true;
        }
        let mut first = start;
        let mut end = start.saturating_add(blocks);
        if let Some((before, before_end)) = self.ends.range(..=start).next_back() {
            if *before_end > start {
                return false;
            }
            if *before_end == start {
                first = *before;
            }
        }
        // Linux doesn't see those that begin behind its first block.
        while let Some((inside, inside_end)) = self.ends.range(start..end).next() {
            end = end.max(*inside_end);
            let inside = *inside;
            self.ends.remove(&inside);
        }
        self.ends.insert(first, end);
        true
    }
}

impl View<'_> {
    /// How many blocks a group begins with that are none of a file: the superblock's, descriptors, and
    /// the room for more of these.
    fn base_blocks(&self, group: u64) -> u64 {
        let superblock = self.superblock();
        let geometry = self.geometry();
        let own = u64::from(superblock.is_in_group(group));
        let per_block = geometry.descriptors_per_block();
        let first_meta = u64::from(superblock.s_first_meta_bg);
        let has_meta_bg = superblock.has_meta_bg();
        if !has_meta_bg || group < first_meta.saturating_mul(per_block) {
            let descriptors = if has_meta_bg {
                first_meta
            } else {
                geometry.groups.div_ceil(per_block)
            };
            return own.saturating_mul(
                descriptors
                    .saturating_add(u64::from(superblock.s_reserved_gdt_blocks))
                    .saturating_add(1),
            );
        }
        let index = group.checked_rem(per_block).unwrap_or(0);
        let has_descriptors = index <= 1 || index == per_block.saturating_sub(1);
        own.saturating_add(u64::from(has_descriptors))
    }
}
