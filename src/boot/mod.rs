//! Boots for real: starts the machine that a bundle describes, watches its console, and says how far
//! it came.
//!
//! A file a backend behind [`BACKENDS`]. Whatever the backend, the machine runs in a process of its
//! own under a [`guard`], which ends it and removes all that it wrote when the asker is gone. The
//! files that are booted are never written: a disk is read through an overlay or copied first.

mod cloud_hypervisor;
mod copy;
pub mod doctor;
mod firecracker;
pub mod guard;
pub mod host;
mod krun;
mod machine;
mod outcome;
mod plan;
mod qemu;
mod run;
mod scratch;
mod staging;

pub use krun::{KRUN, enter as enter_krun};
pub use machine::{Incoming, Machine};
pub use outcome::{Outcome, Started};
pub use plan::{Accelerator, Files, Plan, RootPlan, Wire, plan};
pub use run::{Ending, Notice, Observation, Reach, Request, run};
pub use staging::Staging;

use crate::architecture::Architecture;
use crate::vmm::Target;
use std::io;
use std::path::{Path, PathBuf};

/// What starts machines.
#[derive(Debug)]
pub struct Backend {
    /// The name in options.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What its machines are, in the eyes of the causes.
    pub target: &'static Target,
    /// Whether a disk has to be copied before a guest may write to it.
    pub copies_disks: bool,
    /// Whether nobody has tried it: written from its documents alone.
    pub untested: bool,
    /// Whether it runs guests of that architecture here, and how: as is asked, without trying the
    /// host first, where it has that choice.
    pub fits: fn(Architecture, Option<Accelerator>) -> Result<Fit, Unfit>,
    /// What the guard has to start; `own` is the program with the hidden subcommands, `scratch` the
    /// folder for files.
    pub order: fn(&Plan, &Fit, own: &Path, scratch: &Path) -> io::Result<guard::Order>,
    /// Its version, where it costs something to ask.
    pub version: fn(&Fit) -> Option<String>,
}

/// How a backend runs guests here.
#[derive(Debug, Clone)]
pub struct Fit {
    /// By what.
    pub accelerator: Accelerator,
    /// The program, where it is one.
    pub program: Option<PathBuf>,
    /// Why not by something better, where there is something.
    pub note: Option<String>,
    /// Whether the host emulates what it should run: slow, and with instructions missing.
    pub emulates: bool,
}

/// Why a backend runs no such guest here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What is missing.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// Every backend, the one that is tried first before the others.
pub static BACKENDS: [&Backend; 4] = [
    &krun::LIBKRUN,
    &qemu::QEMU,
    &firecracker::FIRECRACKER,
    &cloud_hypervisor::CLOUD_HYPERVISOR,
];

/// The backend of that name.
pub fn by_name(name: &str) -> Option<&'static Backend> {
    BACKENDS.into_iter().find(|backend| backend.name == name)
}

/// The first backend that fits and has been tried, and why those before it do not.
pub fn choose(
    architecture: Architecture,
) -> Result<(&'static Backend, Fit, Vec<String>), Vec<Unfit>> {
    let mut passed = Vec::new();
    for backend in BACKENDS.into_iter().filter(|backend| !backend.untested) {
        match (backend.fits)(architecture, None) {
            Ok(fit) if fit.emulates => passed.push(Unfit {
                why: fit.note.unwrap_or_default(),
                fix: String::new(),
            }),
            Ok(fit) => {
                let passed = passed
                    .iter()
                    .map(|unfit: &Unfit| unfit.why.clone())
                    .collect();
                return Ok((backend, fit, passed));
            }
            Err(unfit) => passed.push(unfit),
        }
    }
    Err(passed)
}

/// The program of that name on PATH.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| {
            rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file()
        })
}

/// What `PROGRAM --version` says in its first line.
fn version_of(program: &Path) -> Option<String> {
    let output = std::process::Command::new(program)
        .arg("--version")
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next()?.trim();
    let word = first
        .split([' ', 'v'])
        .find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()))?;
    Some(word.to_owned())
}
