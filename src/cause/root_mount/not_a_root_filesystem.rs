//! KC010: the root is nothing that Linux mounts, or nothing that is read here.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::Mount;
use crate::console::Clues;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::magic::Class;
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::{Contents, RootFs};
use crate::stage::Stage;

/// The cause.
pub static NOT_A_ROOT_FILESYSTEM: Cause = Cause {
    code: Code(10),
    name: "not-a-root-filesystem",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root is not a file system that Linux mounts as it is, or not one that \
        kelpie-check reads.",
    explanation: "The kernel tries its file systems on the bytes of the disk or partition: it \
        unpacks no archive, no compression and no sparse image. A failed download is not a file \
        system, either. kelpie-check reads only ext2, ext3 and ext4. A root with squashfs, erofs, \
        btrfs or xfs boots if the kernel has that driver, but its files are unknown.",
    fix: "Give an ext4 image of the root, or unpack and convert this file.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, every version",
            says: Says::When(weigh),
        },
        Tell {
            text: "EXT4-fs (‹vda›): VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, if an initramfs mounts; the kernel's own mount is silent",
            says: Says::Perhaps,
        },
        Tell {
            text: "EXT4-fs (‹vda›): unable to read superblock",
            by: "Linux fs/ext4/super.c, if the device ends before it",
            says: Says::Mostly,
        },
        Tell {
            text: "‹/sysroot› has no proper rootfs layout",
            by: "dracut, for a root without /proc, /sys or /dev",
            says: Says::It,
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: Invalid argument",
            by: "BusyBox, in an initramfs; it asks the kernel to be silent",
            says: Says::When(super::by_busybox),
        },
        Tell {
            text: "mount: wrong fs type, bad option, bad superblock on /dev/‹sda1›",
            by: "util-linux mount before 2.31",
            says: Says::When(by_util_linux),
        },
        Tell {
            text: "mount: ‹/sysroot›: wrong fs type, bad option, bad superblock on /dev/‹sda1›,",
            by: "util-linux mount",
            says: Says::When(by_util_linux),
        },
    ],
    sources: &[
        "dracut 059 modules.d/99base/dracut-lib.sh, usable_root",
        "BusyBox util-linux/mount.c, which mounts with MS_SILENT",
        "Linux init/do_mounts.c, mount_root_generic (mount_block_root before 6.6)",
        "Linux fs/*/super.c, the magics of the file systems",
    ],
    check: Check::Boot,
};

/// Types of `rootfstype=` whose file systems are recognised here whenever they are there.
const RECOGNISED: [&str; 11] = [
    "ext2", "ext3", "ext4", "squashfs", "erofs", "btrfs", "xfs", "f2fs", "vfat", "iso9660",
    "cramfs",
];

/// Returns the finding if the disk holds nothing that Linux mounts as a root.
pub(crate) fn of(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let contents = match root.contents() {
        Ok(contents) => contents,
        // qcow2 with what is not read here, as a backing file.
        Err(error) if error.kind() == Kind::Unsupported => {
            return Ok(vec![not_read(error.found())]);
        }
        Err(error) => return Err(error),
    };
    if contents.is("ext4") {
        return match root.ext4() {
            Err(error) if error.kind() == Kind::Unsupported => Ok(vec![
                NOT_A_ROOT_FILESYSTEM
                    .finding(
                        format!("The root is {}.", error.found()),
                        mount.stops()?,
                        "Give the image of the file system itself.",
                    )
                    .at(&error),
            ]),
            Err(error) => Err(error),
            Ok(_) => Ok(Vec::new()),
        };
    }
    judge(mount, root, contents)
}

/// The finding about FAT, as of an EFI system partition, beside a system on `device`.
pub(crate) fn of_wrong_partition(contents: &Contents, device: &str) -> Finding {
    NOT_A_ROOT_FILESYSTEM
        .finding(
            format!(
                "root= names a partition with {}; the system is on {device}.",
                contents.title()
            ),
            "The kernel looks for init on the partition that root= names.",
            format!("Use root={device}."),
        )
        .with_severity(Severity::Warn)
}

/// The finding about a root without what the init of the initramfs wants to see on it.
pub(crate) fn of_layout(generator: &str, lacks: &[&str]) -> Finding {
    let lacks = lacks.join(" and ");
    NOT_A_ROOT_FILESYSTEM.finding(
        format!("The root has no {lacks}, and {generator} refuses a root without them."),
        "Its init says \"/sysroot has no proper rootfs layout\", unmounts it and starts a shell.",
        format!("Make empty folders {lacks} on the root."),
    )
}

fn judge(mount: &Mount<'_>, root: &RootFs, contents: &Contents) -> Result<Vec<Finding>> {
    let class = contents.kind.map(|kind| kind.class);
    if contents.codec.is_none() {
        match class {
            // Whether its driver is there, and whether the VMM takes such a disk, is for others.
            _ if contents.mount().is_some() && mount.has_kernel() => return Ok(Vec::new()),
            Some(Class::DiskFormat) if mount.has_kernel() => return Ok(Vec::new()),
            Some(Class::DiskFormat) => return Ok(vec![not_read(&contents.title())]),
            _ if contents.mount().is_some() => return Ok(vec![not_read(&contents.title())]),
            // An initramfs opens these first.
            Some(Class::Volume) if !contents.is("swap") => {
                if !mount.has_kernel() {
                    return Ok(vec![not_read(&contents.title())]);
                }
                if mount.has_early_init.clone()? {
                    return Ok(Vec::new());
                }
            }
            None => return unknown(mount, root),
            _ => {}
        }
    }
    let message = match class {
        Some(Class::Partitioned) => format!(
            "The root is {}, and no partition has a Linux file system.",
            contents.title()
        ),
        _ => format!("The root is not a file system: it is {}.", contents.title()),
    };
    Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
        message,
        mount.stops()?,
        fix(contents),
    )])
}

/// Bytes that nothing here recognises.
fn unknown(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let message = "The root begins with no known magic.";
    // An ext4 whose first superblock is gone still has copies of it.
    let hint = match root.source()? {
        Some(source) => Ext4::open(source, &mount.limits)
            .err()
            .and_then(|error| error.hint()),
        None => None,
    };
    if let Some(hint) = hint {
        return Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
            "The root has no superblock at the place where ext4 stores it.",
            mount.stops()?,
            format!("Restore it: {hint}."),
        )]);
    }
    let types = match mount.command_line() {
        Ok(line) if !mount.is_command_line_assumed() => line.rootfstypes(),
        _ => Vec::new(),
    };
    if !types.is_empty() && types.iter().all(|kind| RECOGNISED.contains(kind)) {
        return Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
            message,
            mount.stops()?,
            "Check the origin of the file, and make or fetch it again.",
        )]);
    }
    Ok(vec![
        NOT_A_ROOT_FILESYSTEM
            .finding(
                message,
                "The kernel can only mount it as the root if it has a file system for it.",
                "Check the origin of the file, or give an ext4 image.",
            )
            .with_severity(Severity::Warn),
    ])
}

fn not_read(title: &str) -> Finding {
    NOT_A_ROOT_FILESYSTEM
        .finding(
            format!("The root is {title}, which kelpie-check does not read."),
            "The files in it are unknown.",
            "Give an ext4 image, a raw disk or a folder with the same files to have them checked.",
        )
        .with_severity(Severity::Warn)
}

fn fix(contents: &Contents) -> &'static str {
    if contents.codec.is_some() {
        return "Decompress it before use.";
    }
    match contents.kind.map(|kind| (kind.class, kind.name)) {
        Some((_, "git-lfs")) => "This is only a Git LFS pointer: run `git lfs pull`.",
        Some((Class::Failure, _)) => "Fetch or make the image again.",
        Some((Class::Partitioned, _)) => "Give an image that contains an installed system.",
        Some((Class::Initramfs, _)) => "Give it as the initramfs instead.",
        Some((Class::Kernel, _)) => "Give it as the kernel, and a root file system here.",
        Some((Class::Archive, _)) => {
            "Make an image of its files: unpack it and run `mke2fs -t ext4 -d FOLDER root.ext4 1G`."
        }
        _ => "Give an ext4 image of the root.",
    }
}

/// The kernel tried ext4, and what is on the device is none.
fn weigh(clues: &Clues) -> Belief {
    let is_stated = seen::command_line(clues).is_some_and(|line| !line.rootfstypes().is_empty());
    // Where the kernel lacks the type that is stated, it comes no further.
    let lacks_type = is_stated && seen::error(clues) == Some(-19);
    match &clues.tried {
        _ if !lacks_type && !super::is_refused(clues) => Belief::No,
        Some(tried) if tried.contains("ext4") && !is_stated => Belief::Likely,
        _ => Belief::Possible,
    }
}

/// mount says this of a type that is not there, of options, and of damage, too.
fn by_util_linux(clues: &Clues) -> Belief {
    Belief::Possible.only_if(clues.refused_mount.is_some() && !clues.is_past_initramfs())
}
