//! KC502: `rootfstype=` names other file systems than the one on the disk.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::mount::types::{Fit, as_older, has_driver, has_ext2};
use super::{Mount, asks_ext4, is_read_write};
use crate::bytes::escaped;
use crate::console::{Block, Clues};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static ROOT_TYPE_MISMATCH: Cause = Cause {
    code: Code(502),
    name: "root-type-mismatch",
    stage: Stage::RootMount,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "rootfstype= does not name the file system of the root's disk.",
    explanation: "With rootfstype=, the kernel tries only the file systems of that list. The ext4 \
        driver also mounts ext2 and ext3; under the names ext3 and ext2 it accepts only their \
        features, and it has the name ext2 only with CONFIG_EXT4_USE_FOR_EXT2. At a name that the \
        kernel does not have, it stops, whatever follows in the list.",
    fix: "Name the right file system, or remove rootfstype=.",
    tells: &[
        Tell {
            text: "VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, if an initramfs mounts; the kernel's own mount is silent",
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
            by: "Linux, if it lacks the type that rootfstype= names, too",
            says: Says::When(weigh),
        },
        Tell {
            text: "No filesystem could mount root, tried:",
            by: "Linux init/do_mounts.c",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, in its panic; with quiet, the kernel prints nothing before it",
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
            by: "the init that `initramfs build` makes, if it has no such file system",
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
    check: Check::Boot,
};

/// Returns the finding if the types of `rootfstype=` keep the root from being mounted as what it is.
pub(crate) fn of(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let types = mount.command_line()?.rootfstypes();
    if mount.command_line()?.value("rootfstype") == Some("") && mount.is_by_kernel()? {
        return Ok(vec![ROOT_TYPE_MISMATCH.finding(
            "rootfstype= is empty, so the kernel tries no file system.",
            mount.stops()?,
            "Add a type after it, or remove it.",
        )]);
    }
    if types.is_empty() {
        return Ok(Vec::new());
    }
    let Some(own) = root.contents()?.mount() else {
        return Ok(Vec::new());
    };
    // A damaged one is of no other type for that.
    let ext4 = if asks_ext4(mount) {
        root.ext4()?
    } else {
        root.ext4().unwrap_or(None)
    };
    let mut found = None;
    for (index, name) in types.iter().enumerate() {
        let fit = match (ext4, *name) {
            (Some(ext4), "ext2" | "ext3") => as_older(ext4, name),
            (_, "auto") => as_auto(mount.is_by_kernel()?),
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
        None => mismatch(mount, root, ext4, &types).map(|finding| vec![finding]),
        Some((_, name, fit)) => {
            let mut finding = stopper(mount, tried, name)?;
            if finding.is_none() {
                finding = own_name(mount, ext4, name)?;
            }
            if finding.is_none() && fit == Fit::ReadOnly && is_read_write(mount)? {
                finding = Some(read_only(name));
            }
            Ok(finding.into_iter().collect())
        }
    }
}

/// The finding about an initramfs that was made for the type `stated`, if the root is of another.
pub(crate) fn of_archive(root: &RootFs, stated: &str) -> Result<Option<Finding>> {
    let Some(own) = root.contents()?.mount() else {
        return Ok(None);
    };
    let fits = match (root.ext4()?, stated) {
        (Some(ext4), "ext2" | "ext3") => as_older(ext4, stated) != Fit::Refused,
        (_, name) => name == own.rootfstype,
    };
    if fits {
        return Ok(None);
    }
    let stated = escaped(stated.as_bytes());
    Ok(Some(ROOT_TYPE_MISMATCH.finding(
        format!(
            "No rootfstype= is given, and the initramfs was built for {stated}; the root is {}.",
            root.contents()?.title()
        ),
        format!(
            "Its init says \"kelpie-check: cannot mount ‹…› as {stated}\", and the kernel panics \
             with \"Attempted to kill init!\"."
        ),
        format!(
            "Build it for this root: `kelpie-check initramfs build` with --root {}.",
            own.rootfstype
        ),
    )))
}

/// `auto` is a word of mount(8); the kernel has no file system of that name.
fn as_auto(by_kernel: bool) -> Fit {
    if by_kernel { Fit::Refused } else { Fit::Mounts }
}

/// A name before the one that fits, of a file system that the kernel does not have.
fn stopper(mount: &Mount<'_>, tried: &[&str], fitting: &str) -> Result<Option<Finding>> {
    if tried.is_empty() || !mount.is_by_kernel()? {
        return Ok(None);
    }
    for name in tried {
        if !has_driver(mount, name)? {
            return Ok(Some(ROOT_TYPE_MISMATCH.finding(
                format!(
                    "rootfstype= names {name} before {fitting}, but the kernel does not have \
                        {name} built in."
                ),
                format!("The kernel gives up at {name} with error -19 and never tries {fitting}."),
                format!("Use rootfstype={fitting}."),
            )));
        }
    }
    Ok(None)
}

/// The name ext2 belongs to a driver of its own, or to ext4 where that was asked for.
fn own_name(mount: &Mount<'_>, ext4: Option<&Ext4>, name: &str) -> Result<Option<Finding>> {
    if name != "ext2" || ext4.is_none() || !mount.is_by_kernel()? {
        return Ok(None);
    }
    if has_ext2(mount)? {
        return Ok(None);
    }
    Ok(Some(ROOT_TYPE_MISMATCH.finding(
        "rootfstype= names ext2, but the kernel has neither CONFIG_EXT2_FS nor \
            CONFIG_EXT4_USE_FOR_EXT2 built in.",
        "The kernel gives up with error -19.",
        "Use rootfstype=ext4, whose driver also mounts ext2.",
    )))
}

fn read_only(name: &str) -> Finding {
    ROOT_TYPE_MISMATCH
        .finding(
            format!("The file system has features of ext4, and {name} cannot write with them."),
            format!(
                "The root becomes read-only: \"couldn't mount as {name} due to feature \
                 incompatibilities\"."
            ),
            "Use rootfstype=ext4.",
        )
        .with_severity(Severity::Warn)
}

fn mismatch(
    mount: &Mount<'_>,
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
        (Some(_), [name @ ("ext2" | "ext3")]) => mount.refused(&format!(
            "couldn't mount as {name} due to feature incompatibilities"
        ))?,
        _ => mount.stops()?,
    };
    Ok(ROOT_TYPE_MISMATCH.finding(
        format!(
            "rootfstype= names {}, but the root is {title}.",
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
