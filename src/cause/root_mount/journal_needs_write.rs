//! KC506: the journal waits to be replayed, and the disk can't be written.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, leaves_journal_alone};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static JOURNAL_NEEDS_WRITE: Cause = Cause {
    code: Code(506),
    name: "journal-needs-write",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The journal needs recovery, but the machine gets the disk read-only.",
    explanation: "ext4 replays the journal before the mount, and writes to the disk for that even \
        if the mount itself is read-only. On a read-only disk it cannot, and refuses. Images reach \
        this state if the machine that used them was killed, or if they were copied while they \
        were mounted.",
    fix: "Run `e2fsck -f` on the image, attach the disk writable, or use rootflags=noload.",
    tells: &[
        Tell {
            text: "write access unavailable, cannot proceed (try mounting with noload)",
            by: "Linux fs/ext4/super.c, ext4_load_journal; before 5.5 without a suggestion",
            says: Says::It,
        },
        Tell {
            text: "VFS: Cannot open root device \"‹mmcblk0p2›\" or unknown-block(‹179,2›): error -30",
            by: "Linux, where the disk cannot be written",
            says: Says::Mostly,
        },
    ],
    sources: &["Linux 6.1 fs/ext4/super.c, ext4_load_journal"],
    check: Check::Boot,
};

/// Returns the finding if the journal has to be replayed on a disk that cannot be written.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    if !mount.read_only_disk {
        return Ok(Vec::new());
    }
    let waits = ext4.state().needs_recovery && ext4.superblock().has("has_journal");
    if !waits || leaves_journal_alone(mount) {
        return Ok(Vec::new());
    }
    Ok(vec![JOURNAL_NEEDS_WRITE.finding(
        "The journal needs recovery, but the disk is read-only.",
        mount.refused("write access unavailable, cannot proceed")?,
        "Run `e2fsck -f` on the image, attach the disk writable, or use rootflags=noload.",
    )])
}
