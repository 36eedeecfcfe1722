//! Cloud Hypervisor as an external program. Untested: written from its documents.
//!
//! Sources: Cloud Hypervisor `README.md` ("Custom Kernel and Disk Image"), `docs/device_model.md`,
//! `docs/cpu.md`, `docs/memory.md`.

use super::guard::Order;
use super::plan::{Accelerator, Plan, RootPlan};
use super::{Backend, Fit, Unfit, on_path, version_of};
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
    guesses_formats: true,
    untested: true,
    fits,
    order,
    version: |fit| version_of(fit.program.as_deref()?),
};

fn fits(architecture: Architecture, _asked: Option<Accelerator>) -> Result<Fit, Unfit> {
    on_path("cloud-hypervisor", "Cloud Hypervisor", architecture)
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
    arguments.extend([
        "--memory".into(),
        format!("size={}M", plan.machine.ram_mib).into(),
    ]);
    match &plan.root {
        Some(RootPlan::Disk { path, .. }) => {
            let mut disk = OsString::from("path=");
            disk.push(path);
            if plan.is_disk_read_only() {
                disk.push(",readonly=on");
            }
            arguments.extend(["--disk".into(), disk]);
        }
        Some(RootPlan::Folder { .. }) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "Cloud Hypervisor shares a folder through a virtiofsd, and kelpie-check does not \
                    start one: give the root as an image",
            ));
        }
        None => {}
    }
    // `tty` is standard output; there is one console at a time.
    let (serial, console) = if plan.machine.is_virtio_console_read() {
        ("off", "tty")
    } else {
        ("tty", "off")
    };
    arguments.extend(["--serial".into(), serial.into()]);
    arguments.extend(["--console".into(), console.into()]);
    Ok(Order {
        program: program.into(),
        arguments,
        environment: Vec::new(),
    })
}
