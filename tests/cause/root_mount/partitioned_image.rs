use super::{configured, ext4, with_line};
use crate::forge::disk::{EFI_SYSTEM, LINUX_FILESYSTEM, gpt, mbr, qcow2};
use crate::forge::ext4::Ext4;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Info, Warn};
use kelpie_check::stage::Stage::{Init, RootMount};

fn disk() -> Vec<u8> {
    let empty = vec![0; 4096];
    gpt(&[
        (
            EFI_SYSTEM,
            "11111111-2222-3333-4444-555555555551",
            "esp",
            empty,
        ),
        (
            LINUX_FILESYSTEM,
            "11111111-2222-3333-4444-555555555552",
            "root",
            ext4().build(),
        ),
    ])
}

#[test]
fn root_names_the_whole_disk() {
    let finding = with_line(disk(), "root=/dev/vda rw").fires(13, Fatal, RootMount);
    says(&finding.message, &["(GPT)", "partition 2"]);
    says(&finding.consequence, &["unknown-block(254,0)"]);
    assert_eq!(finding.fix, "Use root=/dev/vda2.");
    let old = mbr(&[(0x83, ext4().build())], 0x1234);
    let finding = with_line(old, "root=/dev/vda rw").fires(13, Fatal, RootMount);
    assert_eq!(finding.fix, "Use root=/dev/vda1.");
}

#[test]
fn a_disk_by_itself_is_only_told_of() {
    let finding = Case::without_kernel()
        .root(disk())
        .fires(13, Info, RootMount);
    says(&finding.fix, &["root=/dev/vda2"]);
}

#[test]
fn a_root_that_names_its_partition_passes() {
    for root in [
        "/dev/vda2",
        "PARTLABEL=root",
        "PARTUUID=11111111-2222-3333-4444-555555555552",
    ] {
        with_line(disk(), &format!("root={root} rw")).is_quiet(13);
    }
    with_line(disk(), "root=/dev/vdb").is_quiet(13);
    with_line(ext4().build(), "root=/dev/vda").is_quiet(13);
}

#[test]
fn a_damaged_disk_image_shows_no_partitions() {
    let mut image = qcow2(&disk());
    // cluster_bits
    image[23] = 1;
    with_line(image, "root=/dev/vda").is_blocked(13, 12);
}

/// A disk as installers make it: an EFI system partition, /boot, and the system.
fn installed() -> Vec<u8> {
    // A boot sector: 512 bytes a sector, 4 sectors a cluster, 1 reserved, 2 tables.
    let mut fat = vec![0; 4096];
    crate::forge::put(&mut fat, 0, &[0xeb, 0x3c, 0x90]);
    crate::forge::put(&mut fat, 0x0b, &[0, 2, 4, 1, 0, 2]);
    crate::forge::put(&mut fat, 0x15, &[0xf8]);
    crate::forge::put(&mut fat, 0x1fe, &[0x55, 0xaa]);
    let system = Ext4::new().file("/etc/os-release", 0o644, "ID=debian\n");
    let uuid = |last: &str| format!("11111111-2222-3333-4444-55555555555{last}");
    gpt(&[
        (EFI_SYSTEM, &uuid("1"), "esp", fat),
        (LINUX_FILESYSTEM, &uuid("2"), "boot", Ext4::new().build()),
        (LINUX_FILESYSTEM, &uuid("3"), "root", system.build()),
    ])
}

#[test]
fn the_partition_with_the_system_is_named_for_one_without() {
    let esp = with_line(installed(), "root=/dev/vda1 rw").fires(501, Fatal, RootMount);
    says(&esp.message, &["vfat", "The system is on /dev/vda3"]);
    assert_eq!(esp.fix, "Use root=/dev/vda3.");
    let fat = "CONFIG_EXT4_FS=y\nCONFIG_VFAT_FS=y\n";
    let mounted = configured(installed(), "root=/dev/vda1 rw", fat).fires(10, Warn, RootMount);
    assert_eq!(mounted.fix, "Use root=/dev/vda3.");
    let boot = with_line(installed(), "root=/dev/vda2 rw").fires(601, Fatal, Init);
    assert_eq!(boot.fix, "Use root=/dev/vda3.");
    with_line(installed(), "root=/dev/vda3 rw").is_quiet(10);
}
