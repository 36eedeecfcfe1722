//! `kelpie-check compat`: does a system that was made for one kernel go on with another?

use super::Exit;
use super::extract::open;
use super::judging::{bound_time, limits, parse_limit};
use super::output::{complain, print, takes_colour};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Selection};
use kelpie_check::compat::{self, Answer};
use kelpie_check::error::Result;
use kelpie_check::kernel::Kernel;
use kelpie_check::report::{self, Style};
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::vmm;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Arguments {
    /// The kernel image
    #[arg(long)]
    kernel: PathBuf,
    /// The root file system: a disk image or a folder
    #[arg(long)]
    rootfs: PathBuf,
    /// The partition that holds the root [default: the first that looks like a root]
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    /// The configuration that the kernel was built with [default: config-RELEASE or config beside the kernel]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The kernel-metadata.json of the kernel [default: the one beside the kernel]
    #[arg(long)]
    metadata: Option<PathBuf>,
    /// The output format: human or json
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    format: String,
    /// Raise or lower a limit (see kelpie-check kernel --help)
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = parse_limit)]
    limits: Vec<(String, u64)>,
}

pub fn run(arguments: &Arguments) -> Exit {
    let limits = limits(&arguments.limits);
    bound_time(&limits, &[&arguments.kernel, &arguments.rootfs]);
    let bundle = match bundle(arguments) {
        Ok(bundle) => bundle,
        Err(error) => {
            complain(&error.to_string());
            return Exit::Unreadable;
        }
    };
    let compatibility = compat::compare(&bundle);
    let exit = match compatibility.answer() {
        Answer::Yes => Exit::Clean,
        Answer::No => Exit::Findings,
        Answer::Unknown => Exit::Unreadable,
    };
    if arguments.format == "human" {
        let style = Style {
            colour: takes_colour(),
            quick: false,
            verbose: false,
        };
        return print(&report::compat_text(&compatibility, style), exit);
    }
    let shown = arguments.rootfs.display().to_string();
    let selection = Selection {
        select: compatibility
            .points
            .iter()
            .map(|point| point.code)
            .collect(),
        ..Selection::default()
    };
    let report = check::alone(Role::Rootfs, &shown, &bundle, &selection);
    match report::compat_json(&compatibility, &report) {
        Ok(text) => print(&text, exit),
        Err(error) => {
            complain(&error.to_string());
            Exit::Unreadable
        }
    }
}

fn bundle(arguments: &Arguments) -> Result<Bundle> {
    let limits = limits(&arguments.limits);
    let kernel = Kernel::new(open(&arguments.kernel, &limits)?, limits.clone());
    let root = RootFs::open(&arguments.rootfs, &limits)?;
    let root = match arguments.partition {
        Some(number) => root.with_partition(number),
        None => root,
    };
    let surroundings = Surroundings {
        path: arguments.kernel.clone(),
        config: arguments.config.clone(),
        metadata: arguments.metadata.clone(),
        ..Surroundings::default()
    };
    Ok(
        Bundle::new(kernel, surroundings, limits, vmm::TARGETS[0], None)
            .with_assumed_command_line()
            .with_initramfs(None)
            .with_root(Some(root)),
    )
}
