//! `kelpie-check initramfs`: reports on archives, shows what is inside one, or builds one.

use super::browse::{self, question};
use super::initramfs_build as build;
use super::judging::{Judging, judge_all, limits_help};
use super::output::complain;
use super::{Exit, extract};
use kelpie_check::bundle::Bundle;
use kelpie_check::check::{self, Report};
use kelpie_check::error::Result;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::limits::Limits;
use kelpie_check::role::Role;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Look inside an archive:
  kelpie-check initramfs FILE ls [PATH]    list a directory
  kelpie-check initramfs FILE cat PATH     print a file
  kelpie-check initramfs FILE stat PATH    show type, mode, owner and size

Build an archive for a kernel whose drivers are modules:
  kelpie-check initramfs build --modules FROM --kernel K -o F";

#[derive(clap::Args)]
#[command(
    before_help = HELP,
    after_help = limits_help(),
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Archives; or one archive, then ls, cat or stat, and a path inside
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    judging: Judging,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Build an initramfs from the modules that a boot needs and a small init that mounts the root
    Build(build::Arguments),
}

impl Arguments {
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }

    /// The file that `build` writes.
    pub fn output(&self) -> Option<&Path> {
        let Some(Command::Build(arguments)) = &self.command else {
            return None;
        };
        Some(arguments.output())
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    if let Some(Command::Build(arguments)) = &arguments.command {
        return build::run(arguments);
    }
    match question(&arguments.paths) {
        Ok(Some(question)) => inside(arguments, &question),
        Ok(None) => judge_all(
            Role::Initramfs,
            &arguments.paths,
            &arguments.judging,
            |path| one(path, &arguments.judging),
        ),
        Err(wrong) => {
            complain(&wrong);
            Exit::Usage
        }
    }
}

fn inside(arguments: &Arguments, question: &browse::Question) -> Exit {
    let path = &arguments.paths[0];
    if let Err(exit) = arguments.judging.begin_browsing(Role::Initramfs, path) {
        return exit;
    }
    let answered = open_archive(path, &arguments.judging.limits()).and_then(|initramfs| {
        let archive = initramfs.archive()?;
        Ok(browse::answer(archive, question, &|_| Ok(Vec::new())))
    });
    answered.unwrap_or_else(|error| {
        complain(&format!("{}: {error}", path.display()));
        Exit::Unreadable
    })
}

/// Opens an archive, or the one on standard input for `-`.
pub fn open_archive(path: &Path, limits: &Limits) -> Result<Initramfs> {
    if path == Path::new("-") {
        return Ok(Initramfs::new(extract::open(path, limits)?, limits.clone()));
    }
    Initramfs::open(path, limits)
}

pub fn one(path: &Path, judging: &Judging) -> Report {
    let shown = path.display().to_string();
    match open_archive(path, &judging.limits()) {
        Ok(initramfs) => {
            let bundle = Bundle::empty(judging.limits(), judging.target(), judging.arch)
                .with_initramfs(Some(initramfs));
            check::alone(Role::Initramfs, &shown, &bundle, &judging.selection())
        }
        Err(error) => check::unreadable(&shown, Role::Initramfs, judging.target().name, error),
    }
}
