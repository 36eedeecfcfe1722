//! KC517: btrfs, XFS, F2FS or another file system has a feature that the kernel lacks.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static FILESYSTEM_TOO_NEW: Cause = Cause {
    code: Code(517),
    name: "filesystem-too-new",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A file system other than ext4 has a feature that this kernel does not know or was built \
        without.",
    explanation: "mkfs of a newer distribution switches on features that older kernels refuse: nrext64, \
        bigtime and inobtcount of XFS, block-group-tree and zoned of btrfs, compression of \
        squashfs, EROFS and F2FS. Sizes can be refused as well: sectors of btrfs, or blocks of \
        XFS, that are larger than a page. It is known only by booting.",
    fix: "Boot a newer kernel, or make the file system for the older one (mkfs.xfs -c \
        options=/usr/share/xfsprogs/mkfs/lts_5.15.conf, mkfs.btrfs -O ^block-group-tree, \
        mksquashfs -comp gzip).",
    tells: &[
        Tell {
            text: "XFS (‹vda›): Superblock has unknown ‹incompatible› features (‹0x20›) enabled.",
            by: "Linux, fs/xfs/libxfs/xfs_sb.c",
            says: Says::It,
        },
        Tell {
            text: "XFS (‹vda›): Filesystem cannot be safely mounted by this kernel.",
            by: "Linux, fs/xfs/libxfs/xfs_sb.c",
            says: Says::It,
        },
        Tell {
            text: "XFS (‹vda›): Version 5 superblock detected. This kernel has EXPERIMENTAL support enabled!",
            by: "Linux 3.10 to 3.14, fs/xfs/xfs_mount.c",
            says: Says::Aside,
        },
        Tell {
            text: "XFS (‹vda›): File system with blocksize ‹65536› bytes. Only pagesize (‹4096›) or less",
            by: "Linux before 6.12, fs/xfs/xfs_mount.c",
            says: Says::It,
        },
        Tell {
            text: "BTRFS‹ error› (device ‹vda›): cannot mount because of ‹unknown incompat features (0x…)›",
            by: "Linux since 6.1, fs/btrfs/disk-io.c",
            says: Says::It,
        },
        Tell {
            text: "BTRFS‹…›: couldn't mount because of unsupported optional features (‹…›)",
            by: "Linux before 6.1, fs/btrfs/disk-io.c",
            says: Says::It,
        },
        Tell {
            text: "couldn't mount because of unsupported optional features (‹20›).",
            by: "Linux before 4.8, fs/btrfs/disk-io.c",
            says: Says::Aside,
        },
        Tell {
            text: "BTRFS error (device ‹vda›): sectorsize ‹65536› not ‹yet› supported‹…›",
            by: "Linux, fs/btrfs/disk-io.c",
            says: Says::It,
        },
        Tell {
            text: "Filesystem uses \"‹zstd›\" compression. This is not supported",
            by: "Linux, fs/squashfs/decompressor.c",
            says: Says::It,
        },
        Tell {
            text: "F2FS-fs (‹vda›): Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE",
            by: "Linux, fs/f2fs/super.c",
            says: Says::It,
        },
        Tell {
            text: "erofs: (device ‹vda›): unidentified incompatible feature",
            by: "Linux, fs/erofs/super.c",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux 6.12 fs/xfs/libxfs/xfs_sb.c, xfs_validate_sb_read",
        "Linux 6.12 fs/btrfs/disk-io.c, btrfs_check_features and btrfs_validate_super",
        "Linux 6.12 fs/squashfs/decompressor.c and fs/erofs/super.c",
    ],
    check: Check::Running,
};
