//! `kelpie-check rootfs`: reports on roots, or shows what is inside one.

use super::browse::{self, question};
use super::judging::{Judging, judge_all, limits_help};
use super::output::complain;
use super::{Exit, extract};
use kelpie_check::bundle::Bundle;
use kelpie_check::check::{self, Report};
use kelpie_check::error::Result;
use kelpie_check::limits::Limits;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Look inside an image:
  kelpie-check rootfs IMAGE ls [PATH]    list a directory
  kelpie-check rootfs IMAGE cat PATH     print a file
  kelpie-check rootfs IMAGE stat PATH    show type, mode, owner and size";

#[derive(clap::Args)]
#[command(before_help = HELP, after_help = limits_help())]
pub struct Arguments {
    /// Disk images or folders; or one of them, then ls, cat or stat, and a path inside
    #[arg(required = true, value_name = "IMAGE")]
    paths: Vec<PathBuf>,
    /// The partition that holds the root [default: the first that looks like a root]
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    #[command(flatten)]
    judging: Judging,
}

impl Arguments {
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }
}

pub fn run(arguments: &Arguments) -> Exit {
    match question(&arguments.paths) {
        Ok(Some(question)) => inside(arguments, &question),
        Ok(None) => judge_all(Role::Rootfs, &arguments.paths, &arguments.judging, |path| {
            one(path, arguments.partition, &arguments.judging)
        }),
        Err(wrong) => {
            complain(&wrong);
            Exit::Usage
        }
    }
}

fn inside(arguments: &Arguments, question: &browse::Question) -> Exit {
    let path = &arguments.paths[0];
    if let Err(exit) = arguments.judging.begin_browsing(Role::Rootfs, path) {
        return exit;
    }
    let opened = open(path, arguments.partition, &arguments.judging);
    let answered = opened.and_then(|root| {
        let flags = |node| match root.ext4()? {
            Some(ext4) => Ok(ext4
                .inode_flags(node)?
                .into_iter()
                .map(ToString::to_string)
                .collect()),
            None => Ok(Vec::new()),
        };
        Ok(browse::answer(root.tree()?, question, &flags))
    });
    answered.unwrap_or_else(|error| {
        complain(&format!("{}: {error}", arguments.paths[0].display()));
        Exit::Unreadable
    })
}

/// Opens an image or a folder, or the image on standard input for `-`.
pub fn open_root(path: &Path, limits: &Limits) -> Result<RootFs> {
    if path == Path::new("-") {
        return Ok(RootFs::from_source(extract::open(path, limits)?, limits));
    }
    RootFs::open(path, limits)
}

fn open(path: &Path, partition: Option<u32>, judging: &Judging) -> Result<RootFs> {
    let root = open_root(path, &judging.limits())?;
    Ok(match partition {
        Some(number) => root.with_partition(number),
        None => root,
    })
}

pub fn one(path: &Path, partition: Option<u32>, judging: &Judging) -> Report {
    let shown = path.display().to_string();
    match open(path, partition, judging) {
        Ok(root) => {
            let bundle = Bundle::empty(judging.limits(), judging.target(), judging.arch)
                .with_root(Some(root));
            check::alone(Role::Rootfs, &shown, &bundle, &judging.selection())
        }
        Err(error) => check::unreadable(&shown, Role::Rootfs, judging.target().name, error),
    }
}
