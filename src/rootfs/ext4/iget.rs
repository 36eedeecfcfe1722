//! Inodes as Linux checks them before it takes them, that of the root directory first.
//!
//! Source: `__ext4_fill_super` in `fs/ext4/super.c`, `__ext4_iget`, `check_igot_inode` and
//! `is_special_ino` in `fs/ext4/inode.c`.

use super::attributes;
use super::blocks;
use super::extents::ExtentTree;
use super::geometry::first_inode;
use super::inode::{
    FLAG_APPEND, FLAG_CASEFOLD, FLAG_EA_INODE, FLAG_EXTENTS, FLAG_IMMUTABLE, FLAG_INDEX,
    FLAG_INLINE_DATA, Inode, ROOT_INODE,
};
use super::view::{Reading, View};
use crate::error::{Error, Kind, Result};
use crate::tree::FileType;

/// What is wrong with it.
#[derive(Debug, Clone)]
pub struct RootInodeFault {
    /// The field.
    pub error: Error,
    /// What the driver says of it last: `get root inode failed`.
    pub says: &'static str,
}

const UNREADABLE: &str = "get root inode failed";
const UNFIT: &str = "corrupt root inode, run e2fsck";

pub(super) fn root_fault(view: &View<'_>) -> Result<Option<RootInodeFault>> {
    let view = &view.read_as(Reading::Mounting);
    let fault = |error, says| Ok(Some(RootInodeFault { error, says }));
    let inode = match view.used_inode(ROOT_INODE) {
        Ok(inode) => inode,
        Err(error) if error.kind() == Kind::Corrupt => return fault(error, UNREADABLE),
        Err(error) => return Err(error),
    };
    match unfit(view, &inode)? {
        Some(error) => fault(error, UNFIT),
        None => Ok(None),
    }
}

/// What makes any inode unreadable, as Linux reads it.
pub(super) fn check(view: &View<'_>, inode: &Inode) -> Result<()> {
    let raw = &inode.raw;
    if raw.i_links_count == 0 {
        return Err(inode.corrupt("i_links_count", 0x1a, "an inode in use", "0"));
    }
    let superblock = view.superblock();
    let is_link = inode.file_type()? == FileType::Symlink;
    let sums_no_index = superblock.has_metadata_csum() && !superblock.has_dir_index();
    for (flags, is_refused, expected) in [
        (FLAG_EA_INODE, true, "no inode of an attribute"),
        (FLAG_INDEX, sums_no_index, "no index without dir_index"),
        (
            FLAG_CASEFOLD,
            !superblock.has_casefold(),
            "no casefold without its feature",
        ),
        (
            FLAG_IMMUTABLE | FLAG_APPEND,
            is_link,
            "a link that may be changed",
        ),
    ] {
        if is_refused && inode.has(flags) {
            return Err(inode.corrupt("i_flags", 0x20, expected, format!("{:#x}", raw.i_flags)));
        }
    }
    let size = inode.size(view)?;
    // Blocks of a file are counted in 32 bits.
    let longest = u64::from(u32::MAX).saturating_mul(view.block_bytes());
    if size > longest {
        let expected = format!("at most {longest}");
        return Err(inode.corrupt("i_size_high", 0x6c, expected, size.to_string()));
    }
    attributes::check_in_inode(view, inode)?;
    let block = inode.attributes_block(view);
    if block != 0 && !view.holds(block, 1) {
        let expected = format!("a block of {}", view.geometry().blocks);
        return Err(inode.corrupt("i_file_acl_lo", 0x68, expected, block.to_string()));
    }
    let has_blocks = match inode.file_type()? {
        FileType::Regular | FileType::Directory => true,
        FileType::Symlink => !view.is_fast_link(inode, size)?,
        _ => false,
    };
    if inode.has(FLAG_INLINE_DATA) && inode.has(FLAG_EXTENTS) {
        let found = format!("{:#x}", raw.i_flags);
        return Err(inode.corrupt("i_flags", 0x20, "inline_data or extents", found));
    }
    if inode.has(FLAG_INLINE_DATA) || !has_blocks {
        return Ok(());
    }
    if inode.has(FLAG_EXTENTS) {
        ExtentTree::new(inode).check(view)
    } else {
        blocks::check(view, inode)
    }
}

/// What no name may lead to: the file system's own inodes, but for the root.
pub(super) fn check_number(view: &View<'_>, number: u64) -> Result<()> {
    let superblock = view.superblock();
    let first = first_inode(superblock);
    let own = [
        superblock.s_usr_quota_inum,
        superblock.s_grp_quota_inum,
        superblock.s_prj_quota_inum,
        superblock.s_orphan_file_inum,
    ];
    if number < first || own.iter().any(|own| u64::from(*own) == number) {
        let expected = format!("{first} or more, and none of {own:?}");
        return Err(Error::corrupt("inode", 0, expected, number.to_string()));
    }
    Ok(())
}

/// What makes it no root.
fn unfit(view: &View<'_>, inode: &Inode) -> Result<Option<Error>> {
    Ok(if inode.file_type()? != FileType::Directory {
        let found = format!("{:#o}", inode.raw.i_mode);
        Some(inode.corrupt("i_mode", 0, "a directory", found))
    } else if inode.blocks(view) == 0 {
        Some(inode.corrupt("i_blocks_lo", 0x1c, "at least one block", "0"))
    } else if inode.size(view)? == 0 {
        Some(inode.corrupt("i_size_lo", 4, "at least one block", "0"))
    } else {
        None
    })
}
