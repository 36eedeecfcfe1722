//! libkrun, as a library, in a child of our own: `krun_start_enter` takes its process over and never
//! returns where it succeeds.
//!
//! Sources: libkrun 1.19.7 `src/lib.rs` and its `include/libkrun.h`; krun-vmm 1.19.7
//! `src/builder.rs`. The kernel that it is given is an ELF file on x86_64 and a raw Image on
//! aarch64: `krun_set_kernel` itself checks almost nothing.

use super::guard::Order;
use super::host::{self, Virtualisation};
use super::plan::{Accelerator, Plan, RootPlan};
use super::{Backend, Fit, Unfit};
use crate::architecture::Architecture;
use crate::printable::escape;
use crate::vmm;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The first argument of an order that the leash runs in its own process.
pub(super) const KRUN: &str = "boot-krun";

/// The backend.
pub(super) static LIBKRUN: Backend = Backend {
    name: "libkrun",
    title: "libkrun",
    target: &vmm::LIBKRUN,
    copies_disks: true,
    guesses_formats: false,
    untested: false,
    fits,
    order,
    version: |_| Some(VERSION.to_owned()),
};

/// As Cargo.toml asks for it.
pub(super) const VERSION: &str = "1.19.7";

/// Whether this build has libkrun in it.
pub(super) const IS_BUILT_IN: bool = cfg!(all(
    feature = "boot",
    any(
        all(
            target_os = "linux",
            any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                target_arch = "riscv64"
            )
        ),
        all(target_os = "macos", target_arch = "aarch64")
    )
));

fn fits(architecture: Architecture, _asked: Option<Accelerator>) -> Result<Fit, Unfit> {
    if !IS_BUILT_IN {
        return Err(Unfit {
            why: "this build has no libkrun in it".to_owned(),
            fix: "Build with the feature `boot`, on Linux or on macOS with Apple silicon."
                .to_owned(),
        });
    }
    match host::virtualisation(architecture) {
        Virtualisation::Runs(accelerator) => Ok(Fit {
            accelerator,
            program: None,
            note: None,
            emulates: false,
        }),
        other @ Virtualisation::Emulates { .. } => Ok(Fit {
            accelerator: Accelerator::Kvm,
            program: None,
            note: Some(other.to_string()),
            emulates: true,
        }),
        other => Err(Unfit {
            why: other.to_string(),
            fix: other.fix(),
        }),
    }
}

/// What the child is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KrunPlan {
    kernel: PathBuf,
    kernel_is_elf: bool,
    initramfs: Option<PathBuf>,
    command_line: Vec<u8>,
    ram_mib: u64,
    disk: Option<KrunDisk>,
    folder: Option<(PathBuf, String)>,
    serial_is_console: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct KrunDisk {
    path: PathBuf,
    read_only: bool,
}

fn order(plan: &Plan, _fit: &Fit, own: &Path, _scratch: &Path) -> io::Result<Order> {
    let mut krun = KrunPlan {
        kernel: plan.kernel.clone(),
        kernel_is_elf: plan.kernel_is_elf,
        initramfs: plan.initramfs.clone(),
        command_line: plan.command_line.as_bytes().to_vec(),
        ram_mib: plan.machine.ram_mib,
        disk: None,
        folder: None,
        serial_is_console: !plan.machine.is_virtio_console_read(),
    };
    match &plan.root {
        // The disk is raw: libkrun reads no format (`copies_disks`).
        Some(RootPlan::Disk { path, .. }) => {
            krun.disk = Some(KrunDisk {
                path: path.clone(),
                read_only: plan.is_disk_read_only(),
            });
        }
        Some(RootPlan::Folder { path }) => {
            let tag = plan.machine.share().unwrap_or_default();
            // libkrun opens the folder with O_NOFOLLOW: a link would share the link itself.
            krun.folder = Some((path.canonicalize()?, tag.to_owned()));
        }
        None => {}
    }
    Ok(Order {
        program: own.into(),
        arguments: vec![KRUN.into(), serde_json::to_string(&krun)?.into()],
        environment: Vec::new(),
    })
}

/// Runs the machine in this process. Returns an exit status only if the machine does not start, and says
/// why on standard error.
pub(super) fn enter(plan: &str) -> u8 {
    let refused = match serde_json::from_str::<KrunPlan>(plan) {
        Ok(plan) => library::enter(&plan),
        Err(error) => error.to_string(),
    };
    let refused = escape(&refused);
    io::Write::write_fmt(&mut io::stderr(), format_args!("libkrun: {refused}\n")).ok();
    1
}

#[cfg(not(all(
    feature = "boot",
    any(
        all(
            target_os = "linux",
            any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                target_arch = "riscv64"
            )
        ),
        all(target_os = "macos", target_arch = "aarch64")
    )
)))]
mod library {
    pub(super) fn enter(_: &super::KrunPlan) -> String {
        "this build has no libkrun in it".to_owned()
    }
}

#[cfg(all(
    feature = "boot",
    any(
        all(
            target_os = "linux",
            any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                target_arch = "riscv64"
            )
        ),
        all(target_os = "macos", target_arch = "aarch64")
    )
))]
#[allow(unsafe_code)]
mod library {
    use super::{KrunDisk, KrunPlan};
    use std::ffi::{CString, c_char};
    use std::io;
    use std::path::Path;
    use std::ptr;

    /// `KRUN_KERNEL_FORMAT_RAW` and `KRUN_KERNEL_FORMAT_ELF`.
    const FORMAT_RAW: u32 = 0;
    const FORMAT_ELF: u32 = 1;
    /// `KRUN_LOG_LEVEL_INFO`: the lines that tell a triple fault from a hypervisor's trouble.
    const LOG_INFO: u32 = 3;
    /// `KRUN_LOG_STYLE_NEVER`.
    const LOG_PLAIN: u32 = 2;
    /// `KRUN_LOG_OPTION_NO_ENV`.
    const LOG_NO_ENVIRONMENT: u32 = 1;
    const STDOUT: i32 = 1;
    const STDERR: i32 = 2;
    /// `KRUN_DISK_FORMAT_RAW`.
    const DISK_FORMAT_RAW: u32 = 0;
    /// `KRUN_SYNC_NONE`: the disk is a copy that nobody keeps.
    const SYNC_NONE: u32 = 0;

    /// Sets the machine up and becomes it; returns what refused.
    pub(super) fn enter(plan: &KrunPlan) -> String {
        match set_up(plan) {
            // The call takes the process over.
            Ok(context) => format!(
                "krun_start_enter failed: {}",
                io::Error::from_raw_os_error(krun::krun_start_enter(context).saturating_neg())
            ),
            Err(refused) => refused,
        }
    }

    fn set_up(plan: &KrunPlan) -> Result<u32, String> {
        // SAFETY: standard error is open for as long as this process lives, and the two numbers are
        // of the header's enumerations.
        let outcome =
            unsafe { krun::krun_init_log(STDERR, LOG_INFO, LOG_PLAIN, LOG_NO_ENVIRONMENT) };
        done("krun_init_log", outcome)?;
        let context = krun::krun_create_ctx();
        let context = u32::try_from(context)
            .map_err(|_| "krun_create_ctx failed: no context is left".to_owned())?;
        let ram_mib = u32::try_from(plan.ram_mib).map_err(|error| error.to_string())?;
        done(
            "krun_set_vm_config",
            krun::krun_set_vm_config(context, 1, ram_mib),
        )?;
        // It adds tsi_hijack to the command line, which stock kernels hand to init.
        done(
            "krun_disable_implicit_vsock",
            krun::krun_disable_implicit_vsock(context),
        )?;
        consoles(context, plan.serial_is_console)?;
        if let Some(disk) = &plan.disk {
            add_disk(context, disk)?;
        }
        if let Some((folder, tag)) = &plan.folder {
            let (folder, tag) = (text_of(folder)?, c_string(tag.as_bytes())?);
            // SAFETY: both are NUL-terminated and outlive the call, which copies them.
            let outcome = unsafe {
                krun::krun_add_virtiofs3(context, tag.as_ptr(), folder.as_ptr(), 0, true)
            };
            done("krun_add_virtiofs3", outcome)?;
        }
        set_kernel(context, plan)?;
        // SAFETY: the path is NUL-terminated; the vectors have their NULL at the end, so that neither
        // libkrun's default arguments nor this process's environment reach the guest.
        let outcome = unsafe {
            let none: [*const c_char; 1] = [ptr::null()];
            krun::krun_set_env(context, none.as_ptr())
        };
        done("krun_set_env", outcome)?;
        Ok(context)
    }

    fn consoles(context: u32, serial_is_console: bool) -> Result<(), String> {
        let (serial, virtio) = if serial_is_console {
            (STDOUT, "/dev/fd/2")
        } else {
            (STDERR, "/dev/fd/1")
        };
        // SAFETY: libkrun takes the output over; both are open for as long as this process lives, and
        // nothing here closes them. -1 is no input.
        let outcome = unsafe { krun::krun_add_serial_console_default(context, -1, serial) };
        done("krun_add_serial_console_default", outcome)?;
        let path = c_string(virtio.as_bytes())?;
        // SAFETY: the path is NUL-terminated and outlives the call, which copies it.
        let outcome = unsafe { krun::krun_set_console_output(context, path.as_ptr()) };
        done("krun_set_console_output", outcome)
    }

    fn add_disk(context: u32, disk: &KrunDisk) -> Result<(), String> {
        let (name, path) = (c_string(b"root")?, text_of(&disk.path)?);
        // SAFETY: both are NUL-terminated and outlive the call, which copies them.
        let outcome = unsafe {
            krun::krun_add_disk3(
                context,
                name.as_ptr(),
                path.as_ptr(),
                DISK_FORMAT_RAW,
                disk.read_only,
                false,
                SYNC_NONE,
            )
        };
        done("krun_add_disk3", outcome)
    }

    fn set_kernel(context: u32, plan: &KrunPlan) -> Result<(), String> {
        let format = if plan.kernel_is_elf {
            FORMAT_ELF
        } else {
            FORMAT_RAW
        };
        let kernel = text_of(&plan.kernel)?;
        let initramfs = plan.initramfs.as_deref().map(text_of).transpose()?;
        let line = c_string(&plan.command_line)?;
        // SAFETY: all are NUL-terminated and outlive the call, which copies them; NULL is "no
        // initramfs" in the header.
        let outcome = unsafe {
            krun::krun_set_kernel(
                context,
                kernel.as_ptr(),
                format,
                initramfs.as_ref().map_or(ptr::null(), |path| path.as_ptr()),
                line.as_ptr(),
            )
        };
        done("krun_set_kernel", outcome)
    }

    fn text_of(path: &Path) -> Result<CString, String> {
        match path.to_str() {
            Some(text) => c_string(text.as_bytes()),
            None => Err(format!("libkrun takes no path like {}", path.display())),
        }
    }

    fn c_string(text: &[u8]) -> Result<CString, String> {
        CString::new(text).map_err(|error| error.to_string())
    }

    fn done(call: &str, outcome: i32) -> Result<(), String> {
        if outcome >= 0 {
            return Ok(());
        }
        let error = io::Error::from_raw_os_error(outcome.saturating_neg());
        Err(format!("{call} failed: {error}"))
    }
}
