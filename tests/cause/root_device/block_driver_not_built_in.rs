use super::x86;
use crate::disks;
use crate::kernels::damaged;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootDevice;

#[test]
fn a_module_that_nothing_loads_finds_no_disk() {
    let finding = x86(&["CONFIG_VIRTIO_BLK=m"]).fires(401, Fatal, RootDevice);
    assert_eq!(
        finding.message,
        "VIRTIO_BLK is a module in this kernel, and no initramfs loads it."
    );
    assert_eq!(
        finding.consequence,
        "The kernel panics: \"VFS: Unable to mount root fs on unknown-block(0,0)\"."
    );
    says(
        &finding.fix,
        &[
            "kelpie-check initramfs build --modules FROM",
            "--root ext4 --target libkrun -o initramfs",
            "--initramfs",
            "CONFIG_VIRTIO_BLK=y",
        ],
    );
}

#[test]
fn a_driver_that_is_off_is_in_no_initramfs() {
    let finding = x86(&[]).fires(401, Fatal, RootDevice);
    assert_eq!(finding.message, "VIRTIO_BLK is off in this kernel.");
    assert_eq!(finding.fix, "Use a kernel with CONFIG_VIRTIO_BLK=y.");
}

#[test]
fn with_rootwait_the_kernel_waits() {
    let finding = x86(&["CONFIG_VIRTIO_BLK=m"])
        .command_line("root=/dev/vda rootwait")
        .fires(401, Fatal, RootDevice);
    says(
        &finding.consequence,
        &["\"Waiting for root device /dev/vda...\"", "forever"],
    );
}

#[test]
fn an_initramfs_that_the_kernel_ignores_loads_nothing() {
    x86(&["CONFIG_VIRTIO_BLK=m"])
        .initramfs(vec![0; 512])
        .fires(401, Fatal, RootDevice);
}

#[test]
fn what_needs_no_disk_is_quiet() {
    x86(&["CONFIG_VIRTIO_BLK=y"]).is_quiet(401);
    x86(&["CONFIG_VIRTIO_BLK=m"]).no_root().is_quiet(401);
    x86(&["CONFIG_VIRTIO_BLK=m"])
        .command_line("root=/dev/nfs")
        .is_quiet(401);
    x86(&["CONFIG_VIRTIO_BLK=m"])
        .command_line("console=ttyS0")
        .is_quiet(401);
    let folder = tempfile::tempdir().unwrap();
    x86(&[]).root_folder(folder.path()).is_quiet(401);
}

#[test]
fn a_driver_that_is_built_in_serves_whoever_mounts() {
    // Whoever that is.
    x86(&["CONFIG_BLK_DEV_INITRD=y\nCONFIG_VIRTIO_BLK=y"])
        .initramfs(vec![0; 512])
        .is_quiet(401);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged())
        .no_initramfs()
        .command_line("root=/dev/vda")
        .root(disks::ext4())
        .is_blocked(401, 3);
}

#[test]
fn a_root_in_memory_needs_no_driver() {
    x86(&[])
        .command_line("root=/dev/vda rootfstype=tmpfs")
        .is_quiet(401);
}

#[test]
fn a_scsi_disk_needs_the_drivers_of_scsi() {
    let pci = "CONFIG_PCI=y\nCONFIG_VIRTIO_PCI=y";
    let scsi = "CONFIG_SCSI=y\nCONFIG_SCSI_VIRTIO=y";
    let case = |options: &[&str]| {
        x86(options)
            .on("qemu")
            .disk("virtio-scsi")
            .command_line("console=ttyS0 root=/dev/sda")
    };
    let finding = case(&[pci, scsi]).fires(401, Fatal, RootDevice);
    says(&finding.message, &["BLK_DEV_SD"]);
    let whole = [pci, scsi, "CONFIG_BLK_DEV_SD=y"];
    case(&whole).is_quiet(401);
    case(&whole).is_quiet(405);
    let other = case(&whole).command_line("console=ttyS0 root=/dev/vda");
    says(
        &other.fires(405, Fatal, RootDevice).message,
        &["sda, without partitions"],
    );
}
