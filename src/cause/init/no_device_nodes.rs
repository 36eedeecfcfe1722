//! KC609: init finds no device files.

use super::super::{Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{FileType, Tree, resolve};

/// The cause.
pub static NO_DEVICE_NODES: Cause = Cause {
    code: Code(609),
    name: "no-device-nodes",
    stage: Stage::Init,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "Init is started without device files: nothing mounts devtmpfs, or there is no /dev to mount it on, and the root has none of its own.",
    explanation: "Where the kernel mounts the root itself, it mounts devtmpfs on its /dev before it \
        starts init, if it was built with DEVTMPFS and DEVTMPFS_MOUNT and the directory is there. \
        An initramfs brings /dev along. Otherwise init has what the root has: in an unpacked \
        container image that is an empty directory, or none. The kernel opened a console for init \
        before it mounted the root, so messages are seen; but what opens /dev/null, /dev/console \
        or a terminal by name fails, unless init mounts devtmpfs first, as systemd and OpenRC do \
        where there is a directory and the kernel has it.",
    fix: "Make the directory /dev on the root, and use a kernel with CONFIG_DEVTMPFS=y and CONFIG_DEVTMPFS_MOUNT=y.",
    tells: &[
        Tell {
            text: "devtmpfs: error mounting -2",
            by: "Linux, drivers/base/devtmpfs.c, where the root has no /dev",
            says: Says::It,
        },
        Tell {
            text: "Warning: unable to open an initial console.",
            by: "Linux, init/main.c, where the kernel's first root lacks /dev/console too",
            says: Says::Aside,
        },
    ],
    sources: &[
        "Linux drivers/base/devtmpfs.c, devtmpfs_mount",
        "Linux init/main.c, console_on_rootfs; usr/default_cpio_list",
    ],
    check: Some(check),
};

/// Who opens a device by its name.
const WHO_FAILS: &str = "what opens /dev/null, /dev/console or a terminal by name fails";

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.kernel()?;
    match bundle.mounter()? {
        // An empty root has no init that would want for them.
        Mounter::Kernel if bundle.root_in_memory()?.is_some() => return Ok(Vec::new()),
        Mounter::Kernel => {}
        Mounter::Initramfs(_) => return Ok(Vec::new()),
        Mounter::Archive => return whole_system(bundle),
    }
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    let tree = root.tree()?;
    let no_directory = match resolve(tree, b"/dev")? {
        Ok(found) if found.stat.file_type == FileType::Directory => None,
        Ok(_) => Some(("a directory /dev", 20)),
        Err(lost) => Some(("/dev", lost.errno.number())),
    };
    let Some((what, errno)) = no_directory else {
        if is_device(tree, b"/dev/console")? || bundle.mounts_devtmpfs()? {
            return Ok(Vec::new());
        }
        return Ok(vec![NO_DEVICE_NODES.finding(
            "The kernel does not mount devtmpfs on /dev, and the root has no device /dev/console.",
            format!("Init is started without device files: until it mounts them, {WHO_FAILS}."),
            "Use a kernel with CONFIG_DEVTMPFS=y and CONFIG_DEVTMPFS_MOUNT=y, or boot with an \
             initramfs.",
        )]);
    };
    let message = format!("The root has not got {what}.");
    let consequence = match bundle.mounts_devtmpfs() {
        Ok(true) => {
            format!("The kernel says \"devtmpfs: error mounting -{errno}\", and {WHO_FAILS}.")
        }
        _ => format!("Init is started without device files: {WHO_FAILS}."),
    };
    Ok(vec![NO_DEVICE_NODES.finding(
        message,
        consequence,
        "Make the directory /dev on the root.",
    )])
}

/// An initramfs that is the whole system mounts devtmpfs itself, where the kernel has it.
fn whole_system(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    if is_device(initramfs.archive()?, b"/dev/null")? || bundle.builds_in("DEVTMPFS")? {
        return Ok(Vec::new());
    }
    Ok(vec![
        NO_DEVICE_NODES
            .finding(
                "The kernel has no devtmpfs, and the initramfs has no device /dev/null.",
                format!("Its init has the console that the kernel opened, and {WHO_FAILS}."),
                "Use a kernel with CONFIG_DEVTMPFS=y, or put device files into the initramfs.",
            )
            .about(Role::Initramfs),
    ])
}

fn is_device(tree: &dyn Tree, path: &[u8]) -> Result<bool> {
    let found = resolve(tree, path)?;
    Ok(found.is_ok_and(|found| found.stat.file_type == FileType::CharacterDevice))
}
