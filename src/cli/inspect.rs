//! `kelpie-check PATH...`: finds out what each file is, and reports on it.

use super::assembly::{Circumstances, Files};
use super::extract::open;
use super::judging::{Judging, all, limits_help};
use super::output::complain;
use super::{Exit, check, diagnose, initramfs, input, kernel, rootfs};
use kelpie_check::identify::{Part, identify};
use kelpie_check::project::{FILE_NAME, Project};
use kelpie_check::role::Role;
use kelpie_check::source::Source;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the subcommand is called.
const NAME: &str = "inspect";

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// Kernels, initramfs archives, roots, logs, folders; - reads one of them from standard input. A kernel with an initramfs
    /// or a root is checked as one boot; a log is joined with the files beside it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    circumstances: Circumstances,
    #[command(flatten)]
    judging: Judging,
}

/// Options that stand before any subcommand.
const GLOBAL: [&str; 5] = ["-h", "--help", "-V", "--version", "--no-sandbox"];
/// The one of these that takes a value.
const COLOR: &str = "--color";

/// Names the subcommand if the words begin with a path, or with an option of it.
pub fn named(mut words: Vec<OsString>, command: &clap::Command) -> Vec<OsString> {
    let mut first = 1;
    while let Some(word) = words.get(first) {
        if word == COLOR {
            first += 2;
        } else if GLOBAL.iter().any(|global| word == global) || is_color(word) {
            first += 1;
        } else {
            break;
        }
    }
    let Some(word) = words.get(first) else {
        return words;
    };
    let text = word.to_string_lossy();
    let is_subcommand = text == "help" || command.find_subcommand(text.as_ref()).is_some();
    // A word that is no file is a misspelt subcommand, which the parser corrects.
    let is_path = text.contains('/') || Path::new(word).symlink_metadata().is_ok();
    if !is_subcommand && (is_path || text.starts_with('-')) {
        words.insert(1, NAME.into());
    }
    words
}

/// Returns true for `--color=WHEN`.
fn is_color(word: &OsString) -> bool {
    let value = word.to_str().and_then(|text| text.strip_prefix(COLOR));
    value.is_some_and(|value| value.starts_with('='))
}

impl Arguments {
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }
}

pub fn run(arguments: Arguments) -> Exit {
    let Arguments {
        paths,
        circumstances,
        judging,
    } = arguments;
    if let [folder] = paths.as_slice()
        && folder.is_dir()
        && is_project(folder)
    {
        return check::run(check::Arguments::of_folder(
            folder.clone(),
            circumstances,
            judging,
        ));
    }
    let mut parts = Vec::new();
    for path in paths {
        parts.push((part(&path, &judging), path));
    }
    let of = |wanted: Part| -> Vec<PathBuf> {
        let paths = parts.iter().filter(|(part, _)| *part == wanted);
        paths.map(|(_, path)| path.clone()).collect()
    };
    let artifacts = |role| of(Part::Artifact(role));
    let [kernels, archives, roots] = [Role::Kernel, Role::Initramfs, Role::Rootfs].map(artifacts);
    let logs = of(Part::Log);
    let is_one_boot = kernels.len() <= 1 && archives.len() <= 1 && roots.len() <= 1;
    let files = || Files {
        kernel: kernels.first().cloned(),
        initramfs: archives.first().cloned(),
        rootfs: roots.first().cloned(),
    };
    match logs.as_slice() {
        [] => {}
        [log] if is_one_boot => {
            let arguments = diagnose::Arguments::of(log.clone(), files(), circumstances, judging);
            return diagnose::run(&arguments);
        }
        [..] => {
            complain("name one log, with at most one kernel, one initramfs and one root");
            return Exit::Usage;
        }
    }
    if is_one_boot && kernels.len() == 1 && parts.len() > 1 {
        return check::run(check::Arguments::of_files(files(), circumstances, judging));
    }
    let artefacts = parts.iter().filter_map(|(part, path)| match part {
        Part::Artifact(role) => Some((*role, path.clone())),
        _ => None,
    });
    if let Err(exit) = judging.begin(artefacts.collect(), &[]) {
        return exit;
    }
    let kernels = kernel::Arguments::of(kernels, judging);
    let judging = kernels.judging();
    let paths: Vec<PathBuf> = parts.iter().map(|(_, path)| path.clone()).collect();
    let reports = all(&paths, |path| {
        let part = parts.iter().find(|(_, known)| known == path);
        match part.map(|(part, _)| *part) {
            Some(Part::Artifact(Role::Initramfs)) => initramfs::one(path, judging),
            Some(Part::Artifact(Role::Rootfs)) => rootfs::one(path, None, judging),
            _ => kernel::one(path, &kernels),
        }
    });
    judging.print_all(reports, false)
}

fn part(path: &Path, judging: &Judging) -> Part {
    let limits = judging.limits();
    // Standard input is read once: its first bytes tell, and its reader gets them again.
    if path == Path::new("-") {
        let head = Source::from_bytes(input::head());
        return identify(&head, &limits).unwrap_or(Part::Log);
    }
    if path.is_dir() {
        return Part::Artifact(Role::Rootfs);
    }
    let part = open(path, &limits).and_then(|source| identify(&source, &limits));
    // A file that cannot be read is reported as such in every format.
    part.unwrap_or(Part::Artifact(Role::Kernel))
}

/// Returns true if a folder has a project file, or a kernel with what it boots.
fn is_project(folder: &Path) -> bool {
    folder.join(FILE_NAME).is_file()
        || Project::of_folder(folder)
            .is_ok_and(|project| project.images.iter().any(|image| image.kernel.is_some()))
}
