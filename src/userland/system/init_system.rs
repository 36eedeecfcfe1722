//! Which init system a tree starts, by the program that init is and the files that belong to it.
//!
//! Sources: what the packages of Alpine, Debian, Void, Artix and Chimera install as `/sbin/init`.

use super::inittab::inittab;
use crate::error::Result;
use crate::tree::{Tree, resolve};
use crate::userland::program::{Program, ProgramKind};
use std::fmt;

/// What runs as the first process, or is run by it to start all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InitSystem {
    /// OpenRC, from busybox's or System V's init or as init itself.
    OpenRc,
    /// systemd.
    Systemd,
    /// busybox's init, with what its inittab says.
    BusyboxInit,
    /// System V's init.
    Sysvinit,
    /// s6.
    S6,
    /// runit.
    Runit,
    /// dinit.
    Dinit,
    /// A bare init for containers (tini, dumb-init, catatonit), which runs one program.
    Container,
    /// A script of its own.
    OwnScript,
    /// A program of its own.
    OwnProgram,
}

impl InitSystem {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenRc => "openrc",
            Self::Systemd => "systemd",
            Self::BusyboxInit => "busybox-init",
            Self::Sysvinit => "sysvinit",
            Self::S6 => "s6",
            Self::Runit => "runit",
            Self::Dinit => "dinit",
            Self::Container => "tini",
            Self::OwnScript => "own script",
            Self::OwnProgram => "own program",
        }
    }
}

impl fmt::Display for InitSystem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// The init system that `init` belongs to.
pub fn init_system(tree: &dyn Tree, init: &Program) -> Result<InitSystem> {
    let path = init
        .found
        .as_ref()
        .map_or(init.path.as_slice(), |found| &found.path);
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
    // A shell in the place of init, as `init=/bin/sh`, is busybox too.
    let asked = init
        .path
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    let is_init = matches!(asked, b"init" | b"linuxrc");
    let known = match name {
        b"systemd" => Some(InitSystem::Systemd),
        b"openrc-init" => Some(InitSystem::OpenRc),
        b"runit" | b"runit-init" => Some(InitSystem::Runit),
        b"dinit" | b"dinit-init" => Some(InitSystem::Dinit),
        b"tini" | b"tini-static" | b"dumb-init" | b"catatonit" | b"docker-init" => {
            Some(InitSystem::Container)
        }
        _ if name.starts_with(b"s6-") => Some(InitSystem::S6),
        _ => None,
    };
    if let Some(known) = known {
        return Ok(known);
    }
    let inittab = inittab(tree)?;
    let openrc = inittab
        .as_ref()
        .is_some_and(|inittab| inittab.starts_openrc());
    if init.kind == ProgramKind::Script {
        let is_execline = init
            .final_step()
            .is_some_and(|step| step.found.path.ends_with(b"/execlineb"));
        return Ok(if is_execline && is_there(tree, b"/etc/s6-linux-init")? {
            InitSystem::S6
        } else {
            InitSystem::OwnScript
        });
    }
    Ok(
        match (is_init, name.starts_with(b"busybox"), inittab.is_some()) {
            (true, true, _) if openrc => InitSystem::OpenRc,
            (true, true, _) => InitSystem::BusyboxInit,
            (true, false, true) if openrc => InitSystem::OpenRc,
            (true, false, true) => InitSystem::Sysvinit,
            _ => InitSystem::OwnProgram,
        },
    )
}

pub(super) fn is_there(tree: &dyn Tree, path: &[u8]) -> Result<bool> {
    resolve(tree, path).map(|found| found.is_ok())
}
