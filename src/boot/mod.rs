//! Boots for real: starts the machine that a bundle describes, watches its console, and says how far
//! it came.
//!
//! A file a backend behind [`BACKENDS`]. Whatever the backend, the machine runs in a process of its
//! own under a [`guard`], which ends it and removes all that it wrote when the asker is gone. The
//! files that are booted are never written: a disk is read through an overlay or copied first.

mod cloud_hypervisor;
mod copy;
mod disk;
pub mod doctor;
mod firecracker;
pub mod guard;
pub mod host;
pub mod jail;
mod krun;
pub mod leash;

mod outcome;
mod overlay;
mod pace;
mod plan;
mod qemu;
mod run;
mod scratch;
mod staging;
mod vm;

pub use copy::Copied;
pub use disk::{Disk, admit};
use host::Virtualisation;
pub use outcome::{Outcome, Started};
pub use plan::{Accelerator, Files, Plan, RootPlan, plan};
pub use run::{Ending, Notice, Observation, Reach, Request, Room, run};
pub use staging::Staging;
pub use vm::{Incoming, RunningVm};

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
    /// Whether it gets a raw copy of each disk that a guest may write to or that isn't raw, so that
    /// it reads no format.
    pub copies_disks: bool,
    /// Whether it guesses the format of a disk that it gets, and cannot be told that it is raw.
    pub guesses_formats: bool,
    /// Whether nobody has tried it: written from its documents alone.
    pub untested: bool,
    /// Whether it runs guests of that architecture here, and how: as is asked, without trying the
    /// host first, where it has that choice.
    pub fits: fn(Architecture, Option<Accelerator>) -> Result<Fit, Unfit>,
    /// What the guard has to start; `own` is the program that runs the helpers, `scratch` the folder
    /// for files.
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

/// Fits if that program is on PATH and the host runs guests of the architecture by hardware.
fn on_path(name: &str, title: &str, architecture: Architecture) -> Result<Fit, Unfit> {
    let program = program(name).ok_or_else(|| Unfit {
        why: format!("{name} is not on PATH"),
        fix: format!("Put a release of {title} there."),
    })?;
    match host::virtualisation(architecture) {
        Virtualisation::Runs(accelerator) => Ok(Fit {
            accelerator,
            program: Some(program),
            note: None,
            emulates: false,
        }),
        other => Err(Unfit {
            why: other.to_string(),
            fix: other.fix(),
        }),
    }
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

/// The VMMs of this host with their versions: libkrun if it is built in, and the programs on PATH. A program
/// that does not say its version has `unknown version`.
pub fn versions() -> Vec<(&'static str, String)> {
    const PROGRAMS: [&str; 5] = [
        "qemu-system-x86_64",
        "qemu-system-aarch64",
        "qemu-system-riscv64",
        "firecracker",
        "cloud-hypervisor",
    ];
    let mut versions = Vec::new();
    if krun::IS_BUILT_IN {
        versions.push(("libkrun", krun::VERSION.to_owned()));
    }
    for name in PROGRAMS {
        if let Some(path) = program(name) {
            let version = version_of(&path);
            versions.push((
                name,
                version.unwrap_or_else(|| "unknown version".to_owned()),
            ));
        }
    }
    versions
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
