//! KC308: the initramfs mounts without a type, and the file system is a module that nothing loads.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter, Supply};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::initramfs::{Archive, Loads, Model};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{FileType, read_whole, resolve};
use crate::userland::modules;

/// The cause.
pub static ROOT_TYPE_UNSTATED: Cause = Cause {
    code: Code(308),
    name: "root-type-unstated",
    stage: Stage::Initramfs,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The init of the initramfs loads a file system only if it is named, and nothing names \
        it.",
    explanation: "Alpine's init mounts the root without -t unless rootfstype= is given: BusyBox's \
        mount then tries the file systems that the kernel has already. It loads the drivers \
        of devices as these appear, but no device asks for a file system. So a file system \
        that is a module has to be named: by rootfstype=, by modules=, or in /etc/modules of \
        the initramfs.",
    fix: "Put rootfstype= on the command line.",
    tells: &[
        Tell {
            text: "mount: mounting ‹/dev/vda› on /sysroot failed: No such file or directory",
            by: "BusyBox, in Alpine's initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "Mounting root: failed.",
            by: "Alpine's init",
            says: Says::Perhaps,
        },
        Tell {
            text: "Attempted to kill init! exitcode=0x00000000",
            by: "Linux, after Alpine's init has ended",
            says: Says::When(ends_in_initramfs),
        },
    ],
    sources: &["mkinitfs, initramfs-init.in", "BusyBox util-linux/mount.c"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let line = bundle.command_line()?;
    // A folder is mounted by its tag, and that the line has to say anyway.
    let has_disk = bundle.root()?.is_some_and(|root| !root.is_folder());
    let states_type = !line.rootfstypes().is_empty()
        || matches!(line.value("root"), None | Some(""))
        || line
            .value("root")
            .is_some_and(|root| root.starts_with("ZFS="));
    if !has_disk || states_type {
        return Ok(Vec::new());
    }
    let Mounter::Initramfs(generator) = bundle.mounter()? else {
        return Ok(Vec::new());
    };
    let Some(model) = generator.model.filter(|model| !model.mounts_with_type()) else {
        return Ok(Vec::new());
    };
    let Some(option) = bundle.root_option()? else {
        return Ok(Vec::new());
    };
    // One that is not there at all is another cause.
    let Supply::Module { name } = bundle.supply(option)? else {
        return Ok(Vec::new());
    };
    if model.loads(name) == Loads::Always || is_named(bundle, model, initramfs.archive()?, name)? {
        return Ok(Vec::new());
    }
    let root = line.value("root").unwrap_or_default();
    let kind = bundle.root()?.map_or(Ok(name), |root| {
        root.contents()
            .map(|contents| contents.mount().map_or(name, |mount| mount.rootfstype))
    })?;
    let consequence = if generator.name == "mkinitfs" {
        format!(
            "Its init says \"mount: mounting {root} on /sysroot failed: No such file or directory\" and \"Mounting root: failed.\", and the kernel panics with \"Attempted to kill init!\"."
        )
    } else {
        format!(
            "Its init does not mount the root, and says \"{}\".",
            model.on_missing_root.says
        )
    };
    let fix = if model.by_rootfstype {
        format!("Put rootfstype={kind} on the command line.")
    } else {
        format!(
            "Name {name} in {} of the initramfs.",
            model.lists.join(" or ")
        )
    };
    Ok(vec![ROOT_TYPE_UNSTATED.finding(
        format!(
            "{name} is a module, and the initramfs by {} loads it only if it is named, which nothing does.",
            generator.name
        ),
        consequence,
        fix,
    )])
}

/// Whether a parameter or a list in the archive names the module.
fn is_named(bundle: &Bundle, model: &Model, archive: &Archive, name: &str) -> Result<bool> {
    if let Some(parameter) = model.modules_parameter {
        let line = bundle.command_line()?;
        let mut named = line.value(parameter).unwrap_or_default().split(',');
        if named.any(|named| modules::normalised(named) == name) {
            return Ok(true);
        }
    }
    for list in model.lists {
        let Ok(found) = resolve(archive, list.as_bytes())? else {
            continue;
        };
        if found.stat.file_type != FileType::Regular {
            continue;
        }
        let bytes = read_whole(archive, &found, "bytes of a list of modules", LIST_BYTES)?;
        let is_listed = String::from_utf8_lossy(&bytes).lines().any(|line| {
            let word = line.split_ascii_whitespace().next().unwrap_or_default();
            let by_path = modules::file_name(word).map(|(name, _)| name);
            by_path.unwrap_or_else(|| modules::normalised(word)) == name
        });
        if is_listed {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Longest list that is read.
const LIST_BYTES: u64 = 1024 * 1024;

/// The disk is there, and no driver of its file system.
fn weigh(clues: &Clues) -> Belief {
    let name = seen::named(clues).unwrap_or_default();
    if clues.has_reached(Stage::RootMount) {
        Belief::No
    } else if seen::disks(clues).next().is_none() {
        Belief::Likely
    } else if !seen::is_bare(clues) && seen::disks(clues).any(|disk| name.starts_with(disk)) {
        Belief::Certain
    } else {
        Belief::No
    }
}

/// Alpine's init ends where it can't mount the root.
fn ends_in_initramfs(clues: &Clues) -> Belief {
    Belief::Possible.only_if(clues.is_in_initramfs())
}
