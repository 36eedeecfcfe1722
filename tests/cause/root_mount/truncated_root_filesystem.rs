use super::{boot, broken, ext4};
use crate::forge::disk::{LINUX_FILESYSTEM, gpt};
use crate::forge::ext4::Ext4;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

#[test]
fn the_kernels_own_numbers_are_told() {
    let whole = ext4().build();
    let blocks = whole.len() / 1024;
    let cut = ext4().truncate_to((blocks - 10) * 1024).build();
    let finding = boot(cut.clone()).fires(11, Fatal, RootMount);
    says(
        &finding.message,
        &[&format!("has {blocks} blocks of 1024 bytes")],
    );
    let line = format!(
        "\"EXT4-fs (vda): bad geometry: block count {blocks} exceeds size of device ({} blocks)\"",
        blocks - 10
    );
    says(&finding.consequence, &[&line, "panics"]);
    let finding = Case::without_kernel().root(cut).fires(11, Fatal, RootMount);
    says(&finding.consequence, &["Linux refuses to mount it", &line]);
}

#[test]
fn a_partition_may_be_too_small() {
    let image = Ext4 {
        s_blocks_count: Some(8000),
        ..ext4()
    };
    let disk = gpt(&[(
        LINUX_FILESYSTEM,
        "11111111-2222-3333-4444-555555555555",
        "root",
        image.build(),
    )]);
    let case = Case::without_kernel()
        .command_line("root=/dev/vda1")
        .root(disk);
    let finding = case.fires(11, Fatal, RootMount);
    says(&finding.message, &["the partition has room"]);
    says(&finding.consequence, &["EXT4-fs (vda1)"]);
}

#[test]
fn a_superblock_that_is_cut_is_told() {
    let finding = boot(ext4().truncate_to(1200).build()).fires(11, Fatal, RootMount);
    says(&finding.message, &["The image is truncated"]);
}

#[test]
fn a_whole_image_and_one_with_room_to_spare_pass() {
    boot(ext4().build()).is_quiet(11);
    let mut roomy = ext4().build();
    roomy.extend([0; 4096]);
    boot(roomy).is_quiet(11);
}

#[test]
fn without_a_superblock_there_is_no_size() {
    boot(broken()).is_blocked(11, 12);
}

#[test]
fn the_kernel_gives_up_over_a_type_before_it_reads_the_size() {
    let mut cut = super::ext4().build();
    cut.truncate(cut.len() - 0x2000);
    let with = |types: &str, config: &str| {
        let line = format!("root=/dev/vda rw rootfstype={types}");
        super::configured(cut.clone(), &line, config)
    };
    let first = |types: &str, config: &str| with(types, config).stops_first(RootMount);
    let ext4 = "CONFIG_EXT4_FS=y";
    for types in ["ext2", "auto", "ext2,ext4", "btrfs,ext4"] {
        assert_eq!(first(types, ext4), Some(502), "{types}");
        // Once the type is mended, the image is still cut.
        with(types, ext4).fires(11, Fatal, RootMount);
    }
    for types in ["ext4", "ext4,ext2", "ext3,ext4"] {
        assert_eq!(first(types, ext4), Some(11), "{types}");
    }
    // By an older name, its features are looked at first.
    let owned = "CONFIG_EXT4_FS=y\nCONFIG_EXT4_USE_FOR_EXT2=y";
    assert_eq!(first("ext2", owned), Some(502));
    assert_eq!(first("ext3", ext4), Some(502));
    assert_eq!(first("ext2,ext4", owned), Some(11));
    let mut old = Ext4::ext2().build();
    old.truncate(old.len() - 0x2000);
    let old = super::configured(old, "root=/dev/vda rw rootfstype=ext2", owned);
    assert_eq!(old.stops_first(RootMount), Some(11));
    let both = "CONFIG_EXT4_FS=y\nCONFIG_BTRFS_FS=y";
    assert_eq!(first("btrfs,ext4", both), Some(11));
    // An initramfs loads what it needs.
    with("ext2", crate::initramfs::MONOLITHIC)
        .initramfs(crate::forge::cpio::archive(&crate::initramfs::alpine()))
        .fires(11, Fatal, RootMount);
}
