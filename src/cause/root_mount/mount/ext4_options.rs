//! The options that ext4 takes of `rootflags=`, and those that it refuses.
//!
//! Source: Linux `Documentation/admin-guide/ext4.rst`; 6.1 `fs/ext4/super.c` (`ext4_param_specs`,
//! `ext4_load_super`), `fs/fs_context.c` (`vfs_parse_fs_param`).

use crate::rootfs::ext4::Ext4;

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
    "comment",
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
    "sw",
    "swap",
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
/// Options that some releases or configurations refuse, or that name more than the root.
const OPEN: [&str; 14] = [
    "context",
    "defcontext",
    "fc_debug_force",
    "fc_debug_max_replay",
    "fscontext",
    "journal_dev",
    "journal_path",
    "noacl",
    "noi_version",
    "nouser_xattr",
    "rootcontext",
    "seclabel",
    "source",
    "test_dummy_encryption",
];
/// Options that take a number, and how large that may be.
const NUMBERS: [(&str, u32); 14] = [
    ("auto_da_alloc", u32::MAX),
    ("barrier", u32::MAX),
    // `INT_MAX / HZ`, where HZ is 1000.
    ("commit", 2_147_483),
    ("init_itable", u32::MAX),
    ("inode_readahead_blks", 1 << 30),
    ("journal_ioprio", 7),
    ("max_batch_time", u32::MAX),
    ("max_dir_size_kb", u32::MAX),
    ("mb_optimize_scan", 1),
    ("min_batch_time", u32::MAX),
    ("resgid", u32::MAX),
    ("resuid", u32::MAX),
    ("sb", u32::MAX),
    ("stripe", u32::MAX),
];
/// Since when options are parsed in common (`fs_context`).
pub(in super::super) const FS_CONTEXT: (u16, u16) = (5, 17);
/// Since when dax is refused where the device has none.
const DAX_REFUSED: (u16, u16) = (5, 8);
/// Since when options of a journal are refused without one; earlier ones were not looked at.
const JOURNAL_REFUSED: (u16, u16) = (4, 9);
/// `s_default_mount_opts`: the mode of data that is the file system's own default.
const DEFAULT_DATA_MODE: u32 = 0x60;
/// An option that is refused.
pub(in super::super) struct Refusal {
    pub message: String,
    /// What the kernel says.
    pub line: String,
    /// What to leave away.
    pub option: String,
}
/// One that ext4 does not know, or not with that value.
pub(in super::super) fn unknown(flag: &str, is_kernel: bool, own: (u16, u16)) -> Option<Refusal> {
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
                "rootflags= has {flag}, but ext4 accepts {}.",
                words.join(", ")
            ),
            line: line(true),
            option: flag.to_owned(),
        });
    }
    if KNOWN.contains(&name) || is_common(name) || (!is_kernel && is_of_mount(name)) {
        return None;
    }
    let message = if OF_MOUNT.contains(&name) {
        format!("rootflags= has {name}, which mount(8) supports, but ext4 itself does not.")
    } else {
        format!("rootflags= has {name}, which ext4 does not support.")
    };
    Some(Refusal {
        message,
        line: line(false),
        option: flag.to_owned(),
    })
}

/// Whether it is one of which it depends on more than is known here whether ext4 takes it.
pub(crate) fn is_option_left_open(option: &str) -> bool {
    let (name, value) = match option.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (option, None),
    };
    if OPEN.contains(&name) || name.starts_with("smackfs") {
        return true;
    }
    let Some(value) = value else { return false };
    if WORDS.iter().any(|(word, _)| *word == name) || !KNOWN.contains(&name) {
        return false;
    }
    let most = NUMBERS.iter().find(|(number, _)| *number == name);
    let Some((_, most)) = most else {
        return !(name == "dax" && ["always", "inode", "never"].contains(&value));
    };
    // Linux reads octal behind a 0, and does not skip anything.
    let is_decimal = value == "0" || !value.starts_with('0');
    let is_plain = is_decimal && value.bytes().all(|digit| digit.is_ascii_digit());
    let number = value.parse::<u32>().ok().filter(|_| is_plain);
    number.is_none_or(|number| {
        let is_uneven = name == "inode_readahead_blks" && number.count_ones() > 1;
        number > *most || is_uneven
    })
}

/// Whether any file system knows it. Kernels before 5.17 know fewer words in common; none of these is
/// called unknown.
pub(super) fn is_common(name: &str) -> bool {
    COMMON.contains(&name) || name.starts_with("smackfs")
}

/// Whether mount(8) makes a flag of it.
pub(super) fn is_of_mount(name: &str) -> bool {
    OF_MOUNT.contains(&name) || name.starts_with("x-") || name.starts_with("X-")
}
/// A release that refuses `data_err=abort` without a journal. An older one may.
const DATA_ERR_REFUSED: (u16, u16) = (6, 1);
/// `EXT4_DEFM_JMODE_ORDERED`.
const ORDERED_DATA: u32 = 0x40;
const ASYNC_COMMIT: &str = "journal_async_commit";

/// The first of these that only a journal makes sense of, in the order in which the kernel asks, and
/// what it calls it.
fn of_journal<'a>(flags: &[&'a str], own: (u16, u16)) -> Option<(&'a str, String)> {
    let of_errors = (own >= DATA_ERR_REFUSED).then_some("data_err=abort");
    for option in [ASYNC_COMMIT, "journal_checksum"]
        .into_iter()
        .chain(of_errors)
    {
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

/// One that does not fit this file system, or another option: what each alone would allow.
pub(in super::super) fn unfitting(flags: &[&str], ext4: &Ext4, own: (u16, u16)) -> Option<Refusal> {
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
    // `ext4_load_and_init_journal`. Without a word of either, the data are ordered.
    let mode = superblock.s_default_mount_opts & DEFAULT_DATA_MODE;
    let is_ordered = match data {
        Some(data) => *data == "data=ordered",
        None => mode == 0 || mode == ORDERED_DATA,
    };
    if has_journal && has(ASYNC_COMMIT) && is_ordered {
        return Some(Refusal {
            message: format!(
                "rootflags= has {ASYNC_COMMIT}, but the data of the root are journalled in the \
                 mode data=ordered."
            ),
            line: "can't mount with journal_async_commit in data=ordered mode".to_owned(),
            option: ASYNC_COMMIT.to_owned(),
        });
    }
    let has_default = superblock.s_default_mount_opts & DEFAULT_DATA_MODE != 0;
    if !has_journal && own >= JOURNAL_REFUSED {
        let data = data.filter(|_| !has_default);
        let refused =
            of_journal(flags, own).or_else(|| data.map(|data| (*data, "data=".to_owned())));
        if let Some((option, said)) = refused {
            return Some(Refusal {
                message: format!(
                    "rootflags= has {option}, but the root is mounted without a journal."
                ),
                line: format!("can't mount with {said}, fs mounted w/o journal"),
                option: option.to_owned(),
            });
        }
    }
    (has_dax && own >= DAX_REFUSED).then(|| Refusal {
        message: "rootflags= has dax, but the root is on a virtio disk.".to_owned(),
        line: "DAX unsupported by block device.".to_owned(),
        option: "dax".to_owned(),
    })
}
