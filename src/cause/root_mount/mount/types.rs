//! The list of `rootfstype=`: which driver answers to a name, and whether that of ext4 comes to read.
//!
//! Source: Linux `init/do_mounts.c`, `get_fs_names` and `mount_root_generic`; `fs/ext4/super.c`,
//! `ext2_feature_set_ok` and `ext3_feature_set_ok`.

use crate::bundle::Bundle;
use crate::cmdline::Root;
use crate::error::Result;
use crate::magic::KINDS;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::ext4::features::{EXT2_INCOMPAT, EXT2_RO_COMPAT, EXT3_INCOMPAT};

/// File systems of the kernel itself, which mount whatever `root=` names.
const OF_THE_KERNEL: [&str; 8] = [
    "bdev",
    "cgroup2",
    "debugfs",
    "devtmpfs",
    "proc",
    "rootfs",
    "securityfs",
    "sysfs",
];

/// Whether it is not known what a list of `rootfstype=` mounts: one without a name, with a file system of
/// the kernel itself, or with some that want a disk and some that don't.
pub(crate) fn are_types_left_open(types: &[&str]) -> bool {
    let wants_disk = |name: &&str| {
        let mut mounts = KINDS.iter().filter_map(|kind| kind.mount);
        matches!(*name, "ext2" | "ext3") || mounts.any(|mount| mount.rootfstype == *name)
    };
    types.is_empty()
        || types.iter().any(|name| OF_THE_KERNEL.contains(name))
        || (types.iter().any(|name| Root::is_without_device(name)) && types.iter().any(wants_disk))
}

/// What becomes of a mount under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Mounts,
    /// Where it is asked for read-write.
    ReadOnly,
    Refused,
}

/// Under the name of an older file system, ext4 takes that one's features only.
pub(crate) fn as_older(ext4: &Ext4, name: &str) -> Fit {
    let superblock = ext4.superblock();
    let known = if name == "ext3" {
        EXT3_INCOMPAT
    } else {
        EXT2_INCOMPAT
    };
    let lacks_journal = name == "ext3" && !superblock.has("has_journal");
    if superblock.s_feature_incompat & !known != 0 || lacks_journal {
        Fit::Refused
    } else if superblock.s_feature_ro_compat & !EXT2_RO_COMPAT != 0 {
        Fit::ReadOnly
    } else {
        Fit::Mounts
    }
}

/// Whether the kernel has a driver by a name of `rootfstype=`; of names that are not known here, it may.
pub(crate) fn has_driver(bundle: &Bundle, name: &str) -> Result<bool> {
    match name {
        "ext2" => return has_ext2(bundle),
        "ext3" => return bundle.builds_in("EXT4_FS"),
        "auto" => return Ok(false),
        _ => {}
    }
    let mut mounts = KINDS.iter().filter_map(|kind| kind.mount);
    match mounts.find(|mount| mount.rootfstype == name) {
        Some(mount) => bundle.builds_in(mount.kconfig),
        None => Ok(true),
    }
}

/// Whether the kernel has a driver by the name ext2: one of its own, or ext4's where that was asked for.
pub(in super::super) fn has_ext2(bundle: &Bundle) -> Result<bool> {
    Ok(bundle.builds_in("EXT2_FS")? || bundle.builds_in("EXT4_USE_FOR_EXT2")?)
}
