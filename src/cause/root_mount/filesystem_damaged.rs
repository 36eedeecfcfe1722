//! KC516: a file system is damaged.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static FILESYSTEM_DAMAGED: Cause = Cause {
    code: Code(516),
    name: "filesystem-damaged",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A file system is damaged, or its device cannot be read.",
    explanation: "btrfs checks generations and checksums of its trees as it is mounted; XFS replays its \
        log and checks what it reads; squashfs and EROFS read compressed tables. What does not \
        fit stops the mount, or shuts the file system down. Power loss, a disk that lies about \
        flushing, bad RAM, two machines that mounted one disk, and an incomplete copy cause it. \
        It is known only by booting.",
    fix: "Copy the disk first. btrfs: `btrfs check --readonly`, `mount -o ro,rescue=all`, `btrfs \
        restore`; XFS: `xfs_repair -n`, then `xfs_repair`; F2FS: `fsck.f2fs`; squashfs and \
        EROFS: write the image again.",
    tells: &[
        Tell {
            text: "BTRFS error (device ‹sda2›): open_ctree failed",
            by: "Linux, fs/btrfs/super.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "BTRFS error (device ‹sda2›‹: state …›): ‹…›",
            by: "Linux, fs/btrfs",
            says: Says::When(weak),
        },
        Tell {
            text: "BTRFS: open_ctree failed",
            by: "Linux before 4.8, fs/btrfs/super.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "parent transid verify failed on",
            by: "Linux, fs/btrfs/disk-io.c",
            says: Says::Mostly,
        },
        Tell {
            text: "BTRFS ‹warning› (device ‹sda2›): couldn't read tree root",
            by: "Linux, fs/btrfs/disk-io.c",
            says: Says::Mostly,
        },
        Tell {
            text: "BTRFS critical (device ‹sda2›): corrupt ‹leaf›",
            by: "Linux, fs/btrfs/tree-checker.c",
            says: Says::Mostly,
        },
        Tell {
            text: "BTRFS: failed to read ‹chunk root› on ‹sda2›",
            by: "Linux before 5.x, fs/btrfs/disk-io.c",
            says: Says::Mostly,
        },
        Tell {
            text: "failed to read chunk root",
            by: "Linux, fs/btrfs/disk-io.c",
            says: Says::Mostly,
        },
        Tell {
            text: "failed to read block groups",
            by: "Linux, fs/btrfs/disk-io.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): xfs_do_force_shutdown(",
            by: "Linux before 5.18, fs/xfs/xfs_fsops.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): Corruption of in-memory data",
            by: "Linux, fs/xfs/xfs_fsops.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): Metadata ‹corruption› detected at",
            by: "Linux, fs/xfs/xfs_error.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): Unmount and run xfs_repair",
            by: "Linux, fs/xfs/xfs_error.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): log mount/recovery failed: error ‹-117›",
            by: "Linux, fs/xfs/xfs_mount.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): Failed to recover ‹intents›",
            by: "Linux, fs/xfs/xfs_log_recover.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): failed to read root inode",
            by: "Linux, fs/xfs/xfs_mount.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): Internal error ‹xfs_…› at line",
            by: "Linux, fs/xfs/xfs_error.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): SB validate failed with error ‹-117›",
            by: "Linux, fs/xfs/xfs_super.c",
            says: Says::Mostly,
        },
        Tell {
            text: "XFS (‹dm-2›): filesystem has been shut down due to log error",
            by: "Linux, fs/xfs",
            says: Says::Mostly,
        },
        Tell {
            text: "F2FS-fs (‹sda2›): Failed to get valid F2FS checkpoint",
            by: "Linux, fs/f2fs/super.c",
            says: Says::Mostly,
        },
        Tell {
            text: "F2FS-fs (‹sda2›): Failed to initialize F2FS segment manager",
            by: "Linux, fs/f2fs/super.c",
            says: Says::Mostly,
        },
        Tell {
            text: "SQUASHFS error: ‹…›",
            by: "Linux, fs/squashfs",
            says: Says::Mostly,
        },
        Tell {
            text: "cannot find valid erofs superblock",
            by: "Linux, fs/erofs/super.c",
            says: Says::Mostly,
        },
        Tell {
            text: "UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY",
            by: "e2fsck",
            says: Says::Mostly,
        },
        Tell {
            text: "requires a manual fsck",
            by: "initramfs-tools, scripts/functions, _checkfs_once",
            says: Says::Mostly,
        },
        Tell {
            text: "fsck failed with exit status ‹4›",
            by: "systemd-fsck, or a script of init",
            says: Says::Mostly,
        },
        Tell {
            text: "The root filesystem on ‹/dev/sda2› requires a manual fsck",
            by: "initramfs-tools, scripts/functions",
            says: Says::Mostly,
        },
        Tell {
            text: "Can't read superblock on ‹/dev/sda2›",
            by: "util-linux mount",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux 6.12 fs/btrfs/disk-io.c, open_ctree; fs/btrfs/super.c",
        "Linux 6.12 fs/xfs/xfs_mount.c, xfs_log_recover.c and xfs_error.c",
        "Linux 6.12 fs/f2fs/super.c and fs/squashfs/super.c",
        "initramfs-tools 0.142 scripts/functions, _checkfs_once",
        "kdave/btrfs-progs issue 1027; QubesOS/qubes-issues issue 7242",
    ],
    check: Check::Running,
};

/// A feature that this kernel lacks ends in the same line.
fn weigh(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.has_reached(Stage::Userspace))
}

/// btrfs corrects much of what it reports.
fn weak(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.has_reached(Stage::Userspace))
}
