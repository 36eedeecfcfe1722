//! Inline data: content in the inode itself, in `i_block` and in the attribute `system.data`.
//!
//! Source: `Documentation/filesystems/ext4/inlinedata.rst` and `attributes.rst`;
//! `ext4_find_inline_data_nolock` in `fs/ext4/inline.c`.

use super::geometry::OLD_INODE_BYTES;
use super::inode::{FLAG_EXTENTS, FLAG_INLINE_DATA, Inode};
use super::view::{View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;

const MAGIC: u32 = 0xea02_0000;
const MAGIC_BYTES: u64 = 4;
/// `EXT4_XATTR_INDEX_SYSTEM`: the prefix `system.` of a name.
const INDEX_SYSTEM: u8 = 7;
const NAME: &[u8] = b"data";
const HEADER_BYTES: u64 = 16;

/// An entry of extended attributes; the name follows.
#[derive(Debug, BinRead)]
struct XattrEntry {
    /// 0x00: bytes of the name.
    e_name_len: u8,
    /// 0x01: number of the prefix.
    e_name_index: u8,
    /// 0x02: where the value is, from the first entry on.
    e_value_offs: u16,
    /// 0x04: the inode that holds the value, or 0.
    e_value_inum: u32,
    /// 0x08: bytes of the value.
    e_value_size: u32,
    /// 0x0c: hash.
    _e_hash: u32,
}

impl View<'_> {
    /// Everything that is kept in the inode: first `i_block`, then the attribute. `None` where the
    /// content is not there: the flag counts only where the attribute is, be it empty
    /// (`ext4_has_inline_data`).
    pub(super) fn inline_data(&self, inode: &Inode) -> Result<Option<Vec<u8>>> {
        if !inode.has(FLAG_INLINE_DATA) {
            return Ok(None);
        }
        // Linux 6.12 refuses both flags in its later releases, 6.1 goes by the attribute.
        if inode.has(FLAG_EXTENTS) {
            return Err(Error::corrupt(
                "i_flags",
                inode.flags_at(),
                "one of extents and inline_data",
                "both",
            ));
        }
        Ok(system_data(inode)?.map(|rest| [&inode.raw.i_block[..], &rest].concat()))
    }
}

/// The value of `system.data`.
fn system_data(inode: &Inode) -> Result<Option<Vec<u8>>> {
    let start = OLD_INODE_BYTES.saturating_add(u64::from(inode.extra_bytes));
    let area = Window::new(
        slice(&inode.bytes, start, u64::MAX),
        inode.at.saturating_add(start),
    );
    if inode.extra_bytes == 0 || area.u32("h_magic", 0, Endianness::Little).unwrap_or(0) != MAGIC {
        return Ok(None);
    }
    let entries = area.window("e_name_len", MAGIC_BYTES, area.len().saturating_sub(4))?;
    let mut at = 0;
    // The list ends with four zeros, or with the inode.
    while entries
        .u32("e_name_len", at, Endianness::Little)
        .unwrap_or(0)
        != 0
    {
        let entry: XattrEntry = entries.header("ext4_xattr_entry", at, Endianness::Little)?;
        let name_bytes = u64::from(entry.e_name_len);
        let name_at = at.saturating_add(HEADER_BYTES);
        let name = entries.bytes("e_name", name_at, name_bytes)?;
        if entry.e_name_index == INDEX_SYSTEM && name == NAME {
            return value(&entries, &entry, at).map(Some);
        }
        at = name_at.saturating_add(name_bytes).next_multiple_of(4);
    }
    Ok(None)
}

/// The value of the entry at `at`, which has to be in the inode, too.
fn value(entries: &Window<'_>, entry: &XattrEntry, at: u64) -> Result<Vec<u8>> {
    if entry.e_value_inum != 0 {
        return Err(Error::corrupt(
            "e_value_inum",
            entries.base().saturating_add(at).saturating_add(4),
            "0: inline data is in the inode",
            entry.e_value_inum.to_string(),
        ));
    }
    let offset = u64::from(entry.e_value_offs);
    let length = u64::from(entry.e_value_size);
    Ok(entries.bytes("e_value_offs", offset, length)?.to_vec())
}
