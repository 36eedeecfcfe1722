//! Which superblock of ext4 is read: `rootflags=sb=` names another than the first.
//!
//! Source: Linux `Documentation/admin-guide/ext4.rst` (`sb=n`), `fs/ext4/super.c`
//! (`ext4_load_super`): `n` counts units of 1 KiB.

use super::{asks_ext4, options};
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::rootfs::RootFs;

/// What `sb=` counts in.
const UNIT_BYTES: u64 = 1024;
/// The unit of the first superblock.
const FIRST: u64 = 1;
/// `s_magic` in a superblock, and what it is.
const MAGIC_AT: u64 = 0x38;
const MAGIC: [u8; 2] = 0xef53_u16.to_le_bytes();

/// The superblock that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Superblock {
    /// The first, as always.
    First,
    /// There is one in that unit, which is not read here.
    Other(u64),
    /// There is none in that unit.
    Missing(u64),
}

/// Returns the superblock of the root that the driver reads.
pub(crate) fn superblock(bundle: &Bundle, root: &RootFs) -> Result<Superblock> {
    // The last of several counts; what is no number is refused as such.
    let unit = options(bundle)
        .iter()
        .filter_map(|option| option.strip_prefix("sb=")?.parse::<u32>().ok())
        .next_back()
        .map_or(FIRST, u64::from);
    if unit == FIRST || !asks_ext4(bundle) {
        return Ok(Superblock::First);
    }
    let Some(source) = root.source()? else {
        return Ok(Superblock::First);
    };
    let at = unit.saturating_mul(UNIT_BYTES).saturating_add(MAGIC_AT);
    Ok(match source.read("s_magic", at, 2) {
        Ok(found) if found[..] == MAGIC => Superblock::Other(unit),
        Ok(_) => Superblock::Missing(unit),
        Err(error) if error.kind() == Kind::Truncated => Superblock::Missing(unit),
        Err(error) => return Err(error),
    })
}
