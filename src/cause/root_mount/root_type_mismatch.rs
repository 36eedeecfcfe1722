//! KC502: `rootfstype=` names other file systems than the one on the disk.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use super::mount::types::{
    Fit, as_older, comes_to_superblock, has_driver, has_ext2, mounts_itself,
};
use super::superblock::reads_first;
use super::{asks_ext4, is_read_write, named_root, refused, stops};
use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::console::{Block, Clues};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;
use crate::tree::{Tree, resolve};

/// The cause.
pub static ROOT_TYPE_MISMATCH: Cause = Cause {
    code: Code(502),
    name: "root-type-mismatch",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "No file system of rootfstype= is the one on the root's disk.",
    explanation: "With rootfstype= the kernel tries the file systems of that list and no other. \
        The ext4 driver mounts ext2 and ext3 too; under the names ext3 and ext2 it takes what these \
        had of features and no more, and the name ext2 is its own only with \
        CONFIG_EXT4_USE_FOR_EXT2. A name that the kernel does not have ends the attempt, whatever \
        follows it in the list.",
    fix: "Name the file system that is there, or leave rootfstype= away.",
    tells: &[
        Tell {
            text: "VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, where an initramfs mounts; the kernel's own mount is silent",
            says: Says::When(weigh),
        },
        Tell {
            text: "couldn't mount as ext3 due to feature incompatibilities",
            by: "Linux fs/ext4/super.c",
            says: Says::Perhaps,
        },
        Tell {
            text: "couldn't mount as ext2 due to feature incompatibilities",
            by: "Linux fs/ext4/super.c",
            says: Says::Perhaps,
        },
        Tell {
            text: "VFS: Cannot open root device \"‹vda›\" or unknown-block(‹254,0›): error -19",
            by: "Linux, where it lacks the type that rootfstype= names, too",
            says: Says::When(weigh),
        },
        Tell {
            text: "No filesystem could mount root, tried:",
            by: "Linux init/do_mounts.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, in its panic; with quiet it says nothing before it",
            says: Says::When(unsaid),
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: No such device",
            by: "BusyBox, in an initramfs without a driver of the type that rootfstype= names",
            says: Says::When(by_busybox),
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: Invalid argument",
            by: "BusyBox, in an initramfs with a driver of another type",
            says: Says::When(super::by_busybox),
        },
        Tell {
            text: "kelpie-check: cannot mount ‹/dev/vda› as ‹xfs› on /root (error -19)",
            by: "the init that `initramfs build` makes, where it has no such file system",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot mount ‹/dev/vda› as ‹ext4› on /root (error -22)",
            by: "the init that `initramfs build` makes",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux 6.1 init/do_mounts.c, mount_block_root and get_fs_names",
        "Linux 6.1 fs/ext4/super.c, ext2_feature_set_ok and ext3_feature_set_ok",
    ],
    check: Some(check),
};

/// A longer name of a file system is none.
const TYPE_BYTES: u64 = 64;

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = named_root(bundle)? else {
        return Ok(Vec::new());
    };
    if bundle.is_command_line_assumed() {
        return Ok(Vec::new());
    }
    let types = bundle.command_line()?.rootfstypes();
    if bundle.command_line()?.value("rootfstype") == Some("") && mounts_itself(bundle)? {
        return Ok(vec![ROOT_TYPE_MISMATCH.finding(
            "rootfstype= is empty, and the kernel tries no file system.",
            stops(bundle)?,
            "Write a type behind it, or leave it away.",
        )]);
    }
    if types.is_empty() {
        return Ok(of_archive(bundle, root)?.into_iter().collect());
    }
    let Some(own) = root.contents()?.mount() else {
        return Ok(Vec::new());
    };
    // A damaged one is of no other type for that.
    let ext4 = if asks_ext4(bundle) {
        root.ext4()?
    } else {
        root.ext4().unwrap_or(None)
    };
    let mut found = None;
    for (index, name) in types.iter().enumerate() {
        let fit = match (ext4, *name) {
            (Some(ext4), "ext2" | "ext3") => as_older(ext4, name),
            (_, "auto") => by_itself(bundle)?,
            (_, "msdos") if own.rootfstype == "vfat" => Fit::Mounts,
            (_, name) if name == own.rootfstype => Fit::Mounts,
            _ => Fit::Refused,
        };
        if fit != Fit::Refused {
            found = Some((index, *name, fit));
            break;
        }
    }
    let before = found.map_or(0, |(index, ..)| index);
    let tried = types.get(..before).unwrap_or_default();
    match found {
        // Nothing of it is read: another superblock is asked for, which is not there.
        None if ext4.is_some() && comes_to_superblock(bundle)? && !reads_first(bundle)? => {
            Ok(Vec::new())
        }
        None => mismatch(bundle, root, ext4, &types).map(|finding| vec![finding]),
        Some((_, name, fit)) => {
            let mut finding = stopper(bundle, tried, name)?;
            if finding.is_none() {
                finding = own_name(bundle, ext4, name)?;
            }
            if finding.is_none() && fit == Fit::ReadOnly && is_read_write(bundle)? {
                finding = Some(read_only(name));
            }
            Ok(finding.into_iter().collect())
        }
    }
}

/// An initramfs that was made for one type of root, and is given another.
fn of_archive(bundle: &Bundle, root: &RootFs) -> Result<Option<Finding>> {
    let file = match bundle.model() {
        Ok(model) => model.and_then(|model| model.type_file),
        // Who mounts the root is not known: nobody asked for it by a type.
        Err(_) => None,
    };
    let (Some(file), Some(initramfs)) = (file, bundle.initramfs()?) else {
        return Ok(None);
    };
    let archive = initramfs.archive()?;
    let Ok(found) = resolve(archive, file.as_bytes())? else {
        return Ok(None);
    };
    let stated = archive.read(found.node, 0, TYPE_BYTES)?;
    let stated = String::from_utf8_lossy(&stated);
    let Some(own) = root.contents()?.mount() else {
        return Ok(None);
    };
    let fits = match (root.ext4()?, stated.as_ref()) {
        (Some(ext4), "ext2" | "ext3") => as_older(ext4, &stated) != Fit::Refused,
        (_, name) => name == own.rootfstype,
    };
    if fits {
        return Ok(None);
    }
    let stated = escaped(stated.as_bytes());
    Ok(Some(ROOT_TYPE_MISMATCH.finding(
        format!(
            "No rootfstype= is given, and the initramfs is made for {stated}; the root is {}.",
            root.contents()?.title()
        ),
        format!(
            "Its init says \"kelpie-check: cannot mount ‹…› as {stated}\", and the kernel panics \
             with \"Attempted to kill init!\"."
        ),
        format!(
            "Make it for this root: `kelpie-check initramfs build` with --root {}.",
            own.rootfstype
        ),
    )))
}

/// `auto` is a word of mount(8); the kernel has no file system of that name.
fn by_itself(bundle: &Bundle) -> Result<Fit> {
    Ok(if mounts_itself(bundle)? {
        Fit::Refused
    } else {
        Fit::Mounts
    })
}

/// A name before the one that fits, of a file system that the kernel does not have.
fn stopper(bundle: &Bundle, tried: &[&str], fitting: &str) -> Result<Option<Finding>> {
    if tried.is_empty() || !mounts_itself(bundle)? {
        return Ok(None);
    }
    for name in tried {
        if !has_driver(bundle, name)? {
            return Ok(Some(ROOT_TYPE_MISMATCH.finding(
                format!(
                    "rootfstype= names {name} before {fitting}, and the kernel has no {name} built in."
                ),
                format!(
                    "The kernel gives up at {name} with error -19 and never tries {fitting}."
                ),
                format!("Use rootfstype={fitting}."),
            )));
        }
    }
    Ok(None)
}

/// The name ext2 belongs to a driver of its own, or to ext4 where that was asked for.
fn own_name(bundle: &Bundle, ext4: Option<&Ext4>, name: &str) -> Result<Option<Finding>> {
    if name != "ext2" || ext4.is_none() || !mounts_itself(bundle)? {
        return Ok(None);
    }
    if has_ext2(bundle)? {
        return Ok(None);
    }
    Ok(Some(ROOT_TYPE_MISMATCH.finding(
        "rootfstype= names ext2, and the kernel has neither CONFIG_EXT2_FS nor \
         CONFIG_EXT4_USE_FOR_EXT2 built in.",
        "The kernel gives up with error -19.",
        "Use rootfstype=ext4, whose driver mounts ext2 too.",
    )))
}

fn read_only(name: &str) -> Finding {
    ROOT_TYPE_MISMATCH
        .finding(
            format!("The file system has features of ext4 that {name} does not write with."),
            format!(
                "The root becomes read-only: \"couldn't mount as {name} due to feature \
                 incompatibilities\"."
            ),
            "Use rootfstype=ext4.",
        )
        .with_severity(Severity::Warn)
}

fn mismatch(
    bundle: &Bundle,
    root: &RootFs,
    ext4: Option<&Ext4>,
    types: &[&str],
) -> Result<Finding> {
    let title = match ext4 {
        Some(ext4) => format!("an {} file system", ext4.kind()),
        None => root.contents()?.title(),
    };
    let own = match (ext4, root.contents()?.mount()) {
        (Some(_), _) => "ext4",
        (None, Some(mount)) => mount.rootfstype,
        (None, None) => "auto",
    };
    let consequence = match (ext4, types) {
        (Some(_), [name @ ("ext2" | "ext3")]) => refused(
            bundle,
            &format!("couldn't mount as {name} due to feature incompatibilities"),
        )?,
        _ => stops(bundle)?,
    };
    Ok(ROOT_TYPE_MISMATCH.finding(
        format!(
            "rootfstype= names {}, and the root is {title}.",
            types.join(",")
        ),
        consequence,
        format!("Use rootfstype={own}."),
    ))
}

/// rootfstype= names one that did not take it.
fn weigh(clues: &Clues) -> Belief {
    match (seen::states_type(clues), seen::error(clues)) {
        // There is no driver of the type that is stated: it may be the wrong one.
        (true, Some(-19)) => Belief::Likely,
        (_, Some(-6 | -19)) => Belief::No,
        (true, _) => Belief::Likely,
        (false, _) => Belief::Possible,
    }
}

/// The device is there, and nothing tells why it was not mounted.
fn unsaid(clues: &Clues) -> Belief {
    let has_device = seen::block(clues).is_some_and(|block| block != Block::NONE);
    if has_device && clues.root_failure.is_none() && clues.tried.is_none() {
        Belief::Possible
    } else {
        Belief::No
    }
}

/// BusyBox could not mount as what rootfstype= names.
fn by_busybox(clues: &Clues) -> Belief {
    Belief::Likely.only_if(seen::states_type(clues) && !clues.has_reached(Stage::RootMount))
}
