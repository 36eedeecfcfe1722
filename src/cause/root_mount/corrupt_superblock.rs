//! KC012: the superblock, the group descriptors, the journal, the orphan file or the inode of the root
//! directory are damaged.

use super::super::{Cause, Check};
use super::mount::ext4_damage;
use super::{
    Mount, MountedBy, is_damage, is_read_write, leaves_journal_alone, options, sentence, version,
};
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::rootfs::ext4::{Checksum, Ext4, Journal, SUPERBLOCK_AT};
use crate::stage::Stage;

/// The cause.
pub static CORRUPT_SUPERBLOCK: Cause = Cause {
    code: Code(12),
    name: "corrupt-superblock",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A checksum or field that ext4 needs for the mount is wrong.",
    explanation: "Before the mount, ext4 checks the fields of its superblock against each other, \
        the superblock's checksum (with metadata_csum), and every group descriptor. It refuses a \
        wrong superblock even read-only. If only the checksum of a group descriptor is wrong, it \
        refuses a read-write mount, with an error after which the kernel does not try again. The \
        inode and the superblock of the journal must be right unless the journal is ignored \
        (noload); the inode of the root directory and the orphan file must always be right. \
        Metadata of ext4 must not overlap (since Linux 5.9).",
    fix: "Run `e2fsck -f` on the image, or make it again.",
    tells: ext4_damage::TELLS,
    sources: &[
        "Linux 6.1 fs/ext4/super.c, ext4_load_super, ext4_check_geometry, ext4_check_descriptors",
        "Linux 6.1 fs/ext4/inode.c, __ext4_iget, for the inode of the root directory",
        "Linux 6.1 fs/ext4/block_validity.c, ext4_setup_system_zone; fs/ext4/orphan.c, ext4_init_orphan_info",
        "Linux 6.1 fs/jbd2/journal.c, journal_get_superblock",
        "Linux init/do_mounts.c, which tries again after EINVAL and EACCES only",
    ],
    check: Check::Boot,
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

/// Returns the findings about damage, in the order in which ext4 meets it.
pub(crate) fn of(mount: &Mount<'_>, root: &RootFs) -> Result<Vec<Finding>> {
    let ext4 = match root.ext4() {
        Ok(Some(ext4)) => ext4,
        Ok(None) => return Ok(Vec::new()),
        Err(error) if is_damage(&error) => return damaged(mount, &error),
        Err(error) => return Err(error),
    };
    if let Some(finding) = checksum(mount, ext4)? {
        return Ok(vec![finding]);
    }
    if let Some(finding) = journal(mount, ext4)? {
        return Ok(vec![finding]);
    }
    let hash = ext4.superblock().s_def_hash_version;
    if hash > LAST_HASH {
        // Stable releases of the same version differ in it.
        let found = format!("{hash}, with which later releases refuse to mount");
        return Err(Error::unsupported("s_def_hash_version", found).of(Role::Rootfs));
    }
    let mut findings: Vec<Finding> = descriptors(mount, ext4)?.into_iter().collect();
    for look in [root_inode, overlap, orphan_file] {
        if findings
            .iter()
            .any(|found| found.severity == Severity::Fatal)
        {
            break;
        }
        findings.extend(look(mount, ext4)?);
    }
    Ok(findings)
}

/// One finding: what cannot be, and that it is not mounted so.
fn damaged(mount: &Mount<'_>, error: &Error) -> Result<Vec<Finding>> {
    Ok(vec![
        CORRUPT_SUPERBLOCK
            .finding(
                sentence(&format!("The root is damaged: {error}")),
                mount.stops()?,
                FSCK,
            )
            .at(error),
    ])
}

/// One finding: what is damaged, where, and the line with which ext4 refuses it.
fn refused_for(mount: &Mount<'_>, what: &str, error: &Error, line: &str) -> Result<Finding> {
    Ok(CORRUPT_SUPERBLOCK
        .finding(
            sentence(&format!("{what}: {error}")),
            mount.refused(line)?,
            FSCK,
        )
        .at(error))
}

fn checksum(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
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
                        "The superblock names checksum algorithm {}, but the kernel supports only \
                            1 (crc32c).",
                        superblock.s_checksum_type
                    ),
                    mount.refused("VFS: Found ext4 filesystem with unknown checksum algorithm.")?,
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
                    "The superblock's checksum is {stored:#010x}, but its content results in \
                        {computed:#010x}."
                ),
                mount.refused("VFS: Found ext4 filesystem with invalid superblock checksum.")?,
                FSCK,
            )
            .at(&place(CHECKSUM_AT)),
    ))
}

/// What is wrong with the journal itself; its features are for others.
fn journal(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let Journal::Internal {
        needs_recovery,
        inode,
        replayable,
        ..
    } = ext4.journal()
    else {
        return Ok(None);
    };
    if leaves_journal_alone(mount) {
        return Ok(None);
    }
    if let Err(error) = inode
        && is_damage(error)
    {
        let what = "The journal's inode is damaged";
        return refused_for(mount, what, error, "no journal found").map(Some);
    }
    let Err(error) = replayable else {
        return Ok(None);
    };
    if !is_damage(error) {
        return Ok(None);
    }
    let what = "The journal is damaged";
    if JOURNAL_FIELDS.contains(&error.field()) {
        return refused_for(mount, what, error, "error loading journal").map(Some);
    }
    Ok(needs_recovery.then(|| {
        CORRUPT_SUPERBLOCK
            .finding(
                sentence(&format!("{what}: {error}")),
                "The kernel may stop replaying it there, and the rest of the journal is unknown.",
                FSCK,
            )
            .with_severity(Severity::Warn)
            .at(error)
    }))
}

fn descriptors(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let bad = match ext4.bad_group_descriptors() {
        Ok(bad) => bad,
        Err(error) if error.field().starts_with("bg_") && is_damage(&error) => {
            let what = "A group descriptor is damaged";
            return refused_for(mount, what, &error, "group descriptors corrupted!").map(Some);
        }
        Err(error) => return Err(error.of(Role::Rootfs)),
    };
    let Some(first) = bad.first() else {
        return Ok(None);
    };
    let message = format!("The checksum of group descriptor {first} is wrong.");
    let line = format!("ext4_check_descriptors: Checksum for group {first} failed");
    // Mounted read-only, it is said and passed over; so it is where a feature makes it read-only.
    let is_kernel = matches!(mount.by, Ok(MountedBy::Kernel));
    if is_kernel && is_read_write(mount)? && !ext4.superblock().has("read-only") {
        return Ok(Some(CORRUPT_SUPERBLOCK.finding(
            message,
            mount.refused(&line)?,
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

fn root_inode(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let fault = ext4.root_inode_fault();
    let Some(fault) = fault.map_err(|error| error.of(Role::Rootfs))? else {
        return Ok(None);
    };
    let what = "The inode of the root directory is damaged";
    refused_for(mount, what, &fault.error, fault.says).map(Some)
}

/// Whether the kernel is older than one; none is told of a root alone.
fn is_older(bundle: &Bundle, than: (u16, u16)) -> Result<bool> {
    Ok(bundle.has_kernel() && version(bundle)? < than)
}

fn overlap(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let overlap = ext4.overlap().map_err(|error| error.of(Role::Rootfs))?;
    let Some(error) = overlap else {
        return Ok(None);
    };
    if is_older(mount, OVERLAPS_REFUSED)? {
        return Ok(None);
    }
    if options(mount).contains(&"noblock_validity") {
        let found = "noblock_validity although metadata of ext4 overlaps";
        return Err(Error::unsupported("rootflags", found).of(Role::Cmdline));
    }
    let what = "Metadata of ext4 overlaps";
    let line = "failed to initialize system zone (-117)";
    refused_for(mount, what, &error, line).map(Some)
}

fn orphan_file(mount: &Mount<'_>, ext4: &Ext4) -> Result<Option<Finding>> {
    let fault = ext4.orphan_file_fault();
    let Some(error) = fault.map_err(|error| error.of(Role::Rootfs))? else {
        return Ok(None);
    };
    if is_older(mount, ORPHAN_FILE_READ)? {
        return Ok(None);
    }
    refused_for(mount, "The orphan file is damaged", &error, "mount failed").map(Some)
}
