//! KC512: the journal is on another device, and the machine has none.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, leaves_journal_alone, options};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::ext4::Journal;
use crate::stage::Stage;

/// The cause.
pub static JOURNAL_DEVICE_MISSING: Cause = Cause {
    code: Code(512),
    name: "journal-device-missing",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The journal is on a separate device, which the machine does not have.",
    explanation: "`mke2fs -J device=` puts the journal on another disk. The superblock keeps that \
        device's number on the machine that made it, and ext4 opens the journal before the mount, \
        read-only or not. A microVM with one disk has no such device.",
    fix: "Give the file system an internal journal: `tune2fs -O ^has_journal`, then `tune2fs -j`.",
    tells: &[
        Tell {
            text: "failed to open journal device",
            by: "Linux fs/ext4/super.c, before 6.9 with the device and an error number",
            says: Says::It,
        },
        Tell {
            text: "error loading journal",
            by: "Linux fs/ext4/super.c",
            says: Says::Perhaps,
        },
    ],
    sources: &["Linux 6.1 fs/ext4/super.c, ext4_load_journal and ext4_get_dev_journal"],
    check: Check::Boot,
};

/// Returns the finding if the journal is on a device that is not there.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    let Journal::External { uuid } = ext4.journal() else {
        return Ok(Vec::new());
    };
    if leaves_journal_alone(mount) {
        return Ok(Vec::new());
    }
    let named = options(mount)
        .into_iter()
        .find(|option| option.starts_with("journal_dev=") || option.starts_with("journal_path="));
    if let Some(named) = named {
        return Err(Error::unsupported(
            "rootflags=",
            format!("files do not show what {named} is"),
        ));
    }
    Ok(vec![JOURNAL_DEVICE_MISSING.finding(
        format!("The journal is on another device, {uuid}."),
        mount.refused("failed to open journal device")?,
        "Give the file system an internal journal with `tune2fs -O ^has_journal` and `tune2fs -j`.",
    )])
}
