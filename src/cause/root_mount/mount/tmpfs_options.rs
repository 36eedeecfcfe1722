//! The options of tmpfs, for `rootflags=`.
//!
//! Source: Linux 6.1 and 6.18 `mm/shmem.c`, `shmem_fs_parameters`; `Documentation/filesystems/tmpfs.rst`.

use super::ext4_options::{Refusal, is_common, is_of_mount};

/// Those of any version: whether an old kernel knows a new one is not looked at.
const KNOWN: [&str; 22] = [
    "casefold",
    "gid",
    "grpquota",
    "grpquota_block_hardlimit",
    "grpquota_inode_hardlimit",
    "huge",
    "inode32",
    "inode64",
    "lazytime",
    "mode",
    "mpol",
    "nolazytime",
    "noswap",
    "nr_blocks",
    "nr_inodes",
    "quota",
    "size",
    "strict_encoding",
    "uid",
    "usrquota",
    "usrquota_block_hardlimit",
    "usrquota_inode_hardlimit",
];

/// An option that tmpfs does not know. ramfs takes anything.
pub(in super::super) fn unknown(flag: &str, is_kernel: bool) -> Option<Refusal> {
    let name = flag.split('=').next().unwrap_or_default();
    if KNOWN.contains(&name) || is_common(name) || (!is_kernel && is_of_mount(name)) {
        return None;
    }
    Some(Refusal {
        message: format!("rootflags= has {name}, which tmpfs does not support."),
        line: format!("tmpfs: Unknown parameter '{name}'"),
        option: flag.to_owned(),
    })
}
