//! KC401: the kernel has not the driver of the disk when it mounts the root.

use super::super::Cause;
use super::{fix_drivers, kernel_misses_root, lack, wants_root};
use crate::bundle::{Bundle, Mounter};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

const OPTION: &str = "VIRTIO_BLK";

/// The cause.
pub static BLOCK_DRIVER_NOT_BUILT_IN: Cause = Cause {
    code: Code(401),
    name: "block-driver-not-built-in",
    stage: Stage::RootDevice,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "virtio_blk is a module that nothing loads before the root is mounted, or is off.",
    explanation: "The root's disk is a virtio disk, and its driver is virtio_blk. A kernel of a \
        distribution has it as a module, which lies on the root itself: an initramfs has to bring \
        it. Without one, no disk is there when the kernel looks for root=.",
    fix: "Give an initramfs with virtio_blk (`kelpie-check initramfs build` makes one), or use a \
        kernel with CONFIG_VIRTIO_BLK=y.",
    tells: super::CANNOT_OPEN,
    sources: &[
        "Linux init/do_mounts.c, prepare_namespace and mount_root",
        "Linux drivers/block/Kconfig, VIRTIO_BLK",
        "kata-containers/kata-containers issue 11285",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if !wants_root(bundle)? || bundle.root()?.is_some_and(|root| root.is_folder()) {
        return Ok(Vec::new());
    }
    let Some(lack) = lack(bundle, OPTION)? else {
        return Ok(Vec::new());
    };
    Ok(vec![BLOCK_DRIVER_NOT_BUILT_IN.finding(
        format!("{OPTION} {lack}."),
        match bundle.mounter()? {
            Mounter::Initramfs(generator) => super::initramfs_misses_root(generator),
            Mounter::Kernel | Mounter::Archive => kernel_misses_root(bundle)?,
        },
        fix_drivers(bundle, &[OPTION])?,
    )])
}
