//! QEMU: q35 and microvm on x86_64, virt on aarch64 and riscv64; any architecture on any host.
//!
//! Sources: QEMU `docs/system/i386/pc.rst` and `microvm.rst`, `docs/system/arm/virt.rst`,
//! `docs/system/riscv/virt.rst`, `docs/system/images.rst`, `qemu-options.hx`; boots with QEMU 7.2.

use super::guard::Order;
use super::host::{self, Virtualisation};
use super::plan::{Accelerator, Plan, RootPlan};
use super::{Backend, Fit, Unfit, overlay, program, version_of};
use crate::architecture::Architecture;
use crate::machine::{Device, DeviceKind};
use crate::rootfs::DiskFormat;
use crate::vmm::{self, Console};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::Path;

/// The backend.
pub(super) static QEMU: Backend = Backend {
    name: "qemu",
    title: "QEMU",
    target: &vmm::QEMU,
    copies_disks: false,
    guesses_formats: false,
    untested: false,
    fits,
    order,
    version: |fit| version_of(fit.program.as_deref()?),
};

/// What QEMU denies itself once it is set up.
const FILTER: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
/// The names of the libraries that a program needs lie before its code.
const DYNAMIC_SECTION_BYTES: u64 = 4 * 1024 * 1024;

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
        why: format!("kelpie-check has no QEMU machine for {architecture}"),
        fix: "Boot it yourself, and give the console's log to `kelpie-check diagnose`.".to_owned(),
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
    arguments.pair("-nic", "none");
    if has_filter(&program) {
        arguments.pair("-sandbox", FILTER);
    }
    // A guest that restarts has said what it has to say.
    arguments.add(&["-no-reboot"]);
    machine(plan, &mut arguments);
    arguments.pair("-m", format!("{}M", plan.machine.ram_mib));
    arguments.pair("-kernel", &plan.kernel);
    if let Some(initramfs) = &plan.initramfs {
        arguments.pair("-initrd", initramfs);
    }
    arguments.pair("-append", &plan.command_line);
    arguments.pair("-chardev", "stdio,id=console,signal=off");
    arguments.pair("-chardev", "file,id=aside,path=/dev/fd/2,append=on");
    for device in &plan.machine.devices {
        if let DeviceKind::Console { console, is_read } = device.kind {
            let channel = if is_read { "console" } else { "aside" };
            add_console(device, console, channel, &mut arguments);
        }
    }
    match (&plan.root, plan.machine.storage()) {
        (
            Some(RootPlan::Disk {
                path,
                format,
                disk_bytes,
            }),
            Some(device),
        ) => {
            let drive = Drive::of(path, *format)?;
            drive.add_to(&mut arguments);
            let node = if plan.is_disk_read_only() {
                IMAGE
            } else {
                overlay(*disk_bytes, scratch, &mut arguments)?;
                OVERLAY
            };
            add_disk(device, node, &mut arguments);
        }
        (Some(RootPlan::Folder { .. }), _) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "QEMU shares a folder through a virtiofsd, and kelpie-check does not start one: \
                    give the root as an image (mke2fs -d FOLDER makes one)",
            ));
        }
        _ => {}
    }
    Ok(Order {
        program: program.into_os_string(),
        arguments: arguments.0,
        // Whatever else QEMU writes to a temporary file.
        environment: vec![("TMPDIR".into(), scratch.into())],
    })
}

/// Returns true if this QEMU filters its own system calls: one without libseccomp refuses the option.
fn has_filter(program: &Path) -> bool {
    let mut head = Vec::new();
    std::fs::File::open(program)
        .and_then(|file| file.take(DYNAMIC_SECTION_BYTES).read_to_end(&mut head))
        .is_ok_and(|_| memchr::memmem::find(&head, b"libseccomp.so").is_some())
}

/// Returns the end of QEMU's name of a virtio device. Those that virtio-mmio carries end with `-device`.
fn suffix(device: &Device) -> &'static str {
    match device.bus {
        Some(bus) if bus.is_pci() => "pci",
        _ => "device",
    }
}

fn add_disk(device: &Device, node: &str, arguments: &mut Arguments) {
    let DeviceKind::Disk(disk) = &device.kind else {
        return;
    };
    let names = disk.kind.qemu.iter();
    let mut devices: Vec<String> = names
        .map(|name| name.replace("{bus}", suffix(device)))
        .collect();
    if let Some(last) = devices.last_mut() {
        last.push_str(&format!(",drive={node},rerror=report,werror=report"));
    }
    for device in devices {
        arguments.pair("-device", device);
    }
}

fn add_console(device: &Device, console: &Console, channel: &str, arguments: &mut Arguments) {
    if console.virtio {
        // With one port the device does not offer VIRTIO_CONSOLE_F_MULTIPORT, and Linux adds hvc0 as
        // it probes. With more, a work queue adds it while init starts: if khvcd polls the port
        // before it is listed, `get_chars` returns -EPIPE, the terminal is hung up, and all that init
        // prints is lost (`init_port_console` of drivers/char/virtio_console.c).
        let controller = format!("virtio-serial-{},max_ports=1", suffix(device));
        arguments.pair("-device", controller);
        arguments.pair("-device", format!("virtconsole,chardev={channel}"));
    } else {
        arguments.pair("-serial", format!("chardev:{channel}"));
    }
}

fn machine(plan: &Plan, arguments: &mut Arguments) {
    let machine = &plan.machine;
    let (machine, cpu) = match machine.architecture() {
        Architecture::Aarch64 => match plan.accelerator {
            Accelerator::Tcg => ("virt", "cortex-a72"),
            Accelerator::Kvm | Accelerator::Hvf => ("virt,gic-version=max", "host"),
        },
        Architecture::Riscv64 => ("virt", "max"),
        _ if machine.platform.bus.is_pci() => ("q35", "max"),
        _ if machine.has_acpi() => ("microvm,acpi=on,rtc=on", "max"),
        _ => ("microvm,acpi=off,rtc=on", "max"),
    };
    // riscv64's `max` came with QEMU 8.0.
    let cpu = match (plan.machine.architecture(), plan.accelerator) {
        (Architecture::Riscv64, Accelerator::Tcg) => "rv64",
        (_, Accelerator::Kvm | Accelerator::Hvf) => "host",
        _ => cpu,
    };
    arguments.pair("-M", machine);
    arguments.pair("-accel", plan.accelerator.name());
    arguments.pair("-cpu", plan.cpu.as_deref().unwrap_or(cpu));
}

/// Node names in QEMU's block layer: the file of the user, the disk in it, the overlay on top.
const FILE: &str = "file";
const IMAGE: &str = "image";
const OVERLAY: &str = "overlay";

/// The user's image as two nodes: a file that is opened read-only, and the disk in it. Its format is
/// named, so QEMU probes nothing; `backing: null` keeps QEMU from any backing file.
struct Drive {
    file: Value,
    image: Value,
}

impl Drive {
    fn of(path: &Path, format: DiskFormat) -> io::Result<Self> {
        let is_device = std::fs::metadata(path)
            .is_ok_and(|found| std::os::unix::fs::FileTypeExt::is_block_device(&found.file_type()));
        let protocol = if is_device { "host_device" } else { "file" };
        let file = json!({
            "driver": protocol, "node-name": FILE, "filename": utf8(path)?, "read-only": true,
        });
        let mut image = json!({
            "driver": driver(format), "node-name": IMAGE, "file": FILE, "read-only": true,
        });
        if has_backing(format)
            && let Some(image) = image.as_object_mut()
        {
            image.insert("backing".to_owned(), Value::Null);
        }
        Ok(Self { file, image })
    }

    fn add_to(&self, arguments: &mut Arguments) {
        arguments.pair("-blockdev", self.file.to_string());
        arguments.pair("-blockdev", self.image.to_string());
    }
}

/// Adds the private overlay that takes the guest's writes. It goes with the scratch folder, so
/// nothing is flushed to the host's disk.
fn overlay(disk_bytes: u64, scratch: &Path, arguments: &mut Arguments) -> io::Result<()> {
    let path = scratch.join("overlay");
    overlay::write(&path, disk_bytes)?;
    let cache = json!({ "direct": false, "no-flush": true });
    let node = json!({
        "driver": "qcow2",
        "node-name": OVERLAY,
        "file": { "driver": "file", "filename": utf8(&path)?, "cache": cache },
        "cache": cache,
        "backing": IMAGE,
    });
    arguments.pair("-blockdev", node.to_string());
    Ok(())
}

/// The name of the block driver.
fn driver(format: DiskFormat) -> &'static str {
    match format {
        DiskFormat::Vhd => "vpc",
        other => other.name(),
    }
}

/// Returns true if the block driver takes the option `backing` (`qapi/block-core.json`,
/// BlockdevOptionsGenericCOWFormat).
fn has_backing(format: DiskFormat) -> bool {
    matches!(
        format,
        DiskFormat::Qcow2 | DiskFormat::Qcow | DiskFormat::Vmdk
    )
}

/// QEMU's JSON is UTF-8.
fn utf8(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| {
        let why = format!(
            "QEMU takes no path that is not UTF-8: {} (TMPDIR names another place)",
            path.display()
        );
        io::Error::new(io::ErrorKind::InvalidInput, why)
    })
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
    use crate::machine::{Choices, Machine, Storage};
    use std::path::PathBuf;

    fn words(plan: &Plan) -> String {
        let scratch = tempfile::tempdir().unwrap();
        let fit = Fit {
            accelerator: plan.accelerator,
            program: Some(PathBuf::from("qemu")),
            note: None,
            emulates: false,
        };
        let order = order(plan, &fit, Path::new("own"), scratch.path()).unwrap();
        let words: Vec<_> = order
            .arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.join(" ")
    }

    fn machine(target: &str, architecture: Architecture, consoles: &[&str]) -> Machine {
        let target = vmm::by_name(target).unwrap();
        let choices = Choices {
            ram_mib: Some(512),
            consoles: consoles.iter().map(|name| (*name).to_owned()).collect(),
            storage: Storage::Disk {
                is_read_only: false,
            },
            ..Choices::default()
        };
        Machine::new(target, target.platform(architecture).unwrap(), &choices)
    }

    fn plan() -> Plan {
        Plan {
            machine: machine("qemu-microvm", Architecture::X86_64, &["ttyS0"]),
            kernel: "kernel".into(),
            kernel_is_elf: false,
            initramfs: None,
            command_line: "console=ttyS0".into(),
            root: Some(RootPlan::Disk {
                path: "root".into(),
                format: DiskFormat::Raw,
                disk_bytes: 1 << 20,
            }),
            accelerator: Accelerator::Tcg,
            cpu: None,
        }
    }

    #[test]
    fn a_disk_is_never_opened_for_writing() {
        let words = words(&plan());
        assert_eq!(words.matches(r#""read-only":true"#).count(), 2, "{words}");
        assert!(
            words.contains("virtio-blk-device,drive=overlay,"),
            "{words}"
        );
        assert!(
            words.contains("-M microvm,acpi=off,rtc=on -accel tcg -cpu max"),
            "{words}"
        );
        assert!(words.contains("-serial chardev:console"), "{words}");
        assert!(!words.contains("virtconsole"), "{words}");
    }

    fn disk(path: &str, format: DiskFormat, read_only: bool) -> Plan {
        let mut plan = Plan {
            root: Some(RootPlan::Disk {
                path: path.into(),
                format,
                disk_bytes: 1 << 20,
            }),
            ..plan()
        };
        for device in &mut plan.machine.devices {
            if let DeviceKind::Disk(disk) = &mut device.kind {
                disk.is_read_only = read_only;
            }
        }
        plan
    }

    #[test]
    fn the_format_is_named_and_no_backing_file_is_followed() {
        let raw = words(&disk("root", DiskFormat::Raw, false));
        assert!(raw.contains(r#""driver":"raw""#), "{raw}");
        for (format, driver) in [
            (DiskFormat::Qcow2, "qcow2"),
            (DiskFormat::Qcow, "qcow"),
            (DiskFormat::Vmdk, "vmdk"),
        ] {
            let words = words(&disk("root", format, true));
            assert!(
                words.contains(&format!(r#""driver":"{driver}""#)),
                "{words}"
            );
            assert!(words.contains(r#""backing":null"#), "{words}");
        }
        let vhd = words(&disk("root", DiskFormat::Vhd, true));
        assert!(vhd.contains(r#""driver":"vpc""#), "{vhd}");
    }

    #[test]
    fn a_read_only_disk_has_no_overlay() {
        let words = words(&disk("root", DiskFormat::Raw, true));
        assert!(words.contains("virtio-blk-device,drive=image,"), "{words}");
        assert!(!words.contains(r#""node-name":"overlay""#), "{words}");
    }

    #[test]
    fn a_path_with_commas_and_quotation_marks_is_one_value() {
        let drive = Drive::of(Path::new("/a,b=c/\"d\"\n"), DiskFormat::Raw).unwrap();
        let again: Value = serde_json::from_str(&drive.file.to_string()).unwrap();
        assert_eq!(again["filename"], "/a,b=c/\"d\"\n");
    }

    #[test]
    fn the_console_that_is_not_read_goes_aside() {
        let words = words(&Plan {
            machine: machine("qemu-virt", Architecture::Aarch64, &["hvc0"]),
            ..plan()
        });
        assert!(words.contains("-serial chardev:aside"), "{words}");
        assert!(
            words.contains("virtio-serial-pci,max_ports=1 -device virtconsole,chardev=console"),
            "{words}"
        );
        assert!(
            words.contains("-M virt -accel tcg -cpu cortex-a72"),
            "{words}"
        );
    }

    #[test]
    fn q35_has_its_disk_on_pci() {
        let words = words(&Plan {
            machine: machine("qemu-q35", Architecture::X86_64, &["ttyS0"]),
            ..plan()
        });
        assert!(words.contains("-M q35 -accel tcg -cpu max"), "{words}");
        assert!(words.contains("virtio-blk-pci,drive=overlay,"), "{words}");
    }

    #[test]
    fn a_folder_is_refused_with_what_to_do() {
        let plan = Plan {
            root: Some(RootPlan::Folder {
                path: "root".into(),
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
