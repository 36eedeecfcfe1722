use super::{arm, x86};
use crate::disks;
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

const MMIO: &str = "CONFIG_VIRTIO_MMIO=y";
const NAMED: &str = "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y";
const ACPI: &str = "CONFIG_ACPI=y";

#[test]
fn on_libkrun_the_devices_stand_on_the_command_line() {
    x86(&[MMIO, NAMED]).is_quiet(402);
    let finding = x86(&[MMIO, ACPI]).fires(402, Fatal, RootDevice);
    assert_eq!(
        finding.message,
        "VIRTIO_MMIO_CMDLINE_DEVICES is off, and libkrun names its devices on the command line."
    );
    assert_eq!(
        finding.fix,
        "Use a kernel with CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y."
    );
}

#[test]
fn a_module_that_nothing_loads_reaches_no_device() {
    // As Debian's kernel for clouds has it.
    let finding = x86(&["CONFIG_VIRTIO_MMIO=m"]).fires(402, Fatal, RootDevice);
    says(
        &finding.message,
        &[
            "VIRTIO_MMIO is a module in this kernel, and no initramfs loads it; ",
            "VIRTIO_MMIO_CMDLINE_DEVICES is off",
        ],
    );
    says(&finding.consequence, &["unknown-block(0,0)"]);
    let finding = arm(&["CONFIG_VIRTIO_MMIO=m"]).fires(402, Fatal, RootDevice);
    assert_eq!(
        finding.message,
        "VIRTIO_MMIO is a module in this kernel, and no initramfs loads it."
    );
    says(&finding.fix, &["--initramfs"]);
    arm(&[MMIO]).is_quiet(402);
}

#[test]
fn on_qemu_microvm_either_table_or_command_line_will_do() {
    let microvm = |options: &[&str]| x86(options).on("qemu-microvm");
    microvm(&[MMIO, NAMED]).is_quiet(402);
    let finding = microvm(&[MMIO, ACPI]).fires(402, Fatal, RootDevice);
    says(&finding.message, &["VIRTIO_MMIO_CMDLINE_DEVICES is off"]);
    let microvm = |options: &[&str]| microvm(options).acpi(true);
    microvm(&[MMIO, ACPI]).is_quiet(402);
    let finding = microvm(&[MMIO]).fires(402, Fatal, RootDevice);
    says(
        &finding.message,
        &["Neither ACPI nor VIRTIO_MMIO_CMDLINE_DEVICES"],
    );
    // With the one, nothing hangs on the other.
    microvm(&[])
        .fragment("CONFIG_VIRTIO_MMIO=y\nCONFIG_ACPI=y\n")
        .is_quiet(402);
    microvm(&[])
        .fragment("CONFIG_VIRTIO_MMIO=y\n# CONFIG_ACPI is not set\n")
        .is_blocked(402, None);
    let off = microvm(&[MMIO, ACPI]).command_line("acpi=off root=/dev/vda");
    says(
        &off.fires(402, Fatal, RootDevice).message,
        &["the command line turns ACPI off"],
    );
}

#[test]
fn where_there_is_pci_it_needs_both() {
    let pci = "CONFIG_PCI=y\nCONFIG_PCI_HOST_GENERIC=y\nCONFIG_VIRTIO_PCI=y";
    arm(&[pci]).on("vz").is_quiet(402);
    let finding = arm(&[&pci.replace("VIRTIO_PCI=y", "VIRTIO_PCI=m")])
        .on("vz")
        .fires(402, Fatal, RootDevice);
    says(&finding.message, &["VIRTIO_PCI is a module"]);
    arm(&[MMIO]).on("vz").fires(402, Fatal, RootDevice);
}

#[test]
fn a_host_bridge_in_the_device_tree_needs_its_driver() {
    let pci = "CONFIG_PCI=y\nCONFIG_VIRTIO_PCI=y";
    for target in ["vz", "cloud-hypervisor", "qemu", "qemu-virt"] {
        let finding = arm(&[pci]).on(target).fires(402, Fatal, RootDevice);
        says(&finding.message, &["PCI_HOST_GENERIC"]);
    }
    for target in ["cloud-hypervisor", "qemu", "qemu-q35"] {
        x86(&[pci]).on(target).is_quiet(402);
    }
    x86(&[MMIO]).on("qemu").fires(402, Fatal, RootDevice);
    arm(&[MMIO]).on("qemu-virt-mmio").is_quiet(402);
}

#[test]
fn a_shared_folder_is_reached_so_too() {
    let folder = tempfile::tempdir().unwrap();
    x86(&[])
        .command_line("root=/dev/root rootfstype=virtiofs")
        .root_folder(folder.path())
        .fires(402, Fatal, RootDevice);
    x86(&[]).no_root().is_quiet(402);
}

#[test]
fn what_nothing_tells_is_not_passed() {
    let case = Case::new(crate::kernels::vmlinux())
        .fragment("CONFIG_VIRTIO_MMIO=y\n")
        .no_initramfs()
        .command_line("root=/dev/vda")
        .root(disks::ext4());
    says(
        &case.is_blocked(402, None),
        &["VIRTIO_MMIO_CMDLINE_DEVICES"],
    );
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged())
        .no_initramfs()
        .command_line("root=/dev/vda")
        .root(disks::ext4())
        .is_blocked(402, 3);
}
