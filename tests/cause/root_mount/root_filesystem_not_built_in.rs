use crate::disks;
use crate::forge::ext4::Ext4;
use crate::kernels::damaged;
use crate::root_device::x86;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

#[test]
fn a_file_system_that_is_a_module_lies_on_the_root_itself() {
    let finding = x86(&["CONFIG_EXT4_FS=m"]).fires(501, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "The root is ext4; EXT4_FS is a module in this kernel, and no initramfs loads it."
    );
    says(
        &finding.consequence,
        &[
            "panics",
            "\"VFS: Unable to mount root fs on unknown-block(254,",
        ],
    );
    says(&finding.fix, &["--initramfs", "CONFIG_EXT4_FS=y"]);
    let finding = x86(&[]).fires(501, Fatal, RootMount);
    says(&finding.message, &["EXT4_FS is off in this kernel"]);
    assert_eq!(finding.fix, "Use a kernel with CONFIG_EXT4_FS=y.");
    x86(&["CONFIG_EXT4_FS=y"]).is_quiet(501);
}

#[test]
fn the_partition_that_root_names_counts() {
    x86(&["CONFIG_EXT4_FS=m"])
        .command_line("root=/dev/vda1")
        .root(disks::mbr())
        .fires(501, Fatal, RootMount);
}

#[test]
fn each_file_system_has_its_own_option() {
    let squashfs = || {
        let mut disk = vec![0; 0x1000];
        crate::forge::put(&mut disk, 0, b"hsqs");
        crate::forge::put(&mut disk, 28, &[4, 0, 0, 0]);
        disk
    };
    let finding = x86(&["CONFIG_EXT4_FS=y"])
        .root(squashfs())
        .fires(501, Fatal, RootMount);
    says(&finding.message, &["The root is squashfs; SQUASHFS is off"]);
    x86(&["CONFIG_SQUASHFS=y"]).root(squashfs()).is_quiet(501);
}

#[test]
fn what_is_no_disk_is_anothers() {
    x86(&[]).no_root().is_quiet(501);
    let folder = tempfile::tempdir().unwrap();
    x86(&[])
        .command_line("root=/dev/root rootfstype=virtiofs")
        .root_folder(folder.path())
        .is_quiet(501);
    x86(&[]).command_line("root=/dev/nfs").is_quiet(501);
}

#[test]
fn the_options_of_a_damaged_kernel_are_blocked_by_the_damage() {
    Case::new(damaged())
        .no_initramfs()
        .command_line("root=/dev/vda")
        .root(disks::ext4())
        .is_blocked(501, 3);
}

#[test]
fn the_old_driver_mounts_ext2_and_no_other() {
    let case = |image: Ext4| x86(&["CONFIG_EXT2_FS=y"]).root(image.build());
    case(Ext4::ext2()).is_quiet(501);
    case(Ext4::ext3()).fires(501, Fatal, RootMount);
    let mut squashfs = vec![0; 0x1000];
    crate::forge::put(&mut squashfs, 0, b"hsqs");
    crate::forge::put(&mut squashfs, 28, &[4, 0, 0, 0]);
    x86(&["CONFIG_EXT2_FS=y"])
        .root(squashfs)
        .fires(501, Fatal, RootMount);
}
