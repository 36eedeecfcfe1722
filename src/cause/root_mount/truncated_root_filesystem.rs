//! KC011: the image ends before its file system does.

use super::super::{Cause, Says, Tell};
use super::{named_root, refused, sees_ext4, sentence, stops};
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static TRUNCATED_ROOT_FILESYSTEM: Cause = Cause {
    code: Code(11),
    name: "truncated-root-filesystem",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The superblock states more blocks than the image or partition has room for.",
    explanation: "ext4 compares the number of its blocks with the size of the device before it \
        mounts anything, and refuses a device that is too small, whatever is missing. An image is \
        cut by a download or a copy that broke off, by a disk that was full, and by shrinking the \
        file or the partition without shrinking the file system first.",
    fix: "Fetch or make the image again; where the partition was shrunk, enlarge it.",
    tells: &[Tell {
        text: "bad geometry: block count ‹n› exceeds size of device (‹m› blocks)",
        by: "Linux fs/ext4/super.c, since 2.6.29",
        says: Says::It,
    }],
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_check_geometry",
        "Compass-All/SHELTER issue 4",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = named_root(bundle)? else {
        return Ok(Vec::new());
    };
    if !sees_ext4(bundle)? {
        return Ok(Vec::new());
    }
    let ext4 = match root.ext4() {
        Ok(Some(ext4)) => ext4,
        Ok(None) => return Ok(Vec::new()),
        Err(error) if error.kind() == Kind::Truncated => {
            return Ok(vec![
                TRUNCATED_ROOT_FILESYSTEM
                    .finding(
                        sentence(&format!("The image is cut: {error}")),
                        stops(bundle)?,
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
            "The file system has {stated} blocks of {} bytes, and the {place} has room for {there}.",
            ext4.block_size_bytes()
        ),
        refused(
            bundle,
            &format!("bad geometry: block count {stated} exceeds size of device ({there} blocks)"),
        )?,
        fix,
    )])
}
