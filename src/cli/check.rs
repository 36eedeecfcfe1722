//! `kelpie-check check`: kernel, initramfs, root and command line as one boot.

use super::Exit;
use super::extract::open;
use super::judging::{Judging, limits_help};
use super::output::complain;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::error::Error;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::project::{FILE_NAME, Image, Project};
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::vmm::{self, Target};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// A folder with vmlinuz-…, initramfs-… and *.ext4, or with a kelpie-check.toml; without this and
    /// without --kernel, the nearest kelpie-check.toml upwards
    #[arg(value_name = "DIR", conflicts_with_all = ["kernel", "initramfs", "rootfs"])]
    folder: Option<PathBuf>,
    /// The kernel image
    #[arg(long)]
    kernel: Option<PathBuf>,
    /// The initramfs; without this there is none
    #[arg(long)]
    initramfs: Option<PathBuf>,
    /// The root: a disk image or a folder
    #[arg(long)]
    rootfs: Option<PathBuf>,
    /// Which partition holds the root; without this root= says, or the first that looks like one
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    /// The kernel command line; without this one that boots the root on the target is assumed
    #[arg(long, allow_hyphen_values = true)]
    cmdline: Option<OsString>,
    /// RAM of the machine, in MiB
    #[arg(long, value_name = "N")]
    ram_mib: Option<u64>,
    /// The level of x86-64 that the machine's CPU has
    #[arg(long, value_name = "1|2|3|4", value_parser = clap::value_parser!(u8).range(1..=4))]
    cpu_level: Option<u8>,
    /// The configuration that the kernel was built with; else config-RELEASE or config beside it
    #[arg(long)]
    config: Option<PathBuf>,
    /// kernel-metadata.json; else the one beside the kernel
    #[arg(long)]
    metadata: Option<PathBuf>,
    /// Print the facts and causes that led to the verdict, in order
    #[arg(long)]
    explain_path: bool,
    #[command(flatten)]
    judging: Judging,
}

pub fn run(mut arguments: Arguments) -> Exit {
    let project = match project(&arguments) {
        Ok(project) => project,
        Err(error) => {
            complain(&error);
            return Exit::Usage;
        }
    };
    arguments.judging.follow(&project);
    let mut report: Option<Report> = None;
    for image in &project.images {
        for target in targets(image, &arguments.judging) {
            let next = one(image, target, &arguments);
            match &mut report {
                Some(report) => report.append(next),
                None => report = Some(next),
            }
        }
    }
    match report {
        Some(report) => arguments.judging.print(&report, false),
        None => Exit::Clean,
    }
}

/// What is judged: the parts that were named, a folder, or a project.
fn project(arguments: &Arguments) -> Result<Project, String> {
    let told = |error: Error| error.to_string();
    if let Some(folder) = &arguments.folder {
        let file = folder.join(FILE_NAME);
        return if file.is_file() {
            Project::read(&file).map_err(told)
        } else {
            Project::of_folder(folder).map_err(told)
        };
    }
    if arguments.kernel.is_none() && arguments.initramfs.is_none() && arguments.rootfs.is_none() {
        return Project::find(&PathBuf::from("."))
            .map_err(told)?
            .ok_or_else(|| {
                format!("name a folder or --kernel; there is no {FILE_NAME} here or above")
            });
    }
    Ok(Project {
        images: vec![Image {
            kernel: arguments.kernel.clone(),
            initramfs: arguments.initramfs.clone(),
            rootfs: arguments.rootfs.clone(),
            ..Image::default()
        }],
        ..Project::default()
    })
}

/// The targets of an image: those asked for, else those of the project.
fn targets(image: &Image, judging: &Judging) -> Vec<&'static Target> {
    if judging.is_target_given() || image.targets.is_empty() {
        return vec![judging.target()];
    }
    image
        .targets
        .iter()
        .filter_map(|name| vmm::by_name(name))
        .collect()
}

fn one(image: &Image, target: &'static Target, arguments: &Arguments) -> Report {
    let judging = &arguments.judging;
    let limits = judging.limits();
    let mut bundle = Bundle::empty(limits.clone(), target, judging.arch);
    let mut parts: Vec<(Role, String)> = Vec::new();
    let mut unread: Option<Report> = None;
    let mut fail = |role: Role, path: &PathBuf, error: Error| {
        let next = check::unreadable(&path.display().to_string(), role, target.name, error);
        match &mut unread {
            Some(report) => report.append(next),
            None => unread = Some(next),
        }
    };
    if let Some(path) = &image.kernel {
        match open(path, &limits) {
            Ok(source) => {
                let surroundings = Surroundings {
                    path: path.clone(),
                    config: arguments.config.clone().or_else(|| image.config.clone()),
                    metadata: arguments
                        .metadata
                        .clone()
                        .or_else(|| image.metadata.clone()),
                };
                bundle = bundle.with_kernel(Kernel::new(source, limits.clone()), surroundings);
                parts.push((Role::Kernel, path.display().to_string()));
            }
            Err(error) => fail(Role::Kernel, path, error),
        }
    }
    let line = arguments
        .cmdline
        .as_deref()
        .map(super::bytes_of)
        .or_else(|| image.cmdline.clone().map(String::into_bytes));
    bundle = match line {
        Some(line) => {
            parts.push((Role::Cmdline, String::from_utf8_lossy(&line).into_owned()));
            bundle.with_command_line(CommandLine::parse(line))
        }
        None => bundle.with_assumed_command_line(),
    };
    match &image.initramfs {
        None => bundle = bundle.with_initramfs(None),
        Some(path) => match Initramfs::open(path, &limits) {
            Ok(initramfs) => {
                bundle = bundle.with_initramfs(Some(initramfs));
                if let Some(name) = path.file_name() {
                    bundle.initramfs_name = name.to_string_lossy().into_owned();
                }
                parts.push((Role::Initramfs, path.display().to_string()));
            }
            Err(error) => fail(Role::Initramfs, path, error),
        },
    }
    match &image.rootfs {
        // An initramfs may be the whole system; a kernel alone is none.
        None if image.initramfs.is_some() && arguments.folder.is_none() => {
            bundle = bundle.with_root(None);
        }
        None => {}
        Some(path) => match RootFs::open(path, &limits) {
            Ok(root) => {
                bundle = bundle.with_root(Some(match arguments.partition.or(image.partition) {
                    Some(number) => root.with_partition(number),
                    None => root,
                }));
                parts.push((Role::Rootfs, path.display().to_string()));
            }
            Err(error) => fail(Role::Rootfs, path, error),
        },
    }
    if let Some(report) = unread {
        return report;
    }
    bundle.ram_mib = arguments.ram_mib.or(image.ram_mib);
    bundle.cpu_level = arguments.cpu_level;
    if bundle.is_command_line_assumed() {
        let line = bundle.command_line();
        let shown = line.map_or_else(
            |error| format!("not known: {error}"),
            |line| format!("{} (assumed)", String::from_utf8_lossy(&line.raw)),
        );
        parts.push((Role::Cmdline, shown));
    }
    parts.sort_by_key(|(role, _)| *role);
    check::together(
        &image.name,
        &parts,
        &bundle,
        &judging.selection(),
        arguments.explain_path,
    )
}
