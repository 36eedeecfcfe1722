//! KC407: the root is a shared folder, and the kernel cannot mount one.

use super::super::{Belief, Cause, Says, Tell};
use super::seen;
use super::{fix_drivers, initramfs_misses_root, lack, panics};
use crate::bundle::{Bundle, Mounter, RootDevice};
use crate::console::{Block, Clues};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static VIRTIOFS_ROOT_UNSUPPORTED: Cause = Cause {
    code: Code(407),
    name: "virtiofs-root-unsupported",
    stage: Stage::RootDevice,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The root is shared by virtiofs, whose driver is a module or off.",
    explanation: "A folder of the host becomes the root by virtiofs, which is FUSE over virtio: \
        CONFIG_VIRTIO_FS and, below it, CONFIG_FUSE_FS have to be built in, or an initramfs has to \
        load them. Distributions have both as modules.",
    fix: "Use a kernel with CONFIG_FUSE_FS=y and CONFIG_VIRTIO_FS=y, or an image of a disk.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"‹/dev/root›\" or unknown-block(0,0): error -19",
            by: "Linux, where the file system is not there",
            says: Says::When(weigh),
        },
        Tell {
            text: "virtio-fs: tag <‹rootfs›> not found",
            by: "Linux, where the share is not there; error -22",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some say nothing before it",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux fs/fuse/Kconfig, VIRTIO_FS; fs/fuse/virtio_fs.c, virtio_fs_get_tree",
        "Linux init/do_mounts.c, mount_nodev_root",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let is_folder = bundle.root()?.is_some_and(|root| root.is_folder());
    if !is_folder || bundle.root_in_memory()?.is_some() || bundle.mounts_none() {
        return Ok(Vec::new());
    }
    // Another name, or a VMM that shares no folders, is KC405's.
    let shared = match bundle.root_device()? {
        RootDevice::Share => true,
        _ => super::falls_back_to_share(bundle)?,
    };
    if !shared {
        return Ok(Vec::new());
    }
    let mut reasons = Vec::new();
    let mut lacking = Vec::new();
    let mut unknown = None;
    for option in ["VIRTIO_FS", "FUSE_FS"] {
        match lack(bundle, option) {
            Ok(Some(lack)) => {
                reasons.push(format!("{option} {lack}"));
                lacking.push(option);
            }
            Ok(None) => {}
            Err(error) => unknown = Some(error),
        }
    }
    if reasons.is_empty() {
        return unknown.map_or(Ok(Vec::new()), Err);
    }
    Ok(vec![VIRTIOFS_ROOT_UNSUPPORTED.finding(
        format!("The root is a shared folder; {}.", reasons.join("; ")),
        match bundle.mounter()? {
            Mounter::Initramfs(generator) => initramfs_misses_root(generator),
            Mounter::Kernel | Mounter::Archive => panics("unknown-block(0,0)"),
        },
        fix_drivers(bundle, &lacking)?,
    )])
}

/// A share was asked for, and root= is no disk that is there.
fn weigh(clues: &Clues) -> Belief {
    let has_device = seen::block(clues).is_some_and(|block| block != Block::NONE);
    if seen::is_share(clues) && !has_device {
        Belief::Certain
    } else {
        Belief::No
    }
}
