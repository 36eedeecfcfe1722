//! The orphan file: inodes that are to be deleted at the next mount.
//!
//! Source: `ext4_init_orphan_info` and `ext4_orphan_file_block_csum_verify` in `fs/ext4/orphan.c`
//! (Linux 5.15 and later).

use super::checksum::Crc32c;
use super::content::{Map, Place};
use super::inode::Inode;
use super::view::{Reading, View, slice};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Kind, Result};

/// `EXT4_ORPHAN_BLOCK_MAGIC`, in the last eight bytes of a block.
const MAGIC: u32 = 0x0b10_ca04;
const TAIL_BYTES: u64 = 8;
/// `EXT4_MAX_ORPHAN_FILE_BLOCKS`.
const MAX_BLOCKS: u64 = 512;

/// What Linux finds wrong with it as it mounts; `None` where there is none.
pub(super) fn fault(view: &View<'_>) -> Result<Option<Error>> {
    let superblock = view.superblock();
    if !superblock.has_orphan_file() {
        return Ok(None);
    }
    let view = &view.read_as(Reading::Mounting);
    let number = u64::from(superblock.s_orphan_file_inum);
    let checked = view
        .used_inode(number)
        .and_then(|inode| check(view, &inode));
    match checked {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == Kind::Corrupt => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn check(view: &View<'_>, inode: &Inode) -> Result<()> {
    let size = inode.size(view)?;
    let blocks = size.checked_div(view.block_bytes()).unwrap_or(0);
    if blocks > MAX_BLOCKS {
        let expected = format!("at most {MAX_BLOCKS} blocks");
        return Err(inode.corrupt("i_size_lo", 4, expected, size.to_string()));
    }
    let mut map = Map::of(inode);
    for block in 0..blocks {
        let Place::Blocks(number) = map.at(view, block, 1)?.place else {
            let expected = format!("block {block} of the orphan file");
            return Err(Error::corrupt(
                "i_block",
                inode.block_at(),
                expected,
                "a hole",
            ));
        };
        let bytes = view.block("ob_magic", number)?;
        let window = Window::new(&bytes, view.geometry().offset_of(number));
        let tail = window.len().saturating_sub(TAIL_BYTES);
        let magic = window.u32("ob_magic", tail, Endianness::Little)?;
        if magic != MAGIC {
            let at = window.base().saturating_add(tail);
            let [expected, found] = [MAGIC, magic].map(|magic| format!("{magic:#x}"));
            return Err(Error::corrupt("ob_magic", at, expected, found));
        }
        if view.superblock().has_metadata_csum() {
            let at = tail.saturating_add(4);
            let stored = window.u32("ob_checksum", at, Endianness::Little)?;
            let computed = Crc32c::new(inode.checksum_seed)
                .bytes(&number.to_le_bytes())
                .bytes(slice(&bytes, 0, tail))
                .value();
            let at = window.base().saturating_add(at);
            view.verify("ob_checksum", at, stored, computed)?;
        }
    }
    Ok(())
}
