//! KC609: init finds no device files.

use super::super::{Cause, Check, Says, Tell};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_DEVICE_NODES: Cause = Cause {
    code: Code(609),
    name: "no-device-nodes",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "Init starts without device files: nothing mounts devtmpfs, or there is no /dev for \
        the mount, and the root has no device files.",
    explanation: "If the kernel mounts the root itself, it mounts devtmpfs on /dev before it \
        starts init, provided that it has DEVTMPFS and DEVTMPFS_MOUNT and the directory exists. An \
        initramfs mounts /dev itself. Otherwise init has only the files of the root; in an \
        unpacked container image, /dev is empty or missing. The kernel opened a console for init \
        before it mounted the root, so messages are visible. But programs that open /dev/null, \
        /dev/console or a terminal by name fail, unless init mounts devtmpfs first, as systemd and \
        OpenRC do if there is a directory and the kernel supports it.",
    fix: "Make the directory /dev on the root, and use a kernel with CONFIG_DEVTMPFS=y and CONFIG_DEVTMPFS_MOUNT=y.",
    tells: &[
        Tell {
            text: "devtmpfs: error mounting -2",
            by: "Linux, drivers/base/devtmpfs.c, if the root has no /dev",
            says: Says::It,
        },
        Tell {
            text: "Warning: unable to open an initial console.",
            by: "Linux, init/main.c, if the kernel's first root lacks /dev/console too",
            says: Says::Aside,
        },
    ],
    sources: &[
        "Linux drivers/base/devtmpfs.c, devtmpfs_mount",
        "Linux init/main.c, console_on_rootfs; usr/default_cpio_list",
    ],
    check: Check::Boot,
};

/// Who opens a device by its name.
const WHO_FAILS: &str = "programs that open /dev/null, /dev/console or a terminal by name fail";

/// The finding about a root without devices, on which the kernel does not mount devtmpfs.
pub(crate) fn of_root() -> Finding {
    NO_DEVICE_NODES.finding(
        "The kernel does not mount devtmpfs on /dev, and the root has no device /dev/console.",
        format!("Init starts without device files: until it mounts them, {WHO_FAILS}."),
        "Use a kernel with CONFIG_DEVTMPFS=y and CONFIG_DEVTMPFS_MOUNT=y, or boot with an \
         initramfs.",
    )
}

/// The finding about a root without `what`, the directory. `errno` is what mounting devtmpfs answers, if
/// the kernel tries that.
pub(crate) fn of_directory(what: &str, errno: Option<i32>) -> Finding {
    let consequence = match errno {
        Some(errno) => {
            format!("The kernel prints \"devtmpfs: error mounting -{errno}\", and {WHO_FAILS}.")
        }
        None => format!("Init starts without device files: {WHO_FAILS}."),
    };
    NO_DEVICE_NODES.finding(
        format!("The root does not have {what}."),
        consequence,
        "Make the directory /dev on the root.",
    )
}

/// The finding about an initramfs that is the whole system.
pub(crate) fn of_initramfs() -> Finding {
    NO_DEVICE_NODES
        .finding(
            "The kernel has no devtmpfs, and the initramfs has no device /dev/null.",
            format!("Its init has the console that the kernel opened, and {WHO_FAILS}."),
            "Use a kernel with CONFIG_DEVTMPFS=y, or put device files into the initramfs.",
        )
        .about(Role::Initramfs)
}
