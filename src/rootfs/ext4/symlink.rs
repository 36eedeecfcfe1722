//! Symbolic links: short targets stand in the inode, longer ones in a block.
//!
//! Source: `Documentation/filesystems/ext4/ifork.rst`, "Symbolic Links";
//! `ext4_inode_is_fast_symlink` in `fs/ext4/inode.c`.

use super::inode::{I_BLOCK_BYTES, Inode};
use super::view::{View, slice};
use crate::error::{Error, Result};
use crate::tree::{FileType, PATH_MAX};

/// `i_blocks` counts sectors of 512 bytes.
const SECTOR_SHIFT: u32 = 9;

impl View<'_> {
    /// The target of a symbolic link, up to its first NUL, where the kernel stops reading it.
    pub(super) fn link_target(&self, inode: &Inode) -> Result<Vec<u8>> {
        if inode.file_type()? != FileType::Symlink {
            return Err(Error::corrupt(
                "i_mode",
                inode.at,
                "a symbolic link",
                format!("{:#o}", inode.raw.i_mode),
            ));
        }
        inode.refuse_protected()?;
        let size = inode.size(self)?;
        let path_max = u64::try_from(PATH_MAX).unwrap_or(u64::MAX);
        if size >= path_max.min(self.block_bytes().saturating_add(1)) {
            return Err(Error::corrupt(
                "i_size_lo",
                inode.size_at(),
                format!("less than {path_max}, and one block at most"),
                size.to_string(),
            ));
        }
        let target = if self.is_fast_link(inode, size)? {
            // One byte is for the NUL.
            let longest = I_BLOCK_BYTES.saturating_sub(1);
            let target = inode.raw.i_block.get(..longest).unwrap_or_default();
            slice(target, 0, size).to_vec()
        } else {
            self.content(inode, 0, size)?
        };
        let end = target.iter().position(|byte| *byte == 0);
        Ok(target
            .get(..end.unwrap_or(target.len()))
            .unwrap_or_default()
            .to_vec())
    }

    /// Whether the target stands in `i_block`: no block is taken for it, whatever its length.
    pub(super) fn is_fast_link(&self, inode: &Inode, size: u64) -> Result<bool> {
        let superblock = self.superblock();
        // Attributes in inodes of their own count as blocks, too.
        if superblock.has_ea_inode() {
            let room = u64::try_from(I_BLOCK_BYTES).unwrap_or(0);
            return Ok(size != 0 && size < room);
        }
        if self.inline_data(inode)?.is_some() {
            return Ok(false);
        }
        let has_attributes = inode.attributes_block(self) != 0;
        let log = if superblock.has_bigalloc() {
            superblock.s_log_cluster_size
        } else {
            superblock.s_log_block_size
        };
        let cluster_sectors = 1_u64
            .checked_shl(log.saturating_add(10).saturating_sub(SECTOR_SHIFT))
            .unwrap_or(0);
        let attributes = if has_attributes { cluster_sectors } else { 0 };
        Ok(inode.blocks(self) == attributes)
    }
}
