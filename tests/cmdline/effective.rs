//! What the VMMs add, and which maximum binds.

use super::line;
use kelpie_check::architecture::Architecture::{
    self, Aarch64, Loongarch64, Riscv64, S390x, X86_64,
};
use kelpie_check::cmdline::{
    CommandLine, Effective, Limiter, command_line_size, effective, effective_within, problems,
};
use kelpie_check::machine::{Choices, Device, DeviceKind, Disk, Machine};
use kelpie_check::vmm::{self, Console, Platform, RootDrive, TARGETS, VIRTIO_BLK, partition_name};

fn platform(target: &str, architecture: Architecture) -> &'static Platform {
    vmm::by_name(target)
        .unwrap()
        .platform(architecture)
        .unwrap()
}

/// A machine with these devices beside those that its VMM adds.
fn machine(target: &str, architecture: Architecture, devices: &[DeviceKind]) -> Machine {
    chosen(target, architecture, &Choices::default(), devices)
}

fn chosen(
    target: &str,
    architecture: Architecture,
    choices: &Choices,
    devices: &[DeviceKind],
) -> Machine {
    let platform = platform(target, architecture);
    let mut machine = Machine::new(vmm::by_name(target).unwrap(), platform, choices);
    let devices = devices.iter().cloned();
    machine
        .devices
        .extend(devices.map(|kind| Device::on(platform.bus, kind)));
    machine
}

fn disk(root_drive: Option<RootDrive>) -> DeviceKind {
    DeviceKind::Disk(Disk {
        kind: &VIRTIO_BLK,
        name: "vda".to_owned(),
        is_read_only: false,
        root_drive,
    })
}

fn arrives(machine: &Machine, text: &str) -> String {
    let effective = effective(machine, &line(text));
    assert_eq!(effective.bytes, effective.line.raw.len() as u64 + 1);
    String::from_utf8(effective.line.raw).unwrap()
}

// krun-vmm 1.19.7 src/builder.rs and src/device_manager/kvm/mmio.rs.
#[test]
fn libkrun_names_its_own_devices_and_the_callers() {
    let x86 = machine("libkrun", X86_64, &[disk(None)]);
    assert_eq!(
        arrives(&x86, "console=hvc0"),
        "console=hvc0       \
         virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6 \
         virtio_mmio.device=4K@0xd0002000:7 virtio_mmio.device=4K@0xd0003000:8  -- "
    );
    static PL011: Console = Console {
        device: "ttyAMA0",
        virtio: false,
        options: &[],
    };
    let serial = DeviceKind::Console {
        console: &PL011,
        is_read: false,
    };
    assert_eq!(
        arrives(&machine("libkrun", Aarch64, &[serial]), "quiet"),
        "quiet       earlycon=pl011,mmio32,0x0a001000  -- "
    );
    let mut hijack = machine("libkrun", X86_64, &[disk(None), DeviceKind::Socket]);
    hijack.devices.last_mut().unwrap().is_implicit = true;
    let text = arrives(&hijack, "quiet");
    assert_eq!(text.matches("virtio_mmio").count(), 5);
    assert!(text.contains(":9 tsi_hijack"));
}

#[test]
fn dashes_of_the_callers_swallow_what_libkrun_adds() {
    let libkrun = |architecture| machine("libkrun", architecture, &[]);
    let x86 = effective(&libkrun(X86_64), &line("a -- single"));
    assert!(x86.swallowed);
    assert_eq!(x86.line.values("virtio_mmio.device").count(), 0);
    let arm64 = effective(&libkrun(Aarch64), &line("a -- single"));
    assert!(!arm64.swallowed, "there it adds no parameter");
    let none = effective(&libkrun(X86_64), &line("a"));
    assert!(!none.swallowed);
    assert_eq!(none.line.values("virtio_mmio.device").count(), 3);
}

// Firecracker src/vmm/src/builder.rs; linux-loader 0.13.2 src/cmdline/mod.rs.
#[test]
fn firecracker_adds_before_the_dashes_and_overrides_the_root() {
    let x86 = machine("firecracker", X86_64, &[disk(Some(RootDrive::default()))]);
    let text = arrives(&x86, "console=ttyS0 root=/dev/vda1 -- single");
    assert_eq!(
        text,
        "console=ttyS0 root=/dev/vda1 pci=off root=/dev/vda rw \
         virtio_mmio.device=4K@0xc0001000:5 -- single"
    );
    let parsed = CommandLine::parse(text);
    assert_eq!(parsed.value("root"), Some("/dev/vda"));
    assert_eq!(problems(&parsed).len(), 1);
    let partition = disk(Some(RootDrive {
        read_only: true,
        partuuid: Some("ab-01".to_owned()),
    }));
    assert_eq!(
        arrives(&machine("firecracker", Aarch64, &[partition]), "quiet"),
        "quiet pci=off root=PARTUUID=ab-01 ro"
    );
    let none = machine("firecracker", Aarch64, &[]);
    assert!(arrives(&none, "console=ttyS0").contains("earlycon="));
}

// As QEMU 7.2 told a kernel of three virtio-mmio devices.
#[test]
fn microvm_names_devices_from_its_last_slot_and_without_acpi_alone() {
    let disks = [disk(None), disk(None)];
    let choices = |acpi| Choices {
        acpi,
        consoles: vec!["hvc0".to_owned()],
        ..Choices::default()
    };
    assert_eq!(
        arrives(
            &chosen("qemu-microvm", X86_64, &choices(None), &disks),
            "root=/dev/vda"
        ),
        "root=/dev/vda virtio_mmio.device=512@0xfeb00e00:12 \
         virtio_mmio.device=512@0xfeb00c00:11 virtio_mmio.device=512@0xfeb00a00:10"
    );
    for (target, architecture) in [
        ("qemu-microvm", X86_64),
        ("qemu", X86_64),
        ("qemu", Aarch64),
        ("vz", Aarch64),
    ] {
        let acpi = chosen(target, architecture, &choices(Some(true)), &disks);
        assert_eq!(arrives(&acpi, "a"), "a");
    }
}

#[test]
fn the_shorter_maximum_binds() {
    assert_eq!(command_line_size(X86_64), 2048);
    assert_eq!(command_line_size(Riscv64), 1024);
    assert_eq!(command_line_size(S390x), 4096);
    assert_eq!(command_line_size(Loongarch64), 4096);
    let x86 = effective(&machine("libkrun", X86_64, &[]), &line("a"));
    assert_eq!((x86.limit_bytes, x86.limiter), (2048, Limiter::Kernel));
    assert_eq!(x86.left_bytes, Some(2048 - x86.bytes));
    let long = effective_within(&machine("firecracker", X86_64, &[]), &line("a"), 4096);
    assert_eq!((long.limit_bytes, long.limiter), (2048, Limiter::Vmm));
}

#[test]
fn what_is_too_long_is_cut_by_the_kernel() {
    let text = format!("{} root=/dev/vda", "x".repeat(2041));
    let virt = machine("qemu-virt", Aarch64, &[]);
    let cut = effective(&virt, &line(&text));
    assert_eq!(cut.left_bytes, None);
    assert_eq!(cut.limiter, Limiter::Kernel);
    let kept = cut.kept();
    assert_eq!(kept.raw.len(), 2047);
    assert_eq!(kept.root(), None);
    let fits = effective(&virt, &line("a"));
    assert_eq!(fits.kept(), fits.line);
}

#[test]
fn bytes_that_a_vmm_refuses_are_found() {
    let tab = line("a\tb");
    let libkrun = platform("libkrun", X86_64);
    assert_eq!(Effective::refused_byte(libkrun, &tab), Some((1, b'\t')));
    assert_eq!(Effective::refused_byte(libkrun, &line("a b~")), None);
    assert_eq!(
        Effective::refused_byte(platform("qemu", X86_64), &tab),
        None
    );
}

// drivers/block/virtio_blk.c, virtblk_name_format.
#[test]
fn disks_are_named_in_order() {
    for (number, name) in [
        (0, "vda"),
        (25, "vdz"),
        (26, "vdaa"),
        (701, "vdzz"),
        (702, "vdaaa"),
    ] {
        assert_eq!(VIRTIO_BLK.disk_name(number), name);
    }
    assert!(VIRTIO_BLK.disk_name(u32::MAX).starts_with("vd"));
    assert_eq!(partition_name("vda", 2), "vda2");
    assert_eq!(partition_name("nvme0n1", 2), "nvme0n1p2");
}

#[test]
fn the_command_line_that_each_platform_is_given_has_nothing_wrong() {
    for target in TARGETS {
        for platform in target.platforms {
            for filesystem in ["ext4", "virtiofs"] {
                let text = platform.default_command_line(filesystem);
                let parsed = line(&text);
                assert_eq!(problems(&parsed), [], "{text}");
                let console = parsed.dev_console().unwrap().device;
                assert_eq!(console, platform.default_console(), "{text}");
                assert!(!parsed.read_only());
                assert_eq!(parsed.init(), Some("/sbin/init"));
                let machine = Machine::new(target, platform, &Choices::default());
                let arrives = effective(&machine, &parsed);
                assert!(arrives.left_bytes.is_some(), "{text}");
                assert!(!platform.command_line.source.is_empty());
            }
        }
    }
    let vz = platform("vz", Aarch64).default_command_line("virtiofs");
    assert_eq!(
        vz,
        "console=hvc0 root=rootfs rootfstype=virtiofs rw init=/sbin/init"
    );
}

#[test]
fn a_line_that_the_vmm_refuses_is_not_cut() {
    let text = "x".repeat(3000);
    let refused = effective(&machine("firecracker", X86_64, &[]), &line(&text));
    assert_eq!(refused.limiter, Limiter::Vmm);
    assert_eq!(refused.kept(), refused.line);
}

#[test]
fn a_line_of_exactly_what_the_kernel_keeps_is_whole() {
    let virt = machine("qemu-virt", Aarch64, &[]);
    let arrives = |bytes: usize| effective(&virt, &line(&"x".repeat(bytes)));
    assert_eq!(arrives(2047).left_bytes, Some(0));
    assert_eq!(arrives(2048).left_bytes, None);
    // The limits are one: the VMM is the first to refuse.
    let same = effective_within(&machine("firecracker", X86_64, &[]), &line("a"), 2048);
    assert_eq!(same.limiter, Limiter::Vmm);
}

#[test]
fn an_early_console_comes_with_a_console_alone() {
    let none = machine("firecracker", Aarch64, &[]);
    let text = arrives(&none, "panic=1 reboot=k quiet");
    assert!(!text.contains("earlycon="), "{text}");
}
