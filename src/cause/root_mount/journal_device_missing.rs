//! KC512: the journal is on another device, and the machine has none.

use super::super::{Cause, Says, Tell};
use super::{leaves_journal_alone, named_ext4, options, refused};
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Journal;
use crate::stage::Stage;

/// The cause.
pub static JOURNAL_DEVICE_MISSING: Cause = Cause {
    code: Code(512),
    name: "journal-device-missing",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The journal is on a device of its own, which the machine does not have.",
    explanation: "`mke2fs -J device=` puts the journal on another disk. The superblock keeps that \
        device's number as it was on the machine that made it, and ext4 opens the journal before it \
        mounts, read-only or not. In a microVM with one disk there is nothing to open.",
    fix: "Give the file system a journal of its own: `tune2fs -O ^has_journal`, then `tune2fs -j`.",
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
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(ext4) = named_ext4(bundle)? else {
        return Ok(Vec::new());
    };
    let Journal::External { uuid } = ext4.journal() else {
        return Ok(Vec::new());
    };
    if leaves_journal_alone(bundle) {
        return Ok(Vec::new());
    }
    let named = options(bundle)
        .into_iter()
        .find(|option| option.starts_with("journal_dev=") || option.starts_with("journal_path="));
    if let Some(named) = named {
        return Err(Error::unsupported(
            "rootflags=",
            format!("files don't tell what {named} is"),
        ));
    }
    Ok(vec![JOURNAL_DEVICE_MISSING.finding(
        format!("The journal is on another device, {uuid}."),
        refused(bundle, "failed to open journal device")?,
        "Give the file system a journal of its own with `tune2fs -O ^has_journal` and `tune2fs -j`.",
    )])
}
