//! KC510: `rootflags=` has an option that ext4, or a root in memory, refuses.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use super::mount::ext4_options::{FS_CONTEXT, Refusal, unfitting, unknown};
use super::mount::tmpfs_options;
use super::mount::types::comes_to_superblock;
use super::superblock::{Superblock, superblock};
use super::{asks_ext4, is_refused, named_ext4, options, refused, stops, version};
use crate::bundle::{Bundle, Mounter, RootDevice};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static BAD_ROOT_FLAGS: Cause = Cause {
    code: Code(510),
    name: "bad-root-flags",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "rootflags= has an option that the file system does not know, or that does not fit this root.",
    explanation: "The kernel gives rootflags= to the file system as it stands. Options that \
        mount(8) turns into flags, as noatime, are unknown to ext4 and end the mount where no \
        initramfs stands between. data= needs a journal, data=journal excludes delalloc and dax, \
        and dax needs a device that is memory, which a virtio disk is not. sb= names the KiB at \
        which another superblock than the first is.",
    fix: "Leave the option away; noatime and its like belong into /etc/fstab.",
    tells: &[
        Tell {
            text: "ext4: Unknown parameter '‹option›'",
            by: "Linux fs/fs_context.c, since 5.17",
            says: Says::It,
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
            by: "Linux, which says nothing of a superblock that is not where sb= names it",
            says: Says::When(names_superblock),
        },
        Tell {
            text: "EXT4-fs (‹vda›): unable to read superblock",
            by: "Linux fs/ext4/super.c, where sb= names one behind the end of the device",
            says: Says::When(names_superblock),
        },
    ],
    sources: &[
        "Linux Documentation/admin-guide/ext4.rst, Options",
        "Linux 6.1 fs/ext4/super.c, ext4_param_specs and ext4_load_super",
        "Linux 6.1 fs/fs_context.c, vfs_parse_fs_param",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if let Some("tmpfs") = bundle.root_in_memory()? {
        return in_memory(bundle);
    }
    if let Some(refusal) = unparsed(bundle)? {
        return if is_tried(bundle)? {
            Ok(vec![finding(bundle, refusal)?])
        } else {
            Ok(Vec::new())
        };
    }
    if let Superblock::Missing(unit) = superblock(bundle)?
        && comes_to_superblock(bundle)?
    {
        return Ok(vec![BAD_ROOT_FLAGS.finding(
            format!("rootflags= names a superblock at {unit} KiB (sb={unit}), and there is none."),
            stops(bundle)?,
            format!("Leave sb={unit} away."),
        )]);
    }
    let Some(ext4) = named_ext4(bundle)? else {
        return Ok(Vec::new());
    };
    let flags = options(bundle);
    if flags.is_empty() {
        return Ok(Vec::new());
    }
    // Which options there are depends on who gets them first.
    let is_kernel = match bundle.mounter()? {
        Mounter::Kernel => true,
        Mounter::Initramfs(_) => false,
        Mounter::Archive => return Ok(Vec::new()),
    };
    let own = version(bundle)?;
    let refusal = flags
        .iter()
        .find_map(|flag| unknown(flag, is_kernel, own))
        .or_else(|| unfitting(&flags, ext4, own));
    match refusal {
        Some(refusal) => Ok(vec![finding(bundle, refusal)?]),
        None => Ok(Vec::new()),
    }
}

/// A root in memory is mounted by the same options.
fn in_memory(bundle: &Bundle) -> Result<Vec<Finding>> {
    let is_kernel = match bundle.mounter()? {
        Mounter::Kernel => true,
        Mounter::Initramfs(_) => false,
        Mounter::Archive => return Ok(Vec::new()),
    };
    let flags = options(bundle);
    let refusal = flags
        .iter()
        .find_map(|flag| tmpfs_options::unknown(flag, is_kernel));
    Ok(refusal
        .map(|refusal| {
            let then = if is_kernel {
                "the kernel panics: \"VFS: Unable to mount root fs on unknown-block(0,0)\""
            } else {
                "the initramfs fails to mount the root"
            };
            BAD_ROOT_FLAGS.finding(
                refusal.message,
                format!("The kernel says \"{}\", and {then}.", refusal.line),
                format!("Leave {} away.", refusal.option),
            )
        })
        .into_iter()
        .collect())
}

fn finding(bundle: &Bundle, refusal: Refusal) -> Result<Finding> {
    Ok(BAD_ROOT_FLAGS.finding(
        refusal.message,
        refused(bundle, &refusal.line)?,
        format!("Leave {} away.", refusal.option),
    ))
}

/// An option that the kernel refuses before it reads a byte of the root, be that what it may: since
/// 5.17 options are parsed first. `None` too where nobody knows who would mount it.
fn unparsed(bundle: &Bundle) -> Result<Option<Refusal>> {
    let flags = options(bundle);
    if flags.is_empty() || !bundle.has_kernel() {
        return Ok(None);
    }
    let is_kernel = match bundle.mounter() {
        Ok(Mounter::Kernel) => true,
        Ok(Mounter::Initramfs(_)) => false,
        Ok(Mounter::Archive) | Err(_) => return Ok(None),
    };
    let own = version(bundle)?;
    if own < FS_CONTEXT || !asks_ext4(bundle) {
        return Ok(None);
    }
    let mut refused = flags
        .iter()
        .filter_map(|flag| unknown(flag, is_kernel, own));
    Ok(refused.next())
}

/// Whether the options of the root keep ext4 from reading it.
pub(super) fn stop_ext4(bundle: &Bundle) -> Result<bool> {
    Ok(unparsed(bundle)?.is_some() && is_tried(bundle)?)
}

/// Whether root= leads to a disk that is mounted as ext4, or tried as nothing else.
fn is_tried(bundle: &Bundle) -> Result<bool> {
    let Some(root) = bundle.root()?.filter(|root| !root.is_folder()) else {
        return Ok(false);
    };
    if bundle.root_in_memory()?.is_some() || bundle.mounts_none() {
        return Ok(false);
    }
    let device = bundle.root_device()?;
    if !matches!(device, RootDevice::Disk | RootDevice::Partition(_)) {
        return Ok(false);
    }
    let types = bundle.command_line()?.rootfstypes();
    let is_stated = !types.is_empty() && types.iter().all(|name| name.starts_with("ext"));
    Ok(is_stated || root.contents()?.is("ext4"))
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
