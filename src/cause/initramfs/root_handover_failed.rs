//! KC320: the initramfs cannot hand over to the root.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ROOT_HANDOVER_FAILED: Cause = Cause {
    code: Code(320),
    name: "root-handover-failed",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs cannot make the mounted file system the root: switch_root or pivot_root \
        fails.",
    explanation: "switch_root moves the new root over the old one, and pivot_root exchanges them. Both \
        fail if nothing is mounted there, and pivot_root also in an initramfs that is a rootfs \
        (EINVAL), or where mounts are shared. Most often the mount before it failed, and the \
        script went on. It is known only by booting.",
    fix: "Read which mount failed before. Let a script end where a mount fails, use switch_root in \
        an initramfs, and pivot_root only on a root that is mounted from a RAM disk.",
    tells: &[
        Tell {
            text: "switch_root: failed to mount moving ‹/sysroot› to /",
            by: "util-linux switch_root, sys-utils/switch_root.c",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: failed. Sorry.",
            by: "util-linux switch_root",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: error moving root",
            by: "BusyBox",
            says: Says::Mostly,
        },
        Tell {
            text: "pivot_root: ‹Invalid argument›",
            by: "BusyBox and util-linux",
            says: Says::Mostly,
        },
        Tell {
            text: "pivot_root: failed to change root",
            by: "util-linux pivot_root",
            says: Says::Mostly,
        },
        Tell {
            text: "switch_root: root filesystem is not ramfs/tmpfs",
            by: "BusyBox 1.36",
            says: Says::Mostly,
        },
        Tell {
            text: "switchroot: mount failed: ‹No such file or directory›",
            by: "nash of mkinitrd (Red Hat)",
            says: Says::Perhaps,
        },
        Tell {
            text: "Failed to switch root: ‹…›",
            by: "systemctl switch-root",
            says: Says::Mostly,
        },
        Tell {
            text: "Failed to start Switch Root",
            by: "systemd in an initramfs",
            says: Says::Mostly,
        },
        Tell {
            text: "Failed to switch root, trying to continue",
            by: "systemd, src/core/main.c",
            says: Says::Mostly,
        },
        Tell {
            text: "Specified switch root path ‹/sysroot› does not seem to be an OS tree. os-release file is missing",
            by: "systemd, src/systemctl/systemctl-switch-root.c",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "util-linux 2.38 sys-utils/switch_root.c and pivot_root.c",
        "BusyBox 1.36 util-linux/switch_root.c and pivot_root.c",
        "pivot_root(2), ERRORS",
        "systemd 252 src/systemctl/systemctl-switch-root.c",
    ],
    check: Check::Running,
};
