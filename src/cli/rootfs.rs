//! `kelpie-check rootfs`: reports on roots, or shows what is inside one.

use super::Exit;
use super::browse::{self, question};
use super::judging::{Judging, judge_all, limits_help};
use super::output::complain;
use kelpie_check::bundle::Bundle;
use kelpie_check::check::{self, Report};
use kelpie_check::error::Result;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use std::path::{Path, PathBuf};

const HELP: &str = "\
Inside one image:
  kelpie-check rootfs IMAGE ls [PATH]    names in a directory
  kelpie-check rootfs IMAGE cat PATH     the content of a file
  kelpie-check rootfs IMAGE stat PATH    what is known of a name";

#[derive(clap::Args)]
#[command(before_help = HELP, after_help = limits_help())]
pub struct Arguments {
    /// Disk images or folders; or one of them, a question and a path inside
    #[arg(required = true, value_name = "IMAGE")]
    paths: Vec<PathBuf>,
    /// Which partition holds the root; without this the first that looks like one
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    #[command(flatten)]
    judging: Judging,
}

pub fn run(arguments: &Arguments) -> Exit {
    match question(&arguments.paths) {
        Ok(Some(question)) => inside(arguments, &question),
        Ok(None) => judge_all(&arguments.paths, &arguments.judging, |path| {
            one(path, arguments)
        }),
        Err(wrong) => {
            complain(&wrong);
            Exit::Usage
        }
    }
}

fn inside(arguments: &Arguments, question: &browse::Question) -> Exit {
    let answered = open(&arguments.paths[0], arguments).and_then(|root| {
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

fn open(path: &Path, arguments: &Arguments) -> Result<RootFs> {
    let root = RootFs::open(path, &arguments.judging.limits())?;
    Ok(match arguments.partition {
        Some(number) => root.with_partition(number),
        None => root,
    })
}

fn one(path: &Path, arguments: &Arguments) -> Report {
    let judging = &arguments.judging;
    let shown = path.display().to_string();
    match open(path, arguments) {
        Ok(root) => {
            let bundle = Bundle::empty(judging.limits(), judging.target(), judging.arch)
                .with_root(Some(root));
            check::alone(Role::Rootfs, &shown, &bundle, &judging.selection())
        }
        Err(error) => check::unreadable(&shown, Role::Rootfs, judging.target().name, error),
    }
}
