//! What is started: pure data, decided from the bundle alone.

use super::disk::Disk;
use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::machine::Machine;
use crate::rootfs::DiskFormat;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// How a guest's instructions are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accelerator {
    /// Linux' /dev/kvm.
    Kvm,
    /// Apple's Hypervisor.framework.
    Hvf,
    /// QEMU's translator, for any architecture on any host.
    Tcg,
}

impl Accelerator {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Kvm, Self::Hvf, Self::Tcg];

    /// The name in options and machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Hvf => "hvf",
            Self::Tcg => "tcg",
        }
    }
}

/// The disk or folder that is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootPlan {
    /// A disk image.
    Disk {
        /// The file.
        path: PathBuf,
        /// The format of that file.
        format: DiskFormat,
        /// How large the guest sees the disk.
        disk_bytes: u64,
    },
    /// A folder, shared read-only.
    Folder {
        /// Where.
        path: PathBuf,
    },
}

/// A machine, with the files of the host that it gets.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The machine.
    pub machine: Machine,
    /// The kernel, in a form that the backend takes.
    pub kernel: PathBuf,
    /// Whether that is an ELF file.
    pub kernel_is_elf: bool,
    /// The initramfs.
    pub initramfs: Option<PathBuf>,
    /// The command line that the backend is given, without what the backend adds.
    pub command_line: OsString,
    /// The root.
    pub root: Option<RootPlan>,
    /// How its instructions are run.
    pub accelerator: Accelerator,
    /// The CPU's model, by the backend's own name; none is the backend's choice.
    pub cpu: Option<String>,
}

impl Plan {
    /// Returns true if the guest may only read its disk.
    pub fn is_disk_read_only(&self) -> bool {
        self.machine.disk().is_some_and(|disk| disk.is_read_only)
    }
}

/// The files of a plan, as they lie on the host.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The kernel.
    pub kernel: PathBuf,
    /// Whether that is an ELF file.
    pub kernel_is_elf: bool,
    /// The initramfs.
    pub initramfs: Option<PathBuf>,
    /// The root: an image or a folder.
    pub root: Option<PathBuf>,
    /// The disk in that image.
    pub disk: Option<Disk>,
}

/// The plan for a bundle on its target.
pub fn plan(
    bundle: &Bundle,
    files: Files,
    accelerator: Accelerator,
    cpu: Option<String>,
) -> Result<Plan> {
    let machine = bundle.machine()?;
    let line = bundle.command_line()?;
    let root = match (files.root, bundle.root()?) {
        (Some(_), Some(root)) if root.is_folder() && machine.share().is_none() => {
            let why = format!("{} has no virtiofs", bundle.target.title);
            return Err(Error::unsupported("root folder", why));
        }
        (Some(path), Some(root)) if root.is_folder() => Some(RootPlan::Folder { path }),
        (Some(path), Some(_)) => {
            let disk = files
                .disk
                .ok_or_else(|| Error::unsupported("root disk", "an image of an unknown format"))?;
            Some(RootPlan::Disk {
                path,
                format: disk.format,
                disk_bytes: disk.bytes,
            })
        }
        _ => None,
    };
    Ok(Plan {
        machine,
        kernel: files.kernel,
        kernel_is_elf: files.kernel_is_elf,
        initramfs: files.initramfs,
        command_line: OsStr::from_bytes(&line.raw).to_owned(),
        root,
        accelerator,
        cpu,
    })
}
