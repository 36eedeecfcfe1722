//! KC012: the superblock, the group descriptors, the journal's superblock or the inode of the root
//! directory are damaged.

use super::super::Cause;
use super::mount::ext4_damage;
use super::{
    is_damage, is_read_write, leaves_journal_alone, named_root, refused, sees_ext4, sentence, stops,
};
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::ext4::{Checksum, Ext4, Journal, SUPERBLOCK_AT};
use crate::stage::Stage;

/// The cause.
pub static CORRUPT_SUPERBLOCK: Cause = Cause {
    code: Code(12),
    name: "corrupt-superblock",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A checksum or field that ext4 needs to mount is wrong.",
    explanation: "Before it mounts, ext4 checks the fields of its superblock against one another, \
        with metadata_csum the superblock's checksum, and every group descriptor. A superblock \
        that fails is refused read-only too. A group descriptor whose checksum alone is wrong is \
        refused read-write only, with an error after which the kernel doesn't try again. The \
        superblock of the journal has to be right unless the journal is left alone (noload), and \
        the inode of the root directory in any case.",
    fix: "Run `e2fsck -f` on the image, or make it again.",
    tells: ext4_damage::TELLS,
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_load_super, ext4_check_geometry, ext4_check_descriptors",
        "Linux 6.1 fs/ext4/inode.c, __ext4_iget, for the inode of the root directory",
        "Linux 6.1 fs/jbd2/journal.c, journal_get_superblock",
        "Linux init/do_mounts.c, which tries again after EINVAL and EACCES only",
    ],
    check: Some(check),
};

const FSCK: &str = "Run `e2fsck -f` on the image, or make it again.";
const CHECKSUM_TYPE_AT: u64 = 0x175;
const CHECKSUM_AT: u64 = 0x3fc;
const CRC32C: u8 = 1;

/// What the kernel checks of a journal before it looks into the log.
const JOURNAL_FIELDS: [&str; 8] = [
    "h_magic",
    "h_blocktype",
    "i_mode",
    "s_blocksize",
    "s_checksum",
    "s_checksum_type",
    "s_first",
    "s_maxlen",
];

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
        Err(error) if is_damage(&error) => return damaged(bundle, &error),
        Err(error) => return Err(error),
    };
    if let Some(finding) = checksum(bundle, ext4)? {
        return Ok(vec![finding]);
    }
    if let Some(finding) = journal(bundle, ext4)? {
        return Ok(vec![finding]);
    }
    let mut findings: Vec<Finding> = descriptors(bundle, ext4)?.into_iter().collect();
    if findings
        .iter()
        .all(|found| found.severity < Severity::Fatal)
    {
        findings.extend(root_inode(bundle, ext4)?);
    }
    Ok(findings)
}

/// One finding: what cannot be, and that it is not mounted so.
fn damaged(bundle: &Bundle, error: &Error) -> Result<Vec<Finding>> {
    Ok(vec![
        CORRUPT_SUPERBLOCK
            .finding(
                sentence(&format!("The root is damaged: {error}")),
                stops(bundle)?,
                FSCK,
            )
            .at(error),
    ])
}

fn checksum(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let superblock = ext4.superblock();
    if !superblock.has("metadata_csum") {
        return Ok(None);
    }
    let place = |at: u64| Error::corrupt("superblock", SUPERBLOCK_AT.saturating_add(at), "", "");
    if superblock.s_checksum_type != CRC32C {
        return Ok(Some(
            CORRUPT_SUPERBLOCK
                .finding(
                    format!(
                        "The superblock names checksum algorithm {}, and the kernel knows 1 (crc32c).",
                        superblock.s_checksum_type
                    ),
                    refused(
                        bundle,
                        "VFS: Found ext4 filesystem with unknown checksum algorithm.",
                    )?,
                    FSCK,
                )
                .at(&place(CHECKSUM_TYPE_AT)),
        ));
    }
    let Checksum::Bad { stored, computed } = ext4.superblock_checksum() else {
        return Ok(None);
    };
    Ok(Some(
        CORRUPT_SUPERBLOCK
            .finding(
                format!(
                    "The superblock's checksum is {stored:#010x}, and its content gives \
                     {computed:#010x}."
                ),
                refused(
                    bundle,
                    "VFS: Found ext4 filesystem with invalid superblock checksum.",
                )?,
                FSCK,
            )
            .at(&place(CHECKSUM_AT)),
    ))
}

/// What is wrong with the journal itself; its features are for others.
fn journal(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let Journal::Internal {
        needs_recovery,
        replayable: Err(error),
        ..
    } = ext4.journal()
    else {
        return Ok(None);
    };
    if !is_damage(error) || leaves_journal_alone(bundle) {
        return Ok(None);
    }
    let message = sentence(&format!("The journal is damaged: {error}"));
    if JOURNAL_FIELDS.contains(&error.field()) {
        return Ok(Some(
            CORRUPT_SUPERBLOCK
                .finding(message, refused(bundle, "error loading journal")?, FSCK)
                .at(error),
        ));
    }
    Ok(needs_recovery.then(|| {
        CORRUPT_SUPERBLOCK
            .finding(
                message,
                "The kernel may stop replaying it there, and nothing behind it is known.",
                FSCK,
            )
            .with_severity(Severity::Warn)
            .at(error)
    }))
}

fn descriptors(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let bad = match ext4.bad_group_descriptors() {
        Ok(bad) => bad,
        Err(error) if error.field().starts_with("bg_") && is_damage(&error) => {
            return Ok(Some(
                CORRUPT_SUPERBLOCK
                    .finding(
                        sentence(&format!("A group descriptor is damaged: {error}")),
                        refused(bundle, "group descriptors corrupted!")?,
                        FSCK,
                    )
                    .at(&error),
            ));
        }
        Err(error) => return Err(error.of(Role::Rootfs)),
    };
    let Some(first) = bad.first() else {
        return Ok(None);
    };
    let message = format!("The checksum of group descriptor {first} is wrong.");
    let line = format!("ext4_check_descriptors: Checksum for group {first} failed");
    // Mounted read-only, it is said and passed over.
    let is_kernel = bundle.has_kernel() && bundle.kernel_mounts_root().is_ok_and(|kernel| kernel);
    if is_kernel && is_read_write(bundle)? {
        return Ok(Some(CORRUPT_SUPERBLOCK.finding(
            message,
            refused(bundle, &line)?,
            FSCK,
        )));
    }
    Ok(Some(
        CORRUPT_SUPERBLOCK
            .finding(
                message,
                format!("Linux mounts it read-only at most, and says \"{line}\"."),
                FSCK,
            )
            .with_severity(Severity::Warn),
    ))
}

fn root_inode(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let fault = ext4.root_inode_fault();
    let Some(fault) = fault.map_err(|error| error.of(Role::Rootfs))? else {
        return Ok(None);
    };
    Ok(Some(
        CORRUPT_SUPERBLOCK
            .finding(
                sentence(&format!(
                    "The inode of the root directory is damaged: {}",
                    fault.error
                )),
                refused(bundle, fault.says)?,
                FSCK,
            )
            .at(&fault.error),
    ))
}
