use super::{at, boot, broken, configured, ext4, with_line};
use crate::forge::cpio::{Entry, archive};
use crate::forge::ext4::Ext4;
use crate::initramfs::{MONOLITHIC, NEEDED, alpine_with, busybox};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::RootMount;

fn typed(image: &Ext4, types: &str) -> crate::run::Case {
    with_line(
        image.build(),
        &format!("root=/dev/vda rw rootfstype={types}"),
    )
}

#[test]
fn another_type_than_what_is_there_is_fatal() {
    let finding = typed(&ext4(), "btrfs").fires(502, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "rootfstype= names btrfs, but the root is an ext4 file system."
    );
    says(&finding.consequence, &["VFS: Unable to mount root fs"]);
    assert_eq!(finding.fix, "Use rootfstype=ext4.");
    let squashfs = with_line(at(0, b"hsqs"), "root=/dev/vda rootfstype=ext4");
    assert_eq!(
        squashfs.fires(502, Fatal, RootMount).fix,
        "Use rootfstype=squashfs."
    );
}

#[test]
fn older_names_take_older_features() {
    let finding = typed(&ext4(), "ext3").fires(502, Fatal, RootMount);
    says(
        &finding.consequence,
        &["couldn't mount as ext3 due to feature incompatibilities"],
    );
    typed(&Ext4::ext3(), "ext3").is_quiet(502);
    typed(&Ext4::ext2(), "ext3").fires(502, Fatal, RootMount);
    // huge_file keeps it from writing, no more.
    let image = Ext4 {
        s_feature_ro_compat: 0x8,
        ..Ext4::ext3()
    };
    typed(&image, "ext3").fires(502, Warn, RootMount);
}

#[test]
fn the_name_ext2_needs_an_owner() {
    let image = Ext4::ext2().build();
    let line = "root=/dev/vda rw rootfstype=ext2";
    says(
        &configured(image.clone(), line, "CONFIG_EXT4_FS=y")
            .fires(502, Fatal, RootMount)
            .consequence,
        &["error -19"],
    );
    let owned = "CONFIG_EXT4_FS=y\nCONFIG_EXT4_USE_FOR_EXT2=y";
    configured(image.clone(), line, owned).is_quiet(502);
    configured(image.clone(), line, "CONFIG_EXT2_FS=y").is_quiet(502);
    // An initramfs loads what it needs, and by another name there is nothing to own.
    configured(image.clone(), line, MONOLITHIC)
        .initramfs(alpine_with(NEEDED))
        .is_quiet(502);
    let as_ext4 = "root=/dev/vda rw rootfstype=ext4";
    configured(image.clone(), as_ext4, "CONFIG_EXT4_FS=y").is_quiet(502);
    // Whether an initramfs comes was not told.
    Case::new(vmlinux())
        .config("CONFIG_EXT4_FS=y")
        .command_line(line)
        .root(image)
        .is_quiet(502);
}

#[test]
fn one_of_a_list_is_enough_where_the_others_are_there() {
    typed(&ext4(), "ext4,btrfs").is_quiet(502);
    let finding = typed(&ext4(), "btrfs,ext4").fires(502, Fatal, RootMount);
    says(&finding.consequence, &["gives up at btrfs", "-19"]);
    let line = "root=/dev/vda rw rootfstype=btrfs,ext4";
    let both = "CONFIG_EXT4_FS=y\nCONFIG_BTRFS_FS=y";
    configured(ext4().build(), line, both).is_quiet(502);
    boot(ext4().build()).is_quiet(502);
}

#[test]
fn the_features_of_a_damaged_superblock_fit_no_name() {
    with_line(broken(), "root=/dev/vda rootfstype=ext3").is_blocked(502, 12);
}

/// An initramfs of ours that was made for roots of that type.
fn made_for(root_type: &str) -> Vec<u8> {
    let init = [&busybox()[..], b"kelpie-check: root mounted\n"].concat();
    archive(&[
        Entry::file("init", &init),
        Entry::file("rootfstype", root_type.as_bytes()),
    ])
}

#[test]
fn an_initramfs_that_is_made_for_another_type_is_fatal_where_none_is_stated() {
    let untyped = || configured(ext4().build(), "root=/dev/vda rw", MONOLITHIC);
    let finding = untyped()
        .initramfs(made_for("xfs"))
        .fires(502, Fatal, RootMount);
    says(&finding.message, &["built for xfs", "ext4"]);
    says(
        &finding.fix,
        &["kelpie-check initramfs build", "--root ext4"],
    );
    untyped().initramfs(made_for("ext4")).is_quiet(502);
    configured(ext4().build(), "root=/dev/vda rootfstype=ext4", MONOLITHIC)
        .initramfs(made_for("xfs"))
        .is_quiet(502);
}

#[test]
fn a_type_that_is_not_the_roots_ends_the_boot_before_what_else_is_wrong() {
    let damaged = || with_line(broken(), "root=/dev/vda rootfstype=xfs");
    let finding = damaged().fires(502, Fatal, RootMount);
    says(&finding.message, &["rootfstype= names xfs"]);
    assert_eq!(damaged().stops_first(RootMount), Some(502));
    let new = Ext4 {
        s_feature_incompat: 0x8000_0000,
        ..ext4()
    };
    assert_eq!(typed(&new, "squashfs").stops_first(RootMount), Some(502));
    // Once the type is mended, the feature stops it.
    typed(&new, "squashfs").fires(503, Fatal, RootMount);
    typed(&new, "ext4").fires(503, Fatal, RootMount);
}

#[test]
fn a_disk_that_is_there_is_no_share() {
    let finding = typed(&ext4(), "virtiofs").fires(502, Fatal, RootMount);
    assert_eq!(finding.fix, "Use rootfstype=ext4.");
    typed(&ext4(), "virtiofs").is_quiet(405);
    typed(&ext4(), "virtiofs").is_quiet(407);
}

#[test]
fn an_initramfs_that_is_the_system_leaves_the_disk_alone() {
    let marker = [&busybox()[..], b"kelpie-check: userspace reached\n"].concat();
    let system = || archive(&[Entry::file("init", &marker)]);
    let line = "root=/dev/vda rw rootfstype=xfs";
    configured(ext4().build(), line, MONOLITHIC)
        .initramfs(system())
        .is_quiet(502);
    configured(broken(), "root=/dev/vda", MONOLITHIC)
        .initramfs(system())
        .is_quiet(12);
}

#[test]
fn auto_is_a_word_of_mount_and_not_of_the_kernel() {
    let finding = typed(&ext4(), "auto").fires(502, Fatal, RootMount);
    says(&finding.message, &["rootfstype= names auto"]);
    configured(
        ext4().build(),
        "root=/dev/vda rw rootfstype=auto",
        MONOLITHIC,
    )
    .initramfs(alpine_with(NEEDED))
    .is_quiet(502);
}

#[test]
fn msdos_mounts_vfat_and_nothing_else() {
    // A boot sector: 512 bytes a sector, 4 sectors a cluster, 1 reserved, 2 tables.
    let mut vfat = at(0, &[0xeb, 0x3c, 0x90]);
    crate::forge::put(&mut vfat, 0x0b, &[0, 2, 4, 1, 0, 2]);
    crate::forge::put(&mut vfat, 0x15, &[0xf8]);
    crate::forge::put(&mut vfat, 0x1fe, &[0x55, 0xaa]);
    for name in ["msdos", "vfat"] {
        with_line(vfat.clone(), &format!("root=/dev/vda rootfstype={name}")).is_quiet(502);
    }
    let finding = with_line(vfat, "root=/dev/vda rootfstype=ext4").fires(502, Fatal, RootMount);
    says(&finding.message, &["a FAT file system"]);
    typed(&ext4(), "msdos").fires(502, Fatal, RootMount);
}

#[test]
fn an_initramfs_goes_on_where_the_kernel_gives_up() {
    let line = "root=/dev/vda rw rootfstype=btrfs,ext4";
    configured(ext4().build(), line, MONOLITHIC)
        .initramfs(alpine_with(NEEDED))
        .is_quiet(502);
}

#[test]
fn an_initramfs_for_an_older_name_takes_what_that_takes() {
    let untyped = |image: &Ext4, made: &str| {
        configured(image.build(), "root=/dev/vda rw", MONOLITHIC).initramfs(made_for(made))
    };
    untyped(&Ext4::ext3(), "ext3").is_quiet(502);
    untyped(&ext4(), "ext3").fires(502, Fatal, RootMount);
}

#[test]
fn an_empty_type_is_none_to_the_kernel_and_not_stated_to_an_initramfs() {
    let finding = typed(&ext4(), "").fires(502, Fatal, RootMount);
    says(&finding.message, &["rootfstype= is empty"]);
    typed(&ext4(), "ext4 rootfstype=").fires(502, Fatal, RootMount);
    typed(&ext4(), " rootfstype=ext4").is_quiet(502);
    configured(ext4().build(), "root=/dev/vda rw rootfstype=", MONOLITHIC)
        .initramfs(alpine_with(NEEDED))
        .is_quiet(502);
}

#[test]
fn what_a_list_of_types_leads_to_is_read() {
    let damaged = |image: Ext4| {
        let (_, layout) = image.build_with_layout();
        image.patch(layout.descriptors_at + 8, &[0xff; 4])
    };
    // Extents are refused by the name ext3, and ext4 comes next.
    let first = |case: Case| case.stops_first(RootMount);
    assert_eq!(first(typed(&damaged(ext4()), "ext3,ext4")), Some(12));
    assert_eq!(first(typed(&damaged(ext4()), "ext3")), Some(502));
    assert_eq!(first(typed(&damaged(Ext4::ext3()), "ext3")), Some(12));
    // The kernel has no driver for these, and gives up.
    for types in ["auto,ext4", "ext2,ext4", "btrfs,ext4"] {
        assert_eq!(first(typed(&damaged(ext4()), types)), Some(502), "{types}");
    }
    // It has no driver for ext3 without ext4.
    let line = "root=/dev/vda rw rootfstype=ext3,ext4";
    let image = damaged(Ext4::ext3()).build();
    let without_ext4 = configured(image, line, "CONFIG_EXT2_FS=y");
    assert_eq!(first(without_ext4), Some(501));
}

#[test]
fn a_journal_that_waits_is_for_the_name_ext3_and_not_for_ext2() {
    let image = Ext4 {
        s_feature_incompat: 4,
        ..Ext4::ext3()
    };
    typed(&image, "ext3").is_quiet(502);
    let line = "root=/dev/vda rw rootfstype=ext2";
    let config = "CONFIG_EXT4_FS=y\nCONFIG_EXT4_USE_FOR_EXT2=y";
    configured(image.build(), line, config).fires(502, Fatal, RootMount);
    configured(Ext4::ext2().build(), line, config).is_quiet(502);
}
