//! KC509: the root's disk is in a format that the VMM hands to the guest as it is, or refuses.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::magic::Class;
use crate::role::Role;
use crate::rootfs::DiskFormat;
use crate::stage::Stage;

/// The cause.
pub static DISK_FORMAT_MISMATCH: Cause = Cause {
    code: Code(509),
    name: "disk-format-mismatch",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root is a disk image in a format that the target does not read.",
    explanation: "qcow2, VMDK and similar files describe a disk. A VMM that does not read the \
        format either refuses the file or passes it to the guest unchanged, and the kernel finds \
        no file system in its header. A VMM that reads several formats must be given the format.",
    fix: "Convert the image with `qemu-img convert -O raw`.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, every version",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, if an initramfs mounts; the kernel's own mount is silent",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "kelpie-check src/vmm/, the disk formats of each target",
        "microvm-nix/microvm.nix issue 346",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    let contents = root.file_contents()?;
    let Some(kind) = contents
        .kind
        .filter(|kind| kind.class == Class::DiskFormat && contents.codec.is_none())
    else {
        return Ok(Vec::new());
    };
    if root.asked_format() == Some(DiskFormat::Raw) {
        return Ok(vec![DISK_FORMAT_MISMATCH.finding(
            format!(
                "The root is {}, but --disk-format names it raw.",
                kind.title
            ),
            "The guest sees the bytes of the file as its disk and finds no file system in them.",
            "Remove --disk-format.",
        )]);
    }
    let platform = bundle.platform()?;
    if platform.disk_formats.contains(&kind.name) {
        return Ok(Vec::new());
    }
    let target = bundle.target.title;
    let convert = match kind.name {
        "android-sparse" => "simg2img IMAGE root.img",
        _ => "qemu-img convert -O raw IMAGE root.img",
    };
    Ok(vec![DISK_FORMAT_MISMATCH.finding(
        format!(
            "The root is {}, but {target} reads {}.",
            kind.title,
            platform.disk_formats.join(", ")
        ),
        format!(
            "{target} refuses it, or the guest sees the bytes of the file as its disk and finds no \
             file system in them."
        ),
        format!("Convert it with `{convert}`."),
    )])
}

/// A disk that is read as something that it is not has no partitions and no file system.
fn weigh(clues: &Clues) -> Belief {
    if super::is_refused(clues) {
        Belief::Possible
    } else {
        Belief::No
    }
}
