//! KC501: the kernel has not the file system of the root when it mounts it.

use super::super::root_device::seen;
use super::super::root_device::{fix_drivers, lack, wants_root};
use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter};
use crate::console::{Block, Clues};
use crate::error::Result;
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
    summary: "The root's file system is a module that nothing loads before it is mounted, or is off.",
    explanation: "To mount the root, the kernel needs the driver of its file system built in, or an \
        initramfs that loads it. A distribution's kernel often has even ext4 as a module, which \
        lies on the very root that it would mount.",
    fix: "Give an initramfs with the file system's module (`kelpie-check initramfs build` makes \
        one), or use a kernel with it built in.",
    tells: &[
        Tell {
            text: "No filesystem could mount root, tried: ‹…›",
            by: "Linux, where it has others",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(‹254,0›): error -19",
            by: "Linux, where rootfstype= names the one that it lacks",
            says: Says::When(weigh),
        },
        Tell {
            text: "Can't find any bdev filesystem to be used for mount!",
            by: "Linux 6.8 and later, where it has none at all",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux; newer ones name the device before it where file systems were tried",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, mount_root_generic; before 6.5 mount_block_root",
        "Linux fs/ext4/Kconfig",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if !wants_root(bundle)? {
        return Ok(Vec::new());
    }
    let Some(root) = bundle.root()?.filter(|root| !root.is_folder()) else {
        return Ok(Vec::new());
    };
    // What is nothing that Linux mounts is KC010's.
    let Some(option) = bundle.root_option()? else {
        return Ok(Vec::new());
    };
    let Some(lack) = lack(bundle, option)? else {
        return Ok(Vec::new());
    };
    // The old driver mounts what is no more than ext2.
    if option == "EXT4_FS"
        && bundle.builds_in("EXT2_FS")?
        && root.ext4()?.is_some_and(|ext4| ext4.kind() == "ext2")
    {
        return Ok(Vec::new());
    }
    let name = bundle.root()?.map(|root| root.contents()).transpose()?;
    let name = name
        .and_then(|contents| contents.mount())
        .map_or("", |mount| mount.rootfstype);
    let consequence = match bundle.mounter()? {
        Mounter::Initramfs(generator) => format!(
            "The init of the initramfs ({}) fails to mount the root and starts a shell, or ends, \
             and the kernel panics: \"Attempted to kill init!\".",
            generator.name
        ),
        Mounter::Kernel | Mounter::Archive => {
            "The kernel panics: \"VFS: Unable to mount root fs on unknown-block(254,‹n›)\"."
                .to_owned()
        }
    };
    Ok(vec![ROOT_FILESYSTEM_NOT_BUILT_IN.finding(
        format!("The root is {name}; {option} {lack}."),
        consequence,
        fix_drivers(bundle, &[option])?,
    )])
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
