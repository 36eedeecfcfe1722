//! Inline data: content in the inode itself, in `i_block` and in the attribute `system.data`.
//!
//! Source: `Documentation/filesystems/ext4/inlinedata.rst`; `ext4_find_inline_data_nolock` in
//! `fs/ext4/inline.c`.

use super::attributes::{Entry, List};
use super::inode::{FLAG_EXTENTS, FLAG_INLINE_DATA, Inode};
use super::view::View;
use crate::error::{Error, Result};

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
    let Some(list) = List::in_inode(inode) else {
        return Ok(None);
    };
    let entry = list.find(Entry::is_system_data)?;
    let value = entry.map(|entry| list.value_of(&entry)).transpose()?;
    Ok(value.map(<[u8]>::to_vec))
}
