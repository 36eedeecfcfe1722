//! The parts of a command line, and what is said of the machine.

use super::disks::PARTITION;
use super::space::{Value, What};
use super::support::mmio_target;
use kelpie_check::architecture::Architecture;

/// How long is waited for a console on which nothing comes.
const SILENCE_SECONDS: u32 = 8;
/// How long for a device that does not come.
const ROOTWAIT_SECONDS: u32 = 48;

pub fn consoles(architecture: Architecture) -> Vec<Value> {
    let (own, other) = match architecture {
        Architecture::Aarch64 => ("ttyAMA0", "ttyS0"),
        _ => ("ttyS0", "ttyAMA0"),
    };
    let words = |words: &str| Value::words(words.replace('@', own).replace('%', other));
    vec![
        words("console=@"),
        words("console=@,115200n8"),
        words("console=tty0 console=@"),
        words("console=@ console=hvc0"),
        words("console=hvc0 console=@"),
        words("console=hvc0"),
        words("console=@ quiet"),
        words("console=@ loglevel=3"),
        words("console=@ earlycon"),
        words("console=@ ignore_loglevel debug"),
        words("console=% console=@"),
        words("console=%").waits(SILENCE_SECONDS),
        words("console=tty0").waits(SILENCE_SECONDS),
        words("console=null").waits(SILENCE_SECONDS),
        words("").waits(SILENCE_SECONDS),
    ]
}

pub fn roots() -> Vec<Value> {
    let partuuid = PARTITION.to_lowercase();
    let mut values: Vec<Value> = [
        "root=/dev/vda",
        "",
        "root=vda",
        "root=254:0",
        "root=fe00",
        "root=\"/dev/vda\"",
        "root=/dev/sda root=/dev/vda",
        "root=/dev/vda root=/dev/sda",
        "root=/dev/sda",
        "root=/dev/vdb",
        "root=/dev/vda1",
        "root=/dev/vda2",
        "root=/dev/vda rootdelay=1",
        "root=/dev/vda rootwait",
        "root=UUID=666f7267-6564-2d72-6f6f-742d75756964",
        "root=LABEL=forged",
        "root=PARTLABEL=root",
        "root=PARTLABEL=data",
        "root=PARTUUID=00000007-01",
        "root=PARTUUID=6b656c70-0000-4000-8000-000000000002",
        "root=/dev/ram0",
        "root=/dev/nfs",
        "root=/dev/root",
        "root=/dev/disk/by-label/forged",
        "root=/dev/disk/by-path/virtio-pci-0000:00:04.0",
        "root=254:1",
        "root=254:16",
        "root=8:1",
        "root=PARTUUID=6B656C70",
        "root=PARTUUID=6b656c70/PARTNROFF=1",
        "root=PARTUUID=6b656c70/PARTNROFF=-1",
        "root=PARTUUID=6b656c70/PARTNROFF=+1",
        "root=/dev/vda initrd=/boot/initrd.img",
        "root=/dev/vda initrdmem=0x1000000,4096",
        "root=share rootfstype=virtiofs",
        "ROOT=/dev/vda",
        "root=/dev/vda kelpie.unknown=1 nosuchword",
    ]
    .into_iter()
    .map(Value::words)
    .collect();
    values.push(Value::words(format!("root=PARTUUID={partuuid}")));
    values.push(Value::words(format!(
        "root=PARTUUID={partuuid}/PARTNROFF=0"
    )));
    values.extend([
        Value::words("root=/dev/vdb rootwait").waits(ROOTWAIT_SECONDS),
        Value::words("root=PARTLABEL=data rootwait").waits(ROOTWAIT_SECONDS),
        Value::words(format!("kelpie={} root=/dev/vda", "x".repeat(1700))),
        Value::words(format!("kelpie={} root=/dev/vda", "x".repeat(2100))),
    ]);
    values
}

pub fn mounts() -> Vec<Value> {
    [
        "rw",
        "ro",
        "",
        "rw ro",
        "rw rootfstype=ext4",
        "rw rootfstype=ext2",
        "rw rootfstype=ext3",
        "rw rootfstype=xfs",
        "rw rootfstype=xfs,ext4",
        "rw rootfstype=squashfs",
        "rw rootfstype=virtiofs",
        "rw rootfstype=ext2 rootflags=sb=8193",
        "rw rootfstype=ext2 rootflags=sb=9",
        "rw rootfstype=tmpfs",
        "ro rootflags=noload",
        "rw rootflags=noload",
        "rw rootflags=data=ordered",
        "rw rootflags=data=journal",
        "rw rootflags=errors=remount-ro",
        "rw rootflags=discard,commit=30",
        "rw rootflags=noatime",
        "rw rootflags=dax",
        "rw rootflags=subvol=@",
        "rw rootflags=usrquota",
        "rw rootflags=nosuchoption",
        "rw rootflags=sb=8193",
        "rw rootflags=nouid32,nobarrier",
    ]
    .into_iter()
    .map(Value::words)
    .collect()
}

pub fn inits() -> Vec<Value> {
    [
        "init=/sbin/init",
        "",
        "init=/bin/sh",
        "init=/sbin/nothing",
        "init=sbin/init",
        "init=/sbin/init single",
        "init=/sbin/init/",
        "init=\"/sbin/init\"",
        "init=/sbin/nothing init=/sbin/init",
        "init=/sbin/init -- single",
        "rdinit=/sbin/init",
        "rdinit=/bin/sh init=/sbin/init",
        "init=/dev/null",
        "init=/sbin/init devtmpfs.mount=0x0",
        "init=/sbin/init LD_LIBRARY_PATH=/opt",
        "init=",
    ]
    .into_iter()
    .map(Value::words)
    .collect()
}

/// For an initramfs without a root behind it.
pub fn early_inits() -> Vec<Value> {
    [
        "rdinit=/init",
        "",
        "rdinit=/nothing",
        "rdinit=/dev",
        "init=/sbin/init",
    ]
    .into_iter()
    .map(Value::words)
    .collect()
}

pub fn machines(architecture: Architecture) -> Vec<Value> {
    let options = |name: &str, options| Value::new(name, What::Options(options));
    let mut values = vec![
        options("128 MiB", &["--ram-mib", "128"]),
        options("64 MiB", &["--ram-mib", "64"]),
        options("40 MiB", &["--ram-mib", "40"]),
        options("1024 MiB", &["--ram-mib", "1024"]),
        options("its disk read-only", &["--ram-mib", "128", "--read-only"]),
    ];
    if architecture == Architecture::X86_64 {
        values.push(options(
            "a CPU of the baseline",
            &["--ram-mib", "128", "--cpu", "qemu64", "--cpu-level", "1"],
        ));
        values.push(options(
            "a CPU of x86-64-v3",
            &["--ram-mib", "128", "--cpu", "max", "--cpu-level", "3"],
        ));
    }
    values.push(
        options("16 MiB", &["--ram-mib", "16"])
            .waits(SILENCE_SECONDS)
            .hides(&["initramfs", "disk", "tree", "root", "mount", "init"]),
    );
    values
}

/// The machines of QEMU that a distribution's kernel is booted on: with virtio over MMIO, and over PCI.
pub fn targets(architecture: Architecture) -> [&'static str; 2] {
    let pci = match architecture {
        Architecture::X86_64 => "qemu-q35",
        _ => "qemu-virt",
    };
    [mmio_target(architecture.name()), pci]
}

/// The name of a space: that of the machine with virtio over MMIO names none.
pub fn on(name: &str, architecture: Architecture, target: &str) -> String {
    if target == mmio_target(architecture.name()) {
        name.to_owned()
    } else {
        format!("{name} on {target}")
    }
}

/// What the command line says of the bus.
pub fn buses(architecture: Architecture, target: &str) -> Vec<Value> {
    let words: &[&str] = match (architecture, target == mmio_target(architecture.name())) {
        (_, true) => &[""],
        (Architecture::X86_64, false) => &[
            "",
            "pci=off",
            "pci=nomsi",
            "pci=noacpi",
            "pci=conf1",
            "pci=nocrs",
            "pci=realloc",
            "pcie_ports=compat",
            "pcie_aspm=off",
            "acpi=noirq",
            "acpi=strict",
            "acpi=off",
            "noapic",
            "nox2apic",
            "nosmp",
            "maxcpus=1",
            "tsc=unstable",
            "notsc",
            "idle=poll",
            "hpet=disable",
            "iommu=off",
            "nomodule",
            "module_blacklist=virtio_blk",
            "initcall_blacklist=virtio_blk_init",
            "virtio_pci.force_legacy=1",
        ],
        (_, false) => &[
            "",
            "pci=off",
            "pci=nomsi",
            "pcie_aspm=off",
            "acpi=force",
            "acpi=off",
            "maxcpus=1",
            "nomodule",
            "module_blacklist=virtio_blk",
            "virtio_pci.force_legacy=1",
        ],
    };
    words.iter().map(|words| Value::words(*words)).collect()
}
