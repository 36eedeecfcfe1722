//! KC0xx and KC5xx of the root: whether the kernel mounts what is on the disk.

pub(crate) mod bad_root_flags;
pub(crate) mod block_exceeds_page;
pub(crate) mod corrupt_superblock;
pub(crate) mod disk_format_mismatch;
pub(crate) mod ext4_feature_config;
pub(crate) mod ext4_feature_read_only;
pub(crate) mod ext4_feature_too_new;
pub(super) mod filesystem_damaged;
pub(crate) mod filesystem_not_clean;
pub(super) mod filesystem_too_new;
pub(super) mod flash_root_not_mounted;
pub(crate) mod journal_device_missing;
pub(crate) mod journal_feature_too_new;
pub(crate) mod journal_needs_write;
pub(super) mod network_root_not_mounted;
pub(crate) mod not_a_root_filesystem;
pub(crate) mod partitioned_image;
pub(crate) mod root_codec_not_built_in;
pub(crate) mod root_filesystem_not_built_in;
pub(crate) mod root_type_mismatch;
pub(crate) mod truncated_root_filesystem;

mod mount;

pub(crate) use mount::ext4_options::is_option_left_open;
pub(crate) use mount::superblock::{Superblock, superblock};
pub(crate) use mount::types::{are_types_left_open, has_driver};
pub(crate) use mount::{Mount, MountedBy, asks_ext4, is_read_write};

use super::root_device::seen;
use super::{Belief, listed};
use crate::console::{Block, Clues};
use crate::error::{Error, Kind};
use mount::{leaves_journal_alone, options, version};

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
