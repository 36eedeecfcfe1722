//! Firecracker as an external program, by a configuration file. Untested: written from its documents.
//!
//! Sources: Firecracker `docs/getting-started.md` ("Configuring the microVM without sending API
//! requests") and `src/firecracker/swagger/firecracker.yaml` (BootSource, Drive,
//! MachineConfiguration).

use super::guard::Order;
use super::plan::{Accelerator, Plan, RootPlan};
use super::{Backend, Fit, Unfit, on_path, version_of};
use crate::architecture::Architecture;
use crate::vmm;
use serde::Serialize;
use std::io;
use std::path::Path;

/// The backend.
pub(super) static FIRECRACKER: Backend = Backend {
    name: "firecracker",
    title: "Firecracker",
    target: &vmm::FIRECRACKER,
    copies_disks: true,
    guesses_formats: false,
    untested: true,
    fits,
    order,
    version: |fit| version_of(fit.program.as_deref()?),
};

fn fits(architecture: Architecture, _asked: Option<Accelerator>) -> Result<Fit, Unfit> {
    on_path("firecracker", "Firecracker", architecture)
}

#[derive(Serialize)]
struct Configuration<'a> {
    #[serde(rename = "boot-source")]
    boot_source: BootSource<'a>,
    drives: Vec<Drive<'a>>,
    #[serde(rename = "machine-config")]
    machine: MachineConfiguration,
}

#[derive(Serialize)]
struct BootSource<'a> {
    kernel_image_path: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    initrd_path: Option<&'a Path>,
    boot_args: &'a str,
}

#[derive(Serialize)]
struct Drive<'a> {
    drive_id: &'static str,
    path_on_host: &'a Path,
    is_root_device: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    partuuid: Option<&'a str>,
    is_read_only: bool,
}

#[derive(Serialize)]
struct MachineConfiguration {
    vcpu_count: u8,
    mem_size_mib: u64,
}

fn order(plan: &Plan, fit: &Fit, _own: &Path, scratch: &Path) -> io::Result<Order> {
    let program = fit
        .program
        .clone()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let disk = plan.machine.disk();
    let root_drive = disk.and_then(|disk| disk.root_drive.as_ref());
    let drives = match &plan.root {
        Some(RootPlan::Disk { path, .. }) => vec![Drive {
            drive_id: "root",
            path_on_host: path,
            is_root_device: root_drive.is_some(),
            partuuid: root_drive.and_then(|drive| drive.partuuid.as_deref()),
            is_read_only: plan.is_disk_read_only(),
        }],
        Some(RootPlan::Folder { .. }) => return Err(invalid("Firecracker shares no folders")),
        None => Vec::new(),
    };
    let configuration = Configuration {
        boot_source: BootSource {
            kernel_image_path: &plan.kernel,
            initrd_path: plan.initramfs.as_deref(),
            boot_args: plan
                .command_line
                .to_str()
                .ok_or_else(|| invalid("Firecracker accepts a command line only in UTF-8"))?,
        },
        drives,
        machine: MachineConfiguration {
            vcpu_count: 1,
            mem_size_mib: plan.machine.ram_mib,
        },
    };
    let file = scratch.join("firecracker.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&configuration)?)?;
    Ok(Order {
        program: program.into(),
        arguments: vec!["--no-api".into(), "--config-file".into(), file.into()],
        environment: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Accelerator;
    use crate::machine::{Choices, Machine, Storage};
    use crate::rootfs::DiskFormat;

    #[test]
    fn the_configuration_names_kernel_line_and_drive() {
        let folder = tempfile::tempdir().unwrap();
        let platform = vmm::FIRECRACKER.platform(Architecture::X86_64).unwrap();
        let choices = Choices {
            ram_mib: Some(256),
            storage: Storage::Disk { is_read_only: true },
            ..Choices::default()
        };
        let plan = Plan {
            machine: Machine::new(&vmm::FIRECRACKER, platform, &choices),
            kernel: "vmlinux".into(),
            kernel_is_elf: true,
            initramfs: None,
            command_line: "console=ttyS0".into(),
            root: Some(RootPlan::Disk {
                path: "disk".into(),
                format: DiskFormat::Raw,
                disk_bytes: 1 << 20,
            }),
            accelerator: Accelerator::Kvm,
            cpu: None,
        };
        let fit = Fit {
            accelerator: Accelerator::Kvm,
            program: Some("firecracker".into()),
            note: None,
            emulates: false,
        };
        order(&plan, &fit, Path::new(""), folder.path()).unwrap();
        let text = std::fs::read(folder.path().join("firecracker.json")).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["boot-source"]["kernel_image_path"], "vmlinux");
        assert_eq!(json["boot-source"]["boot_args"], "console=ttyS0");
        assert!(json["boot-source"].get("initrd_path").is_none());
        assert_eq!(json["drives"][0]["is_read_only"], true);
        assert_eq!(json["drives"][0]["is_root_device"], true);
        assert_eq!(json["machine-config"]["mem_size_mib"], 256);
    }
}
