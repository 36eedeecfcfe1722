//! The system that a tree holds: its release, its init system, and what a start finds prepared.
//!
//! Sources: Alpine's `alpine-base` (`/etc/alpine-release`); `os-release(5)`; the layout that each
//! init system installs.
//!
//! Each fact is had or not by itself: a directory that cannot be read does not hide the others.

mod first_target;
mod fstab;
mod init_system;
mod inittab;
mod os_release;

pub use first_target::{
    FirstTarget, Missed, MountFails, NeededMounts, TargetWords, first_target, needed_mounts,
};
pub use fstab::{Fstab, Mount, fstab};
pub use init_system::{InitSystem, init_system};
pub use inittab::{Inittab, InittabEntry, inittab};
pub use os_release::{OsRelease, os_release};

use super::machine::Machine;
use super::program::{InitChain, Program, program};
use crate::bytes::escaped;
use crate::error::Result;
use crate::limits::Limits;
use crate::tree::{FileType, Found, Stat, Tree, read_whole, regular, resolve};

/// Longest text file that is read: these have some hundred bytes.
const TEXT_BYTES: u64 = 256 * 1024;

/// What a start finds, or makes itself.
pub const PLACES: [&str; 8] = [
    "/dev",
    "/dev/console",
    "/dev/null",
    "/proc",
    "/sys",
    "/run",
    "/tmp",
    "/etc",
];

/// The system in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// `/etc/alpine-release`.
    pub alpine_release: Result<Option<AlpineRelease>>,
    /// `/etc/os-release`, or that of `/usr/lib`.
    pub os_release: Result<Option<OsRelease>>,
    /// The machine that its programs are made for: of init, or of busybox or the shell.
    pub machine: Result<Option<Machine>>,
    /// What runs as the first process; `None` where nothing starts.
    pub init_system: Result<Option<InitSystem>>,
    /// `/etc/inittab`.
    pub inittab: Result<Option<Inittab>>,
    /// `/etc/fstab`.
    pub fstab: Result<Option<Fstab>>,
    /// What there is of [`PLACES`], in that order.
    pub places: Result<Vec<Place>>,
}

/// One of [`PLACES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The path.
    pub path: &'static str,
    /// What is there, links followed.
    pub stat: Option<Stat>,
}

impl Place {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.file_type() == Some(FileType::Directory)
    }

    /// What is there.
    pub fn file_type(&self) -> Option<FileType> {
        self.stat.as_ref().map(|stat| stat.file_type)
    }
}

/// The text of `/etc/alpine-release`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlpineRelease {
    /// The text, without the blanks and newlines around it.
    pub text: String,
    /// Major and minor, by which releases are told apart; `None` where the text does not begin so:
    /// `3.19.1`, `3.22.0_alpha20250108`.
    pub version: Option<(u32, u32)>,
}

impl AlpineRelease {
    fn parse(bytes: &[u8]) -> Self {
        let text = escaped(bytes.trim_ascii());
        let version = Self::version(&text);
        Self { text, version }
    }

    fn version(text: &str) -> Option<(u32, u32)> {
        let allowed =
            |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        if !text.chars().all(allowed) {
            return None;
        }
        let (major, rest) = text.split_once('.')?;
        let end = rest.find(|character: char| !character.is_ascii_digit());
        let minor = rest.get(..end.unwrap_or(rest.len()))?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    }

    /// Whether it is no version.
    pub fn is_malformed(&self) -> bool {
        self.version.is_none()
    }
}

/// Reads all of it. `init` is what the kernel starts, where that is known.
pub fn system(tree: &dyn Tree, init: Option<&InitChain>, limits: &Limits) -> System {
    let first = init.and_then(InitChain::program);
    let inittab = inittab(tree);
    let init_system = match first {
        Some(first) => init_system(tree, first).map(Some),
        None => Ok(None),
    };
    System {
        alpine_release: alpine_release(tree),
        os_release: os_release(tree),
        machine: machine(tree, first, limits),
        init_system,
        inittab,
        fstab: fstab(tree),
        places: places(tree),
    }
}

/// `/etc/alpine-release`; `None` where there is none.
pub fn alpine_release(tree: &dyn Tree) -> Result<Option<AlpineRelease>> {
    let text = text(tree, b"/etc/alpine-release")?;
    Ok(text.map(|(_, bytes)| AlpineRelease::parse(&bytes)))
}

/// What there is of [`PLACES`].
pub fn places(tree: &dyn Tree) -> Result<Vec<Place>> {
    let place = |path: &'static str| {
        let found = resolve(tree, path.as_bytes())?;
        let stat = found.ok().map(|found| found.stat);
        Ok(Place { path, stat })
    };
    PLACES.into_iter().map(place).collect()
}

/// The machine of the programs in a tree: that of `init`, or of the first program that is mostly
/// there.
pub fn machine(
    tree: &dyn Tree,
    init: Option<&Program>,
    limits: &Limits,
) -> Result<Option<Machine>> {
    let of = |program: &Program| program.elf.as_ref().map(|elf| elf.machine);
    if let Some(machine) = init.and_then(of) {
        return Ok(Some(machine));
    }
    for path in [
        &b"/bin/busybox"[..],
        b"/bin/sh",
        b"/usr/bin/env",
        b"/sbin/init",
    ] {
        if let Some(machine) = of(&program(tree, path, None, limits)?) {
            return Ok(Some(machine));
        }
    }
    Ok(None)
}

/// A text file; `None` where there is no regular file of that name.
fn text(tree: &dyn Tree, path: &[u8]) -> Result<Option<(Found, Vec<u8>)>> {
    let Some(found) = regular(tree, path)? else {
        return Ok(None);
    };
    let bytes = read_whole(tree, &found, "bytes of a text file", TEXT_BYTES)?;
    Ok(Some((found, bytes)))
}

/// The lines of a text that say something.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
}
