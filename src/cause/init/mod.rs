//! KC6xx: init is found, can be executed, and finds what it needs.

pub(super) mod cpu_level_too_new;
pub(super) mod init_exits;
pub(super) mod init_library_missing;
pub(super) mod init_link_broken;
pub(super) mod init_loader_missing;
pub(super) mod init_not_executable;
pub(super) mod init_script_broken;
pub(super) mod init_wrong_architecture;
pub(super) mod missing_kernel_feature_for_init;
pub(super) mod no_device_nodes;
pub(super) mod no_elf_support;
pub(super) mod no_init;

use super::Belief;
use crate::bundle::{Bundle, InitEnd, InitTrouble, Mounter};
use crate::bytes::escaped;
use crate::console::{Clues, EndKind, InitFailure, musl_words};
use crate::error::Result;
use crate::initramfs::Generator;
use std::fmt::Display;

/// The generator of Alpine, whose init hands over by BusyBox's switch_root.
const MKINITFS: &str = "mkinitfs";

/// What is wrong with init, as a sentence.
fn message(trouble: &InitTrouble, what: impl Display) -> String {
    format!("Init is {}, and {what}.", escaped(&trouble.program.path))
}

/// What becomes of a boot whose init is not executed, by whoever would execute it.
fn refusal(bundle: &Bundle, trouble: &InitTrouble) -> Result<String> {
    if bundle.has_kernel()
        && let Mounter::Initramfs(generator) = bundle.mounter()?
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
            "The kernel passes over it without a word and starts /bin/sh, a shell that nobody reads."
                .to_owned()
        }
        InitEnd::Shell => {
            format!("The kernel says {said} and starts /bin/sh, a shell that nobody reads.")
        }
        InitEnd::Nothing if is_silent => {
            "The kernel panics with \"No working init found\".".to_owned()
        }
        InitEnd::Nothing => {
            format!("The kernel says {said} and panics with \"No working init found\".")
        }
    })
}

fn by_initramfs(generator: &Generator, trouble: &InitTrouble) -> String {
    let path = escaped(&trouble.program.path);
    if generator.name == MKINITFS {
        let words = trouble.errno().and_then(musl_words);
        let said = words.map_or_else(String::new, |words| format!(": {words}"));
        return format!(
            "Alpine's initramfs says \"switch_root: can't execute '{path}'{said}\", and the kernel \
             panics with \"Attempted to kill init!\"."
        );
    }
    format!(
        "The initramfs of {} mounts the root and cannot hand over to it: a shell of its own comes \
         up, or the kernel panics with \"Attempted to kill init!\".",
        generator.name
    )
}

/// A shell is left in the place of init: what came before it was not run, and the log does not say why
/// where the error is ENOENT.
fn shell_is_left(clues: &Clues) -> Belief {
    if clues.end == Some(EndKind::FallbackShell) {
        Belief::Possible
    } else {
        Belief::No
    }
}

/// How many programs the log shows to be of no format that the kernel runs.
fn formatless(clues: &Clues) -> usize {
    let of_none = |failure: &&InitFailure| failure.error == Some(-8);
    clues.init_failures.iter().filter(of_none).count()
}
