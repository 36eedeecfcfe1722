//! KC407: the root is a shared folder, and the kernel cannot mount one.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::seen;
use crate::console::{Block, Clues};
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
    summary: "The root is shared over virtiofs, whose driver is a module or off.",
    explanation: "A folder of the host becomes the root over virtiofs, which is FUSE over virtio: \
        CONFIG_VIRTIO_FS and CONFIG_FUSE_FS must be built in, or an initramfs must load them. \
        Distributions have both as modules.",
    fix: "Use a kernel with CONFIG_FUSE_FS=y and CONFIG_VIRTIO_FS=y, or a disk image.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"‹/dev/root›\" or unknown-block(0,0): error -19",
            by: "Linux, if the kernel lacks the file system",
            says: Says::When(weigh),
        },
        Tell {
            text: "virtio-fs: tag <‹rootfs›> not found",
            by: "Linux, if the share does not exist; error -22",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some print nothing before it",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux fs/fuse/Kconfig, VIRTIO_FS; fs/fuse/virtio_fs.c, virtio_fs_get_tree",
        "Linux init/do_mounts.c, mount_nodev_root",
    ],
    check: Check::Boot,
};

/// The finding about a share whose drivers are missing, each reason a clause.
pub(crate) fn of(reasons: &[String], consequence: String, fix: String) -> Finding {
    VIRTIOFS_ROOT_UNSUPPORTED.finding(
        format!("The root is a shared folder; {}.", reasons.join("; ")),
        consequence,
        fix,
    )
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
