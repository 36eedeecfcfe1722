//! KC020 and KC3xx: the initramfs is not unpacked, its init does not run, or it cannot load what the
//! root needs.

pub(super) mod corrupt_initramfs;
pub(super) mod early_microcode_order;
pub(super) mod initramfs_codec_not_built_in;
pub(super) mod initramfs_exceeds_ram;
pub(super) mod initramfs_init_not_runnable;
pub(super) mod initramfs_unsupported;
pub(super) mod module_compression_unreadable;
pub(super) mod modules_for_another_kernel;
pub(super) mod needed_module_missing;
pub(super) mod no_init_in_initramfs;
pub(super) mod root_type_unstated;
pub(super) mod xz_settings_unsupported;

use super::listed;
use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::error::Result;
use crate::finding::Severity;
use crate::initramfs::Archive;
use crate::userland::program::DEFAULT_INITS;
use crate::userland::{self, Program, Trouble};

/// How a failure hurts, and how the boot goes on: the end of a sentence.
struct Sequel {
    severity: Severity,
    then: String,
}

impl Sequel {
    fn new(severity: Severity, then: impl Into<String>) -> Self {
        Self {
            severity,
            then: then.into(),
        }
    }
}

/// What comes of a boot whose initramfs is as good as none: the kernel mounts the root itself.
fn without_initramfs(bundle: &Bundle) -> Result<Sequel> {
    Ok(if bundle.kernel_could_mount_root()? {
        Sequel::new(
            Severity::Warn,
            "and the kernel goes on to mount the root itself, for which it has the drivers built in",
        )
    } else {
        Sequel::new(
            Severity::Fatal,
            "the kernel cannot mount the root without it, and panics with \
             \"VFS: Unable to mount root fs\"",
        )
    })
}

/// What the kernel prints when unpacking stops. One that also takes images of disks for an initrd
/// has other words around its reason.
fn unpacking_failed(bundle: &Bundle, reason: &str) -> String {
    if matches!(bundle.builds_in("BLK_DEV_RAM"), Ok(true)) {
        format!("\"rootfs image is not initramfs ({reason}); looks like an initrd\"")
    } else {
        format!("\"Initramfs unpacking failed: {reason}\"")
    }
}

/// The kernel's "exec format error".
const ENOEXEC: i32 = 8;

/// The option that the kernel lacks to execute a program of the initramfs that its files let start; no
/// module comes in time. ELF is KC608's.
fn lacks_format(bundle: &Bundle, program: &Program) -> Result<Option<&'static str>> {
    if !bundle.has_kernel() || !program.starts() {
        return Ok(None);
    }
    let script = program.needs.script.then_some("BINFMT_SCRIPT");
    for option in [script, program.needs.compat].into_iter().flatten() {
        if !bundle.builds_in(option)? {
            return Ok(Some(option));
        }
    }
    Ok(None)
}

/// What comes of an init of the initramfs that does not run; `None` of one that does.
fn sequel_of(bundle: &Bundle, archive: &Archive, program: &Program) -> Result<Option<Sequel>> {
    if lacks_format(bundle, program)?.is_some() {
        return not_executed(bundle, archive, &program.path, ENOEXEC).map(Some);
    }
    let Some(trouble) = &program.trouble else {
        return Ok(None);
    };
    match trouble.errno() {
        Some(errno) => not_executed(bundle, archive, &program.path, errno).map(Some),
        None => Ok(Some(Sequel::new(
            Severity::Fatal,
            match trouble {
                Trouble::Damaged { .. } => {
                    "it crashes, and the kernel panics with \"Attempted to kill init!\""
                }
                _ => {
                    "its loader gives up, and the kernel panics with \"Attempted to kill init! \
                     exitcode=0x00007f00\""
                }
            },
        ))),
    }
}

/// What comes of an init that the kernel cannot execute: it looks for another one, in the initramfs
/// and not on the root.
fn not_executed(bundle: &Bundle, archive: &Archive, path: &[u8], errno: i32) -> Result<Sequel> {
    let requested = match bundle.command_line() {
        Ok(line) => line.init(),
        Err(_) if !bundle.has_kernel() => None,
        Err(error) => return Err(error),
    };
    let machine = bundle.kernel_architecture()?;
    let mut other = None;
    for path in requested.map_or(DEFAULT_INITS.to_vec(), |path| vec![path.as_bytes()]) {
        let program = userland::program(archive, path, machine, &bundle.limits)?;
        if program.starts()
            && !is_cut_off(archive, &program)
            && lacks_format(bundle, &program)?.is_none()
        {
            other = Some(program);
            break;
        }
    }
    let path = escaped(path);
    let failed = format!("the kernel says \"Failed to execute {path} (error -{errno})\"");
    Ok(match (other, requested) {
        (Some(other), None) if other.path == b"/bin/sh" => Sequel::new(
            Severity::Fatal,
            format!("{failed} and starts /bin/sh of the initramfs, a shell that nobody reads"),
        ),
        (Some(other), _) => Sequel::new(
            Severity::Warn,
            format!(
                "{failed} and starts {} of the initramfs in its place; what that does is not \
                 predicted",
                escaped(&other.path)
            ),
        ),
        (None, Some(requested)) => Sequel::new(
            Severity::Fatal,
            format!(
                "{failed}, looks for init={requested} in the initramfs, not on the root, and \
                 panics with \"Requested init {requested} failed\""
            ),
        ),
        (None, None) => Sequel::new(
            Severity::Fatal,
            format!("{failed} and panics with \"No working init found\""),
        ),
    })
}

/// Whether an archive that breaks off does so within the program or what it runs on: the file is
/// still open for writing then, and not executed.
fn is_cut_off(archive: &Archive, program: &Program) -> bool {
    let mut steps = program.steps.iter();
    steps.any(|step| archive.is_incomplete(step.found.node))
}

/// The text as a sentence begins.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
