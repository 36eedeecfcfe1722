//! KC504: the file system has a feature without which nothing may be written, and this kernel does
//! not know it.

use super::super::{Cause, Check, Says, Tell};
use super::{is_read_write, listed, version};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::ext4::features::{Class, Present};
use crate::stage::Stage;

/// The cause.
pub static EXT4_FEATURE_READ_ONLY: Cause = Cause {
    code: Code(504),
    name: "ext4-feature-read-only",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "The root should be read-write, but because of a feature this kernel can only read \
        it.",
    explanation: "A driver that does not support a feature of s_feature_ro_compat may read the \
        file system but must not write to it. The read-write mount fails, the kernel tries again \
        read-only, and the system starts on a root that it cannot write to. Services that keep \
        state fail later.",
    fix: "Make the file system without the feature (mke2fs -O ^‹feature›), or use a newer kernel.",
    tells: &[
        Tell {
            text: "couldn't mount RDWR because of unsupported optional features (‹hex›)",
            by: "Linux fs/ext4/super.c, ext4_feature_set_ok",
            says: Says::It,
        },
        Tell {
            text: "filesystem is read-only",
            by: "Linux fs/ext4/super.c, the feature read-only, since 4.0",
            says: Says::Aside,
        },
    ],
    sources: &[
        "ext4(5) of e2fsprogs 1.47.4",
        "Linux fs/ext4/ext4.h, EXT4_FEATURE_RO_COMPAT_SUPP",
        "Linux init/do_mounts.c; boots of 6.1 and 6.18",
    ],
    check: Check::Boot,
};

/// The feature that asks for just that, and since when the driver heeds it.
const READ_ONLY: u32 = 0x1000;

/// Returns the finding if the kernel mounts the file system only read-only.
pub(crate) fn of(bundle: &Bundle, ext4: &Ext4) -> Result<Vec<Finding>> {
    let present: Vec<Present> = ext4
        .superblock()
        .present_features()
        .into_iter()
        .filter(|feature| feature.class == Class::RoCompat)
        .collect();
    let since = |bit: &Present| {
        let (major, minor, _) = bit.known?.since?;
        Some((major, minor))
    };
    // The features of 2.6 ask nothing of a kernel that is met today.
    if present
        .iter()
        .all(|bit| since(bit).is_some_and(|first| first <= (2, 6)))
        || !is_read_write(bundle)?
    {
        return Ok(Vec::new());
    }
    let own = version(bundle)?;
    let unknown: Vec<Present> = present
        .iter()
        .filter(|bit| since(bit).is_none_or(|first| first > own))
        .copied()
        .collect();
    if unknown.is_empty() {
        return Ok(if present.iter().any(|bit| bit.mask == READ_ONLY) {
            vec![EXT4_FEATURE_READ_ONLY.finding(
                "The file system has the feature read-only, but the command line has rw.",
                "The root becomes read-only: \"filesystem is read-only\".",
                "Clear it with `tune2fs -O ^read-only`, or use ro.",
            )]
        } else {
            Vec::new()
        });
    }
    let names: Vec<String> = unknown.iter().map(Present::name).collect();
    let mask = unknown.iter().fold(0, |mask, bit| mask | bit.mask);
    Ok(vec![EXT4_FEATURE_READ_ONLY.finding(
        format!(
            "The file system has {}, and Linux {}.{} cannot write with it.",
            listed(&names),
            own.0,
            own.1
        ),
        format!(
            "The root becomes read-only: \"couldn't mount RDWR because of unsupported optional \
             features ({mask:x})\"."
        ),
        format!(
            "Make the file system without {}, or use a newer kernel.",
            listed(&names)
        ),
    )])
}
