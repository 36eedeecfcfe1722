//! A guest prints its machine; that has to be the machine that kelpie-check describes.

use super::forge::ext4::Ext4;
use super::guest::{END, FILE, init};
use super::support::libkrun::{Host, host};
use super::support::{corpus_file, mmio_target, program, repository, say};
use kelpie_check::architecture::Architecture;
use kelpie_check::initramfs::Writer;
use kelpie_check::vmm::{DISK_KINDS, DiskKind, VIRTIO_BLK};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const RAM_MIB: u64 = 192;
const IMAGE_MIB: usize = 8;

/// A kernel that is booted on a target.
struct Case {
    target: &'static str,
    architecture: Architecture,
    kernel: PathBuf,
    /// Where its modules are, if the drivers of the disk are modules.
    modules: Option<PathBuf>,
    /// Whether the kernel reaches a disk there.
    has_disk: bool,
    console: &'static str,
    /// The kind of the disk.
    disk: &'static DiskKind,
    /// How `boot` runs it.
    run: &'static [&'static str],
}

/// QEMU translates everywhere alike.
const TRANSLATED: &[&str] = &["--accelerator", "tcg"];

/// What the guest printed, by file.
type Printed = BTreeMap<String, String>;

fn kelpie_check() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.env_remove("NO_COLOR");
    command
}

fn has_qemu(architecture: Architecture) -> bool {
    program(&format!("qemu-system-{architecture}"), "qemu").is_some()
}

impl Case {
    /// The init is an initramfs where there is no disk, else a program on the disk.
    fn add_files(&self, folder: &Path, command: &mut Command) -> String {
        let init = init(self.architecture);
        if !self.has_disk {
            let mut archive = Writer::new();
            for name in ["dev", "proc", "sys"] {
                archive.directory(name, 0o755).unwrap();
            }
            archive
                .character_device("dev/console", 0o600, 5, 1)
                .unwrap();
            archive.file("init", 0o755, &init).unwrap();
            let path = folder.join("probe");
            std::fs::write(&path, archive.finish().unwrap()).unwrap();
            command.arg("--initramfs").arg(path);
            return format!("console={}", self.console);
        }
        let root = folder.join("root.ext4");
        std::fs::write(&root, image(init)).unwrap();
        command.arg("--rootfs").arg(root);
        if let Some(modules) = &self.modules {
            let archive = folder.join("initramfs");
            let built = kelpie_check()
                .args(["initramfs", "build", "--target", self.target])
                .args(["--disk", self.disk.name, "--kernel"])
                .arg(&self.kernel)
                .arg("--modules")
                .arg(modules)
                .arg("--output")
                .arg(&archive)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&built.stderr);
            assert!(built.status.success(), "{}: {said}", self.target);
            command.arg("--initramfs").arg(archive);
        }
        let console = self.console;
        command.args(["--disk", self.disk.name]);
        let device = self.disk.first_device();
        format!("console={console} root={device} rootfstype=ext4 rw init=/probe")
    }

    /// Boots the probe. Returns the machine, and what the guest printed of its own.
    fn boot(&self) -> (Value, Printed) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = kelpie_check();
        command.arg("boot").arg(&self.kernel);
        let line = self.add_files(folder.path(), &mut command);
        let quick = match self.architecture {
            // On a busy host an emulated timer is late.
            Architecture::X86_64 => " panic=-1 reboot=t no_timer_check quiet",
            _ => " panic=-1 quiet",
        };
        let output = command
            .args(["--target", self.target])
            .args(self.run)
            .args(["--cmdline", &format!("{line}{quick}")])
            .args(["--ram-mib", &RAM_MIB.to_string(), "--expect", END])
            .args(["--timeout", "240", "--format", "json", "--log"])
            .arg(&log)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {said}", self.target);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let console = std::fs::read(log).unwrap();
        let mut printed = files(&String::from_utf8_lossy(&console));
        printed.insert(
            "expected cmdline".to_owned(),
            report["cmdline"].as_str().unwrap().to_owned(),
        );
        (report["machine"].clone(), printed)
    }

    fn agrees(&self) {
        let (machine, printed) = self.boot();
        let title = format!("{} {}", self.target, self.architecture);
        let lines = |name: &str| printed.get(name).map_or("", String::as_str).lines();
        assert_eq!(machine["ram_mib"], RAM_MIB, "{title}");
        assert_eq!(machine["architecture"], self.architecture.name());

        let given = lines("/proc/cmdline").next().unwrap_or_default().trim_end();
        let expected = printed["expected cmdline"].trim_end();
        assert_eq!(given, expected, "{title}");

        let read = lines("/proc/consoles")
            .find(|line| line.contains("C"))
            .and_then(|line| line.split_whitespace().next());
        let consoles = devices(&machine).filter(|device| device["is_read"] == true);
        let names: Vec<&str> = consoles
            .filter_map(|found| found["name"].as_str())
            .collect();
        assert_eq!(read, names.first().copied(), "{title}");

        let ram = ram(lines("/proc/iomem"));
        assert!(!ram.is_empty(), "{title}: {printed:#?}");
        let base = machine["ram_base"].as_u64().unwrap();
        let bytes: u64 = ram.iter().map(|(start, end)| end - start + 1).sum();
        assert!(ram[0].0 >= base && ram[0].0 < base + (4 << 20), "{title}");
        let whole = RAM_MIB << 20;
        assert!(bytes <= whole && bytes > whole - (16 << 20), "{title}");

        let mut expected: Vec<&str> = devices(&machine)
            .filter_map(|device| virtio_id(device["device"].as_str().unwrap()))
            .collect();
        let is_pci = machine["bus"] == "pci";
        let has_transport = self.has_disk;
        let mut found: Vec<String> = (0..4)
            .flat_map(|number| lines(&format!("/sys/bus/virtio/devices/virtio{number}/modalias")))
            .map(|line| line.split('v').nth(1).unwrap_or_default().to_owned())
            .filter(|id| !id.is_empty())
            .collect();
        found.sort();
        expected.sort_unstable();
        if has_transport {
            assert_eq!(found, expected, "{title}");
            let disk = devices(&machine).find(|device| !device["read_only"].is_null());
            let name = disk.unwrap()["name"].as_str().unwrap();
            let blocks = (IMAGE_MIB << 10).to_string();
            let is_there = lines("/proc/partitions").any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                words.get(2..) == Some(&[blocks.as_str(), name])
            });
            assert!(is_there, "{title}: {printed:#?}");
        }
        let on_pci = lines("/proc/bus/pci/devices")
            .filter(|line| line.contains("\t1af4"))
            .count();
        let expected_on_pci = if is_pci && has_transport {
            expected.len()
        } else {
            0
        };
        assert_eq!(on_pci, expected_on_pci, "{title}");

        let discovery: Vec<&str> = machine["discovery"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        // A kernel without ACPI shows none.
        let shows_acpi = printed.contains_key("/sys/firmware/acpi/pm_profile");
        assert!(!shows_acpi || discovery.contains(&"acpi"), "{title}");
        let shows_tree = printed.contains_key("/sys/firmware/devicetree/base/model");
        assert_eq!(shows_tree, discovery == ["device-tree"], "{title}");
        assert!(lines("/proc/interrupts").count() > 1, "{title}");
        assert!(lines("/proc/cpuinfo").next().is_some(), "{title}");
        say(&format!(
            "{title}: the guest finds the machine that is described"
        ));
    }
}

/// A root with the probe, of as many MiB as a disk is checked for.
fn image(init: Vec<u8>) -> Vec<u8> {
    let mut image = ["/dev", "/proc", "/sys"]
        .into_iter()
        .fold(Ext4::new(), |root, name| root.directory(name, 0o755))
        .file("/probe", 0o755, init)
        .build();
    image.resize(IMAGE_MIB << 20, 0);
    image
}

fn devices(machine: &Value) -> impl Iterator<Item = &Value> {
    machine["devices"].as_array().unwrap().iter()
}

/// The number of a virtio device, as a modalias has it (`include/uapi/linux/virtio_ids.h`).
fn virtio_id(device: &str) -> Option<&'static str> {
    Some(match device {
        "virtio-net" => "irtio:d00000001",
        "virtio-blk" => "irtio:d00000002",
        "virtio-console" => "irtio:d00000003",
        "virtio-rng" => "irtio:d00000004",
        "virtio-scsi" => "irtio:d00000008",
        "virtio-balloon" => "irtio:d00000005",
        _ => return None,
    })
}

/// What was printed, by the file that it was read from.
fn files(console: &str) -> Printed {
    let mut printed = Printed::new();
    let mut name = None;
    for line in console.lines().map(|line| line.trim_end_matches('\r')) {
        if line == END {
            break;
        }
        if let Some(file) = line.strip_prefix(FILE) {
            name = Some(file.to_owned());
            printed.entry(file.to_owned()).or_default();
        } else if let Some(name) = &name
            && let Some(text) = printed.get_mut(name)
        {
            text.push_str(line);
            text.push('\n');
        }
    }
    printed
}

/// The ranges of RAM, from `/proc/iomem`.
fn ram<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(u64, u64)> {
    lines
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.strip_suffix(" : System RAM"))
        .filter_map(|range| {
            let (start, end) = range.split_once('-')?;
            Some((
                u64::from_str_radix(start, 16).ok()?,
                u64::from_str_radix(end, 16).ok()?,
            ))
        })
        .collect()
}

fn minimal(
    target: &'static str,
    architecture: Architecture,
    has_disk: bool,
    console: &'static str,
) {
    if !has_qemu(architecture) {
        return;
    }
    Case {
        target,
        architecture,
        kernel: repository(&format!("kernel/vmlinuz-{architecture}")),
        modules: None,
        has_disk,
        console,
        disk: &VIRTIO_BLK,
        run: TRANSLATED,
    }
    .agrees();
}

fn alpine(
    target: &'static str,
    architecture: Architecture,
    console: &'static str,
    disk: &'static DiskKind,
) {
    let file = |name: &str| corpus_file(&format!("alpine/{architecture}/{name}"));
    let (true, Some(kernel), Some(modules)) = (
        has_qemu(architecture),
        file("vmlinuz-virt"),
        file("initramfs-virt"),
    ) else {
        return;
    };
    Case {
        target,
        architecture,
        kernel,
        modules: Some(modules),
        has_disk: true,
        console,
        disk,
        run: TRANSLATED,
    }
    .agrees();
}

#[test]
fn a_guest_finds_its_machine_on_virtio_mmio() {
    for (architecture, console) in [
        (Architecture::X86_64, "ttyS0"),
        (Architecture::X86_64, "hvc0"),
        (Architecture::Aarch64, "ttyAMA0"),
    ] {
        minimal(
            mmio_target(architecture.name()),
            architecture,
            true,
            console,
        );
    }
}

#[test]
fn a_guest_of_libkrun_finds_its_machine() {
    match host() {
        Some(Host::Runs) => {}
        Some(Host::Emulates) => return say("skipped: this host runs no program under libkrun"),
        None => return,
    }
    for console in ["ttyS0", "hvc0"] {
        Case {
            target: "libkrun",
            architecture: Architecture::X86_64,
            kernel: repository("kernel/vmlinuz-x86_64"),
            modules: None,
            has_disk: true,
            console,
            disk: &VIRTIO_BLK,
            run: &["--backend", "libkrun"],
        }
        .agrees();
    }
}

#[test]
fn a_kernel_without_pci_finds_q35_without_a_disk() {
    minimal("qemu-q35", Architecture::X86_64, false, "ttyS0");
}

#[test]
fn alpine_finds_its_machine_on_pci() {
    for disk in DISK_KINDS {
        alpine("qemu-q35", Architecture::X86_64, "ttyS0", disk);
        alpine("qemu-virt", Architecture::Aarch64, "ttyAMA0", disk);
    }
}
