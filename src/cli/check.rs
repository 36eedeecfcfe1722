//! `kelpie-check check`: kernel, initramfs, root and command line as one boot.

use super::Exit;
use super::assembly::{Circumstances, Files};
use super::judging::{Judging, limits_help};
use super::output::{complain, complain_of};
use kelpie_check::check::{self, Report, Selection};
use kelpie_check::error::Error;
use kelpie_check::finding::Code;
use kelpie_check::project::{Date, FILE_NAME, Ignored, Image, LeftOut, Project};
use kelpie_check::role::Role;
use kelpie_check::vmm::{self, Target};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    /// How they are judged.
    pub fn judging(&self) -> &Judging {
        &self.judging
    }

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
        Err(Refused::Unfit(error)) => {
            complain(&error);
            return Exit::Usage;
        }
        Err(Refused::Mistaken(error)) => {
            complain_of(&error);
            return Exit::Usage;
        }
    };
    arguments.judging.follow(&project);
    let others = arguments.circumstances.beside(&project);
    let others: Vec<&Path> = others.iter().map(PathBuf::as_path).collect();
    let artefacts = artefacts(&project, &arguments);
    if let Err(exit) = arguments.judging.begin(artefacts, &others) {
        return exit;
    }
    if arguments.judging.reporting.is_verbose() {
        arguments.explain_path = true;
    }
    let today = Date::today();
    tell_expired(&project, today);
    let mut report: Option<Report> = None;
    let mut used = BTreeSet::new();
    for image in &project.images {
        for target in targets(image, &arguments.judging) {
            let ignored: Vec<&Ignored> = project
                .ignored
                .iter()
                .filter(|ignored| ignored.applies_to(image, today))
                .collect();
            let next = one(image, target, &arguments, &ignored, &mut used);
            match &mut report {
                Some(report) => report.append(next),
                None => report = Some(next),
            }
        }
    }
    tell_unused(&project, today, &used);
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

/// Why nothing is judged.
enum Refused {
    /// The arguments name nothing that can be judged.
    Unfit(String),
    /// The project file has a mistake, or the folder cannot be read.
    Mistaken(Error),
}

/// What is judged: the parts that were named, a folder, or a project.
fn project(arguments: &Arguments) -> Result<Project, Refused> {
    if let Some(folder) = &arguments.folder {
        if folder.is_file() {
            let shown = folder.display();
            return Err(Refused::Unfit(format!(
                "{shown} is a file: name it with --kernel, --initramfs or --rootfs, or run \
                 `kelpie-check {shown}`, which finds out what it is"
            )));
        }
        let file = folder.join(FILE_NAME);
        return if file.is_file() {
            Project::read(&file).map_err(Refused::Mistaken)
        } else {
            Project::of_folder(folder).map_err(Refused::Mistaken)
        };
    }
    if arguments.files.is_empty() {
        return Project::find(&PathBuf::from("."))
            .map_err(Refused::Mistaken)?
            .ok_or_else(|| {
                Refused::Unfit(format!(
                    "no {FILE_NAME} in this folder or above; name a folder, give --kernel, or write \
                     one with `kelpie-check init`"
                ))
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

/// Names the ignores whose last day is over.
fn tell_expired(project: &Project, today: Date) {
    for ignored in &project.ignored {
        if let Some(until) = ignored.until.filter(|_| ignored.is_expired(today)) {
            let code = ignored.code;
            let text = format!("the ignore of {code} expired on {until}, and no longer counts");
            tell_of(project, ignored, &text);
        }
    }
}

/// Names the ignores that left out no finding.
fn tell_unused(project: &Project, today: Date, used: &BTreeSet<usize>) {
    for ignored in &project.ignored {
        if !used.contains(&ignored.line) && !ignored.is_expired(today) {
            let code = ignored.code;
            let text =
                format!("the ignore of {code} is unused: no image has this finding; remove it");
            tell_of(project, ignored, &text);
        }
    }
}

fn tell_of(project: &Project, ignored: &Ignored, text: &str) {
    let file = project.file.as_deref().unwrap_or(Path::new(FILE_NAME));
    complain(&format!("{}:{}: {text}", file.display(), ignored.line));
}

/// Judges an image on a target. The lines of the ignores that leave out a finding are added to `used`.
fn one(
    image: &Image,
    target: &'static Target,
    arguments: &Arguments,
    ignored: &[&Ignored],
    used: &mut BTreeSet<usize>,
) -> Report {
    let judging = &arguments.judging;
    let is_folder = arguments.folder.is_some();
    let codes: Vec<Code> = ignored.iter().map(|ignored| ignored.code).collect();
    match arguments
        .circumstances
        .assemble(image, target, judging, is_folder)
    {
        Ok(assembly) => {
            let mut report = check::together(
                &image.name,
                &assembly.named_parts(),
                &assembly.bundle,
                &judging.selection_without(&codes),
                arguments.explain_path,
            );
            for boot in &mut report.boots {
                boot.shows_machine = arguments.show_machine;
            }
            if !codes.is_empty() {
                let left_out = Selection {
                    select: codes,
                    ..Selection::default()
                };
                let found = check::findings(&assembly.bundle, &left_out);
                let is_found =
                    |ignored: &&&Ignored| found.iter().any(|finding| finding.code == ignored.code);
                used.extend(ignored.iter().filter(is_found).map(|ignored| ignored.line));
            }
            report
        }
        Err(unread) => *unread,
    }
}
