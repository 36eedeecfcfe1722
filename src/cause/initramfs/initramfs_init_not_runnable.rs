//! KC304: the init of the initramfs does not run.

use super::super::needed::{Needed, settings};
use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Unpacked};
use crate::bytes::escaped;
use crate::console::{Clues, InitFailure};
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
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
    summary: "The init of the initramfs is there, and the kernel or its loader refuses it.",
    explanation: "Once /init (or what rdinit= names) is there, the kernel does not mount the root \
        itself any more. If it cannot execute that program it looks for init= or for \
        /sbin/init, /etc/init, /bin/init and /bin/sh inside the initramfs, never on the \
        root. The reasons are those of every program: no execute bit, another machine, an \
        interpreter or a library that is not in the archive, carriage returns in the first \
        line of a script.",
    fix: "Put what the init lacks into the archive.",
    tells: &[
        Tell {
            text: "Failed to execute ‹/init› (error -‹n›)",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "Attempted to kill init! exitcode=0x00007f00",
            by: "Linux, where a library is missing",
            says: Says::When(ends_in_initramfs),
        },
        Tell {
            text: "Failed to mount API filesystems",
            by: "systemd, where the kernel lacks what it mounts first",
            says: Says::When(ends_in_initramfs),
        },
    ],
    sources: &[
        "Linux init/main.c, kernel_init",
        "systemd 252 README, REQUIREMENTS; src/shared/mount-setup.c, mount_table",
        "Linux fs/exec.c, fs/binfmt_script.c, fs/binfmt_elf.c",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.initramfs()?.is_none() {
        return Ok(Vec::new());
    }
    let Unpacked::Tree(archive) = bundle.unpacked()? else {
        return Ok(Vec::new());
    };
    let Some(program) = bundle.early_init()? else {
        return Ok(Vec::new());
    };
    let Some(sequel) = super::sequel_of(bundle, archive, program)? else {
        return Ok(systemd_freezes(bundle, program)?.into_iter().collect());
    };
    let path = escaped(&program.path);
    let (message, fix) = match (super::lacks_format(bundle, program)?, &program.trouble) {
        (Some(option), _) => of_format(option, &path),
        (None, Some(trouble)) => (
            format!("{path} of the initramfs does not run: {trouble}."),
            fix(trouble, &path),
        ),
        (None, None) => return Ok(Vec::new()),
    };
    Ok(vec![
        INITRAMFS_INIT_NOT_RUNNABLE
            .finding(message, super::capital(&format!("{}.", sequel.then)), fix)
            .with_severity(sequel.severity),
    ])
}

/// What is wrong, and what to do, where the kernel would run it if it were built for its like.
fn of_format(option: &str, path: &str) -> (String, String) {
    let what = match option {
        "BINFMT_SCRIPT" => "is a script",
        _ => "is, or needs, a program for another mode of the CPU",
    };
    (
        format!(
            "{path} of the initramfs {what}, which this kernel does not run without \
             CONFIG_{option}."
        ),
        format!("Use a kernel with CONFIG_{option}=y, or another program as {path}."),
    )
}

/// What systemd mounts before anything else, and gives up without.
const SYSTEMD_MOUNTS: [&str; 4] = ["CGROUPS", "DEVTMPFS", "PROC_FS", "SYSFS"];

/// systemd as the init of an initramfs, and a kernel that it cannot live on.
fn systemd_freezes(bundle: &Bundle, program: &Program) -> Result<Option<Finding>> {
    if !program.is_systemd() || !bundle.has_kernel() {
        return Ok(None);
    }
    let needed = Needed::of(bundle, &SYSTEMD_MOUNTS);
    if let Some(error) = needed.unknown {
        return Err(error);
    }
    if needed.off.is_empty() {
        return Ok(None);
    }
    Ok(Some(INITRAMFS_INIT_NOT_RUNNABLE.finding(
        format!(
            "The init of the initramfs is systemd, and this kernel was built without {}.",
            super::listed(&needed.off)
        ),
        "systemd says \"Failed to mount API filesystems.\" and freezes.",
        format!(
            "Build with {}, or make the initramfs without systemd: `dracut --omit systemd`.",
            settings(&needed.off)
        ),
    )))
}

fn fix(trouble: &Trouble, path: &str) -> String {
    match trouble {
        Trouble::NotExecutable { path, .. } => format!(
            "Make it an executable file before the archive is made: `chmod 755 .{}`.",
            escaped(path)
        ),
        Trouble::WrongArchitecture { expected, .. } => {
            format!("Make the initramfs of programs for {expected}.")
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
        _ => "Make the initramfs anew.".to_owned(),
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

/// The init that found no library was the initramfs's.
fn ends_in_initramfs(clues: &Clues) -> Belief {
    Belief::Likely.only_if(clues.is_in_initramfs())
}
