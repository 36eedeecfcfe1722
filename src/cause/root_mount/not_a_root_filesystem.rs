//! KC010: the root is nothing that Linux mounts, or nothing that is read here.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use super::{named_root, stops};
use crate::bundle::{Bundle, Mounter};
use crate::console::Clues;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::magic::Class;
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::{Contents, RootFs};
use crate::stage::Stage;
use crate::tree::{Entry, FileType, Tree, resolve};
use crate::userland::Program;

/// The cause.
pub static NOT_A_ROOT_FILESYSTEM: Cause = Cause {
    code: Code(10),
    name: "not-a-root-filesystem",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root is no file system that Linux mounts as it is, or none that is read here.",
    explanation: "The kernel tries its file systems on the bytes of the disk or partition as they \
        are: it unpacks no archive, no compression and no sparse image. A download that went \
        wrong looks no better to it. Here only ext2, ext3 and ext4 are read; a root of squashfs, \
        erofs, btrfs or xfs boots where the kernel has that driver, but nothing is told of what \
        is inside.",
    fix: "Give an ext4 image of the root, or unpack and convert what was given.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, every version",
            says: Says::When(weigh),
        },
        Tell {
            text: "EXT4-fs (‹vda›): VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, where an initramfs mounts; the kernel's own mount is silent",
            says: Says::Perhaps,
        },
        Tell {
            text: "EXT4-fs (‹vda›): unable to read superblock",
            by: "Linux fs/ext4/super.c, where the device ends before it",
            says: Says::Mostly,
        },
        Tell {
            text: "‹/sysroot› has no proper rootfs layout",
            by: "dracut, over a root without /proc, /sys or /dev",
            says: Says::It,
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: Invalid argument",
            by: "BusyBox, in an initramfs; it asks the kernel to be silent",
            says: Says::When(super::by_busybox),
        },
    ],
    sources: &[
        "dracut 059 modules.d/99base/dracut-lib.sh, usable_root",
        "BusyBox util-linux/mount.c, which mounts with MS_SILENT",
        "Linux init/do_mounts.c, mount_root_generic (mount_block_root before 6.6)",
        "Linux fs/*/super.c, the magics of the file systems",
    ],
    check: Some(check),
};

/// Types of `rootfstype=` whose file systems are recognised here whenever they are there.
const RECOGNISED: [&str; 11] = [
    "ext2", "ext3", "ext4", "squashfs", "erofs", "btrfs", "xfs", "f2fs", "vfat", "iso9660",
    "cramfs",
];

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = named_root(bundle)? else {
        return Ok(Vec::new());
    };
    if super::bad_root_flags::stop_ext4(bundle)? {
        return Ok(Vec::new());
    }
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
                        stops(bundle)?,
                        "Give the image of the file system itself.",
                    )
                    .at(&error),
            ]),
            Err(error) => Err(error),
            Ok(_) => Ok(without_layout(bundle, root)?.into_iter().collect()),
        };
    }
    judge(bundle, root, contents)
}

/// A root without what the init of the initramfs wants to see on it.
fn without_layout(bundle: &Bundle, root: &RootFs) -> Result<Option<Finding>> {
    let Ok(Mounter::Initramfs(generator)) = bundle.mounter() else {
        return Ok(None);
    };
    let Some(model) = generator.model else {
        return Ok(None);
    };
    let is_systemd = bundle.early_init()?.is_some_and(Program::is_systemd);
    if model.wants_of_root.is_empty() || is_systemd {
        return Ok(None);
    }
    let tree = root.tree()?;
    let mut lacks = Vec::new();
    for path in model.wants_of_root {
        if resolve(tree, path.as_bytes())?.is_err() {
            lacks.push(*path);
        }
    }
    if lacks.is_empty() || has_loader(tree, b"/")? || has_loader(tree, b"/usr")? {
        return Ok(None);
    }
    let lacks = lacks.join(" and ");
    Ok(Some(NOT_A_ROOT_FILESYSTEM.finding(
        format!(
            "The root has no {lacks}, and {} takes it for none.",
            generator.name
        ),
        "Its init says \"/sysroot has no proper rootfs layout\", unmounts it and starts a shell.",
        format!("Make empty folders {lacks} on the root."),
    )))
}

/// Whether a folder `lib*` in here has a loader `ld-*.so`.
fn has_loader(tree: &dyn Tree, folder: &[u8]) -> Result<bool> {
    let list = |path: &[u8]| -> Result<Vec<Entry>> {
        match resolve(tree, path)? {
            Ok(found) if found.stat.file_type == FileType::Directory => tree.list(found.node),
            _ => Ok(Vec::new()),
        }
    };
    for library in list(folder)? {
        if !library.name.starts_with(b"lib") {
            continue;
        }
        let path = [folder, b"/", &library.name].concat();
        let is_loader =
            |entry: &Entry| entry.name.starts_with(b"ld-") && entry.name.ends_with(b".so");
        if list(&path)?.iter().any(is_loader) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn judge(bundle: &Bundle, root: &RootFs, contents: &Contents) -> Result<Vec<Finding>> {
    let class = contents.kind.map(|kind| kind.class);
    if contents.codec.is_none() {
        match class {
            // Whether its driver is there, and whether the VMM takes such a disk, is for others.
            _ if contents.mount().is_some() && bundle.has_kernel() => return Ok(Vec::new()),
            Some(Class::DiskFormat) if bundle.has_kernel() => return Ok(Vec::new()),
            Some(Class::DiskFormat) => return Ok(vec![not_read(&contents.title())]),
            _ if contents.mount().is_some() => return Ok(vec![not_read(&contents.title())]),
            // An initramfs opens these first.
            Some(Class::Volume) if !contents.is("swap") => {
                if !bundle.has_kernel() {
                    return Ok(vec![not_read(&contents.title())]);
                }
                if bundle.early_init()?.is_some() {
                    return Ok(Vec::new());
                }
            }
            None => return unknown(bundle, root),
            _ => {}
        }
    }
    let message = match class {
        Some(Class::Partitioned) => format!(
            "The root is {}, and no partition holds a file system of Linux.",
            contents.title()
        ),
        _ => format!("The root is no file system: it is {}.", contents.title()),
    };
    Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
        message,
        stops(bundle)?,
        fix(contents),
    )])
}

/// Bytes that nothing here recognises.
fn unknown(bundle: &Bundle, root: &RootFs) -> Result<Vec<Finding>> {
    let message = "The root begins with nothing that is known here.";
    // An ext4 whose first superblock is gone still has copies of it.
    let hint = match root.source()? {
        Some(source) => Ext4::open(source, &bundle.limits)
            .err()
            .and_then(|error| error.hint()),
        None => None,
    };
    if let Some(hint) = hint {
        return Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
            "The root has no superblock where ext4 keeps it.",
            stops(bundle)?,
            format!("Restore it: {hint}."),
        )]);
    }
    let types = match bundle.command_line() {
        Ok(line) if !bundle.is_command_line_assumed() => line.rootfstypes(),
        _ => Vec::new(),
    };
    if !types.is_empty() && types.iter().all(|kind| RECOGNISED.contains(kind)) {
        return Ok(vec![NOT_A_ROOT_FILESYSTEM.finding(
            message,
            stops(bundle)?,
            "Check where the file came from, and make or fetch it again.",
        )]);
    }
    Ok(vec![
        NOT_A_ROOT_FILESYSTEM
            .finding(
                message,
                "Unless the kernel has a file system for it, it can't mount it as the root.",
                "Check where the file came from, or give an ext4 image.",
            )
            .with_severity(Severity::Warn),
    ])
}

fn not_read(title: &str) -> Finding {
    NOT_A_ROOT_FILESYSTEM
        .finding(
            format!("The root is {title}, which is not read here."),
            "Nothing is known of the files in it.",
            "Give an ext4 image, a raw disk or a folder with the same files to have them judged.",
        )
        .with_severity(Severity::Warn)
}

fn fix(contents: &Contents) -> &'static str {
    if contents.codec.is_some() {
        return "Decompress it before use.";
    }
    match contents.kind.map(|kind| (kind.class, kind.name)) {
        Some((_, "git-lfs")) => "The file itself was not fetched: run `git lfs pull`.",
        Some((Class::Failure, _)) => "Fetch or make the image again.",
        Some((Class::Partitioned, _)) => "Give an image that holds an installed system.",
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
