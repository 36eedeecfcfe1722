//! KC020: the initramfs breaks off or is damaged.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::Sequel;
use crate::bundle::Bundle;
use crate::console::{Clues, InitFailure};
use crate::error::Error;
use crate::finding::{Code, Finding, Place, Severity};
use crate::initramfs::{Problem, ZEROS};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static CORRUPT_INITRAMFS: Cause = Cause {
    code: Code(20),
    name: "corrupt-initramfs",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The file is not an initramfs, or it is truncated or corrupt.",
    explanation: "The kernel unpacks an initramfs from its beginning and stops at the first error. \
        Files that it unpacked before stay, and the boot continues with them. So a damaged archive \
        is fatal only if its init, or a file that init needs, comes after the damage. A truncated \
        file is padded with zeros and stays open for writing, so the kernel cannot execute it \
        (ETXTBSY, error -26).",
    fix: "Build the initramfs again, or fetch it again and compare its checksum.",
    tells: &[
        Tell {
            text: "Initramfs unpacking failed: ‹reason›",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "rootfs image is not initramfs (‹reason›); looks like an initrd",
            by: "Linux with BLK_DEV_RAM",
            says: Says::When(weigh),
        },
        Tell {
            text: "Failed to execute /init (error -26)",
            by: "Linux, if /init itself is truncated",
            says: Says::When(breaks_off),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹…›",
            by: "Linux, which ignores zeros silently",
            says: Says::When(says_nothing),
        },
        Tell {
            text: "Failed to execute ‹/dev› (error -13)",
            by: "Linux, if rdinit= names a folder that it makes itself, too",
            says: Says::When(is_silent),
        },
        Tell {
            text: "RAMDISK: EOF while reading compressed data",
            by: "Linux, init/do_mounts_rd.c, where the initrd breaks off",
            says: Says::It,
        },
        Tell {
            text: "RAMDISK: Couldn't find valid RAM disk image starting at ‹0›",
            by: "Linux, init/do_mounts_rd.c",
            says: Says::Mostly,
        },
        Tell {
            text: "RAMDISK: incomplete write",
            by: "Linux, init/do_mounts_rd.c",
            says: Says::Mostly,
        },
        Tell {
            text: "INITRD: ‹0x0›+‹0x0› is not a memory region - disabling initrd",
            by: "Linux, arch/*/mm/init.c",
            says: Says::Mostly,
        },
    ],
    sources: &[
        "Linux init/initramfs.c, unpack_to_rootfs, flush_buffer, do_header, do_name",
        "Linux lib/decompress_*.c for what each codec says",
    ],
    check: Check::Boot,
};

/// The finding about a damaged archive.
pub(crate) fn of(bundle: &Bundle, problem: &Problem, sequel: &Sequel) -> Finding {
    let says = match problem.kernel_message {
        Some(reason) => format!(
            "the kernel says {}",
            super::unpacking_failed(bundle, reason)
        ),
        None => "the kernel notices nothing".to_owned(),
    };
    CORRUPT_INITRAMFS
        .finding(
            format!("The initramfs is damaged: {}.", problem.error),
            super::capital(&format!("{says}; {}.", sequel.then)),
            "Build the initramfs again, or fetch it again and compare its checksum.",
        )
        .with_severity(sequel.severity)
        .at(Place {
            offset: Some(problem.offset),
            member: None,
        })
}

/// The finding about a file that is no initramfs.
pub(crate) fn of_foreign(bundle: &Bundle, error: &Error, sequel: &Sequel) -> Finding {
    let says = if error.found() == ZEROS {
        "The kernel ignores zeros silently".to_owned()
    } else {
        let reason = "invalid magic at start of compressed archive";
        format!(
            "The kernel says {}",
            super::unpacking_failed(bundle, reason)
        )
    };
    CORRUPT_INITRAMFS
        .finding(
            format!("The file is not an initramfs: {error}."),
            format!("{says}; {}.", sequel.then),
            "Give the initramfs itself: a cpio archive of the newc format, plain or compressed.",
        )
        .with_severity(sequel.severity)
        .at(error)
}

/// What is unpacked up to the damage is used: the damage decides where no init was in it, or where it
/// failed.
fn weigh(clues: &Clues) -> Belief {
    let reason = clues.unpacking_failed.as_deref().unwrap_or_default();
    let is_anothers = ["not configured", "XZ decoder", "write error"]
        .iter()
        .any(|other| reason.contains(other));
    let has_failed = clues.end.is_some() || clues.init_ended.is_some();
    match clues.stage() {
        _ if is_anothers => Belief::No,
        // Where nothing failed, the damage is a fact that the boot got over.
        Some(stage) if stage >= Stage::Init && !has_failed => Belief::Certain,
        Some(stage) if stage > Stage::Initramfs => Belief::Possible,
        // What lies behind a whole archive is passed over.
        _ if clues.ran_initramfs && reason.contains("junk at the end") => Belief::Possible,
        _ => Belief::Certain,
    }
}

/// Its init is still open for writing where the archive broke off in it.
fn breaks_off(clues: &Clues) -> Belief {
    let is_open = |failure: &InitFailure| failure.error == Some(-26);
    if clues.init_failures.iter().any(is_open) {
        Belief::Certain
    } else {
        Belief::No
    }
}

/// An initramfs came, nothing was said of it, and nothing of it was started.
fn says_nothing(clues: &Clues) -> Belief {
    if clues.ran_initramfs {
        Belief::No
    } else {
        is_silent(clues)
    }
}

fn is_silent(clues: &Clues) -> Belief {
    if clues.has_initramfs && clues.unpacking_failed.is_none() {
        Belief::Possible
    } else {
        Belief::No
    }
}
