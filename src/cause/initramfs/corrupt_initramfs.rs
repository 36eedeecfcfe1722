//! KC020: the initramfs breaks off or is damaged.

use super::super::{Belief, Cause, Says, Tell};
use super::Sequel;
use crate::bundle::{Bundle, Unpacked};
use crate::bytes::escaped;
use crate::console::{Clues, InitFailure};
use crate::error::{Error, Kind, Result};
use crate::finding::{Code, Finding, Place, Severity};
use crate::initramfs::{Archive, Problem, ZEROS};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::resolve;

/// The cause.
pub static CORRUPT_INITRAMFS: Cause = Cause {
    code: Code(20),
    name: "corrupt-initramfs",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs is none, breaks off, or is damaged.",
    explanation: "The kernel unpacks an initramfs from its beginning and stops at the first thing that \
        it does not understand. What it has unpacked by then stays, and the boot goes on \
        with it: so a damaged archive is fatal only if its init, or what that runs on, lies \
        behind the damage. A file that breaks off in its middle is padded with zeros and \
        stays open for writing, and the kernel cannot execute it (ETXTBSY, error -26).",
    fix: "Make the initramfs anew, or fetch it again and compare its checksum.",
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
            by: "Linux, where /init itself breaks off",
            says: Says::When(breaks_off),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹…›",
            by: "Linux, which passes over zeros without a word",
            says: Says::When(says_nothing),
        },
        Tell {
            text: "Failed to execute ‹/dev› (error -13)",
            by: "Linux, where rdinit= names a folder that it makes itself, too",
            says: Says::When(is_silent),
        },
    ],
    sources: &[
        "Linux init/initramfs.c, unpack_to_rootfs, flush_buffer, do_header, do_name",
        "Linux lib/decompress_*.c for what each codec says",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let archive = match initramfs.archive() {
        Ok(archive) => archive,
        Err(error) if is_of_the_file(&error) => return none(bundle, &error),
        Err(error) => return Err(error),
    };
    let stop = archive
        .problems
        .iter()
        .find(|problem| problem.fatal_to_rest);
    let Some(problem) = stop.or(archive.problems.first()) else {
        return Ok(Vec::new());
    };
    let Unpacked::Tree(archive) = bundle.unpacked()? else {
        return Ok(Vec::new());
    };
    let says = match problem.kernel_message {
        Some(reason) => format!(
            "the kernel says {}",
            super::unpacking_failed(bundle, reason)
        ),
        None => "the kernel notices nothing".to_owned(),
    };
    let sequel = sequel(bundle, archive, problem)?;
    let place = Place {
        offset: Some(problem.offset),
        member: None,
    };
    Ok(vec![
        CORRUPT_INITRAMFS
            .finding(
                format!("The initramfs is damaged: {}.", problem.error),
                super::capital(&format!("{says}; {}.", sequel.then)),
                "Make the initramfs anew, or fetch it again and compare its checksum.",
            )
            .with_severity(sequel.severity)
            .at(place),
    ])
}

fn is_of_the_file(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unrecognised | Kind::Truncated | Kind::Corrupt | Kind::Invalid | Kind::UnknownCodec
    )
}

/// The file is no initramfs at all.
fn none(bundle: &Bundle, error: &Error) -> Result<Vec<Finding>> {
    if bundle.has_kernel() && !bundle.builds_in("BLK_DEV_INITRD")? {
        return Ok(Vec::new());
    }
    let sequel = if bundle.has_kernel() {
        super::without_initramfs(bundle)?
    } else {
        Sequel::new(Severity::Fatal, "nothing of it is unpacked")
    };
    let says = if error.found() == ZEROS {
        "The kernel passes over zeros without a word".to_owned()
    } else {
        let reason = "invalid magic at start of compressed archive";
        format!(
            "The kernel says {}",
            super::unpacking_failed(bundle, reason)
        )
    };
    Ok(vec![
        CORRUPT_INITRAMFS
            .finding(
                format!("The file is no initramfs: {error}."),
                format!("{says}; {}.", sequel.then),
                "Give the initramfs itself: a cpio archive of the form newc, plain or compressed.",
            )
            .with_severity(sequel.severity)
            .at(error),
    ])
}

/// What comes of what was unpacked.
fn sequel(bundle: &Bundle, archive: &Archive, problem: &Problem) -> Result<Sequel> {
    // Whatever there is of an init that is cut off, the kernel does not come to read it.
    let rdinit = bundle.rdinit()?;
    let is_cut =
        resolve(archive, rdinit.as_bytes())?.is_ok_and(|found| archive.is_incomplete(found.node));
    if problem.fatal_to_rest && is_cut {
        return super::not_executed(bundle, archive, rdinit.as_bytes(), ETXTBSY);
    }
    let Some(program) = bundle.early_init()? else {
        if !bundle.has_kernel() {
            return Ok(Sequel::new(
                Severity::Fatal,
                format!("no {rdinit} was unpacked by then"),
            ));
        }
        return super::without_initramfs(bundle);
    };
    let unnoticed = archive
        .problems
        .iter()
        .find(|problem| is_unnoticed(problem));
    if let Some(problem) = unnoticed.filter(|_| bundle.has_kernel()) {
        return Err(is_anywhere(problem));
    }
    if problem.fatal_to_rest {
        // What init lacks lies behind the damage.
        if let Some(sequel) = super::sequel_of(bundle, archive, program)? {
            return Ok(sequel);
        }
        if super::is_cut_off(archive, program) {
            return super::not_executed(bundle, archive, &program.path, ETXTBSY);
        }
        for library in &program.libraries {
            let Some(path) = &library.path else {
                continue;
            };
            if let Ok(found) = resolve(archive, path)?
                && archive.is_incomplete(found.node)
            {
                return Ok(Sequel::new(
                    Severity::Fatal,
                    format!(
                        "{}, which {} needs, is cut off, and the kernel panics with \
                         \"Attempted to kill init!\"",
                        escaped(path),
                        escaped(&program.path)
                    ),
                ));
            }
        }
    }
    // It is executed, and what it does then is in bytes that may be others.
    let tainted = archive
        .problems
        .iter()
        .find(|problem| problem.taints_content);
    if let Some(problem) = tainted.filter(|_| bundle.has_kernel()) {
        return Err(is_anywhere(problem));
    }
    let path = escaped(&program.path);
    // By itself, nobody can say that what is lost is not needed; junk behind the end is no loss.
    let severity = match problem.fatal_to_rest && !bundle.has_kernel() && is_loss(archive) {
        true => Severity::Fatal,
        false => Severity::Warn,
    };
    Ok(Sequel::new(
        severity,
        if problem.fatal_to_rest {
            format!("what was unpacked before stays, {path} and what it runs on among it")
        } else {
            format!("{path} is there, and the content of any file may be damaged")
        },
    ))
}

fn is_anywhere(problem: &Problem) -> Error {
    Error::unsupported(
        "initramfs",
        format!("what in it is damaged is not known: {}", problem.error),
    )
    .of(Role::Initramfs)
}

/// A checksum that is wrong and that the kernel does not look at: any byte may be another.
fn is_unnoticed(problem: &Problem) -> bool {
    !problem.fatal_to_rest && problem.kernel_message.is_none()
}

/// Whether the last archive in it does not come to its end.
fn is_loss(archive: &Archive) -> bool {
    archive
        .segments
        .iter()
        .rfind(|segment| segment.entries > 0)
        .is_none_or(|segment| !segment.has_trailer)
}

/// The kernel's "text file busy".
const ETXTBSY: i32 = 26;

/// What is unpacked up to the damage is used: the damage decides where no init was in it, or where it
/// failed.
fn weigh(clues: &Clues) -> Belief {
    let reason = clues.unpacking_failed.as_deref().unwrap_or_default();
    let is_anothers = ["not configured", "XZ decoder", "write error"]
        .iter()
        .any(|other| reason.contains(other));
    match clues.stage() {
        _ if is_anothers => Belief::No,
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
