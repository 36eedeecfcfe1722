//! How a boot ends that does not find its root, or does not run its init, as the console shows it.

use super::boot::{Boot, RootMounter};
use crate::bytes::escaped;
use crate::cmdline::RootWait;
use crate::console::musl_words;
use crate::error::Result;
use crate::initramfs::Generator;
use crate::userland::{InitEnd, InitTrouble};

/// The generator of Alpine, whose init hands over by BusyBox's switch_root.
const MKINITFS: &str = "mkinitfs";
/// `rootwait=SECONDS` counts from this release on.
const COUNTS_SECONDS: (u16, u16) = (6, 6);
/// From this release on the kernel does not wait for a name that it cannot parse.
const REFUSES_TO_WAIT: (u16, u16) = (6, 5);

/// The panic over a root that is not mounted.
pub(super) fn panics(block: &str) -> String {
    format!("The kernel panics: \"VFS: Unable to mount root fs on {block}\".")
}

/// The kernel does not find the device that `root=` names: it panics, or waits.
pub(super) fn kernel_misses_root(boot: &Boot<'_>) -> Result<String> {
    let line = boot.root_line()?;
    let named = line.value("root").unwrap_or_default();
    let version = boot.kernel()?.version();
    Ok(match line.rootwait() {
        RootWait::Forever => {
            format!("The kernel says \"Waiting for root device {named}...\" and waits forever.")
        }
        RootWait::Seconds(seconds) if version.is_none_or(|version| version >= COUNTS_SECONDS) => {
            format!(
                "The kernel waits {seconds} seconds and panics: \"VFS: Unable to mount root fs on \
                 unknown-block(0,0)\"."
            )
        }
        RootWait::Seconds(_) | RootWait::No => panics("unknown-block(0,0)"),
    })
}

/// The kernel cannot parse the name that `root=` gives.
pub(super) fn kernel_refuses_root(boot: &Boot<'_>) -> Result<String> {
    let line = boot.root_line()?;
    let waits = line.rootwait() != RootWait::No;
    let version = boot.kernel()?.version();
    if !waits || version.is_some_and(|version| version < REFUSES_TO_WAIT) {
        return kernel_misses_root(boot);
    }
    Ok(
        "The kernel says \"Disabling rootwait; root= is invalid.\" and panics: \"VFS: Unable to \
         mount root fs on unknown-block(0,0)\"."
            .to_owned(),
    )
}

/// The init of an initramfs does not find the root.
pub(super) fn initramfs_misses_root(generator: &Generator) -> String {
    let has_shell = generator
        .model
        .is_none_or(|model| model.on_missing_root.shell);
    let then = if has_shell {
        "starts a shell, or ends"
    } else {
        "ends"
    };
    format!(
        "The init of the initramfs ({}) does not find it and {then}, and the kernel panics: \
         \"Attempted to kill init!\".",
        generator.name
    )
}

/// The init on the root is not executed: by the kernel, or by the init of an initramfs.
pub(super) fn refuses_init(boot: &Boot<'_>, trouble: &InitTrouble) -> Result<String> {
    if boot.has_kernel()
        && let RootMounter::Initramfs(generator) = boot.root_mounter()?
    {
        return Ok(by_initramfs(generator, trouble));
    }
    let path = escaped(&trouble.program.path);
    let errno = trouble.errno().unwrap_or(0);
    // The kernel says nothing of a program that answers ENOENT: it takes it for one that is not
    // there.
    let is_silent = errno == 2;
    let said = format!("\"Starting init: {path} exists but couldn't execute it (error -{errno})\"");
    Ok(match trouble.end {
        InitEnd::Requested | InitEnd::Starts => {
            format!("The kernel panics with \"Requested init {path} failed (error -{errno})\".")
        }
        InitEnd::Shell if is_silent => {
            "The kernel ignores it silently and starts /bin/sh, a shell on the console.".to_owned()
        }
        InitEnd::Shell => {
            format!("The kernel prints {said} and starts /bin/sh, a shell on the console.")
        }
        InitEnd::Nothing if is_silent => {
            "The kernel panics with \"No working init found\".".to_owned()
        }
        InitEnd::Nothing => {
            format!("The kernel prints {said} and panics with \"No working init found\".")
        }
    })
}

fn by_initramfs(generator: &Generator, trouble: &InitTrouble) -> String {
    let path = escaped(&trouble.program.path);
    if generator.name == MKINITFS {
        let words = trouble.errno().and_then(musl_words);
        let said = words.map_or_else(String::new, |words| format!(": {words}"));
        return format!(
            "Alpine's initramfs prints \"switch_root: can't execute '{path}'{said}\", and the \
                kernel panics with \"Attempted to kill init!\"."
        );
    }
    format!(
        "The initramfs of {} mounts the root and cannot start init: it opens a shell, or the \
            kernel panics with \"Attempted to kill init!\".",
        generator.name
    )
}
