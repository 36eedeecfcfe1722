//! KC510: `rootflags=` has an option that ext4, or a root in memory, refuses.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::mount::ext4_options::{FS_CONTEXT, Refusal, unfitting, unknown};
use super::mount::tmpfs_options;
use super::{Mount, asks_ext4, is_refused, options, version};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static BAD_ROOT_FLAGS: Cause = Cause {
    code: Code(510),
    name: "bad-root-flags",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "rootflags= has an option that the file system does not support, or that does not fit \
        this root.",
    explanation: "The kernel passes rootflags= to the file system unchanged. Options that mount(8) \
        turns into flags, such as noatime, are unknown to ext4, and the mount fails unless an \
        initramfs makes it. data= needs a journal, data=journal excludes delalloc and dax, and dax \
        needs a memory device, which a virtio disk is not. sb= names the offset of another \
        superblock in KiB. subvol= and subvolid= of btrfs name a subvolume, which must exist.",
    fix: "Remove the option; noatime and similar options belong in /etc/fstab.",
    tells: &[
        Tell {
            text: "ext4: Unknown parameter '‹option›'",
            by: "Linux fs/fs_context.c, since 5.17",
            says: Says::It,
        },
        Tell {
            text: "BTRFS‹ error (device vda2)›: '‹@›' is not a valid subvolume",
            by: "Linux fs/btrfs/super.c, mount_subvol",
            says: Says::When(of_root),
        },
        Tell {
            text: "BTRFS‹ error (device vda2)›: subvol '‹@›' does not match subvolid ‹256›",
            by: "Linux fs/btrfs/super.c, mount_subvol",
            says: Says::When(of_root),
        },
        Tell {
            text: "mount: /‹new_root›: ‹fsconfig()› failed: No such file or directory",
            by: "util-linux libmount/src/context_mount.c: the device is there, and what is mounted of it is not",
            says: Says::When(subvolume),
        },
        Tell {
            text: "mount: /‹new_root›: ‹…›subvol",
            by: "util-linux mount, about an option of btrfs",
            says: Says::When(subvolume),
        },
        Tell {
            text: "tmpfs: Unknown parameter '‹option›'",
            by: "Linux fs/fs_context.c, since 5.4",
            says: Says::It,
        },
        Tell {
            text: "Unrecognized mount option \"‹option›\" or missing value",
            by: "Linux fs/ext4/super.c, before 5.17",
            says: Says::It,
        },
        Tell {
            text: "can't mount with ‹data=›, fs mounted w/o journal",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "can't mount with both data=journal and ‹delalloc›",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "DAX unsupported by block device.",
            by: "Linux fs/ext4/super.c, since 5.8",
            says: Says::It,
        },
        Tell {
            text: "dax option not supported",
            by: "Linux fs/ext4/super.c, without CONFIG_FS_DAX",
            says: Says::It,
        },
        Tell {
            text: "Cannot use DAX on a filesystem that may contain inline data",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "unsupported blocksize for ‹DAX›",
            by: "Linux fs/ext4/super.c, dax in small letters before 5.8",
            says: Says::It,
        },
        Tell {
            text: "can't mount with journal_async_commit in data=ordered mode",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "ext4: Bad value for '‹option›'",
            by: "Linux fs/fs_parser.c, since 5.17",
            says: Says::It,
        },
        Tell {
            text: "Invalid commit interval ‹n›, must be smaller than",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "Invalid want_extra_isize ‹n›",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "inode_readahead_blks must be 0 or a power of 2 smaller than 2^31",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "Project quota feature not enabled. Cannot enable project quota enforcement.",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "old and new quota format mixing",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "journaled quota format not specified",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, which prints nothing about a superblock that is not at the place of sb=",
            says: Says::When(names_superblock),
        },
        Tell {
            text: "EXT4-fs (‹vda›): unable to read superblock",
            by: "Linux fs/ext4/super.c, if sb= names one after the end of the device",
            says: Says::When(names_superblock),
        },
    ],
    sources: &[
        "Linux Documentation/admin-guide/ext4.rst, Options",
        "Linux 6.1 fs/ext4/super.c, ext4_param_specs and ext4_load_super",
        "Linux 6.1 fs/fs_context.c, vfs_parse_fs_param",
    ],
    check: Check::Boot,
};

/// Returns the finding if tmpfs, mounted as the root, refuses an option.
pub(crate) fn of_tmpfs(mount: &Mount<'_>) -> Result<Option<Finding>> {
    let is_kernel = mount.is_by_kernel()?;
    let flags = options(mount);
    let mut refused = flags
        .iter()
        .filter_map(|flag| tmpfs_options::unknown(flag, is_kernel));
    let Some(refusal) = refused.next() else {
        return Ok(None);
    };
    let then = if is_kernel {
        "the kernel panics: \"VFS: Unable to mount root fs on unknown-block(0,0)\""
    } else {
        "the initramfs fails to mount the root"
    };
    Ok(Some(BAD_ROOT_FLAGS.finding(
        refusal.message,
        format!("The kernel says \"{}\", and {then}.", refusal.line),
        format!("Remove {}.", refusal.option),
    )))
}

/// Returns the finding if the kernel refuses an option before it reads a byte of the root: since 5.17 it
/// parses the options first.
pub(crate) fn before_reading(mount: &Mount<'_>) -> Result<Option<Finding>> {
    let flags = options(mount);
    if flags.is_empty() || !mount.has_kernel() {
        return Ok(None);
    }
    let is_kernel = mount.is_by_kernel()?;
    let own = version(mount)?;
    if own < FS_CONTEXT || !asks_ext4(mount) {
        return Ok(None);
    }
    let mut refused = flags
        .iter()
        .filter_map(|flag| unknown(flag, is_kernel, own));
    refused
        .next()
        .map(|refusal| finding(mount, refusal))
        .transpose()
}

/// The finding about a superblock that `sb=` names and that is not there.
pub(crate) fn of_superblock(mount: &Mount<'_>, unit: u64) -> Result<Finding> {
    Ok(BAD_ROOT_FLAGS.finding(
        format!(
            "rootflags= names a superblock at {unit} KiB (sb={unit}), but there is no \
            superblock."
        ),
        mount.stops()?,
        format!("Remove sb={unit}."),
    ))
}

/// Returns the finding if ext4 refuses an option, alone or with this file system.
pub(crate) fn of_ext4(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let flags = options(mount);
    if flags.is_empty() {
        return Ok(None);
    }
    let is_kernel = mount.is_by_kernel()?;
    let own = version(mount)?;
    flags
        .iter()
        .find_map(|flag| unknown(flag, is_kernel, own))
        .or_else(|| unfitting(&flags, ext4, own))
        .map(|refusal| finding(mount, refusal))
        .transpose()
}

fn finding(mount: &Mount<'_>, refusal: Refusal) -> Result<Finding> {
    Ok(BAD_ROOT_FLAGS.finding(
        refusal.message,
        mount.refused(&refusal.line)?,
        format!("Remove {}.", refusal.option),
    ))
}

/// The root was refused, and another superblock than the first was asked for.
fn names_superblock(clues: &Clues) -> Belief {
    if !is_refused(clues) {
        return Belief::No;
    }
    let Some(line) = seen::command_line(clues) else {
        return Belief::Possible;
    };
    let mut flags = line.rootflags().unwrap_or_default().split(',');
    if flags.any(|flag| flag.starts_with("sb=")) {
        Belief::Likely
    } else {
        Belief::No
    }
}

/// On the root, the same line is about another file system.
fn of_root(clues: &Clues) -> Belief {
    Belief::Certain.only_if(!clues.is_past_initramfs())
}

/// The device is there, so that the subvolume is missing, if one was asked for.
fn subvolume(clues: &Clues) -> Belief {
    if clues.is_past_initramfs() {
        return Belief::No;
    }
    match seen::command_line(clues) {
        Some(line) => Belief::Certain.only_if(
            line.value("rootflags")
                .is_some_and(|flags| flags.contains("subvol")),
        ),
        None => Belief::Likely,
    }
}
