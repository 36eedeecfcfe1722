//! KC011: the image ends before its file system does.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::{Mount, sentence};
use crate::console::Clues;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::stage::Stage;

/// The cause.
pub static TRUNCATED_ROOT_FILESYSTEM: Cause = Cause {
    code: Code(11),
    name: "truncated-root-filesystem",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The superblock states more blocks than fit into the image or partition.",
    explanation: "ext4 compares the number of its blocks with the size of the device before the \
        mount, and refuses a device that is too small, whatever is missing. Images get truncated \
        by an interrupted download or copy, by a full disk, or by shrinking the file or the \
        partition without shrinking the file system first.",
    fix: "Fetch or make the image again; if the partition was shrunk, enlarge it.",
    tells: &[
        Tell {
            text: "bad geometry: block count ‹n› exceeds size of device (‹m› blocks)",
            by: "Linux fs/ext4/super.c, since 2.6.29",
            says: Says::It,
        },
        Tell {
            text: "attempt to access beyond end of device",
            by: "Linux, block/blk-core.c, where a file system reads on",
            says: Says::When(reads_on),
        },
    ],
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_check_geometry",
        "Compass-All/SHELTER issue 4",
    ],
    check: Check::Boot,
};

/// Returns the finding if the image ends before its file system does.
pub(crate) fn of(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let ext4 = match root.ext4() {
        Ok(Some(ext4)) => ext4,
        Ok(None) => return Ok(Vec::new()),
        Err(error) if error.kind() == Kind::Truncated => {
            return Ok(vec![
                TRUNCATED_ROOT_FILESYSTEM
                    .finding(
                        sentence(&format!("The image is truncated: {error}")),
                        mount.stops()?,
                        "Fetch or make the image again.",
                    )
                    .at(&error),
            ]);
        }
        Err(error) => return Err(error),
    };
    let Some((stated, there)) = ext4.is_truncated() else {
        return Ok(Vec::new());
    };
    let (place, fix) = if root.partition()?.is_some() {
        (
            "partition",
            "Fetch or make the image again, or make the partition as large as its file system.",
        )
    } else {
        ("image", "Fetch or make the image again.")
    };
    Ok(vec![TRUNCATED_ROOT_FILESYSTEM.finding(
        format!(
            "The file system has {stated} blocks of {} bytes, but the {place} has room for \
                {there}.",
            ext4.block_size_bytes()
        ),
        mount.refused(&format!(
            "bad geometry: block count {stated} exceeds size of device ({there} blocks)"
        ))?,
        fix,
    )])
}

/// A system that comes up gets over it.
fn reads_on(clues: &Clues) -> Belief {
    Belief::Certain.only_if(!clues.has_reached(Stage::Userspace))
}
