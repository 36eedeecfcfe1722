//! Extent trees: where the content of a file is, in runs of blocks.
//!
//! Source: `Documentation/filesystems/ext4/ifork.rst`, "Extent Tree"; `__ext4_ext_check` and
//! `ext4_valid_extent_entries` in `fs/ext4/extents.c`.

use super::checksum::Crc32c;
use super::content::{Place, Run};
use super::inode::Inode;
use super::view::{View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;

const MAGIC: u16 = 0xf30a;
const MAX_DEPTH: u16 = 5;
const ENTRY_BYTES: u64 = 12;
const CHECKSUM_BYTES: u64 = 4;
/// A longer extent is one that was allocated and never written.
const MAX_WRITTEN: u16 = 0x8000;
/// Blocks are numbered by 32 bits in a file.
const MAX_BLOCKS: u64 = 1 << 32;

/// The header of a node.
#[derive(Debug, BinRead)]
struct ExtentHeader {
    /// 0x00: 0xf30a.
    eh_magic: u16,
    /// 0x02: entries in use.
    eh_entries: u16,
    /// 0x04: entries that fit.
    eh_max: u16,
    /// 0x06: levels below this node.
    eh_depth: u16,
    /// 0x08: generation, for Lustre.
    _eh_generation: u32,
}

/// An entry of a node: an extent in a leaf, else an index; both are 12 bytes.
#[derive(Debug, BinRead)]
struct RawEntry {
    /// 0x00: the first block of the file that it covers.
    block: u32,
    /// 0x04: `ee_len` and `ee_start_hi`, or `ei_leaf_lo`.
    middle: [u16; 2],
    /// 0x08: `ee_start_lo`, or `ei_leaf_hi` and nothing.
    last: [u16; 2],
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    first: u64,
    blocks: u64,
    start: u64,
    is_written: bool,
}

/// A leaf, and which blocks of the file it answers for.
#[derive(Debug)]
struct Leaf {
    from: u64,
    to: u64,
    extents: Vec<Extent>,
}

enum Node {
    Leaf(Vec<Extent>),
    /// First block of the file, and the block of the node below.
    Index(Vec<(u64, u64)>),
}

/// The tree of one inode; the leaf that was asked last is kept.
pub(super) struct ExtentTree<'a> {
    inode: &'a Inode,
    leaf: Option<Leaf>,
}

fn joined(halves: [u16; 2]) -> u64 {
    let [low, high] = halves;
    u64::from(low) | (u64::from(high) << 16)
}

impl<'a> ExtentTree<'a> {
    pub(super) fn new(inode: &'a Inode) -> Self {
        Self { inode, leaf: None }
    }

    /// What is at `block` of the file, and for how many blocks that holds.
    pub(super) fn at(&mut self, view: &View<'_>, block: u64) -> Result<Run> {
        if block >= MAX_BLOCKS {
            return Ok(Run::hole(u64::MAX));
        }
        let leaf = match self.leaf.take() {
            Some(leaf) if (leaf.from..leaf.to).contains(&block) => leaf,
            _ => self.descend(view, block)?,
        };
        let run = leaf.at(block);
        self.leaf = Some(leaf);
        Ok(run)
    }

    /// Checks the node in the inode itself.
    pub(super) fn check(&self, view: &View<'_>) -> Result<()> {
        let root = Window::new(&self.inode.raw.i_block, self.inode.block_at());
        self.node(view, root, None, 0, MAX_BLOCKS).map(drop)
    }

    fn descend(&self, view: &View<'_>, block: u64) -> Result<Leaf> {
        let (mut from, mut to) = (0, MAX_BLOCKS);
        let root = Window::new(&self.inode.raw.i_block, self.inode.block_at());
        let (mut depth, mut node) = self.node(view, root, None, from, to)?;
        loop {
            let entries = match node {
                Node::Leaf(extents) => return Ok(Leaf { from, to, extents }),
                Node::Index(entries) => entries,
            };
            let next = entries.partition_point(|(first, _)| *first <= block);
            to = entries.get(next).map_or(to, |(first, _)| *first);
            let Some((first, below)) = next.checked_sub(1).and_then(|index| entries.get(index))
            else {
                return Ok(Leaf {
                    from,
                    to,
                    extents: Vec::new(),
                });
            };
            from = *first;
            depth = depth.saturating_sub(1);
            view.volume.disk.scan(view.block_bytes())?;
            let bytes = view.block("ei_leaf_lo", *below)?;
            let window = Window::new(&bytes, view.geometry().offset_of(*below));
            self.verify(view, &window)?;
            (_, node) = self.node(view, window, Some(depth), from, to)?;
        }
    }

    /// Reads a node that covers the blocks `from` to `to` of the file.
    fn node(
        &self,
        view: &View<'_>,
        window: Window<'_>,
        depth: Option<u16>,
        from: u64,
        to: u64,
    ) -> Result<(u16, Node)> {
        let at = window.base();
        let header: ExtentHeader = window.header("ext4_extent_header", 0, Endianness::Little)?;
        let fail = |field, at_field: u64, expected: String, found: String| {
            Err(Error::corrupt(
                field,
                at.saturating_add(at_field),
                expected,
                found,
            ))
        };
        if header.eh_magic != MAGIC {
            let found = format!("{:#06x}", header.eh_magic);
            return fail("eh_magic", 0, format!("{MAGIC:#06x}"), found);
        }
        let expected = depth.unwrap_or(header.eh_depth);
        if header.eh_depth > MAX_DEPTH || header.eh_depth != expected {
            let expected = expected.min(MAX_DEPTH).to_string();
            return fail("eh_depth", 6, expected, header.eh_depth.to_string());
        }
        let room = window
            .len()
            .saturating_sub(ENTRY_BYTES)
            .checked_div(ENTRY_BYTES)
            .unwrap_or(0);
        if header.eh_max == 0 || u64::from(header.eh_max) > room {
            return fail(
                "eh_max",
                4,
                format!("1 to {room}"),
                header.eh_max.to_string(),
            );
        }
        if header.eh_entries > header.eh_max || (header.eh_entries == 0 && header.eh_depth > 0) {
            let expected = format!("1 to {}", header.eh_max);
            return fail("eh_entries", 2, expected, header.eh_entries.to_string());
        }
        let mut extents = Vec::new();
        let mut index = Vec::new();
        // Entries are in order and do not overlap: each begins where the one before it has ended.
        let mut free = from;
        let mut entry_at = ENTRY_BYTES;
        for _ in 0..header.eh_entries {
            let entry: RawEntry = window.header("ext4_extent", entry_at, Endianness::Little)?;
            let first = u64::from(entry.block);
            if first < free || first >= to {
                let expected = format!("a block from {free} on, before {to}");
                return fail("ee_block", entry_at, expected, first.to_string());
            }
            if header.eh_depth > 0 {
                let [leaf_high, _] = entry.last;
                let below = joined(entry.middle) | (u64::from(leaf_high) << 32);
                if !view.holds(below, 1) {
                    let expected = format!("a block of {}", view.geometry().blocks);
                    return fail("ei_leaf_lo", entry_at, expected, below.to_string());
                }
                index.push((first, below));
                free = first.saturating_add(1);
            } else {
                let extent = Extent::of(&entry);
                let end = first.saturating_add(extent.blocks);
                if extent.blocks == 0 || end > to {
                    let expected = format!("1 to {} blocks", to.saturating_sub(first));
                    return fail("ee_len", entry_at, expected, extent.blocks.to_string());
                }
                if !view.holds(extent.start, extent.blocks) {
                    let expected = format!("blocks of {}", view.geometry().blocks);
                    let found = format!("{} from {} on", extent.blocks, extent.start);
                    return fail("ee_start_lo", entry_at, expected, found);
                }
                extents.push(extent);
                free = end;
            }
            entry_at = entry_at.saturating_add(ENTRY_BYTES);
        }
        let node = if header.eh_depth > 0 {
            Node::Index(index)
        } else {
            Node::Leaf(extents)
        };
        Ok((header.eh_depth, node))
    }

    /// The checksum stands behind the room for entries.
    fn verify(&self, view: &View<'_>, window: &Window<'_>) -> Result<()> {
        if !view.superblock().has_metadata_csum() {
            return Ok(());
        }
        let max = window.u16("eh_max", 4, Endianness::Little)?;
        let tail = u64::from(max).saturating_add(1).saturating_mul(ENTRY_BYTES);
        if tail.saturating_add(CHECKSUM_BYTES) > window.len() {
            return Ok(());
        }
        let stored = window.u32("et_checksum", tail, Endianness::Little)?;
        let computed = Crc32c::new(self.inode.checksum_seed)
            .bytes(slice(window.as_bytes(), 0, tail))
            .value();
        let at = window.base().saturating_add(tail);
        view.verify("et_checksum", at, stored, computed)
    }
}

impl Extent {
    fn of(entry: &RawEntry) -> Self {
        let [length, start_high] = entry.middle;
        let is_written = length <= MAX_WRITTEN;
        let blocks = if is_written {
            length
        } else {
            length.saturating_sub(MAX_WRITTEN)
        };
        Self {
            first: u64::from(entry.block),
            blocks: u64::from(blocks),
            start: joined(entry.last) | (u64::from(start_high) << 32),
            is_written,
        }
    }
}

impl Leaf {
    fn at(&self, block: u64) -> Run {
        let next = self.extents.partition_point(|extent| extent.first <= block);
        let until = self
            .extents
            .get(next)
            .map_or(self.to, |extent| extent.first);
        let extent = next
            .checked_sub(1)
            .and_then(|index| self.extents.get(index));
        if let Some(extent) = extent {
            let skip = block.saturating_sub(extent.first);
            if skip < extent.blocks {
                let place = if extent.is_written {
                    Place::Blocks(extent.start.saturating_add(skip))
                } else {
                    Place::Unwritten
                };
                let blocks = extent.blocks.saturating_sub(skip);
                return Run { place, blocks };
            }
        }
        Run::hole(until.saturating_sub(block))
    }
}
