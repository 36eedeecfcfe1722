//! The parts of one boot as the command line names them, put together.

use super::extract::open;
use super::initramfs::open_archive;
use super::judging::Judging;
use super::rootfs::open_root;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::error::Error;
use kelpie_check::kernel::Kernel;
use kelpie_check::metadata;
use kelpie_check::project::{Image, Project};
use kelpie_check::role::Role;
use kelpie_check::rootfs::DiskFormat;
use kelpie_check::vmm::{DISK_KINDS, DiskKind, Target};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The files.
#[derive(Default, clap::Args)]
pub struct Files {
    /// The kernel image
    #[arg(long)]
    pub kernel: Option<PathBuf>,
    /// The initramfs [default: no initramfs]
    #[arg(long)]
    pub initramfs: Option<PathBuf>,
    /// The root file system: a disk image or a folder
    #[arg(long)]
    pub rootfs: Option<PathBuf>,
}

/// What is said of them, and of the machine.
#[derive(clap::Args)]
pub struct Circumstances {
    /// The partition that holds the root [default: the one that root= names, else the first that looks like a root]
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    /// The format of the root's disk image [default: qcow2 if the image claims to be one, else raw]
    #[arg(long, value_name = "FORMAT", value_parser = disk_formats())]
    disk_format: Option<DiskFormat>,
    /// The kernel command line [default: a line that boots the root on the target]
    #[arg(long, allow_hyphen_values = true)]
    cmdline: Option<OsString>,
    /// RAM of the machine, in MiB [default: 512]
    #[arg(long, value_name = "N")]
    pub ram_mib: Option<u64>,
    /// The x86-64 level of the machine's CPU
    #[arg(long, value_name = "1|2|3|4", value_parser = clap::value_parser!(u8).range(1..=4))]
    cpu_level: Option<u8>,
    /// ACPI of the machine, for targets that support both (qemu-microvm) [default: off]
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    acpi: Option<bool>,
    /// The kind of the root's disk [default: virtio-blk]
    #[arg(long, value_name = "KIND", value_parser = disk_kinds())]
    disk: Option<&'static DiskKind>,
    /// Give the disk to the machine read-only
    #[arg(long)]
    read_only: bool,
    /// The configuration that the kernel was built with [default: config-RELEASE or config beside the kernel]
    #[arg(long)]
    config: Option<PathBuf>,
    /// The kernel-metadata.json of the kernel [default: the one beside the kernel]
    #[arg(long)]
    metadata: Option<PathBuf>,
}

/// Parses a kind of disk; help and errors list the names.
pub fn disk_kinds() -> impl TypedValueParser<Value = &'static DiskKind> {
    PossibleValuesParser::new(DISK_KINDS.map(|kind| kind.name))
        .try_map(|name| DiskKind::by_name(&name).ok_or("unknown kind"))
}

fn on_or_off(word: &str) -> Result<bool, String> {
    match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off".to_owned()),
    }
}

/// Parses a disk format; help and errors list the names.
fn disk_formats() -> impl TypedValueParser<Value = DiskFormat> {
    PossibleValuesParser::new(DiskFormat::ALL.map(DiskFormat::name))
        .try_map(|name| DiskFormat::by_name(&name).ok_or("unknown format"))
}

impl Files {
    /// Whether nothing was named.
    pub fn is_empty(&self) -> bool {
        self.kernel.is_none() && self.initramfs.is_none() && self.rootfs.is_none()
    }

    /// The image that they make.
    pub fn image(&self) -> Image {
        Image {
            kernel: self.kernel.clone(),
            initramfs: self.initramfs.clone(),
            rootfs: self.rootfs.clone(),
            ..Image::default()
        }
    }
}

/// The parts of a boot, side by side.
pub struct Assembly {
    /// They, with their target.
    pub bundle: Bundle,
    /// Each with what reports call it, the command line that is assumed not among them.
    pub parts: Vec<(Role, String)>,
}

impl Circumstances {
    /// What lies around the kernel of an image.
    pub fn surroundings(&self, image: &Image, kernel: &Path) -> Surroundings {
        Surroundings {
            path: kernel.to_owned(),
            config: self.config.clone().or_else(|| image.config.clone()),
            metadata: self.metadata.clone().or_else(|| image.metadata.clone()),
            is_converted: false,
        }
    }

    /// The files that a run reads beside the artefacts of a project.
    pub fn beside(&self, project: &Project) -> Vec<PathBuf> {
        let mut beside: Vec<PathBuf> = project.file.iter().cloned().collect();
        for image in &project.images {
            if let Some(kernel) = &image.kernel {
                let around = self.surroundings(image, kernel);
                let metadata = || kernel.with_file_name(metadata::FILE_NAME);
                beside.extend(around.config);
                beside.push(around.metadata.unwrap_or_else(metadata));
            }
        }
        beside
    }

    /// Puts the parts of an image together for a target; a report where one does not open.
    /// `is_folder` says that nobody named the parts one by one.
    pub fn assemble(
        &self,
        image: &Image,
        target: &'static Target,
        judging: &Judging,
        is_folder: bool,
    ) -> Result<Assembly, Box<Report>> {
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
                    let surroundings = self.surroundings(image, path);
                    bundle = bundle.with_kernel(Kernel::new(source, limits.clone()), surroundings);
                    parts.push((Role::Kernel, path.display().to_string()));
                }
                Err(error) => fail(Role::Kernel, path, error),
            }
        }
        let line = self
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
            None if image.is_initramfs_unclear => {}
            None => bundle = bundle.with_initramfs(None),
            Some(path) => match open_archive(path, &limits) {
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
            None if image.initramfs.is_some() && !is_folder => bundle = bundle.with_root(None),
            None => {}
            Some(path) => match open_root(path, &limits) {
                Ok(root) => {
                    let root = match self.disk_format {
                        Some(format) if !root.is_folder() => root.with_format(format),
                        _ => root,
                    };
                    bundle = bundle.with_root(Some(match self.partition.or(image.partition) {
                        Some(number) => root.with_partition(number),
                        None => root,
                    }));
                    parts.push((Role::Rootfs, path.display().to_string()));
                }
                Err(error) => fail(Role::Rootfs, path, error),
            },
        }
        if let Some(kind) = self.disk.filter(|kind| !target.has_disk(kind)) {
            let why = format!("{} has no {} disks", target.title, kind.name);
            fail(
                Role::Rootfs,
                &PathBuf::from("--disk"),
                Error::unsupported("disk", why),
            );
        }
        if let Some(report) = unread {
            return Err(Box::new(report));
        }
        bundle.ram_mib = self.ram_mib.or(image.ram_mib);
        bundle.cpu_level = self.cpu_level;
        bundle.acpi = self.acpi;
        bundle.disk = self.disk;
        bundle.read_only_disk = self.read_only;
        parts.sort_by_key(|(role, _)| *role);
        Ok(Assembly { bundle, parts })
    }
}

impl Assembly {
    /// The parts, with the command line that is assumed where nobody gave one.
    pub fn named_parts(&self) -> Vec<(Role, String)> {
        let mut parts = self.parts.clone();
        if self.bundle.is_command_line_assumed() {
            let shown = self.bundle.command_line().map_or_else(
                |error| format!("unknown: {error}"),
                |line| format!("{} (assumed)", String::from_utf8_lossy(&line.raw)),
            );
            parts.push((Role::Cmdline, shown));
        }
        parts.sort_by_key(|(role, _)| *role);
        parts
    }
}
