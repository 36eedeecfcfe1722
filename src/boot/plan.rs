//! What is started: pure data, decided from the bundle alone.

use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::cmdline::CommandLine;
use crate::error::{Error, Result};
use crate::vmm::{Console, Platform};
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

/// Where a console of the guest goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// It is what is read: /dev/console, where the command line says so.
    Console,
    /// It is kept aside, for a boot that the other says nothing of.
    Aside,
}

/// The disk or folder that is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootPlan {
    /// A disk image.
    Disk {
        /// The file.
        path: PathBuf,
        /// `raw`, `qcow2` and so on, as the image itself says.
        format: &'static str,
        /// Whether the guest may only read it.
        read_only: bool,
    },
    /// A folder, shared read-only.
    Folder {
        /// Where.
        path: PathBuf,
        /// What the guest calls it.
        tag: &'static str,
    },
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its architecture.
    pub architecture: Architecture,
    /// Its RAM.
    pub ram_mib: u64,
    /// The kernel, in a form that the backend takes.
    pub kernel: PathBuf,
    /// Whether that is an ELF file.
    pub kernel_is_elf: bool,
    /// The initramfs.
    pub initramfs: Option<PathBuf>,
    /// What the backend is given; it adds what `vmm` says of it.
    pub command_line: OsString,
    /// The root.
    pub root: Option<RootPlan>,
    /// Where the serial port goes.
    pub serial: Wire,
    /// Where the virtio console goes; none where nobody asked for it.
    pub virtio_console: Option<Wire>,
    /// Whether the machine has ACPI, where that is a choice.
    pub acpi: bool,
    /// How its instructions are run.
    pub accelerator: Accelerator,
    /// The CPU's model, by the backend's own name; none is the backend's choice.
    pub cpu: Option<String>,
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
}

/// The plan for a bundle on its target.
pub fn plan(
    bundle: &Bundle,
    files: Files,
    accelerator: Accelerator,
    cpu: Option<String>,
) -> Result<Plan> {
    let platform = bundle.platform()?;
    let line = bundle.command_line()?;
    let (serial, virtio_console) = wires(platform, line);
    let root = match (files.root, bundle.root()?) {
        (Some(path), Some(root)) if root.is_folder() => {
            let share = platform.virtio_fs.as_ref().ok_or_else(|| {
                Error::unsupported(
                    "root folder",
                    format!("{} has no virtiofs", bundle.target.title),
                )
            })?;
            Some(RootPlan::Folder {
                path,
                tag: share.tag,
            })
        }
        (Some(path), Some(root)) => Some(RootPlan::Disk {
            path,
            format: disk_format(platform, root.file_contents()?.name()),
            read_only: bundle.read_only_disk,
        }),
        _ => None,
    };
    Ok(Plan {
        architecture: platform.architecture,
        ram_mib: bundle.ram_mib.unwrap_or(platform.ram_mib),
        kernel: files.kernel,
        kernel_is_elf: files.kernel_is_elf,
        initramfs: files.initramfs,
        command_line: OsStr::from_bytes(&line.raw).to_owned(),
        root,
        serial,
        virtio_console,
        acpi: bundle.has_acpi(platform),
        accelerator,
        cpu,
    })
}

/// A disk is what its first bytes say where the platform reads that, and raw otherwise: so a guest
/// meets what it would meet elsewhere.
fn disk_format(platform: &Platform, contents: &'static str) -> &'static str {
    platform
        .disk_formats
        .iter()
        .find(|format| **format == contents)
        .copied()
        .unwrap_or("raw")
}

/// Which console is read. The last `console=` that the machine has becomes /dev/console; without
/// one it is the usual console of the platform.
fn wires(platform: &Platform, line: &CommandLine) -> (Wire, Option<Wire>) {
    let named = line.consoles();
    let found = |device: &str| {
        let consoles: &[Console] = platform.consoles;
        consoles.iter().find(|console| console.device == device)
    };
    let last = named
        .iter()
        .rev()
        .find_map(|console| found(&console.device));
    let is_named = named
        .iter()
        .any(|console| found(&console.device).is_some_and(|console| console.virtio));
    match last {
        Some(console) if console.virtio => (Wire::Aside, Some(Wire::Console)),
        _ if is_named => (Wire::Console, Some(Wire::Aside)),
        // A machine without a serial port that Linux drives speaks by its virtio console or not at
        // all.
        None if platform.consoles.iter().all(|console| console.virtio) => {
            (Wire::Aside, Some(Wire::Console))
        }
        _ => (Wire::Console, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vmm;

    fn of(target: &str, architecture: Architecture, line: &str) -> (Wire, Option<Wire>) {
        let platform = vmm::by_name(target)
            .and_then(|target| target.platform(architecture))
            .unwrap();
        wires(platform, &CommandLine::parse(line))
    }

    #[test]
    fn the_last_console_that_is_there_is_read() {
        let x86 = |line| of("qemu", Architecture::X86_64, line);
        assert_eq!(x86("console=ttyS0"), (Wire::Console, None));
        assert_eq!(x86(""), (Wire::Console, None));
        assert_eq!(
            x86("console=tty0 console=ttyS0,115200"),
            (Wire::Console, None)
        );
        assert_eq!(
            x86("console=ttyS0 console=hvc0"),
            (Wire::Aside, Some(Wire::Console))
        );
        assert_eq!(
            x86("console=hvc0 console=ttyS0"),
            (Wire::Console, Some(Wire::Aside))
        );
        assert_eq!(x86("console=ttyAMA0"), (Wire::Console, None));
    }

    #[test]
    fn a_machine_with_virtio_consoles_alone_is_read_there() {
        let arm = |line| of("libkrun", Architecture::Aarch64, line);
        assert_eq!(arm("console=hvc0"), (Wire::Aside, Some(Wire::Console)));
        assert_eq!(arm("quiet"), (Wire::Aside, Some(Wire::Console)));
    }
}
