//! Directories, read from their first entry to their last: the blocks of a hash tree are entries
//! too, which name nothing.
//!
//! Source: `Documentation/filesystems/ext4/directory.rst` and `inlinedata.rst`;
//! `__ext4_check_dir_entry` in `fs/ext4/dir.c`.

use super::checksum::Crc32c;
use super::content::{Map, Place};
use super::inode::{FLAG_CASEFOLD, FLAG_ENCRYPT, FLAG_INDEX, I_BLOCK_BYTES, Inode};
use super::view::{Reading, View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::tree::{Entry, FileType, NodeId};
use binrw::BinRead;
use std::ops::ControlFlow;

const HEADER_BYTES: u64 = 8;
/// The shortest entry: a header, and room for one byte of a name.
const MIN_ENTRY_BYTES: u64 = 12;
const TAIL_BYTES: u64 = 12;
/// `file_type` of the entry that holds the checksum of a block.
const TAIL_TYPE: u8 = 0xde;
/// The first four bytes of an inline directory name its parent.
const INLINE_PARENT_BYTES: usize = 4;
const BIG_BLOCK_BYTES: u64 = 65536;

/// The header of an entry; the name follows.
#[derive(Debug, BinRead)]
struct DirEntry {
    /// 0x00: what it names, 0 for nothing.
    inode: u32,
    /// 0x04: how far it is to the next entry.
    rec_len: u16,
    /// 0x06: bytes of the name.
    name_len: u8,
    /// 0x07: type (`filetype`), or nothing.
    file_type: u8,
}

/// One name, as it stands in the directory.
struct Name<'a> {
    name: &'a [u8],
    inode: u32,
    file_type: u8,
}

/// How many entries were seen, in use or not.
struct Count(u64);

impl View<'_> {
    /// All names of a directory.
    pub(super) fn names(&self, directory: &Inode) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let blocks = directory.size(self)?.div_ceil(self.block_bytes().max(1));
        self.scan(directory, blocks, |name| {
            entries.push(Entry {
                name: name.name.to_vec(),
                node: NodeId(u64::from(name.inode)),
                file_type: self.told_type(name.file_type),
            });
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }

    /// What `wanted` names in a directory.
    pub(super) fn find(&self, directory: &Inode, wanted: &[u8]) -> Result<Option<NodeId>> {
        let is_folded = directory.has(FLAG_CASEFOLD);
        let mut found = None;
        let mut alike = None;
        let mut is_ascii = wanted.is_ascii();
        // A name is looked up in whole blocks alone.
        let size = directory.size(self)?;
        let blocks = size.checked_div(self.block_bytes()).unwrap_or(0);
        self.scan(directory, blocks, |name| {
            let node = NodeId(u64::from(name.inode));
            if name.name == wanted {
                found = Some(node);
                return ControlFlow::Break(());
            }
            if is_folded && name.name.eq_ignore_ascii_case(wanted) {
                alike = alike.or(Some(node));
            }
            is_ascii &= name.name.is_ascii();
            ControlFlow::Continue(())
        })?;
        if found.is_some() || alike.is_some() {
            return Ok(found.or(alike));
        }
        if directory.has(FLAG_ENCRYPT) {
            return Err(Error::unsupported(
                "i_flags",
                "a directory with encrypted names (encrypt)",
            ));
        }
        if is_folded && !is_ascii {
            return Err(Error::unsupported(
                "i_flags",
                "a directory without case, with names beyond ASCII (casefold)",
            ));
        }
        Ok(None)
    }

    fn told_type(&self, file_type: u8) -> Option<FileType> {
        if !self.superblock().has_filetype() {
            return None;
        }
        // With `dirdata` the high bits say what follows the name.
        Some(match file_type & 0xf {
            1 => FileType::Regular,
            2 => FileType::Directory,
            3 => FileType::CharacterDevice,
            4 => FileType::BlockDevice,
            5 => FileType::Fifo,
            6 => FileType::Socket,
            7 => FileType::Symlink,
            _ => return None,
        })
    }

    /// Gives every name in the first `blocks` to `each`, `.` and `..` apart, until it has enough.
    fn scan(
        &self,
        directory: &Inode,
        blocks: u64,
        mut each: impl FnMut(Name<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if directory.file_type()? != FileType::Directory {
            return Err(Error::corrupt(
                "i_mode",
                directory.at,
                "a directory",
                format!("{:#o}", directory.raw.i_mode),
            ));
        }
        let mut count = Count(0);
        if let Some(bytes) = self.inline_data(directory)? {
            let size = directory.size(self)?;
            let bytes = slice(&bytes, 0, size);
            let (inside, beyond) = bytes.split_at(I_BLOCK_BYTES.min(bytes.len()));
            let entries = inside.get(INLINE_PARENT_BYTES..).unwrap_or_default();
            let at = directory.block_at().saturating_add(4);
            let flow = self.entries(Window::new(entries, at), &mut count, &mut each)?;
            if flow.is_continue() && !beyond.is_empty() {
                // Whether it has enough now or not, there is no more.
                let _ = self.entries(Window::new(beyond, at), &mut count, &mut each)?;
            }
            return Ok(());
        }
        let block_bytes = self.block_bytes();
        let mut map = Map::of(directory);
        let mut block = 0;
        while block < blocks {
            let run = map.at(self, block, blocks.saturating_sub(block))?;
            let Place::Blocks(start) = run.place else {
                self.volume.report(Error::corrupt(
                    "ext4_dir_entry_2",
                    directory.block_at(),
                    format!("block {block} of directory {}", directory.number),
                    "a hole",
                ));
                block = block.saturating_add(run.blocks);
                continue;
            };
            for step in 0..run.blocks.min(blocks.saturating_sub(block)) {
                let number = start.saturating_add(step);
                self.volume.disk.scan(block_bytes)?;
                let bytes = self.block("ext4_dir_entry_2", number)?;
                let window = Window::new(&bytes, self.geometry().offset_of(number));
                self.verify_directory_block(directory, &window)?;
                if self.entries(window, &mut count, &mut each)?.is_break() {
                    return Ok(());
                }
            }
            block = block.saturating_add(run.blocks);
        }
        Ok(())
    }

    /// The entries of one block, or of one part of an inline directory.
    fn entries(
        &self,
        window: Window<'_>,
        count: &mut Count,
        each: &mut impl FnMut(Name<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        let limit = self.volume.disk.limits().directory_entries;
        let mut at = 0;
        while at < window.len() {
            count.0 = count.0.saturating_add(1);
            if count.0 > limit {
                return Err(Error::limit("directory_entries", limit));
            }
            let entry: DirEntry = window.header("ext4_dir_entry_2", at, Endianness::Little)?;
            let length = self.entry_bytes(entry.rec_len);
            let name_bytes = u64::from(entry.name_len);
            let needed = HEADER_BYTES
                .saturating_add(name_bytes)
                .max(MIN_ENTRY_BYTES)
                .next_multiple_of(4);
            let left = window.len().saturating_sub(at);
            if length < needed || length > left || length & 3 != 0 {
                return Err(Error::corrupt(
                    "rec_len",
                    window.base().saturating_add(at).saturating_add(4),
                    format!("a multiple of 4 from {needed} to {left}"),
                    length.to_string(),
                ));
            }
            if u64::from(entry.inode) > self.geometry().inodes {
                return Err(Error::corrupt(
                    "inode",
                    window.base().saturating_add(at),
                    format!("at most {}", self.geometry().inodes),
                    entry.inode.to_string(),
                ));
            }
            let name_at = at.saturating_add(HEADER_BYTES);
            let name = window.bytes("name", name_at, name_bytes)?;
            let is_self = name == b"." || name == b"..";
            if entry.inode != 0 && !name.is_empty() && !is_self {
                let name = Name {
                    name,
                    inode: entry.inode,
                    file_type: entry.file_type,
                };
                if each(name).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            at = at.saturating_add(length);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// `rec_len` in bytes: blocks of 64 KiB need more than its 16 bits, and use the two that are
    /// always 0.
    fn entry_bytes(&self, rec_len: u16) -> u64 {
        let length = u64::from(rec_len);
        if self.block_bytes() < BIG_BLOCK_BYTES {
            return length;
        }
        if rec_len == 0 || rec_len == u16::MAX {
            return self.block_bytes();
        }
        (length & 0xfffc) | ((length & 3) << 16)
    }

    /// The checksum of a block stands in its last entry, or, in a block of the hash tree, behind
    /// the room for its entries.
    fn verify_directory_block(&self, directory: &Inode, window: &Window<'_>) -> Result<()> {
        if !self.superblock().has_metadata_csum() {
            return Ok(());
        }
        let is_strict = self.reading > Reading::Lenient;
        let may_be_node = directory.has(FLAG_INDEX) || !is_strict;
        let Some((field, at, stored, computed)) = leaf_checksum(directory, window).or_else(|| {
            may_be_node
                .then(|| self.tree_checksum(directory, window))
                .flatten()
        }) else {
            if !is_strict {
                return Ok(());
            }
            // "No space for directory leaf checksum".
            let tail_at = window.len().saturating_sub(TAIL_BYTES);
            let at = window.base().saturating_add(tail_at);
            return Err(Error::corrupt("det_checksum", at, "a checksum", "none"));
        };
        self.verify(field, window.base().saturating_add(at), stored, computed)
    }

    fn tree_checksum(&self, directory: &Inode, window: &Window<'_>) -> Option<Sum> {
        let read = |at| window.u16("rec_len", at, Endianness::Little).ok();
        let whole = window.len();
        let start = if self.entry_bytes(read(4)?) == whole {
            // A node: one entry that spans the block.
            8
        } else if self.entry_bytes(read(4)?) == 12
            && self.entry_bytes(read(16)?) == whole.saturating_sub(12)
        {
            // The root: `.`, `..` and the root's own facts.
            32
        } else {
            return None;
        };
        let limit = u64::from(read(start)?);
        let count = u64::from(read(start.saturating_add(2))?);
        let tail = start.saturating_add(limit.saturating_mul(8));
        let covered = window.get(0, start.saturating_add(count.saturating_mul(8)))?;
        let reserved = window.get(tail, 4)?;
        let at = tail.saturating_add(4);
        let stored = window.u32("dt_checksum", at, Endianness::Little).ok()?;
        let computed = Crc32c::new(directory.checksum_seed)
            .bytes(covered)
            .bytes(reserved)
            .bytes(&[0; 4])
            .value();
        (count <= limit).then_some(("dt_checksum", at, stored, computed))
    }
}

/// A checksum: its field, its place in the block, what is there and what should be.
type Sum = (&'static str, u64, u32, u32);

fn leaf_checksum(directory: &Inode, window: &Window<'_>) -> Option<Sum> {
    let tail_at = window.len().checked_sub(TAIL_BYTES)?;
    let tail: DirEntry = window
        .header("ext4_dir_entry_tail", tail_at, Endianness::Little)
        .ok()?;
    let is_tail = tail.inode == 0
        && u64::from(tail.rec_len) == TAIL_BYTES
        && tail.name_len == 0
        && tail.file_type == TAIL_TYPE;
    if !is_tail {
        return None;
    }
    let at = tail_at.saturating_add(8);
    let stored = window.u32("det_checksum", at, Endianness::Little).ok()?;
    let computed = Crc32c::new(directory.checksum_seed)
        .bytes(window.get(0, tail_at)?)
        .value();
    Some(("det_checksum", at, stored, computed))
}
