//! KC506: the journal waits to be replayed, and the disk can't be written.

use super::super::{Cause, Says, Tell};
use super::{leaves_journal_alone, named_ext4, refused};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static JOURNAL_NEEDS_WRITE: Cause = Cause {
    code: Code(506),
    name: "journal-needs-write",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The journal needs recovery, and the machine gets the disk read-only.",
    explanation: "ext4 replays the journal before it mounts, and writes to the disk for that even \
        where the mount itself is read-only. On a disk that is attached read-only it can't, and \
        refuses. Images reach this state when the machine that used them was killed, or when they \
        were copied while they were mounted.",
    fix: "Run `e2fsck -f` on the image, attach the disk writable, or use rootflags=noload.",
    tells: &[Tell {
        text: "write access unavailable, cannot proceed (try mounting with noload)",
        by: "Linux fs/ext4/super.c, ext4_load_journal; before 5.5 without what to try",
        says: Says::It,
    }],
    sources: &["Linux 6.1 fs/ext4/super.c, ext4_load_journal"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(ext4) = named_ext4(bundle)? else {
        return Ok(Vec::new());
    };
    if !bundle.read_only_disk {
        return Ok(Vec::new());
    }
    let waits = ext4.state().needs_recovery && ext4.superblock().has("has_journal");
    if !waits || leaves_journal_alone(bundle) {
        return Ok(Vec::new());
    }
    Ok(vec![JOURNAL_NEEDS_WRITE.finding(
        "The journal waits to be replayed, and the disk is read-only.",
        refused(bundle, "write access unavailable, cannot proceed")?,
        "Run `e2fsck -f` on the image, attach the disk writable, or use rootflags=noload.",
    )])
}
