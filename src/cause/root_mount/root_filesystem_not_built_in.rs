//! KC501: the kernel has not the file system of the root when it mounts it.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Block, Clues};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ROOT_FILESYSTEM_NOT_BUILT_IN: Cause = Cause {
    code: Code(501),
    name: "root-filesystem-not-built-in",
    stage: Stage::RootMount,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The driver of the root file system is off, or is a module that nothing loads before \
        the mount.",
    explanation: "To mount the root, the kernel needs the driver of its file system built in, or \
        an initramfs that loads it. A distribution kernel often has even ext4 as a module, and the \
        module is on the root itself.",
    fix: "Give an initramfs with the file system's module (`kelpie-check initramfs build` makes \
        one), or use a kernel with it built in.",
    tells: &[
        Tell {
            text: "No filesystem could mount root, tried: ‹…›",
            by: "Linux, if it has others",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(‹254,0›): error -19",
            by: "Linux, if rootfstype= names the one that it lacks",
            says: Says::When(weigh),
        },
        Tell {
            text: "Can't find any bdev filesystem to be used for mount!",
            by: "Linux 6.8 and later, if it has none",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux; newer ones name the device before it if file systems were tried",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, mount_root_generic; before 6.5 mount_block_root",
        "Linux fs/ext4/Kconfig",
    ],
    check: Check::Boot,
};

/// The finding about a driver that is missing; `lack` ends the sentence about it.
pub(crate) fn of(
    file_system: &str,
    option: &str,
    lack: &str,
    consequence: String,
    fix: String,
) -> Finding {
    ROOT_FILESYSTEM_NOT_BUILT_IN.finding(
        format!("The root is {file_system}; {option} {lack}."),
        consequence,
        fix,
    )
}

/// The finding about `root=` that names a partition without a system; `device` is the one with a system.
pub(crate) fn of_wrong_partition(
    file_system: &str,
    option: &str,
    lack: &str,
    consequence: String,
    device: &str,
) -> Finding {
    ROOT_FILESYSTEM_NOT_BUILT_IN.finding(
        format!(
            "root= names a partition with {file_system}; {option} {lack}. The system is on {device}."
        ),
        consequence,
        format!("Use root={device}."),
    )
}

/// The device is there, and no driver takes what is on it.
fn weigh(clues: &Clues) -> Belief {
    let Some(block) = seen::block(clues) else {
        return Belief::Possible;
    };
    // Without a device there is nothing to mount, whatever drivers there are.
    if block == Block::NONE {
        return Belief::Possible;
    }
    let is_stated = seen::command_line(clues).is_some_and(|line| !line.rootfstypes().is_empty());
    match (seen::error(clues), &clues.tried) {
        // The type that is lacking may be the wrong one.
        (Some(-19), _) if is_stated => Belief::Likely,
        (Some(-19), _) => Belief::Certain,
        (Some(-6), _) => Belief::No,
        // A driver was there, and could not read so much as a superblock.
        (Some(_), _) => Belief::Possible,
        (None, Some(tried)) if tried.contains("ext4") && is_stated => Belief::Possible,
        (None, _) => Belief::Likely,
    }
}
