//! KC511: the journal has a feature that this kernel does not know.

use super::super::{Cause, Check, Says, Tell};
use super::{Mount, leaves_journal_alone, listed, version};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::Ext4;
use crate::rootfs::ext4::Journal;
use crate::stage::Stage;

/// The cause.
pub static JOURNAL_FEATURE_TOO_NEW: Cause = Cause {
    code: Code(511),
    name: "journal-feature-too-new",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "This kernel's jbd2 does not support a feature of the journal.",
    explanation: "The journal has its own features, in addition to those of the file system, and \
        the kernel sets them while it runs. A root that a newer kernel mounted may have a journal \
        that an older kernel refuses, clean or not.",
    fix: "Make a new journal with `tune2fs -O ^has_journal` and `tune2fs -j`, or use a newer \
        kernel.",
    tells: &[
        Tell {
            text: "JBD2: Unrecognised features on journal",
            by: "Linux fs/jbd2/journal.c",
            says: Says::It,
        },
        Tell {
            text: "error loading journal",
            by: "Linux fs/ext4/super.c",
            says: Says::Perhaps,
        },
    ],
    sources: &[
        "Linux include/linux/jbd2.h, JBD2_KNOWN_INCOMPAT_FEATURES",
        "Linux 6.1 fs/jbd2/journal.c, journal_get_superblock",
    ],
    check: Check::Boot,
};

/// The names of bits without a name, which no kernel knows; those of `compat` bind nobody.
const UNKNOWN: [&str; 2] = ["journal_incompat_0x", "journal_ro_compat_0x"];

/// Features by the kernels that learned them.
const SINCE: [(&str, (u16, u16)); 3] = [
    ("journal_checksum_v2", (3, 5)),
    ("journal_checksum_v3", (3, 18)),
    ("journal_fast_commit", (5, 10)),
];

/// Returns the finding if the kernel does not know a feature of the journal.
pub(crate) fn of(mount: &Mount<'_>, ext4: &Ext4) -> Result<Vec<Finding>> {
    if leaves_journal_alone(mount) {
        return Ok(Vec::new());
    }
    let Journal::Internal { features, .. } = ext4.journal() else {
        return Ok(Vec::new());
    };
    let is_unknown = |name: &String| UNKNOWN.iter().any(|prefix| name.starts_with(prefix));
    let mut unknown: Vec<String> = features
        .iter()
        .filter(|name| is_unknown(name))
        .cloned()
        .collect();
    let mut by = "no kernel supports".to_owned();
    let dated: Vec<(&str, (u16, u16))> = SINCE
        .into_iter()
        .filter(|(name, _)| features.iter().any(|feature| feature == name))
        .collect();
    if unknown.is_empty() && !dated.is_empty() {
        let own = version(mount)?;
        let newer = dated.iter().filter(|(_, since)| *since > own);
        unknown.extend(newer.map(|(name, _)| (*name).to_owned()));
        by = format!("Linux {}.{} does not support", own.0, own.1);
    }
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![JOURNAL_FEATURE_TOO_NEW.finding(
        format!("The journal has {}, which {by}.", listed(&unknown)),
        mount.refused("error loading journal")?,
        "Make a new journal with `tune2fs -O ^has_journal` and `tune2fs -j`.",
    )])
}
