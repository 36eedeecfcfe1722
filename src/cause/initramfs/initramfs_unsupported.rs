//! KC302: the kernel takes no initramfs.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::Sequel;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INITRAMFS_UNSUPPORTED: Cause = Cause {
    code: Code(302),
    name: "initramfs-unsupported",
    stage: Stage::Initramfs,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel was built without CONFIG_BLK_DEV_INITRD, so it ignores its initramfs.",
    explanation: "A kernel without CONFIG_BLK_DEV_INITRD has no code that unpacks an initramfs. It \
        ignores the initramfs silently, and mounts the root itself, with its built-in drivers.",
    fix: "Use a kernel with CONFIG_BLK_DEV_INITRD=y, or a kernel with all drivers of the root \
        built in.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹…›",
            by: "Linux, without a message about the initramfs before",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to execute ‹/dev› (error -13)",
            by: "Linux, if rdinit= names a folder that it makes without an initramfs, too",
            says: Says::When(finds_folder),
        },
    ],
    sources: &["Linux init/Makefile and init/initramfs.c, populate_rootfs"],
    check: Check::Boot,
};

/// The finding about a kernel that takes no initramfs.
pub(crate) fn of(sequel: &Sequel) -> Finding {
    INITRAMFS_UNSUPPORTED
        .finding(
            "The kernel was built without CONFIG_BLK_DEV_INITRD.",
            format!("It ignores the initramfs silently; {}.", sequel.then),
            "Use a kernel with CONFIG_BLK_DEV_INITRD=y.",
        )
        .with_severity(sequel.severity)
}

/// Something hands an initramfs over, and the kernel does not say that it unpacks one.
fn weigh(clues: &Clues) -> Belief {
    let is_given = clues
        .command_line
        .as_deref()
        .is_some_and(|line| line.contains("initrd="));
    if clues.has_initramfs || clues.ran_initramfs {
        Belief::No
    } else if is_given {
        Belief::Likely
    } else {
        Belief::Possible
    }
}

/// Nothing was unpacked, and what rdinit= names is there.
fn finds_folder(clues: &Clues) -> Belief {
    if clues.has_initramfs {
        Belief::No
    } else {
        Belief::Possible
    }
}
