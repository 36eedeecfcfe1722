//! `kelpie-check kernel`: one report over all the kernel images that were named.

use super::Exit;
use super::extract::open;
use super::judging::{Judging, all, limits_help};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report};
use kelpie_check::error::{Error, Result};
use kelpie_check::kernel::Kernel;
use kelpie_check::role::Role;
use std::io;
use std::path::{Path, PathBuf};

/// How a kernel in a folder may be called, before a version.
const NAMES: [&str; 9] = [
    "vmlinuz",
    "vmlinux",
    "bzImage",
    "zImage",
    "Image",
    "uImage",
    "kernel",
    "linux",
    "libkrunfw",
];

/// What lies beside kernels, and is named after them.
const BESIDE: [&str; 9] = [
    ".json", ".txt", ".md", ".sig", ".asc", ".sha256", ".sha512", ".config", ".map",
];

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// Kernel images, folders of them, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The configuration that the kernel was built with [default: config-RELEASE or config beside the kernel]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The kernel-metadata.json of the kernel [default: the one beside the kernel]
    #[arg(long)]
    metadata: Option<PathBuf>,
    /// Read only headers; never decompress
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    judging: Judging,
}

impl Arguments {
    /// Kernels without anything beside them.
    pub fn of(paths: Vec<PathBuf>, judging: Judging) -> Self {
        Self {
            paths,
            config: None,
            metadata: None,
            quick: false,
            judging,
        }
    }

    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    let judging = &arguments.judging;
    let files = files(&arguments.paths);
    let artefacts = files.iter().map(|path| (Role::Kernel, path.clone()));
    let beside = [&arguments.config, &arguments.metadata]
        .into_iter()
        .flatten();
    let beside: Vec<&Path> = beside.map(PathBuf::as_path).collect();
    if let Err(exit) = judging.begin(artefacts.collect(), &beside) {
        return exit;
    }
    let reports = all(&files, |path| one(path, arguments));
    judging.print_all(reports, arguments.quick)
}

/// The files that the paths stand for: folders give what is named like a kernel in them. A folder
/// that gives nothing stays itself, and is reported as what cannot be read.
fn files(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        let mut found = kernels_in(path);
        if found.is_empty() {
            files.push(path.clone());
        }
        files.append(&mut found);
    }
    files
}

fn kernels_in(folder: &Path) -> Vec<PathBuf> {
    // What is no folder, or may not be read, has no entries; opening it will tell why.
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file() && is_named_like_a_kernel(path))
        .collect();
    found.sort();
    found
}

fn is_named_like_a_kernel(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_a_kernel = name.ends_with(".efi")
        || NAMES.iter().any(|known| {
            name.strip_prefix(known)
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
        });
    is_a_kernel && !BESIDE.iter().any(|ending| name.ends_with(ending))
}

pub fn one(path: &Path, arguments: &Arguments) -> Report {
    let shown = path.display().to_string();
    let selection = arguments.judging.selection();
    match bundle(path, arguments) {
        Ok(bundle) => check::kernel(&shown, &bundle, &selection),
        Err(error) => {
            check::unreadable(&shown, Role::Kernel, arguments.judging.target().name, error)
        }
    }
}

fn bundle(path: &Path, arguments: &Arguments) -> Result<Bundle> {
    let limits = arguments.judging.limits();
    if path.is_dir() && std::fs::read_dir(path).is_ok() {
        let nothing = io::Error::other("no file in this folder has the name of a kernel");
        return Err(Error::io(path.display().to_string(), &nothing));
    }
    let source = open(path, &limits)?;
    let kernel = Kernel::new(source, limits.clone());
    let kernel = if arguments.quick {
        kernel.quick()
    } else {
        kernel
    };
    let surroundings = Surroundings {
        path: path.to_path_buf(),
        config: arguments.config.clone(),
        metadata: arguments.metadata.clone(),
        is_converted: false,
    };
    Ok(Bundle::new(
        kernel,
        surroundings,
        limits,
        arguments.judging.target(),
        arguments.judging.arch,
    ))
}
