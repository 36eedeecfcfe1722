//! KC503: the file system has a feature without which nothing may be mounted, and this kernel does
//! not know it.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, listed, version};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::ext4::features::{Class, Present};
use crate::stage::Stage;

/// The cause.
pub static EXT4_FEATURE_TOO_NEW: Cause = Cause {
    code: Code(503),
    name: "ext4-feature-too-new",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "This kernel's ext4 does not support an incompatible feature of the file system.",
    explanation: "A driver that does not support a feature of s_feature_incompat must not mount \
        the file system, not even read-only. Newer releases of mke2fs enable more features by \
        default (metadata_csum_seed since e2fsprogs 1.47), and distributions differ. So the tool \
        of a new system makes images for new kernels.",
    fix: "Make the file system without the feature (mke2fs -O ^‹feature›), or use a newer kernel.",
    tells: &[Tell {
        text: "Couldn't mount because of unsupported optional features (‹hex›)",
        by: "Linux fs/ext4/super.c, ext4_feature_set_ok, since 2.6.31",
        says: Says::It,
    }],
    sources: &[
        "ext4(5) of e2fsprogs 1.47.4",
        "Linux fs/ext4/ext4.h, EXT4_FEATURE_INCOMPAT_SUPP",
        "grml/grml-debootstrap issue 204",
    ],
    check: Check::Boot,
};

/// Returns the finding if the kernel does not know a feature of the file system.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    let present: Vec<Present> = ext4
        .superblock()
        .present_features()
        .into_iter()
        .filter(|feature| feature.class == Class::Incompat)
        .collect();
    let mut unknown: Vec<Present> = present
        .iter()
        .filter(|bit| since(bit).is_none())
        .copied()
        .collect();
    let mut by = "no kernel supports".to_owned();
    // What no kernel knows needs no version.
    let has_dated = |bit: &Present| since(bit).is_some_and(|first| first > OLDEST);
    if unknown.is_empty() && present.iter().any(has_dated) {
        let own = version(mount)?;
        by = format!("Linux {}.{} does not support", own.0, own.1);
        unknown = present
            .iter()
            .filter(|bit| since(bit).is_some_and(|first| first > own))
            .copied()
            .collect();
    }
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = unknown.iter().map(Present::name).collect();
    let mask = unknown.iter().fold(0, |mask, bit| mask | bit.mask);
    let fix = match unknown.iter().filter_map(since).max() {
        Some((major, minor)) => format!(
            "Use Linux {major}.{minor} or later, or make the file system with `mke2fs -O ^{}`.",
            names.join(",^")
        ),
        None => format!("Make the file system without {}.", listed(&names)),
    };
    Ok(vec![EXT4_FEATURE_TOO_NEW.finding(
        format!("The file system has {}, which {by}.", listed(&names)),
        mount.refused(&format!(
            "Couldn't mount because of unsupported optional features ({mask:x})"
        ))?,
        fix,
    )])
}

/// Everything from before the ext4 driver was called so.
const OLDEST: (u16, u16) = (2, 6);

fn since(bit: &Present) -> Option<(u16, u16)> {
    let (major, minor, _) = bit.known?.since?;
    Some((major, minor))
}
