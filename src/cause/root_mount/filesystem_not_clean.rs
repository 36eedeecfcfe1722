//! KC508: the file system was left with errors, with orphans, or with a journal to be replayed.

use super::super::{Cause, Check, Says, Tell};
use super::listed;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::stage::Stage;

/// The cause.
pub static FILESYSTEM_NOT_CLEAN: Cause = Cause {
    code: Code(508),
    name: "filesystem-not-clean",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Warn,
    summary: "The file system was not unmounted, or the kernel found errors in it.",
    explanation: "The superblock shows if an image was in use when its machine was killed, or was \
        copied while it was mounted. The kernel replays the journal and frees orphans during the \
        mount, so such a root boots. Errors that a kernel found stay marked until e2fsck clears \
        them, and the damage remains.",
    fix: "Run `e2fsck -f` on the image while no machine uses it.",
    tells: &[
        Tell {
            text: "warning: mounting fs with errors, running e2fsck is recommended",
            by: "Linux fs/ext4/super.c, mounted read-write",
            says: Says::It,
        },
        Tell {
            text: "warning: mounting unchecked fs, running e2fsck is recommended",
            by: "Linux fs/ext4/super.c, mounted read-write",
            says: Says::It,
        },
        Tell {
            text: "recovery complete",
            by: "Linux fs/ext4/super.c",
            says: Says::It,
        },
        Tell {
            text: "orphan cleanup on readonly fs",
            by: "Linux fs/ext4/orphan.c, mounted read-only",
            says: Says::It,
        },
    ],
    sources: &["Linux 6.1 fs/ext4/super.c, ext4_setup_super; fs/ext4/orphan.c"],
    check: Check::Boot,
};

/// Returns the finding if the file system was not left clean.
pub(crate) fn of(bundle: &Bundle, ext4: &Ext4) -> Result<Vec<Finding>> {
    let state = ext4.state();
    let mut left = Vec::new();
    if state.has_errors {
        left.push("errors that the kernel found".to_owned());
    }
    if !state.clean {
        left.push("no mark of a clean unmount".to_owned());
    }
    if state.orphans {
        left.push("orphaned inodes".to_owned());
    }
    // On a disk that can't be written, KC506 speaks of the journal.
    if state.needs_recovery && !bundle.read_only_disk {
        left.push("a journal that needs recovery".to_owned());
    }
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let consequence = if state.has_errors {
        "It mounts with \"warning: mounting fs with errors, running e2fsck is recommended\", and \
            may fail in the damaged part."
    } else if !state.clean {
        "It mounts with \"warning: mounting unchecked fs, running e2fsck is recommended\"."
    } else {
        "It mounts after the kernel has cleaned it, but the last writes may be lost."
    };
    Ok(vec![FILESYSTEM_NOT_CLEAN.finding(
        format!("The file system was left with {}.", listed(&left)),
        consequence,
        "Run `e2fsck -f` on the image while no machine uses it.",
    )])
}
