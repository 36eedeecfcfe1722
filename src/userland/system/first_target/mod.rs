//! Whether an init that is started finds the files by which it brings up its first target.
//!
//! For each init system that is modelled: what it reads first, and what it does where that is
//! missing. Services and scripts of the system itself are taken to work.
//!
//! Sources: systemd 252 and 257 (see [`systemd`]); busybox 1.36 `init/init.c`; runit 2.1 `runit.c`;
//! s6-linux-init 1.1 `s6-linux-init.c`; dinit 0.17 `dinit.cc`.

mod mounts;
mod systemd;

pub use mounts::{MountFails, NeededMounts, needed_mounts};
pub use systemd::TargetWords;

use super::InitSystem;
use super::fstab::fstab;
use super::init_system::is_there;
use super::inittab::{Inittab, inittab};
use crate::bytes::escaped;
use crate::error::Result;
use crate::tree::{FileType, Tree, resolve};
use crate::userland::Program;

/// Whether an init system reaches its first target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstTarget {
    /// Everything that is modelled is there.
    Reached,
    /// It is not reached.
    Missed(Missed),
    /// This is not modelled, as the end of "unknown: …".
    Unknown(String),
}

/// What is missing, and what the init does without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
    /// What the init does then, as a sentence without its full stop.
    pub then: String,
    /// What to do, as a sentence without its full stop.
    pub fix: String,
}

/// Follows `init`, which belongs to `system`, up to its first target. `words` are those of the
/// command line that choose another target.
pub fn first_target(
    tree: &dyn Tree,
    init: &Program,
    system: InitSystem,
    words: &TargetWords,
) -> Result<FirstTarget> {
    let target = on_root(tree, init, system, words)?;
    // What an initramfs mounts over the root before init starts is not in the tree.
    if matches!(target, FirstTarget::Missed(_))
        && let Some(fstab) = fstab(tree)?
        && fstab
            .mounts
            .iter()
            .any(|mount| COVERED.contains(&mount.mount_point.as_str()))
    {
        return Ok(FirstTarget::Unknown(
            "the content of the file systems that /etc/fstab mounts".to_owned(),
        ));
    }
    Ok(target)
}

/// Folders of which another file system may hold the programs and files of an init.
const COVERED: [&str; 4] = ["/usr", "/etc", "/lib", "/sbin"];

fn on_root(
    tree: &dyn Tree,
    init: &Program,
    system: InitSystem,
    words: &TargetWords,
) -> Result<FirstTarget> {
    match system {
        InitSystem::Systemd => systemd::first_target(tree, init, words),
        InitSystem::OpenRc | InitSystem::BusyboxInit if is_busybox(init) => {
            match inittab(tree)? {
                Some(inittab) => by_inittab(tree, &inittab),
                // busybox has entries of its own, which start a shell.
                None => Ok(FirstTarget::Reached),
            }
        }
        InitSystem::Runit => stages(tree, &["/etc/runit/1", "/etc/runit/2"], |missing| {
            format!("runit ends its stages at {missing}, and halts the machine")
        }),
        InitSystem::S6 => s6(tree, init),
        InitSystem::Dinit => dinit(tree),
        InitSystem::OpenRc
        | InitSystem::BusyboxInit
        | InitSystem::Sysvinit
        | InitSystem::Container
        | InitSystem::OwnScript
        | InitSystem::OwnProgram => Ok(FirstTarget::Reached),
    }
}

fn is_busybox(init: &Program) -> bool {
    let path = init.found.as_ref().map_or(&init.path, |found| &found.path);
    let name = path.rsplit(|byte| *byte == b'/').next();
    name.is_some_and(|name| name.starts_with(b"busybox"))
}

/// busybox runs the entries of `/etc/inittab` and no others.
///
/// Models `parse_inittab` and `init_exec`: a command is found by its path, or by `PATH`, or is an
/// applet of busybox. A command with characters of the shell is run by `/bin/sh`.
fn by_inittab(tree: &dyn Tree, inittab: &Inittab) -> Result<FirstTarget> {
    const RUN: [&str; 5] = ["sysinit", "wait", "once", "respawn", "askfirst"];
    let runs = |action: &str| RUN.contains(&action);
    let mut missing = Vec::new();
    let mut openrc = None;
    let mut is_any_run = false;
    for entry in &inittab.entries {
        if !runs(&entry.action) {
            continue;
        }
        let command = entry.process.trim_start_matches('-');
        let program = command.split_ascii_whitespace().next().unwrap_or_default();
        let is_shell_word = command
            .contains(['~', '`', '!', '$', '^', '&', '*', '(', ')', '=', '|'])
            || command.contains(['\\', '{', '}', '[', ']', ';', '"', '\'', '<', '>', '?']);
        if !program.starts_with('/') || is_shell_word || is_executable(tree, program)? {
            is_any_run = true;
            continue;
        }
        if program.ends_with("/openrc") {
            openrc = Some(program.to_owned());
        }
        if !missing.contains(&program) {
            missing.push(program);
        }
    }
    if !is_any_run {
        let what = match missing.as_slice() {
            [] => "/etc/inittab has no entry that busybox's init can run".to_owned(),
            missing => format!(
                "/etc/inittab runs only programs that the root does not have: {}",
                missing.join(", ")
            ),
        };
        return Ok(FirstTarget::Missed(Missed {
            what,
            then: "busybox's init starts no service and no login".to_owned(),
            fix: "Install the programs, or correct /etc/inittab".to_owned(),
        }));
    }
    Ok(match openrc {
        Some(openrc) => FirstTarget::Unknown(format!(
            "the system without {openrc}, which /etc/inittab runs"
        )),
        None => FirstTarget::Reached,
    })
}

/// Programs that an init runs one after the other, none of which it can do without.
fn stages(tree: &dyn Tree, paths: &[&str], then: impl Fn(&str) -> String) -> Result<FirstTarget> {
    for path in paths {
        if !is_executable(tree, path)? {
            return Ok(FirstTarget::Missed(Missed {
                what: format!("The root has no executable {path}"),
                then: then(path),
                fix: format!("Install {path}, with an execute bit"),
            }));
        }
    }
    Ok(FirstTarget::Reached)
}

/// The init of s6-linux-init names its folder, and copies `run-image` from there to /run.
fn s6(tree: &dyn Tree, init: &Program) -> Result<FirstTarget> {
    const BASE: &str = "/etc/s6-linux-init/current";
    let path = init.found.as_ref().map_or(&init.path, |found| &found.path);
    if !is_there(tree, BASE.as_bytes())? {
        return Ok(FirstTarget::Unknown(format!(
            "the effect of {}: the root has no {BASE}",
            escaped(path)
        )));
    }
    let image = format!("{BASE}/run-image");
    if is_there(tree, image.as_bytes())? {
        return Ok(FirstTarget::Reached);
    }
    Ok(FirstTarget::Missed(Missed {
        what: format!("The root has no {image}"),
        then: "s6-linux-init cannot copy it to /run, and exits".to_owned(),
        fix: "Make the folder with s6-linux-init-maker".to_owned(),
    }))
}

/// dinit starts the service `boot`.
fn dinit(tree: &dyn Tree) -> Result<FirstTarget> {
    const FOLDERS: [&str; 4] = [
        "/etc/dinit.d",
        "/run/dinit.d",
        "/usr/local/lib/dinit.d",
        "/lib/dinit.d",
    ];
    for folder in FOLDERS {
        if is_there(tree, format!("{folder}/boot").as_bytes())? {
            return Ok(FirstTarget::Reached);
        }
    }
    Ok(FirstTarget::Unknown(
        "the services of dinit: no service boot is in its usual folders".to_owned(),
    ))
}

/// Returns true if the path leads to a regular file with an execute bit.
fn is_executable(tree: &dyn Tree, path: &str) -> Result<bool> {
    let found = resolve(tree, path.as_bytes())?;
    Ok(found.is_ok_and(|found| {
        found.stat.file_type == FileType::Regular && found.stat.mode & 0o111 != 0
    }))
}
