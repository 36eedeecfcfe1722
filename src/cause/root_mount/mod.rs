//! KC0xx and KC5xx of the root: whether the kernel mounts what is on the disk.

pub(super) mod bad_root_flags;
pub(super) mod block_exceeds_page;
pub(super) mod corrupt_superblock;
pub(super) mod disk_format_mismatch;
pub(super) mod ext4_feature_config;
pub(super) mod ext4_feature_read_only;
pub(super) mod ext4_feature_too_new;
pub(super) mod filesystem_not_clean;
pub(super) mod journal_device_missing;
pub(super) mod journal_feature_too_new;
pub(super) mod journal_needs_write;
pub(super) mod not_a_root_filesystem;
pub(super) mod partitioned_image;
pub(super) mod root_filesystem_not_built_in;
pub(super) mod root_type_mismatch;
pub(super) mod truncated_root_filesystem;

mod mount;

pub(crate) use mount::ext4_options::is_option_left_open;
pub(crate) use mount::types::are_types_left_open;

use super::root_device::seen;
use super::{Belief, listed};
use crate::bundle::Bundle;
use crate::console::{Block, Clues};
use crate::error::{Error, Kind, Result};
use crate::rootfs::ext4::Ext4;
use mount::{
    asks_ext4, is_read_write, leaves_journal_alone, named_root, options, refused, stops,
    superblock, types, version,
};

/// The text with one full stop, and with single spaces.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.').replace("  ", " ");
    format!("{text}.")
}

/// Whether reading met what only a damaged or wrong file holds.
fn is_damage(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Corrupt | Kind::Invalid | Kind::UnknownCodec
    )
}

/// The ext2, ext3 or ext4 file system that `root=` names; `None` where it is something else, or where
/// `rootfstype=` keeps its driver from it, which KC502 tells.
fn named_ext4(bundle: &Bundle) -> Result<Option<&Ext4>> {
    if !sees_ext4(bundle)? {
        return Ok(None);
    }
    match named_root(bundle)? {
        Some(root) => root.ext4(),
        None => Ok(None),
    }
}

/// Whether the driver of ext4 comes to what is read of the root here.
fn sees_ext4(bundle: &Bundle) -> Result<bool> {
    Ok(asks_ext4(bundle)
        && types::comes_to_ext4(bundle)?
        && !bad_root_flags::stop_ext4(bundle)?
        && superblock::reads_first(bundle)?)
}

/// Whether the log shows a root that is there and that no file system took.
fn is_refused(clues: &Clues) -> bool {
    seen::block(clues).is_some_and(|block| block != Block::NONE)
        && !matches!(seen::error(clues), Some(-6 | -19))
}

/// BusyBox could not mount what an initramfs looks for the root in. A file system that knows why says so;
/// where none takes the disk for its own, nothing else is said.
fn by_busybox(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs())
}
