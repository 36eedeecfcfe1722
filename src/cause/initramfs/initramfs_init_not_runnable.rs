//! KC304: the init of the initramfs does not run.

use super::super::needed::settings;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::Sequel;
use crate::bytes::escaped;
use crate::console::{Clues, InitFailure};
use crate::finding::{Code, Finding, Severity};
use crate::printable::shell;
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::{Program, Trouble};

/// The cause.
pub static INITRAMFS_INIT_NOT_RUNNABLE: Cause = Cause {
    code: Code(304),
    name: "initramfs-init-not-runnable",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The init of the initramfs exists, but the kernel or its loader refuses it.",
    explanation: "If /init (or the program that rdinit= names) exists, the kernel no longer mounts \
        the root itself. If it cannot execute that program, it looks for init= or for /sbin/init, \
        /etc/init, /bin/init and /bin/sh inside the initramfs, never on the root. The reasons are \
        those of every program: no execute bit, another machine, an interpreter or a library that \
        is not in the archive, carriage returns in the first line of a script.",
    fix: "Add the missing parts of init to the archive.",
    tells: &[
        Tell {
            text: "Failed to execute ‹/init› (error -‹n›)",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "Attempted to kill init! exitcode=0x00007f00",
            by: "Linux, if a library is missing",
            says: Says::When(lacks_library),
        },
        Tell {
            text: "Failed to mount API filesystems",
            by: "systemd, if the kernel lacks what it mounts first",
            says: Says::When(ends_in_initramfs),
        },
        Tell {
            text: "Requested init /init failed (error -‹13›)",
            by: "Linux, init/main.c: vendors' kernels require /init",
            says: Says::When(is_required),
        },
    ],
    sources: &[
        "Linux init/main.c, kernel_init",
        "systemd 252 README, REQUIREMENTS; src/shared/mount-setup.c, mount_table",
        "Linux fs/exec.c, fs/binfmt_script.c, fs/binfmt_elf.c",
    ],
    check: Check::Boot,
};

/// The finding about a program that does not run: the kernel lacks the option `lacks`, or the program
/// has trouble of its own.
pub(crate) fn of(
    program: &Program,
    lacks: Option<&'static str>,
    sequel: &Sequel,
) -> Option<Finding> {
    let path = escaped(&program.path);
    let (message, fix) = match (lacks, &program.trouble) {
        (Some(option), _) => of_format(option, &path),
        (None, Some(trouble)) => (
            format!("{path} of the initramfs does not run: {trouble}."),
            fix(trouble, &path),
        ),
        (None, None) => return None,
    };
    Some(
        INITRAMFS_INIT_NOT_RUNNABLE
            .finding(message, super::capital(&format!("{}.", sequel.then)), fix)
            .with_severity(sequel.severity),
    )
}

/// The finding about systemd on a kernel without these options.
pub(crate) fn of_systemd(off: &[&'static str]) -> Finding {
    INITRAMFS_INIT_NOT_RUNNABLE.finding(
        format!(
            "The init of the initramfs is systemd, and this kernel was built without {}.",
            super::listed(off)
        ),
        "systemd says \"Failed to mount API filesystems.\" and freezes.",
        format!(
            "Build with {}, or make the initramfs without systemd: `dracut --omit systemd`.",
            settings(off)
        ),
    )
}

/// What is wrong, and what to do, where the kernel would run it if it were built for its like.
fn of_format(option: &str, path: &str) -> (String, String) {
    let what = match option {
        "BINFMT_SCRIPT" => "is a script",
        _ => "is or needs a program for another CPU mode",
    };
    (
        format!(
            "{path} of the initramfs {what}, which this kernel does not run without \
             CONFIG_{option}."
        ),
        format!("Use a kernel with CONFIG_{option}=y, or another program as {path}."),
    )
}

fn fix(trouble: &Trouble, path: &str) -> String {
    match trouble {
        Trouble::NotExecutable { path, .. } => format!(
            "Make it executable before you build the archive: `chmod 755 {}`.",
            shell::word(&[b".", path.as_slice()].concat())
        ),
        Trouble::WrongArchitecture { expected, .. } => {
            format!("Build the initramfs from programs for {expected}.")
        }
        Trouble::LoaderMissing { loader, .. } => format!(
            "Put {} into the archive, or link the program statically.",
            escaped(loader)
        ),
        Trouble::LibraryMissing { name, .. } => {
            format!(
                "Put {} into the archive, where the loader looks.",
                escaped(name)
            )
        }
        Trouble::Script(_) => format!(
            "Write the first line of {path} as `#!` with an interpreter that is in the archive, and end it without a carriage return."
        ),
        Trouble::NoFormat { .. } => {
            format!("Begin {path} with a line such as `#!/bin/sh`, or put an ELF program there.")
        }
        _ => "Build the initramfs again.".to_owned(),
    }
}

/// Where the archive broke off, that is the reason.
fn weigh(clues: &Clues) -> Belief {
    let is_open = |failure: &InitFailure| failure.error == Some(-26);
    if clues.unpacking_failed.is_some() || clues.init_failures.iter().any(is_open) {
        Belief::Likely
    } else {
        Belief::Certain
    }
}

/// A loader that lacks a library ends with 127, and so does a script that runs a missing program.
fn lacks_library(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs() && !clues.has_failed_script)
}

/// The init that failed was the initramfs's.
fn ends_in_initramfs(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs())
}

/// No root was mounted: it is the initramfs's.
fn is_required(clues: &Clues) -> Belief {
    Belief::Certain.only_if(!clues.has_reached(Stage::RootMount))
}
