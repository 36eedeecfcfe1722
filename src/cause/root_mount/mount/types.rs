//! The list of `rootfstype=`: which driver answers to a name, and whether that of ext4 comes to read.
//!
//! Source: Linux `init/do_mounts.c`, `get_fs_names` and `mount_root_generic`; `fs/ext4/super.c`,
//! `ext2_feature_set_ok` and `ext3_feature_set_ok`.

use crate::bundle::{Bundle, Mounter};
use crate::cmdline::Root;
use crate::error::{Kind, Result};
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
pub(in super::super) enum Fit {
    Mounts,
    /// Where it is asked for read-write.
    ReadOnly,
    Refused,
}

/// Under the name of an older file system, ext4 takes that one's features only.
pub(in super::super) fn as_older(ext4: &Ext4, name: &str) -> Fit {
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

/// Whether it is known that the kernel goes through the list.
pub(in super::super) fn mounts_itself(bundle: &Bundle) -> Result<bool> {
    if !bundle.has_kernel() {
        return Ok(false);
    }
    match bundle.mounter() {
        Ok(mounter) => Ok(matches!(mounter, Mounter::Kernel)),
        Err(error) if error.kind() == Kind::NotGiven => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the kernel has a driver by a name of `rootfstype=`; of names that are not known here, it may.
pub(in super::super) fn has_driver(bundle: &Bundle, name: &str) -> Result<bool> {
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

/// Whether the driver of ext4 comes to read the root by the list of `rootfstype=`: the kernel gives up at
/// the first name of which it has no driver, and by an older name features are refused first.
pub(in super::super) fn comes_to_ext4(bundle: &Bundle) -> Result<bool> {
    let ext4 = bundle.root()?.and_then(|root| root.ext4().ok().flatten());
    comes_to(bundle, |name| match name {
        "ext4" => true,
        "ext2" | "ext3" => ext4.is_none_or(|ext4| as_older(ext4, name) != Fit::Refused),
        _ => false,
    })
}

/// Whether it comes to read a superblock, by whatever name.
pub(in super::super) fn comes_to_superblock(bundle: &Bundle) -> Result<bool> {
    comes_to(bundle, |name| matches!(name, "ext4" | "ext2" | "ext3"))
}

/// Whether the kernel comes to a name of the list that is one of these.
fn comes_to(bundle: &Bundle, is_one: impl Fn(&str) -> bool) -> Result<bool> {
    if bundle.command_line().is_err() || bundle.is_command_line_assumed() || !mounts_itself(bundle)?
    {
        return Ok(true);
    }
    let types = bundle.command_line()?.rootfstypes();
    for name in &types {
        if !has_driver(bundle, name)? {
            return Ok(false);
        }
        if is_one(name) {
            return Ok(true);
        }
    }
    Ok(types.is_empty())
}
