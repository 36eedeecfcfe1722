//! KC401: the kernel has not the driver of the disk when it mounts the root.

use super::super::{Cause, Check};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static BLOCK_DRIVER_NOT_BUILT_IN: Cause = Cause {
    code: Code(401),
    name: "block-driver-not-built-in",
    stage: Stage::RootDevice,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The driver of the root disk is off, or is a module that nothing loads before the \
        root is mounted.",
    explanation: "The driver of a virtio block device is virtio_blk; `--show-machine` lists the \
        drivers of other disks. A distribution kernel has it as a module, and the module is on the \
        root itself, so an initramfs must load it. Without one, the kernel has no disk when it \
        looks for root=.",
    fix: "Give an initramfs with virtio_blk (`kelpie-check initramfs build` makes one), or use a \
        kernel with CONFIG_VIRTIO_BLK=y.",
    tells: super::CANNOT_OPEN,
    sources: &[
        "Linux init/do_mounts.c, prepare_namespace and mount_root",
        "Linux drivers/block/Kconfig, VIRTIO_BLK",
        "kata-containers/kata-containers issue 11285",
    ],
    check: Check::Boot,
};

/// The finding about the drivers that are missing, each reason a clause.
pub(crate) fn of(reasons: &[String], consequence: String, fix: String) -> Finding {
    BLOCK_DRIVER_NOT_BUILT_IN.finding(format!("{}.", reasons.join("; ")), consequence, fix)
}
