//! KC306: a driver that the root needs is a module, and not in the initramfs.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Mounter, Supply};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::modules;

/// The cause.
pub static NEEDED_MODULE_MISSING: Cause = Cause {
    code: Code(306),
    name: "needed-module-missing",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A driver that the root needs is a module, and the initramfs lacks it or what it \
        depends on.",
    explanation: "Before the root is mounted there are only the drivers that are built in and those \
        that the initramfs brings: the virtio transport, the block device (or virtiofs), the \
        file system, and the modules that these depend on by modules.dep. An initramfs that \
        was made on another machine often has only the drivers of that machine.",
    fix: "Add the modules to the initramfs, or use a kernel that has them built in.",
    tells: &[
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: No such device",
            by: "BusyBox, where the file system is missing",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "‹/dev/vda›: Can't lookup blockdev",
            by: "Linux 6.18, where the init of an initramfs mounts what is not there",
            says: Says::When(no_disk),
        },
        Tell {
            text: "Launching initramfs emergency recovery shell.",
            by: "Alpine's init, where the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "ALERT!  ‹/dev/vda› does not exist.  Dropping to a shell!",
            by: "initramfs-tools, where the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "‹name›: Unknown symbol ‹…› (err -2)",
            by: "Linux, where a dependency is missing",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot open ‹/dev/vda› (error -2)",
            by: "the init that `initramfs build` makes, where the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot load ‹path› (error -2)",
            by: "the init that `initramfs build` makes, where its file is missing, or what it depends on",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot mount ‹/dev/vda› as ‹ext4› on /root (error -19)",
            by: "the init that `initramfs build` makes, where the file system is missing",
            says: Says::When(in_initramfs),
        },
    ],
    sources: &[
        "modules.dep(5), modprobe(8)",
        "kmod 34 libkmod/libkmod.c, kmod_lookup_alias_from_moddep_file",
        "kelpie-check src/initramfs/generator/, what each init does",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    bundle.kernel()?;
    let Mounter::Initramfs(generator) = bundle.mounter()? else {
        return Ok(Vec::new());
    };
    // A file system in memory is mounted whatever the disk is.
    if bundle.root_in_memory()?.is_some() {
        return Ok(Vec::new());
    }
    let archive = initramfs.archive()?;
    let release = bundle.kernel()?.release()?;
    let modules = bundle.archive_modules()?;
    if modules.is_none() && !modules::releases(archive)?.is_empty() {
        // There are modules, and all of another kernel: that is another cause.
        return Ok(Vec::new());
    }
    let is_builtin = |name: &str| {
        let builtin = modules
            .as_ref()
            .and_then(|modules| modules.is_builtin(name));
        builtin == Some(true)
    };
    if let Some(finding) = unindexed(bundle)? {
        return Ok(vec![finding]);
    }
    let mut missing: Vec<String> = Vec::new();
    let mut needing: Vec<&str> = Vec::new();
    let mut unknown = None;
    let file_system = bundle.root_option()?;
    let mut has_device = true;
    let states_another = states_another_type(bundle)?;
    for option in bundle.root_drivers()? {
        // It is not asked for, which KC502 tells.
        if states_another && Some(option) == file_system {
            continue;
        }
        let before = missing.len();
        match bundle.supply(option) {
            Ok(Supply::NotInInitramfs { name }) if !is_builtin(name) => {
                missing.push(name.to_owned())
            }
            Ok(Supply::Module { name }) => {
                let Some(modules) = &modules else {
                    continue;
                };
                let lacks = modules.closure(archive, name)?.missing;
                if !lacks.is_empty() {
                    needing.push(name);
                    missing.extend(lacks);
                }
            }
            Ok(_) => {}
            Err(error) => unknown = Some(error),
        }
        has_device &= missing.len() == before || Some(option) == file_system;
    }
    if missing.is_empty() {
        return match unknown {
            Some(error) => Err(error),
            None => Ok(Vec::new()),
        };
    }
    missing.sort();
    missing.dedup();
    let names = super::listed(&missing);
    let whose = match needing.as_slice() {
        [] => String::new(),
        names => format!(", which {} needs", names.join(" or ")),
    };
    let consequence = match generator.model.map(|model| model.on_missing_root) {
        // The words of one tool for this are not those of the next.
        _ if has_device => {
            "The init of the initramfs gets to the disk, and cannot mount its file system."
                .to_owned()
        }
        Some(failure) => format!(
            "The init of the initramfs does not get to the root, and says \"{}\".",
            failure.says
        ),
        None => "The init of the initramfs does not get to the root.".to_owned(),
    };
    let fix = match generator.name {
        "mkinitfs" => format!(
            "Add {names} to a file in /etc/mkinitfs/features.d that mkinitfs.conf names, and run `mkinitfs {release}`."
        ),
        "initramfs-tools" => format!(
            "Add {names} to /etc/initramfs-tools/modules, a line each, and run `{}`.",
            make(bundle, &release)?
        ),
        "dracut" => format!(
            "Run `dracut --force --add-drivers \"{}\" initramfs.img {release}`.",
            missing.join(" ")
        ),
        "kelpie-check" => format!("Run `{}`.", make(bundle, &release)?),
        _ => format!("Add {names} to the initramfs, or build with them built in."),
    };
    Ok(vec![NEEDED_MODULE_MISSING.finding(
        format!("The initramfs lacks {names}{whose}, and this kernel has not built it in."),
        consequence,
        fix,
    )])
}

/// What the root needs and kmod does not find: it looks modules up in the index alone that depmod makes of
/// modules.dep.
fn unindexed(bundle: &Bundle) -> Result<Option<Finding>> {
    let (Some(initramfs), Some(modules)) = (bundle.initramfs()?, bundle.archive_modules()?) else {
        return Ok(None);
    };
    if modules.has_index || initramfs.module_reader()?.tool != "kmod" {
        return Ok(None);
    }
    let mut names = Vec::new();
    for option in bundle.root_drivers()? {
        if let Ok(Supply::Module { name }) = bundle.supply(option) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    let release = bundle.kernel()?.release()?;
    Ok(Some(NEEDED_MODULE_MISSING.finding(
        format!(
            "The initramfs has {}, and lacks modules.dep.bin, in which its modprobe (kmod) looks them up.",
            super::listed(&names)
        ),
        "No module is found by its name, and the init of the initramfs does not get to the root.",
        format!("Run depmod over its tree, or make it anew: `{}`.", make(bundle, &release)?),
    )))
}

/// Whether rootfstype= has the root mounted as what it is not.
fn states_another_type(bundle: &Bundle) -> Result<bool> {
    if bundle.is_command_line_assumed() {
        return Ok(false);
    }
    let types = bundle.command_line()?.rootfstypes();
    let Some(root) = bundle.root()?.filter(|root| !root.is_folder()) else {
        return Ok(false);
    };
    let Some(own) = root.contents()?.mount() else {
        return Ok(false);
    };
    let is_own = |name: &&str| {
        let of_ext4 = own.rootfstype == "ext4" && matches!(*name, "ext2" | "ext3");
        *name == own.rootfstype || *name == "auto" || of_ext4
    };
    Ok(!types.is_empty() && !types.iter().any(is_own))
}

/// The command that makes an initramfs for a release, with the tool that made this one.
pub(super) fn make(bundle: &Bundle, release: &str) -> Result<String> {
    let generator = match bundle.initramfs()? {
        Some(initramfs) => initramfs.generator()?.name,
        None => "",
    };
    Ok(match generator {
        "mkinitfs" => format!("mkinitfs {release}"),
        "dracut" => format!("dracut --force initramfs.img {release}"),
        "mkinitcpio" => format!("mkinitcpio -k {release} -g initramfs.img"),
        "kelpie-check" => super::super::root_device::build_command(bundle)
            .unwrap_or_else(|| "kelpie-check initramfs build".to_owned()),
        "booster" => format!("booster build --kernel-version {release} initramfs.img"),
        _ => format!("mkinitramfs -o initramfs.img {release}"),
    })
}

/// The init of the initramfs saw no disk at all.
fn weigh(clues: &Clues) -> Belief {
    if seen::disks(clues).next().is_some() {
        Belief::Possible
    } else {
        Belief::Likely
    }
}

/// A disk that was not there as it was mounted: another one, or none at all.
fn no_disk(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs() && seen::disks(clues).next().is_none())
}

/// Mounts that fail behind the root's are another matter. A type that is stated may be the wrong one.
fn in_initramfs(clues: &Clues) -> Belief {
    if clues.has_reached(Stage::RootMount) {
        Belief::No
    } else if seen::states_type(clues) {
        Belief::Likely
    } else {
        Belief::Certain
    }
}
