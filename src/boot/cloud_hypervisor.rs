//! Cloud Hypervisor as an external program. Untested: written from its documents.
//!
//! Sources: Cloud Hypervisor `README.md` ("Custom Kernel and Disk Image"), `docs/device_model.md`,
//! `docs/cpu.md`, `docs/memory.md`.

use super::guard::Order;
use super::host::{self, Virtualisation};
use super::plan::{Accelerator, Plan, RootPlan, Wire};
use super::{Backend, Fit, Unfit, program, version_of};
use crate::architecture::Architecture;
use crate::vmm;
use std::ffi::OsString;
use std::io;
use std::path::Path;

/// The backend.
pub(super) static CLOUD_HYPERVISOR: Backend = Backend {
    name: "cloud-hypervisor",
    title: "Cloud Hypervisor",
    target: &vmm::CLOUD_HYPERVISOR,
    copies_disks: true,
    untested: true,
    fits,
    order,
    version: |fit| version_of(fit.program.as_deref()?),
};

fn fits(architecture: Architecture, _asked: Option<Accelerator>) -> Result<Fit, Unfit> {
    let program = program("cloud-hypervisor").ok_or_else(|| Unfit {
        why: "cloud-hypervisor is not on PATH".to_owned(),
        fix: "Put a release of Cloud Hypervisor there.".to_owned(),
    })?;
    match host::virtualisation(architecture) {
        Virtualisation::Runs(accelerator) => Ok(Fit {
            accelerator,
            program: Some(program),
            note: None,
            emulates: false,
        }),
        other => Err(Unfit {
            why: other.to_string(),
            fix: other.fix(),
        }),
    }
}

fn order(plan: &Plan, fit: &Fit, _own: &Path, _scratch: &Path) -> io::Result<Order> {
    let program = fit
        .program
        .clone()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let mut arguments: Vec<OsString> = vec!["--kernel".into(), plan.kernel.clone().into()];
    if let Some(initramfs) = &plan.initramfs {
        arguments.extend(["--initramfs".into(), initramfs.clone().into()]);
    }
    arguments.extend(["--cmdline".into(), plan.command_line.clone()]);
    arguments.extend(["--cpus".into(), "boot=1".into()]);
    arguments.extend(["--memory".into(), format!("size={}M", plan.ram_mib).into()]);
    match &plan.root {
        Some(RootPlan::Disk {
            path, read_only, ..
        }) => {
            let mut disk = OsString::from("path=");
            disk.push(path);
            if *read_only {
                disk.push(",readonly=on");
            }
            arguments.extend(["--disk".into(), disk]);
        }
        Some(RootPlan::Folder { .. }) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "Cloud Hypervisor shares a folder by a virtiofsd beside it, which is not started \
                 here: give the root as an image",
            ));
        }
        None => {}
    }
    // `tty` is standard output; there is one console at a time.
    let (serial, console) = match plan.serial {
        Wire::Console => ("tty", "off"),
        Wire::Aside => ("off", "tty"),
    };
    arguments.extend(["--serial".into(), serial.into()]);
    arguments.extend(["--console".into(), console.into()]);
    Ok(Order {
        program: program.into(),
        arguments,
        environment: Vec::new(),
    })
}
