//! KC012: the superblock, the group descriptors, the journal, the orphan file or the inode of the root
//! directory are damaged.

use super::super::Cause;
use super::mount::ext4_damage;
use super::{
    is_damage, is_read_write, leaves_journal_alone, named_root, options, refused, sees_ext4,
    sentence, stops, version,
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
        inode and the superblock of the journal have to be right unless the journal is left alone \
        (noload); the inode of the root directory and the orphan file in any case. What ext4 \
        keeps for itself may not overlap (since Linux 5.9).",
    fix: "Run `e2fsck -f` on the image, or make it again.",
    tells: ext4_damage::TELLS,
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_load_super, ext4_check_geometry, ext4_check_descriptors",
        "Linux 6.1 fs/ext4/inode.c, __ext4_iget, for the inode of the root directory",
        "Linux 6.1 fs/ext4/block_validity.c, ext4_setup_system_zone; fs/ext4/orphan.c, ext4_init_orphan_info",
        "Linux 6.1 fs/jbd2/journal.c, journal_get_superblock",
        "Linux init/do_mounts.c, which tries again after EINVAL and EACCES only",
    ],
    check: Some(check),
};

const FSCK: &str = "Run `e2fsck -f` on the image, or make it again.";
const CHECKSUM_TYPE_AT: u64 = 0x175;
const CHECKSUM_AT: u64 = 0x3fc;
const CRC32C: u8 = 1;
/// The last hash that a file system may have for its directories: TEA, unsigned.
const LAST_HASH: u8 = 5;
/// Before it, what overlaps is taken for one zone (commit bf9a379d0980).
const OVERLAPS_REFUSED: (u16, u16) = (5, 9);
const ORPHAN_FILE_READ: (u16, u16) = (5, 15);

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
    let hash = ext4.superblock().s_def_hash_version;
    if hash > LAST_HASH {
        // Stable releases of the same version differ in it.
        let found = format!("{hash}, for which later releases refuse to mount");
        return Err(Error::unsupported("s_def_hash_version", found).of(Role::Rootfs));
    }
    let mut findings: Vec<Finding> = descriptors(bundle, ext4)?.into_iter().collect();
    for look in [root_inode, overlap, orphan_file] {
        if findings
            .iter()
            .any(|found| found.severity == Severity::Fatal)
        {
            break;
        }
        findings.extend(look(bundle, ext4)?);
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

/// One finding: what is damaged, where, and the line with which ext4 refuses it.
fn refused_for(bundle: &Bundle, what: &str, error: &Error, line: &str) -> Result<Finding> {
    Ok(CORRUPT_SUPERBLOCK
        .finding(
            sentence(&format!("{what}: {error}")),
            refused(bundle, line)?,
            FSCK,
        )
        .at(error))
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
        inode,
        replayable,
        ..
    } = ext4.journal()
    else {
        return Ok(None);
    };
    if leaves_journal_alone(bundle) {
        return Ok(None);
    }
    if let Err(error) = inode
        && is_damage(error)
    {
        let what = "The journal's inode is damaged";
        return refused_for(bundle, what, error, "no journal found").map(Some);
    }
    let Err(error) = replayable else {
        return Ok(None);
    };
    if !is_damage(error) {
        return Ok(None);
    }
    let what = "The journal is damaged";
    if JOURNAL_FIELDS.contains(&error.field()) {
        return refused_for(bundle, what, error, "error loading journal").map(Some);
    }
    Ok(needs_recovery.then(|| {
        CORRUPT_SUPERBLOCK
            .finding(
                sentence(&format!("{what}: {error}")),
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
            let what = "A group descriptor is damaged";
            return refused_for(bundle, what, &error, "group descriptors corrupted!").map(Some);
        }
        Err(error) => return Err(error.of(Role::Rootfs)),
    };
    let Some(first) = bad.first() else {
        return Ok(None);
    };
    let message = format!("The checksum of group descriptor {first} is wrong.");
    let line = format!("ext4_check_descriptors: Checksum for group {first} failed");
    // Mounted read-only, it is said and passed over; so it is where a feature makes it read-only.
    let is_kernel = bundle.has_kernel() && bundle.kernel_mounts_root().is_ok_and(|kernel| kernel);
    if is_kernel && is_read_write(bundle)? && !ext4.superblock().has("read-only") {
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
    let what = "The inode of the root directory is damaged";
    refused_for(bundle, what, &fault.error, fault.says).map(Some)
}

/// Whether the kernel is older than one; none is told of a root alone.
fn is_older(bundle: &Bundle, than: (u16, u16)) -> Result<bool> {
    Ok(bundle.has_kernel() && version(bundle)? < than)
}

fn overlap(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let overlap = ext4.overlap().map_err(|error| error.of(Role::Rootfs))?;
    let Some(error) = overlap else {
        return Ok(None);
    };
    if is_older(bundle, OVERLAPS_REFUSED)? {
        return Ok(None);
    }
    if options(bundle).contains(&"noblock_validity") {
        let found = "noblock_validity where what ext4 keeps for itself overlaps";
        return Err(Error::unsupported("rootflags", found).of(Role::Cmdline));
    }
    let what = "What ext4 keeps for itself overlaps";
    let line = "failed to initialize system zone (-117)";
    refused_for(bundle, what, &error, line).map(Some)
}

fn orphan_file(bundle: &Bundle, ext4: &Ext4) -> Result<Option<Finding>> {
    let fault = ext4.orphan_file_fault();
    let Some(error) = fault.map_err(|error| error.of(Role::Rootfs))? else {
        return Ok(None);
    };
    if is_older(bundle, ORPHAN_FILE_READ)? {
        return Ok(None);
    }
    refused_for(bundle, "The orphan file is damaged", &error, "mount failed").map(Some)
}
