//! Block maps: twelve blocks in the inode, then blocks of block numbers in up to three levels.
//!
//! Source: `Documentation/filesystems/ext4/ifork.rst`, "Direct/Indirect Block Addressing".

use super::content::{Place, Run};
use super::inode::Inode;
use super::view::View;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};

const DIRECT: u64 = 12;
const NUMBER_BYTES: u64 = 4;
const LEVELS: u32 = 3;

/// Checks the numbers of the blocks that the inode itself names.
pub(super) fn check(view: &View<'_>, inode: &Inode) -> Result<()> {
    let root = Window::new(&inode.raw.i_block, inode.block_at());
    for slot in 0..DIRECT {
        number(view, &root, slot)?;
    }
    Ok(())
}

/// What is at `block` of the file, and for how many blocks, up to `wanted`, that holds.
pub(super) fn at(view: &View<'_>, inode: &Inode, block: u64, wanted: u64) -> Result<Run> {
    let root = Window::new(&inode.raw.i_block, inode.block_at());
    if block < DIRECT {
        let most = DIRECT.saturating_sub(block).min(wanted);
        return run(view, &root, block, most);
    }
    let per_block = view
        .block_bytes()
        .checked_div(NUMBER_BYTES)
        .unwrap_or(1)
        .max(1);
    let mut index = block.saturating_sub(DIRECT);
    let mut level = 1_u32;
    while index >= per_block.saturating_pow(level) {
        index = index.saturating_sub(per_block.saturating_pow(level));
        level = level.saturating_add(1);
        if level > LEVELS {
            return Ok(Run::hole(u64::MAX));
        }
    }
    let slot = DIRECT.saturating_add(u64::from(level)).saturating_sub(1);
    let mut number = number(view, &root, slot)?;
    while level > 0 {
        if number == 0 {
            let left = per_block.saturating_pow(level).saturating_sub(index);
            return Ok(Run::hole(left));
        }
        view.volume.disk.scan(NUMBER_BYTES)?;
        let bytes = view.block("i_block", number)?;
        let window = Window::new(&bytes, view.geometry().offset_of(number));
        level = level.saturating_sub(1);
        let below = per_block.saturating_pow(level).max(1);
        let slot = index.checked_div(below).unwrap_or(0);
        index = index.checked_rem(below).unwrap_or(0);
        if level == 0 {
            let most = per_block.saturating_sub(slot).min(wanted);
            return run(view, &window, slot, most);
        }
        number = self::number(view, &window, slot)?;
    }
    Ok(Run::hole(1))
}

/// The block number in `slot`, 0 for a hole.
fn number(view: &View<'_>, window: &Window<'_>, slot: u64) -> Result<u64> {
    let at = slot.saturating_mul(NUMBER_BYTES);
    let number = u64::from(window.u32("i_block", at, Endianness::Little)?);
    if number != 0 && !view.holds(number, 1) {
        return Err(Error::corrupt(
            "i_block",
            window.base().saturating_add(at),
            format!("a block of {}", view.geometry().blocks),
            number.to_string(),
        ));
    }
    Ok(number)
}

/// As many slots from `slot` on as follow one another on the disk, or are holes together.
fn run(view: &View<'_>, window: &Window<'_>, slot: u64, most: u64) -> Result<Run> {
    let first = number(view, window, slot)?;
    let mut blocks = 1_u64;
    while blocks < most {
        let next = number(view, window, slot.saturating_add(blocks));
        let expected = if first == 0 {
            0
        } else {
            first.saturating_add(blocks)
        };
        // A number that is wrong is told of when it is its turn.
        if next.ok() != Some(expected) {
            break;
        }
        blocks = blocks.saturating_add(1);
    }
    let place = if first == 0 {
        Place::Hole
    } else {
        Place::Blocks(first)
    };
    Ok(Run { place, blocks })
}
