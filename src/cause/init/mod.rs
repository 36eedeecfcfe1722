//! KC6xx: init is found, can be executed, and finds what it needs.

pub(crate) mod cpu_level_too_new;
pub(crate) mod first_target_unreachable;
pub(crate) mod init_exits;
pub(crate) mod init_library_missing;
pub(crate) mod init_link_broken;
pub(crate) mod init_loader_missing;
pub(crate) mod init_not_executable;
pub(crate) mod init_script_broken;
pub(crate) mod init_wrong_architecture;
pub(super) mod kernel_too_old;
pub(crate) mod missing_kernel_feature_for_init;
pub(crate) mod no_device_nodes;
pub(crate) mod no_elf_support;
pub(crate) mod no_init;
pub(super) mod systemd_frozen;
pub(crate) mod systemd_requirement_missing;

use super::Belief;
use crate::bytes::escaped;
use crate::console::{Clues, EndKind, InitFailure};
use crate::userland::InitTrouble;
use std::fmt::Display;

/// What is wrong with init, as a sentence.
fn message(trouble: &InitTrouble, what: impl Display) -> String {
    format!("Init is {}, and {what}.", escaped(&trouble.program.path))
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
