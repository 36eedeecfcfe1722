//! QEMU: microvm on x86_64, virt on aarch64 and riscv64; any architecture on any host.
//!
//! Sources: QEMU `docs/system/i386/microvm.rst`, `docs/system/arm/virt.rst`,
//! `docs/system/riscv/virt.rst`, `docs/system/images.rst`, `qemu-options.hx`; boots with QEMU 7.2.

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
pub(super) static QEMU: Backend = Backend {
    name: "qemu",
    title: "QEMU",
    target: &vmm::QEMU,
    copies_disks: false,
    untested: false,
    fits,
    order,
    version: |fit| version_of(fit.program.as_deref()?),
};

fn program_name(architecture: Architecture) -> Option<&'static str> {
    match architecture {
        Architecture::X86_64 | Architecture::I386 => Some("qemu-system-x86_64"),
        Architecture::Aarch64 => Some("qemu-system-aarch64"),
        Architecture::Riscv64 => Some("qemu-system-riscv64"),
        _ => None,
    }
}

/// The package that has it, by Debian's name.
fn package(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Aarch64 => "qemu-system-arm",
        Architecture::Riscv64 => "qemu-system-misc",
        _ => "qemu-system-x86",
    }
}

fn fits(architecture: Architecture, asked: Option<Accelerator>) -> Result<Fit, Unfit> {
    let name = program_name(architecture).ok_or_else(|| Unfit {
        why: format!("no machine of QEMU's is known here for {architecture}"),
        fix: "Boot it by hand, and give the console's log to `kelpie-check diagnose`.".to_owned(),
    })?;
    let program = program(name).ok_or_else(|| Unfit {
        why: format!("{name} is not on PATH"),
        fix: format!(
            "Install QEMU ({} in Debian, qemu in Homebrew).",
            package(architecture)
        ),
    })?;
    let (accelerator, note) = match asked {
        Some(accelerator) => (accelerator, None),
        None => match host::virtualisation(architecture) {
            Virtualisation::Runs(accelerator) => (accelerator, None),
            other => (Accelerator::Tcg, Some(other.to_string())),
        },
    };
    Ok(Fit {
        accelerator,
        program: Some(program),
        note,
        emulates: false,
    })
}

fn order(plan: &Plan, fit: &Fit, _own: &Path, scratch: &Path) -> io::Result<Order> {
    let program = fit
        .program
        .clone()
        .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let mut arguments = Arguments::default();
    arguments.add(&["-nodefaults", "-no-user-config", "-display", "none"]);
    // A guest that restarts has said what it has to say.
    arguments.add(&["-no-reboot"]);
    machine(plan, &mut arguments);
    arguments.pair("-m", format!("{}M", plan.ram_mib));
    arguments.pair("-kernel", &plan.kernel);
    if let Some(initramfs) = &plan.initramfs {
        arguments.pair("-initrd", initramfs);
    }
    arguments.pair("-append", &plan.command_line);
    arguments.pair("-chardev", "stdio,id=console,signal=off");
    arguments.pair("-chardev", "file,id=aside,path=/dev/fd/2,append=on");
    let channel = |wire| match wire {
        Wire::Console => "console",
        Wire::Aside => "aside",
    };
    arguments.pair("-serial", format!("chardev:{}", channel(plan.serial)));
    if let Some(wire) = plan.virtio_console {
        arguments.pair("-device", "virtio-serial-device");
        arguments.pair("-device", format!("virtconsole,chardev={}", channel(wire)));
    }
    match &plan.root {
        Some(RootPlan::Disk {
            path,
            format,
            read_only,
        }) => disk(path, format, *read_only, &mut arguments),
        Some(RootPlan::Folder { .. }) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "QEMU shares a folder by a virtiofsd beside it, which is not started here: \
                 give the root as an image (mke2fs -d FOLDER makes one)",
            ));
        }
        None => {}
    }
    Ok(Order {
        program: program.into_os_string(),
        arguments: arguments.0,
        // The overlay in which the guest's writes end.
        environment: vec![("TMPDIR".into(), scratch.into())],
    })
}

fn machine(plan: &Plan, arguments: &mut Arguments) {
    let (machine, cpu) = match plan.architecture {
        Architecture::Aarch64 => match plan.accelerator {
            Accelerator::Tcg => ("virt", "cortex-a72"),
            Accelerator::Kvm | Accelerator::Hvf => ("virt,gic-version=max", "host"),
        },
        Architecture::Riscv64 => ("virt", "max"),
        _ if plan.acpi => ("microvm,acpi=on,rtc=on", "max"),
        _ => ("microvm,acpi=off,rtc=on", "max"),
    };
    // riscv64's `max` came with QEMU 8.0.
    let cpu = match (plan.architecture, plan.accelerator) {
        (Architecture::Riscv64, Accelerator::Tcg) => "rv64",
        (_, Accelerator::Kvm | Accelerator::Hvf) => "host",
        _ => cpu,
    };
    arguments.pair("-M", machine);
    arguments.pair("-accel", plan.accelerator.name());
    arguments.pair("-cpu", plan.cpu.as_deref().unwrap_or(cpu));
}

/// The disk, behind an overlay of QEMU's own that is gone with it: the image is opened for reading
/// alone.
fn disk(path: &Path, format: &str, read_only: bool, arguments: &mut Arguments) {
    let mut drive =
        OsString::from("id=root,if=none,snapshot=on,rerror=report,werror=report,format=");
    drive.push(format);
    if read_only {
        drive.push(",read-only=on");
    }
    drive.push(",file=");
    drive.push(path);
    arguments.pair("-drive", &drive);
    arguments.pair("-device", "virtio-blk-device,drive=root");
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn pair(&mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) {
        self.0.push(name.into());
        self.0.push(value.as_ref().to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn words(plan: &Plan) -> String {
        let fit = Fit {
            accelerator: plan.accelerator,
            program: Some(PathBuf::from("qemu")),
            note: None,
            emulates: false,
        };
        let order = order(plan, &fit, Path::new("own"), Path::new("scratch")).unwrap();
        let words: Vec<_> = order
            .arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.join(" ")
    }

    fn plan() -> Plan {
        Plan {
            architecture: Architecture::X86_64,
            ram_mib: 512,
            kernel: "kernel".into(),
            kernel_is_elf: false,
            initramfs: None,
            command_line: "console=ttyS0".into(),
            root: Some(RootPlan::Disk {
                path: "root".into(),
                format: "raw",
                read_only: false,
            }),
            serial: Wire::Console,
            virtio_console: None,
            acpi: false,
            accelerator: Accelerator::Tcg,
            cpu: None,
        }
    }

    #[test]
    fn a_disk_is_never_opened_for_writing() {
        let words = words(&plan());
        assert!(words.contains("snapshot=on"), "{words}");
        assert!(
            words.contains("-M microvm,acpi=off,rtc=on -accel tcg -cpu max"),
            "{words}"
        );
        assert!(words.contains("-serial chardev:console"), "{words}");
        assert!(!words.contains("virtconsole"), "{words}");
    }

    #[test]
    fn the_console_that_is_not_read_goes_aside() {
        let words = words(&Plan {
            architecture: Architecture::Aarch64,
            serial: Wire::Aside,
            virtio_console: Some(Wire::Console),
            ..plan()
        });
        assert!(words.contains("-serial chardev:aside"), "{words}");
        assert!(words.contains("virtconsole,chardev=console"), "{words}");
        assert!(
            words.contains("-M virt -accel tcg -cpu cortex-a72"),
            "{words}"
        );
    }

    #[test]
    fn a_folder_is_refused_with_what_to_do() {
        let plan = Plan {
            root: Some(RootPlan::Folder {
                path: "root".into(),
                tag: "rootfs",
            }),
            ..plan()
        };
        let fit = Fit {
            accelerator: Accelerator::Tcg,
            program: Some(PathBuf::from("qemu")),
            note: None,
            emulates: false,
        };
        let error = order(&plan, &fit, Path::new(""), Path::new("")).unwrap_err();
        assert!(error.to_string().contains("mke2fs -d"), "{error}");
    }
}
