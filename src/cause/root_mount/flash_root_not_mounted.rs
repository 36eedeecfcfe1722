//! KC515: the root on raw flash cannot be attached or mounted.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static FLASH_ROOT_NOT_MOUNTED: Cause = Cause {
    code: Code(515),
    name: "flash-root-not-mounted",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The root is on raw flash (UBI, UBIFS, JFFS2 or an MTD partition), and the kernel cannot \
        attach or mount it.",
    explanation: "UBI attaches the MTD partition that ubi.mtd= names and scans its erase blocks before \
        root=ubi0:NAME exists. It refuses a partition that was written with another page or \
        sub-page size, that mixes two images (bad image sequence number), that is too small, or \
        that holds no UBI at all. An MTD partition is missing where mtdparts= or the device tree \
        does not define it. It is known only by booting.",
    fix: "Erase the partition and write the image with `ubiformat`; make the image with the page \
        and erase block sizes that the kernel prints; check ubi.mtd=, root=ubi0:NAME, \
        rootfstype=ubifs and mtdparts=.",
    tells: &[
        Tell {
            text: "ubi_attach_mtd_dev: failed to attach ‹…›",
            by: "Linux, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "ubi‹0› error: ubi_attach_mtd_dev‹…›",
            by: "Linux since 3.19, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "ubi_init: cannot attach mtd‹9›",
            by: "Linux, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "UBI error: cannot attach mtd‹9›",
            by: "Linux, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "ubi‹0›: attaching mtd‹9› failed",
            by: "Linux, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "cannot initialize UBI, error ‹-19›",
            by: "Linux, drivers/mtd/ubi/build.c",
            says: Says::It,
        },
        Tell {
            text: "bad image sequence number ‹1› in PEB ‹2›, expected ‹3›",
            by: "Linux, drivers/mtd/ubi/attach.c",
            says: Says::It,
        },
        Tell {
            text: "UBIFS error (pid ‹1›): ubifs_‹mount›: ‹…›",
            by: "Linux before 4.0, fs/ubifs",
            says: Says::Mostly,
        },
        Tell {
            text: "UBIFS error (ubi‹0:0› pid ‹1›): ‹…›",
            by: "Linux since 4.0, fs/ubifs",
            says: Says::Mostly,
        },
        Tell {
            text: "UBIFS error: cannot open \"ubi‹0:rootfs›\", error ‹-19›",
            by: "Linux, fs/ubifs/super.c",
            says: Says::Mostly,
        },
        Tell {
            text: "VFS: Cannot open root device \"ubi‹0:rootfs›\" or unknown-block(‹0,0›)",
            by: "Linux, init/do_mounts.c",
            says: Says::It,
        },
        Tell {
            text: "Waiting for root device ubi‹0:rootfs›...",
            by: "Linux, with rootwait",
            says: Says::Mostly,
        },
        Tell {
            text: "MTD: MTD device with name \"‹rootfs›\" not found",
            by: "Linux, drivers/mtd/mtdsuper.c",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux 6.12 drivers/mtd/ubi/build.c, ubi_attach_mtd_dev and ubi_init",
        "Linux 6.12 drivers/mtd/ubi/attach.c, scan_peb",
        "Linux 6.12 fs/ubifs/super.c, ubifs_mount",
        "stackoverflow.com/questions/75355794",
    ],
    check: Check::Running,
};
