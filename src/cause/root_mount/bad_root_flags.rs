//! KC510: `rootflags=` has an option that ext4 refuses.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use super::superblock::{Superblock, superblock};
use super::{asks_ext4, is_refused, named_ext4, options, refused, stops, version};
use crate::bundle::{Bundle, Mounter, RootDevice};
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
    summary: "rootflags= has an option that ext4 does not know, or that does not fit this root.",
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

/// What ext4 takes, those among it that do nothing any more.
const KNOWN: &[&str] = &[
    "abort",
    "acl",
    "auto_da_alloc",
    "barrier",
    "bh",
    "block_validity",
    "bsddf",
    "bsdgroups",
    "check",
    "commit",
    "data",
    "data_err",
    "dax",
    "debug",
    "debug_want_extra_isize",
    "delalloc",
    "dioread_lock",
    "dioread_nolock",
    "discard",
    "emergency_ro",
    "errors",
    "fc_debug_force",
    "fc_debug_max_replay",
    "grpid",
    "grpjquota",
    "grpquota",
    "i_version",
    "init_itable",
    "inlinecrypt",
    "inode_readahead_blks",
    "iversion",
    "journal",
    "journal_async_commit",
    "journal_checksum",
    "journal_dev",
    "journal_ioprio",
    "journal_path",
    "jqfmt",
    "lazytime",
    "max_batch_time",
    "max_dir_size_kb",
    "mb_optimize_scan",
    "mblk_io_submit",
    "min_batch_time",
    "minixdf",
    "no_mbcache",
    "no_prefetch_block_bitmaps",
    "noacl",
    "noauto_da_alloc",
    "nobarrier",
    "nobh",
    "noblock_validity",
    "nocheck",
    "nodelalloc",
    "nodioread_nolock",
    "nodiscard",
    "nogrpid",
    "noi_version",
    "noinit_itable",
    "noiversion",
    "nojournal_checksum",
    "nolazytime",
    "noload",
    "nombcache",
    "nomblk_io_submit",
    "noorlov",
    "noquota",
    "norecovery",
    "noreservation",
    "nouid32",
    "nouser_xattr",
    "nowarn_on_error",
    "offgrpjquota",
    "offusrjquota",
    "oldalloc",
    "orlov",
    "prefetch_block_bitmaps",
    "prjquota",
    "quota",
    "reservation",
    "resgid",
    "resuid",
    "sb",
    "stripe",
    "sysvgroups",
    "test_dummy_encryption",
    "user_xattr",
    "usrjquota",
    "usrquota",
    "warn_on_error",
];

/// What the kernel takes of any file system before it asks that one, and what is for its security
/// modules.
const COMMON: &[&str] = &[
    "async",
    "context",
    "defcontext",
    "dirsync",
    "fscontext",
    "mand",
    "nomand",
    "ro",
    "rootcontext",
    "rw",
    "seclabel",
    "smackfsdef",
    "smackfsdefault",
    "smackfsfloor",
    "smackfshat",
    "smackfsroot",
    "smackfstransmute",
    "source",
    "sync",
];

/// What mount(8) makes flags of, or keeps for itself.
const OF_MOUNT: &[&str] = &[
    "atime",
    "auto",
    "bind",
    "defaults",
    "dev",
    "diratime",
    "exec",
    "group",
    "loop",
    "loud",
    "noatime",
    "noauto",
    "nodev",
    "nodiratime",
    "noexec",
    "nofail",
    "nolazytime",
    "norelatime",
    "nostrictatime",
    "nosuid",
    "nosymfollow",
    "nouser",
    "owner",
    "relatime",
    "remount",
    "silent",
    "strictatime",
    "suid",
    "symfollow",
    "user",
    "users",
    "_netdev",
];

/// Options that take one of a few words.
const WORDS: [(&str, &[&str]); 3] = [
    ("data", &["journal", "ordered", "writeback"]),
    ("data_err", &["abort", "ignore"]),
    ("errors", &["continue", "panic", "remount-ro"]),
];

/// Since when options are parsed in common (`fs_context`).
const FS_CONTEXT: (u16, u16) = (5, 17);
/// Since when dax is refused where the device has none.
const DAX_REFUSED: (u16, u16) = (5, 8);
/// Since when options of a journal are refused without one; earlier ones were not looked at.
const JOURNAL_REFUSED: (u16, u16) = (4, 9);
/// `s_default_mount_opts`: the mode of data that is the file system's own default.
const DEFAULT_DATA_MODE: u32 = 0x60;

/// An option that is refused.
struct Refusal {
    message: String,
    line: String,
    /// What to leave away.
    option: String,
}

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if let Some(refusal) = unparsed(bundle)? {
        return if is_tried(bundle)? {
            Ok(vec![finding(bundle, refusal)?])
        } else {
            Ok(Vec::new())
        };
    }
    if let Superblock::Missing(unit) = superblock(bundle)? {
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

fn unknown(flag: &str, is_kernel: bool, own: (u16, u16)) -> Option<Refusal> {
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (flag, None),
    };
    let line = |bad_value: bool| {
        if own < FS_CONTEXT {
            format!("Unrecognized mount option \"{flag}\" or missing value")
        } else if bad_value {
            format!("Bad value for '{name}'")
        } else {
            format!("Unknown parameter '{name}'")
        }
    };
    let words = WORDS.iter().find(|(option, _)| *option == name);
    if let (Some((_, words)), Some(value)) = (words, value)
        && !words.contains(&value)
    {
        return Some(Refusal {
            message: format!(
                "rootflags= has {flag}, and ext4 takes {}.",
                words.join(", ")
            ),
            line: line(true),
            option: flag.to_owned(),
        });
    }
    // Kernels before 5.17 know fewer words in common; none of these is called unknown.
    let is_common = COMMON.contains(&name) || name.starts_with("smackfs");
    if KNOWN.contains(&name) || is_common || (!is_kernel && is_of_mount(name)) {
        return None;
    }
    let message = if OF_MOUNT.contains(&name) {
        format!("rootflags= has {name}, which mount(8) knows and ext4 itself does not.")
    } else {
        format!("rootflags= has {name}, which ext4 does not know.")
    };
    Some(Refusal {
        message,
        line: line(false),
        option: flag.to_owned(),
    })
}

fn is_of_mount(name: &str) -> bool {
    OF_MOUNT.contains(&name) || name.starts_with("x-") || name.starts_with("X-")
}

/// The first of these that only a journal makes sense of, in the order in which the kernel asks, and
/// what it calls it.
fn of_journal<'a>(flags: &[&'a str]) -> Option<(&'a str, String)> {
    for option in ["journal_async_commit", "journal_checksum"] {
        if let Some(found) = flags.iter().find(|flag| **flag == option) {
            return Some((found, option.to_owned()));
        }
    }
    let commits = flags.iter().rev();
    let (found, seconds) = commits
        .filter_map(|flag| Some((*flag, flag.strip_prefix("commit=")?)))
        .next()?;
    // The default is five seconds, and what none stands for.
    (!matches!(seconds, "0" | "5")).then(|| (found, found.to_owned()))
}

/// What each option alone would allow.
fn unfitting(flags: &[&str], ext4: &Ext4, own: (u16, u16)) -> Option<Refusal> {
    let has = |wanted: &str| flags.contains(&wanted);
    let data = flags.iter().rev().find(|flag| flag.starts_with("data="));
    let has_dax = has("dax") || has("dax=always");
    if data.is_some_and(|data| *data == "data=journal") {
        for (is_set, other) in [(has_dax, "dax"), (has("delalloc"), "delalloc")] {
            if is_set {
                return Some(Refusal {
                    message: format!("rootflags= has both data=journal and {other}."),
                    line: format!("can't mount with both data=journal and {other}"),
                    option: other.to_owned(),
                });
            }
        }
    }
    let superblock = ext4.superblock();
    let has_journal = superblock.has("has_journal") && !has("noload") && !has("norecovery");
    let has_default = superblock.s_default_mount_opts & DEFAULT_DATA_MODE != 0;
    if !has_journal && own >= JOURNAL_REFUSED {
        let data = data.filter(|_| !has_default);
        let refused = of_journal(flags).or_else(|| data.map(|data| (*data, "data=".to_owned())));
        if let Some((option, said)) = refused {
            return Some(Refusal {
                message: format!(
                    "rootflags= has {option}, and the root is mounted without a journal."
                ),
                line: format!("can't mount with {said}, fs mounted w/o journal"),
                option: option.to_owned(),
            });
        }
    }
    (has_dax && own >= DAX_REFUSED).then(|| Refusal {
        message: "rootflags= has dax, and the root is on a virtio disk.".to_owned(),
        line: "DAX unsupported by block device.".to_owned(),
        option: "dax".to_owned(),
    })
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
