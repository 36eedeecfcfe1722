//! Machines as they are built from a target and what the user chose.

use kelpie_check::architecture::Architecture::{self, Aarch64, X86_64};
use kelpie_check::machine::{Choices, DeviceKind, Discovery, Machine, Storage};
use kelpie_check::vmm::{self, TARGETS, VIRTIO_SCSI};

const DISK: Storage = Storage::Disk {
    is_read_only: false,
};

fn machine(target: &str, architecture: Architecture, choices: &Choices) -> Machine {
    let target = vmm::by_name(target).unwrap();
    Machine::new(target, target.platform(architecture).unwrap(), choices)
}

fn named(consoles: &[&str]) -> Choices {
    Choices {
        consoles: consoles.iter().map(|name| (*name).to_owned()).collect(),
        ..Choices::default()
    }
}

/// The consoles of a machine, the one that is read in brackets.
fn consoles(target: &str, architecture: Architecture, names: &[&str]) -> String {
    let machine = machine(target, architecture, &named(names));
    let words: Vec<String> = machine
        .consoles()
        .map(|(console, is_read)| match is_read {
            true => format!("[{}]", console.device),
            false => console.device.to_owned(),
        })
        .collect();
    words.join(" ")
}

#[test]
fn the_last_console_that_is_there_is_read() {
    let x86 = |names: &[&str]| consoles("qemu", X86_64, names);
    assert_eq!(x86(&["ttyS0"]), "[ttyS0]");
    assert_eq!(x86(&[]), "[ttyS0]");
    assert_eq!(x86(&["tty0", "ttyS0"]), "[ttyS0]");
    assert_eq!(x86(&["ttyS0", "hvc0"]), "ttyS0 [hvc0]");
    assert_eq!(x86(&["hvc0", "ttyS0"]), "[ttyS0] hvc0");
    assert_eq!(x86(&["ttyAMA0"]), "[ttyS0]");
}

#[test]
fn a_machine_with_virtio_consoles_alone_is_read_there() {
    assert_eq!(consoles("libkrun", Aarch64, &["hvc0"]), "[hvc0]");
    assert_eq!(consoles("libkrun", Aarch64, &[]), "[hvc0]");
}

#[test]
fn cloud_hypervisor_has_one_console_at_a_time() {
    let console = |names: &[&str]| consoles("cloud-hypervisor", X86_64, names);
    assert_eq!(console(&["hvc0"]), "[hvc0]");
    assert_eq!(console(&["hvc0", "ttyS0"]), "[ttyS0]");
}

#[test]
fn every_machine_has_the_same_ram_unless_the_user_chooses() {
    for target in TARGETS {
        for platform in target.platforms {
            let usual = Machine::new(target, platform, &Choices::default());
            assert_eq!(usual.ram_mib, 512, "{}", target.name);
            assert!(usual.chosen.is_empty());
            let choices = Choices {
                ram_mib: Some(64),
                ..Choices::default()
            };
            let small = Machine::new(target, platform, &choices);
            assert_eq!(small.ram_bytes(), 64 << 20);
            assert_eq!(small.chosen, ["ram-mib"]);
        }
    }
}

#[test]
fn a_disk_brings_its_transport_and_its_name() {
    let choices = Choices {
        storage: DISK,
        ..Choices::default()
    };
    for (target, architecture, options) in [
        ("qemu", X86_64, &["VIRTIO_PCI", "PCI", "VIRTIO_BLK"][..]),
        (
            "qemu",
            Aarch64,
            &["VIRTIO_PCI", "PCI", "PCI_HOST_GENERIC", "VIRTIO_BLK"],
        ),
        ("qemu-virt-mmio", Aarch64, &["VIRTIO_MMIO", "VIRTIO_BLK"]),
        (
            "libkrun",
            X86_64,
            &["VIRTIO_MMIO", "VIRTIO_MMIO_CMDLINE_DEVICES", "VIRTIO_BLK"],
        ),
    ] {
        let machine = machine(target, architecture, &choices);
        assert_eq!(machine.storage().unwrap().options(), options, "{target}");
        assert_eq!(machine.disk().unwrap().path(), "/dev/vda");
    }
}

#[test]
fn a_scsi_disk_brings_its_controller_and_is_named_sda() {
    let choices = Choices {
        storage: DISK,
        disk: Some(&VIRTIO_SCSI),
        ..Choices::default()
    };
    let machine = machine("qemu", X86_64, &choices);
    assert_eq!(
        machine.storage().unwrap().options(),
        ["VIRTIO_PCI", "PCI", "SCSI", "SCSI_VIRTIO", "BLK_DEV_SD"]
    );
    assert_eq!(machine.disk().unwrap().path(), "/dev/sda");
    assert_eq!(machine.chosen, ["disk"]);
}

#[test]
fn microvm_has_acpi_or_an_mp_table() {
    let microvm = |acpi| {
        let choices = Choices {
            acpi,
            ..Choices::default()
        };
        machine("qemu-microvm", X86_64, &choices)
    };
    assert_eq!(microvm(None).discovery, [Discovery::MultiProcessor]);
    assert_eq!(microvm(Some(false)).table_options(), ["X86_MPPARSE"]);
    assert_eq!(microvm(Some(true)).discovery, [Discovery::Acpi]);
    assert_eq!(microvm(Some(true)).chosen, ["acpi"]);
    // The 8259 of a PC needs no option.
    let pc = machine("qemu", X86_64, &Choices::default());
    assert!(pc.has_acpi() && pc.table_options().is_empty());
}

#[test]
fn firecracker_makes_its_disk_the_root_unless_the_command_line_names_one() {
    let drive = |target, storage, names_root| {
        let choices = Choices {
            storage,
            names_root,
            ..Choices::default()
        };
        let machine = machine(target, X86_64, &choices);
        machine.disk().and_then(|disk| disk.root_drive.clone())
    };
    assert!(drive("firecracker", DISK, false).is_some());
    assert_eq!(drive("firecracker", DISK, true), None);
    assert_eq!(drive("firecracker", Storage::None, false), None);
    assert_eq!(drive("qemu", DISK, false), None);
    let read_only = Storage::Disk { is_read_only: true };
    assert!(drive("firecracker", read_only, false).unwrap().read_only);
}

#[test]
fn a_folder_is_shared_where_the_vmm_can() {
    let choices = Choices {
        storage: Storage::Folder,
        ..Choices::default()
    };
    let libkrun = machine("libkrun", X86_64, &choices);
    assert_eq!(libkrun.share(), Some("/dev/root"));
    let is_share = |kind: &DeviceKind| matches!(kind, DeviceKind::Share { .. });
    assert!(is_share(&libkrun.storage().unwrap().kind));
    let firecracker = machine("firecracker", X86_64, &choices);
    assert!(firecracker.storage().is_none());
}
