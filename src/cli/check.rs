//! `kelpie-check check`: kernel, initramfs, root and command line as one boot.

use super::Exit;
use super::assembly::{Circumstances, Files};
use super::judging::{Judging, limits_help};
use super::output::complain;
use kelpie_check::check::{self, Report};
use kelpie_check::error::Error;
use kelpie_check::project::{FILE_NAME, Image, LeftOut, Project};
use kelpie_check::role::Role;
use kelpie_check::vmm::{self, Target};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = limits_help())]
pub struct Arguments {
    /// A folder with a kernel (vmlinuz-…, bzImage, …), an initramfs (initramfs-…, initrd-…) and a root
    /// (*.ext4, *.img, *.squashfs, a folder, …), or with a kelpie-check.toml. The report lists the files that
    /// it leaves out [default: the nearest kelpie-check.toml in this folder or above]
    #[arg(value_name = "DIR", conflicts_with_all = ["kernel", "initramfs", "rootfs"])]
    folder: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    circumstances: Circumstances,
    /// Print the facts and causes that led to the verdict, in order
    #[arg(long)]
    explain_path: bool,
    /// Show the machine: RAM, tables, devices and their drivers
    #[arg(long)]
    show_machine: bool,
    #[command(flatten)]
    judging: Judging,
}

impl Arguments {
    /// Files that boot together.
    pub fn of_files(files: Files, circumstances: Circumstances, judging: Judging) -> Self {
        Self {
            folder: None,
            files,
            circumstances,
            explain_path: false,
            show_machine: false,
            judging,
        }
    }

    /// A folder with a project, or with the files of a boot.
    pub fn of_folder(folder: PathBuf, circumstances: Circumstances, judging: Judging) -> Self {
        let files = Files::default();
        Self {
            folder: Some(folder),
            ..Self::of_files(files, circumstances, judging)
        }
    }
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
    arguments
        .judging
        .bound_time(artefacts(&project, &arguments));
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
        Some(mut report) => {
            report.left_out = project.left_out.iter().map(left_out).collect();
            arguments.judging.print_boots(&report)
        }
        None => Exit::Clean,
    }
}

fn left_out(left_out: &LeftOut) -> check::LeftOut {
    check::LeftOut {
        path: left_out.path.display().to_string(),
        why: left_out.why.clone(),
    }
}

/// The files of each boot that is judged.
fn artefacts(project: &Project, arguments: &Arguments) -> Vec<(Role, PathBuf)> {
    let mut artefacts = Vec::new();
    for image in &project.images {
        let parts = [
            (Role::Kernel, &image.kernel),
            (Role::Initramfs, &image.initramfs),
            (Role::Rootfs, &image.rootfs),
        ];
        for _ in targets(image, &arguments.judging) {
            let given = parts
                .iter()
                .filter_map(|(role, path)| Some((*role, (*path).clone()?)));
            artefacts.extend(given);
        }
    }
    artefacts
}

/// What is judged: the parts that were named, a folder, or a project.
fn project(arguments: &Arguments) -> Result<Project, String> {
    let told = |error: Error| error.to_string();
    if let Some(folder) = &arguments.folder {
        if folder.is_file() {
            let shown = folder.display();
            return Err(format!(
                "{shown} is a file: name it with --kernel, --initramfs or --rootfs, or run \
                 `kelpie-check {shown}`, which finds out what it is"
            ));
        }
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
                format!("no {FILE_NAME} in this folder or above; name a folder, or give --kernel")
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
        Ok(assembly) => {
            let mut report = check::together(
                &image.name,
                &assembly.named_parts(),
                &assembly.bundle,
                &judging.selection(),
                arguments.explain_path,
            );
            for boot in &mut report.boots {
                boot.shows_machine = arguments.show_machine;
            }
            report
        }
        Err(unread) => *unread,
    }
}
