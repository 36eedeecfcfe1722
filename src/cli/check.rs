//! `kelpie-check check`: kernel, initramfs, root and command line as one boot.

use super::Exit;
use super::assembly::{Circumstances, Files};
use super::judging::{Judging, limits_help};
use super::output::complain;
use kelpie_check::check::{self, Report};
use kelpie_check::error::Error;
use kelpie_check::project::{FILE_NAME, Image, Project};
use kelpie_check::vmm::{self, Target};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// A folder with vmlinuz-…, initramfs-… and *.ext4, or with a kelpie-check.toml; without this and
    /// without --kernel, the nearest kelpie-check.toml upwards
    #[arg(value_name = "DIR", conflicts_with_all = ["kernel", "initramfs", "rootfs"])]
    folder: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    circumstances: Circumstances,
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
    if arguments.files.is_empty() {
        return Project::find(&PathBuf::from("."))
            .map_err(told)?
            .ok_or_else(|| {
                format!("name a folder or --kernel; there is no {FILE_NAME} here or above")
            });
    }
    Ok(Project {
        images: vec![arguments.files.image()],
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
    let is_folder = arguments.folder.is_some();
    match arguments
        .circumstances
        .assemble(image, target, judging, is_folder)
    {
        Ok(assembly) => check::together(
            &image.name,
            &assembly.named_parts(),
            &assembly.bundle,
            &judging.selection(),
            arguments.explain_path,
        ),
        Err(unread) => unread,
    }
}
