//! The parts of one boot as the command line names them, put together.

use super::extract::open;
use super::judging::Judging;
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Report};
use kelpie_check::cmdline::CommandLine;
use kelpie_check::error::Error;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::project::Image;
use kelpie_check::role::Role;
use kelpie_check::rootfs::RootFs;
use kelpie_check::vmm::Target;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The files.
#[derive(clap::Args)]
pub struct Files {
    /// The kernel image
    #[arg(long)]
    pub kernel: Option<PathBuf>,
    /// The initramfs; without this there is none
    #[arg(long)]
    pub initramfs: Option<PathBuf>,
    /// The root: a disk image or a folder
    #[arg(long)]
    pub rootfs: Option<PathBuf>,
}

/// What is said of them, and of the machine.
#[derive(clap::Args)]
pub struct Circumstances {
    /// Which partition holds the root; without this root= says, or the first that looks like one
    #[arg(long, value_name = "N")]
    partition: Option<u32>,
    /// The kernel command line; without this one that boots the root on the target is assumed
    #[arg(long, allow_hyphen_values = true)]
    cmdline: Option<OsString>,
    /// RAM of the machine, in MiB
    #[arg(long, value_name = "N")]
    pub ram_mib: Option<u64>,
    /// The level of x86-64 that the machine's CPU has
    #[arg(long, value_name = "1|2|3|4", value_parser = clap::value_parser!(u8).range(1..=4))]
    cpu_level: Option<u8>,
    /// The machine gets the root's disk read-only
    #[arg(long)]
    read_only: bool,
    /// The configuration that the kernel was built with; else config-RELEASE or config beside it
    #[arg(long)]
    config: Option<PathBuf>,
    /// kernel-metadata.json; else the one beside the kernel
    #[arg(long)]
    metadata: Option<PathBuf>,
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

    /// Puts the parts of an image together for a target; a report where one does not open.
    /// `is_folder` says that nobody named the parts one by one.
    pub fn assemble(
        &self,
        image: &Image,
        target: &'static Target,
        judging: &Judging,
        is_folder: bool,
    ) -> Result<Assembly, Report> {
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
            None if image.initramfs.is_some() && !is_folder => bundle = bundle.with_root(None),
            None => {}
            Some(path) => match RootFs::open(path, &limits) {
                Ok(root) => {
                    bundle = bundle.with_root(Some(match self.partition.or(image.partition) {
                        Some(number) => root.with_partition(number),
                        None => root,
                    }));
                    parts.push((Role::Rootfs, path.display().to_string()));
                }
                Err(error) => fail(Role::Rootfs, path, error),
            },
        }
        if let Some(report) = unread {
            return Err(report);
        }
        bundle.ram_mib = self.ram_mib.or(image.ram_mib);
        bundle.cpu_level = self.cpu_level;
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
                |error| format!("not known: {error}"),
                |line| format!("{} (assumed)", String::from_utf8_lossy(&line.raw)),
            );
            parts.push((Role::Cmdline, shown));
        }
        parts.sort_by_key(|(role, _)| *role);
        parts
    }
}
