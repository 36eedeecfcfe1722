//! Inline data: content in the inode itself, in `i_block` and in the attribute `system.data`.
//!
//! Source: `Documentation/filesystems/ext4/inlinedata.rst` and `attributes.rst`.

use super::geometry::OLD_INODE_BYTES;
use super::inode::Inode;
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
const EA_INODE_FLAG: u32 = 0x20_0000;

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
    /// Everything that is kept in the inode: first `i_block`, then the attribute.
    pub(super) fn inline_data(&self, inode: &Inode) -> Result<Vec<u8>> {
        let mut bytes = inode.raw.i_block.to_vec();
        bytes.extend(self.system_data(inode)?);
        Ok(bytes)
    }

    /// The value of `system.data`; empty where there is none.
    fn system_data(&self, inode: &Inode) -> Result<Vec<u8>> {
        let start = OLD_INODE_BYTES.saturating_add(u64::from(inode.extra_bytes));
        let area = Window::new(
            slice(&inode.bytes, start, u64::MAX),
            inode.at.saturating_add(start),
        );
        if inode.extra_bytes == 0
            || area.u32("h_magic", 0, Endianness::Little).unwrap_or(0) != MAGIC
        {
            return Ok(Vec::new());
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
                return self.value(&entries, &entry, at);
            }
            at = name_at.saturating_add(name_bytes).next_multiple_of(4);
        }
        Ok(Vec::new())
    }

    fn value(&self, entries: &Window<'_>, entry: &XattrEntry, at: u64) -> Result<Vec<u8>> {
        let length = u64::from(entry.e_value_size);
        if entry.e_value_inum == 0 {
            let offset = u64::from(entry.e_value_offs);
            return Ok(entries.bytes("e_value_offs", offset, length)?.to_vec());
        }
        let holder = self.inode(u64::from(entry.e_value_inum))?;
        // One that holds its own value inline could lead in a circle.
        if !holder.has(EA_INODE_FLAG) || holder.has(super::inode::FLAG_INLINE_DATA) {
            return Err(Error::corrupt(
                "e_value_inum",
                entries.base().saturating_add(at).saturating_add(4),
                "an inode that holds a value",
                entry.e_value_inum.to_string(),
            ));
        }
        self.content(&holder, 0, length.min(self.block_bytes()))
    }
}
