//! Extended attributes, in an inode behind its fields or in a block of their own: the list, as far as
//! Linux checks it before it takes the inode or looks for an attribute.
//!
//! Source: `Documentation/filesystems/ext4/attributes.rst`; `ext4_iget_extra_inode` in
//! `fs/ext4/inode.c`, `check_xattrs` (before Linux 6.3 `ext4_xattr_check_entries`) in
//! `fs/ext4/xattr.c`.

use super::checksum::Crc32c;
use super::geometry::{OLD_INODE_BYTES, first_inode};
use super::inode::Inode;
use super::view::{View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;

const MAGIC: u32 = 0xea02_0000;
const MAGIC_BYTES: u64 = 4;
const ENTRY_BYTES: u64 = 16;
/// Four zeros end a list.
const END_BYTES: u64 = 4;
/// Values and entries begin at multiples of it.
const PAD: u64 = 4;
/// What a length of a name has to be.
const IN_LIST: &str = "a name that ends before the list";
/// `EXT4_XATTR_SIZE_MAX`.
const LONGEST_VALUE: u32 = 1 << 24;
/// The header of a block of them.
const HEADER_BYTES: u64 = 32;
/// Where `h_blocks` and `h_checksum` are in it.
const BLOCKS_AT: u64 = 8;
const CHECKSUM_AT: u64 = 16;
/// `EXT4_XATTR_INDEX_SYSTEM`: the prefix `system.` of a name.
const INDEX_SYSTEM: u8 = 7;
const DATA: &[u8] = b"data";

/// An entry; the name follows.
#[derive(Debug, BinRead)]
struct RawEntry {
    /// 0x00: bytes of the name; read before the rest.
    _e_name_len: u8,
    /// 0x01: number of the prefix.
    e_name_index: u8,
    /// 0x02: where the value is, from the place that values are counted from.
    e_value_offs: u16,
    /// 0x04: the inode that holds the value, or 0.
    e_value_inum: u32,
    /// 0x08: bytes of the value.
    e_value_size: u32,
    /// 0x0c: hash.
    _e_hash: u32,
}

/// An entry with its name, and where it and the next begin.
pub(super) struct Entry<'a> {
    raw: RawEntry,
    name: &'a [u8],
    at: u64,
    next: u64,
}

impl Entry<'_> {
    /// Whether it is the rest of inline data.
    pub(super) fn is_system_data(&self) -> bool {
        self.raw.e_name_index == INDEX_SYSTEM && self.name == DATA
    }
}

/// A list of entries.
pub(super) struct List<'a> {
    /// Entries and values; these count from its beginning.
    area: Window<'a>,
    /// The first entry in it.
    first: u64,
}

impl<'a> List<'a> {
    /// The list in the inode, where there is one.
    pub(super) fn in_inode(inode: &'a Inode) -> Option<Self> {
        let start = OLD_INODE_BYTES.saturating_add(u64::from(inode.extra_bytes));
        let bytes = slice(&inode.bytes, start, u64::MAX);
        let area = Window::new(bytes, inode.at.saturating_add(start));
        let magic = area.u32("h_magic", 0, Endianness::Little).ok()?;
        let has_room = area.len() >= MAGIC_BYTES.saturating_add(END_BYTES);
        if inode.extra_bytes == 0 || magic != MAGIC || !has_room {
            return None;
        }
        let rest = area.len().saturating_sub(MAGIC_BYTES);
        let area = area.window("h_magic", MAGIC_BYTES, rest).ok()?;
        Some(Self { area, first: 0 })
    }

    fn first(&self) -> Result<Option<Entry<'a>>> {
        self.at(self.first)
    }

    fn behind(&self, entry: &Entry<'_>) -> Result<Option<Entry<'a>>> {
        self.at(entry.next)
    }

    /// The entry at `at`: none at the zeros that end the list, or where it ends without them.
    fn at(&self, at: u64) -> Result<Option<Entry<'a>>> {
        let start = self.area.u32("e_name_len", at, Endianness::Little);
        let start = start.unwrap_or(0);
        if start == 0 {
            return Ok(None);
        }
        let name_bytes = u64::from(start & 0xff);
        let name_at = at.saturating_add(ENTRY_BYTES);
        let Some(name) = self.area.get(name_at, name_bytes) else {
            let at = self.area.base().saturating_add(at);
            return Err(Error::corrupt(
                "e_name_len",
                at,
                IN_LIST,
                name_bytes.to_string(),
            ));
        };
        Ok(Some(Entry {
            raw: self
                .area
                .header("ext4_xattr_entry", at, Endianness::Little)?,
            name,
            at,
            next: name_at.saturating_add(name_bytes).next_multiple_of(PAD),
        }))
    }

    /// The first that is so.
    pub(super) fn find(&self, is_it: impl Fn(&Entry<'a>) -> bool) -> Result<Option<Entry<'a>>> {
        let mut next = self.first()?;
        while let Some(entry) = next {
            if is_it(&entry) {
                return Ok(Some(entry));
            }
            next = self.behind(&entry)?;
        }
        Ok(None)
    }

    /// A value that has to be in the list, too.
    pub(super) fn value_of(&self, entry: &Entry<'_>) -> Result<&'a [u8]> {
        self.refuse_inode_of_inline_data(entry)?;
        let offset = u64::from(entry.raw.e_value_offs);
        let length = u64::from(entry.raw.e_value_size);
        self.area.bytes("e_value_offs", offset, length)
    }

    /// All that every release refuses is corrupt; what older ones don't is unsupported.
    fn check(&self, view: &View<'_>) -> Result<()> {
        let mut names_end = self.first;
        let mut next = self.first()?;
        while let Some(entry) = next {
            let end = entry.next.saturating_add(END_BYTES);
            if end > self.area.len() {
                return Err(self.corrupt("e_name_len", &entry, 0, IN_LIST, entry.name.len()));
            }
            if entry.name.contains(&0) {
                let name = entry.name.escape_ascii();
                return Err(self.corrupt("e_name", &entry, ENTRY_BYTES, "no zero", name));
            }
            names_end = entry.next;
            next = self.behind(&entry)?;
        }
        let values_at = names_end.saturating_add(END_BYTES);
        let mut next = self.first()?;
        while let Some(entry) = next {
            self.check_value(view, &entry, values_at)?;
            next = self.behind(&entry)?;
        }
        Ok(())
    }

    fn check_value(&self, view: &View<'_>, entry: &Entry<'_>, values_at: u64) -> Result<()> {
        let raw = &entry.raw;
        if raw.e_value_size > LONGEST_VALUE {
            let expected = format!("at most {LONGEST_VALUE}");
            return Err(self.corrupt("e_value_size", entry, 8, expected, raw.e_value_size));
        }
        if raw.e_value_inum != 0 {
            return self.check_inode_of_value(view, entry);
        }
        let offset = u64::from(raw.e_value_offs);
        let padded = u64::from(raw.e_value_size).next_multiple_of(PAD);
        let end = offset.saturating_add(padded);
        if padded != 0 && (offset < values_at || end > self.area.len()) {
            let expected = format!("{padded} bytes from {values_at} to {}", self.area.len());
            return Err(self.corrupt("e_value_offs", entry, 2, expected, offset));
        }
        Ok(())
    }

    /// Linux 6.3 and later ask whether the inode of a value can be one.
    fn check_inode_of_value(&self, view: &View<'_>, entry: &Entry<'_>) -> Result<()> {
        let number = u64::from(entry.raw.e_value_inum);
        let superblock = view.superblock();
        let is_ordinary = (first_inode(superblock)..=view.geometry().inodes).contains(&number);
        if superblock.has_ea_inode() && is_ordinary && entry.raw.e_value_size != 0 {
            return Ok(());
        }
        let at = self.area.base().saturating_add(entry.at);
        Err(Error::unsupported(
            "e_value_inum",
            format!(
                "the value of the attribute at {at:#x} in inode {number}, which Linux 6.3 refuses"
            ),
        ))
    }

    fn refuse_inode_of_inline_data(&self, entry: &Entry<'_>) -> Result<()> {
        if entry.raw.e_value_inum == 0 {
            return Ok(());
        }
        let expected = "0: inline data is in the inode";
        Err(self.corrupt("e_value_inum", entry, 4, expected, entry.raw.e_value_inum))
    }

    /// A field of an entry that can't be, by its offset in the entry.
    fn corrupt(
        &self,
        field: &'static str,
        entry: &Entry<'_>,
        offset: u64,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> Error {
        let at = self.area.base().saturating_add(entry.at);
        Error::corrupt(
            field,
            at.saturating_add(offset),
            expected,
            found.to_string(),
        )
    }
}

/// What makes an inode unreadable: attributes in it that can't be.
pub(super) fn check_in_inode(view: &View<'_>, inode: &Inode) -> Result<()> {
    let Some(list) = List::in_inode(inode) else {
        return Ok(());
    };
    list.check(view)?;
    match list.find(Entry::is_system_data)? {
        Some(entry) => list.refuse_inode_of_inline_data(&entry),
        None => Ok(()),
    }
}

/// What makes a program one that can't be started: its capabilities are looked for in this block.
pub(super) fn check_block(view: &View<'_>, inode: &Inode) -> Result<()> {
    let number = inode.attributes_block(view);
    if number == 0 {
        return Ok(());
    }
    let bytes = view.block("i_file_acl_lo", number)?;
    let at = view.geometry().offset_of(number);
    let area = Window::new(&bytes, at);
    for (field, offset, expected) in [("h_magic", 0, MAGIC), ("h_blocks", BLOCKS_AT, 1)] {
        let found = area.u32(field, offset, Endianness::Little)?;
        if found != expected {
            let [expected, found] = [expected, found].map(|value| format!("{value:#x}"));
            return Err(Error::corrupt(
                field,
                at.saturating_add(offset),
                expected,
                found,
            ));
        }
    }
    if view.superblock().has_metadata_csum() {
        let stored = area.u32("h_checksum", CHECKSUM_AT, Endianness::Little)?;
        let computed = Crc32c::new(view.volume.checksum_seed)
            .bytes(&number.to_le_bytes())
            .bytes(slice(&bytes, 0, CHECKSUM_AT))
            .bytes(&[0; 4])
            .bytes(slice(&bytes, CHECKSUM_AT.saturating_add(4), u64::MAX))
            .value();
        view.verify(
            "h_checksum",
            at.saturating_add(CHECKSUM_AT),
            stored,
            computed,
        )?;
    }
    List {
        area,
        first: HEADER_BYTES,
    }
    .check(view)
}
