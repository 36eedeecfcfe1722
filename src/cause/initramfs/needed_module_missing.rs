//! KC306: a driver that the root needs is a module, and not in the initramfs.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::initramfs::Generator;
use crate::printable::shell;
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::modules::Index;

/// The cause.
pub static NEEDED_MODULE_MISSING: Cause = Cause {
    code: Code(306),
    name: "needed-module-missing",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A driver that the root needs is a module, and the initramfs lacks it or one of its \
        dependencies.",
    explanation: "Before the root is mounted, only built-in drivers and those of the initramfs are \
        available: the virtio transport, the block device (or virtiofs), the file system, and \
        their dependencies by modules.dep. An initramfs that was built on another machine often \
        has only the drivers of that machine.",
    fix: "Add the modules to the initramfs, or use a kernel with these drivers built in.",
    tells: &[
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: No such device",
            by: "BusyBox, if the file system is missing",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "‹/dev/vda›: Can't lookup blockdev",
            by: "Linux 6.18, if the init of an initramfs mounts a missing device",
            says: Says::When(no_disk),
        },
        Tell {
            text: "Launching initramfs emergency recovery shell.",
            by: "Alpine's init, if the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "ALERT!  ‹/dev/vda› does not exist.  Dropping to a shell!",
            by: "initramfs-tools, if the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "ALERT! ‹/dev/vda› does not exist. Dropping to a shell!",
            by: "initramfs-tools, in a log that lost the second of two blanks",
            says: Says::When(weigh),
        },
        Tell {
            text: "Warning: ‹/dev/vda› does not exist",
            by: "dracut, if the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "ERROR: device '‹/dev/vda›' not found. Skipping fsck.",
            by: "the init of mkinitcpio, if the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "‹name›: Unknown symbol ‹…› (err -2)",
            by: "Linux, if a dependency is missing",
            says: Says::Perhaps,
        },
        Tell {
            text: "kelpie-check: cannot open ‹/dev/vda› (error -2)",
            by: "the init that `initramfs build` makes, if the disk is missing",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot load ‹path› (error -2)",
            by: "the init that `initramfs build` makes, if its file or a dependency is missing",
            says: Says::Mostly,
        },
        Tell {
            text: "kelpie-check: cannot mount ‹/dev/vda› as ‹ext4› on /root (error -19)",
            by: "the init that `initramfs build` makes, if the file system is missing",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "Timed out waiting for device ‹/dev/root›, trying to mount anyway.",
            by: "NixOS stage 1",
            says: Says::When(weigh),
        },
        Tell {
            text: "mount: ‹/new_root›: can't find ‹UUID=0f›",
            by: "util-linux mount, in the init of mkinitcpio",
            says: Says::When(weigh),
        },
        Tell {
            text: "mount: ‹/sysroot›: unknown filesystem type '‹btrfs›'",
            by: "util-linux mount, in an initramfs",
            says: Says::When(lacks_type),
        },
        Tell {
            text: "mount: unknown filesystem type '‹btrfs›'",
            by: "util-linux mount before 2.31, in an initramfs",
            says: Says::When(lacks_type),
        },
        Tell {
            text: "mount: ‹/sysroot›: special device ‹/dev/sda2› does not exist",
            by: "util-linux mount, in an initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "Could not find the root block device in ‹UUID=0f›",
            by: "the init of genkernel (Gentoo)",
            says: Says::When(weigh),
        },
        Tell {
            text: "mount: could not find filesystem '/dev/root'",
            by: "nash of mkinitrd (Red Hat 5)",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for device ‹/dev/sda2› to appear: ‹.....›could not find",
            by: "mkinitrd of SUSE",
            says: Says::When(weigh),
        },
        Tell {
            text: "‹/dev/sda2› not found -- exiting to /bin/sh",
            by: "mkinitrd of SUSE",
            says: Says::When(weigh),
        },
        Tell {
            text: "Timed out waiting for device ‹/dev/disk/by-uuid/0f›",
            by: "systemd in an initramfs",
            says: Says::When(systemd),
        },
        Tell {
            text: "Dependency failed for ‹initrd-root-device.target - ›Initrd Root Device",
            by: "systemd in an initramfs",
            says: Says::When(systemd),
        },
        Tell {
            text: "booster: ‹…›timed out‹…›",
            by: "booster, init/main.go",
            says: Says::When(weigh),
        },
        Tell {
            text: "ERROR: Unable to find root device '‹UUID=0f›'",
            by: "mkinitcpio before 31",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "modules.dep(5), modprobe(8)",
        "kmod 34 libkmod/libkmod.c, kmod_lookup_alias_from_moddep_file",
        "kelpie-check src/initramfs/generator/, what each init does",
    ],
    check: Check::Boot,
};

/// The finding about modules that are not in the initramfs. `needing` are those of it that need them;
/// `has_device` is true if only the file system is missing.
pub(crate) fn of(
    bundle: &Bundle,
    generator: &Generator,
    missing: &[String],
    needing: &[&str],
    has_device: bool,
) -> Result<Finding> {
    let release = bundle.kernel()?.release()?;
    let names = super::listed(missing);
    let whose = match needing {
        [] => String::new(),
        names => format!(", which {} needs", names.join(" or ")),
    };
    let consequence = match generator.model.map(|model| model.on_missing_root) {
        // The words of one tool for this are not those of the next.
        _ if has_device => {
            "The init of the initramfs finds the disk, but cannot mount its file system.".to_owned()
        }
        Some(failure) => format!(
            "The init of the initramfs does not find the root, and says \"{}\".",
            failure.says
        ),
        None => "The init of the initramfs does not find the root.".to_owned(),
    };
    let quoted = shell::value(release.as_bytes(), "RELEASE");
    let fix = match generator.name {
        "mkinitfs" => format!(
            "Add {names} to a file in /etc/mkinitfs/features.d that mkinitfs.conf names, and run `mkinitfs {quoted}`."
        ),
        "initramfs-tools" => format!(
            "Add {names} to /etc/initramfs-tools/modules, one per line, and run `{}`.",
            make(bundle, &release)?
        ),
        "dracut" => format!(
            "Run `dracut --force {} initramfs.img {quoted}`.",
            add_drivers(missing)
        ),
        "kelpie-check" => format!("Run `{}`.", make(bundle, &release)?),
        _ => {
            format!("Add {names} to the initramfs, or build a kernel with these drivers built in.")
        }
    };
    Ok(NEEDED_MODULE_MISSING.finding(
        format!("The initramfs lacks {names}{whose}, and this kernel does not have it built in."),
        consequence,
        fix,
    ))
}

/// The finding about modules that are in the initramfs, and not in an index that kmod reads.
pub(crate) fn of_unindexed(
    bundle: &Bundle,
    names: &[&str],
    file: &str,
    state: Index,
) -> Result<Finding> {
    let release = bundle.kernel()?.release()?;
    let names = super::listed(names);
    Ok(NEEDED_MODULE_MISSING.finding(
        match state {
            Index::Missing => format!(
                "The initramfs has {names}, and lacks {file}, in which its modprobe (kmod) looks them up."
            ),
            _ => format!(
                "The initramfs has {names}, and its {file} is not an index that its modprobe (kmod) reads."
            ),
        },
        "kmod finds no module there, and the init of the initramfs does not find the root.",
        format!("Run depmod over its tree, or build it again: `{}`.", make(bundle, &release)?),
    ))
}

/// The option of dracut that adds the modules. Their names are the archive's own.
fn add_drivers(names: &[String]) -> String {
    let are_plain = names
        .iter()
        .all(|name| shell::word(name.as_bytes()) == *name);
    if are_plain {
        return format!("--add-drivers \"{}\"", names.join(" "));
    }
    let options: Vec<String> = names
        .iter()
        .map(|name| format!("--add-drivers {}", shell::value(name.as_bytes(), "MODULE")))
        .collect();
    options.join(" ")
}

/// The command that makes an initramfs for a release, with the tool that made this one.
pub(super) fn make(bundle: &Bundle, release: &str) -> Result<String> {
    let generator = match bundle.initramfs()? {
        Some(initramfs) => initramfs.generator()?.name,
        None => "",
    };
    let release = shell::value(release.as_bytes(), "RELEASE");
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

/// systemd names what it waited for, which may be a volume that nothing opened.
fn systemd(clues: &Clues) -> Belief {
    let is_early = clues.is_early() || clues.is_in_initramfs();
    Belief::Likely.only_if(is_early && !clues.is_past_initramfs())
}

/// What is stacked below the root has a type of its own.
fn lacks_type(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.is_past_initramfs() && !clues.has_reached(Stage::RootMount))
}
