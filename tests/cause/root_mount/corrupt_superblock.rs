use super::{LINE, boot, boot_on, broken, configured, ext4, with_line};
use crate::forge::cpio::archive;
use crate::forge::ext4::{Ext4, journal::Journal, layout::Layout};
use crate::forge::put;
use crate::initramfs::{MONOLITHIC, alpine};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::RootMount;

fn with_checksums() -> Ext4 {
    Ext4 {
        metadata_csum: true,
        ..ext4()
    }
}

/// The same with another checksum of the first group descriptor.
fn wrong_descriptor(image: Ext4) -> Vec<u8> {
    let (_, layout) = image.build_with_layout();
    image
        .patch(layout.descriptors_at + 0x1e, &[0xde, 0xad])
        .build()
}

/// One with a journal, its places, and where the inode of the journal is.
fn journalled(image: Ext4) -> (Vec<u8>, Layout, usize) {
    let inode_size = usize::from(image.inode_size);
    let (built, layout) = image.journal().build_with_layout();
    let inode = layout.inode_table_at + 7 * inode_size;
    (built, layout, inode)
}

#[test]
fn a_field_that_cannot_be_is_named() {
    let finding = boot(broken()).fires(12, Fatal, RootMount);
    says(
        &finding.message,
        &["s_inodes_per_group at 0x428", "found 0"],
    );
    says(&finding.fix, &["e2fsck"]);
}

#[test]
fn a_block_size_that_does_not_exist_is_damage_and_no_other_file() {
    let image = Ext4 {
        s_log_block_size: Some(60),
        ..ext4()
    };
    let finding = boot(image.build()).fires(12, Fatal, RootMount);
    says(&finding.message, &["s_log_block_size at 0x418"]);
    boot(image.build()).is_blocked(10, 12);
}

#[test]
fn a_wrong_checksum_of_the_superblock_is_refused() {
    let image = Ext4 {
        wrong_checksum: true,
        ..with_checksums()
    };
    let finding = with_line(image.build(), "root=/dev/vda ro").fires(12, Fatal, RootMount);
    says(
        &finding.consequence,
        &["invalid superblock checksum", "panics"],
    );
    boot(with_checksums().build()).is_quiet(12);
}

#[test]
fn an_unknown_checksum_is_refused() {
    let image = Ext4 {
        s_checksum_type: Some(9),
        ..with_checksums()
    };
    let finding = boot(image.build()).fires(12, Fatal, RootMount);
    says(&finding.message, &["checksum algorithm 9"]);
}

#[test]
fn a_wrong_checksum_of_a_group_is_refused_for_writing_only() {
    let image = wrong_descriptor(with_checksums());
    let finding = boot(image.clone()).fires(12, Fatal, RootMount);
    says(&finding.message, &["group descriptor 0"]);
    says(
        &finding.consequence,
        &["ext4_check_descriptors: Checksum for group 0 failed"],
    );
    with_line(image.clone(), "root=/dev/vda ro").fires(12, Warn, RootMount);
    // An initramfs tries again, read-only.
    configured(image.clone(), "root=/dev/vda rw", MONOLITHIC)
        .initramfs(archive(&alpine()))
        .fires(12, Warn, RootMount);
    Case::without_kernel()
        .root(image)
        .fires(12, Warn, RootMount);
}

#[test]
fn a_group_that_points_nowhere_is_refused() {
    let (_, layout) = ext4().build_with_layout();
    let image = ext4().patch(layout.descriptors_at + 8, &[0xff; 4]).build();
    let finding = boot(image).fires(12, Fatal, RootMount);
    says(&finding.message, &["bg_inode_table_lo"]);
}

#[test]
fn descriptors_that_are_cut_off_are_another_cause() {
    // The superblock is there, and what lies behind it is not.
    let (image, layout) = with_checksums().build_with_layout();
    boot(image[..layout.descriptors_at].to_vec()).is_blocked(12, 11);
}

/// With these bytes in the inode of the root directory.
fn in_root_inode(image: &Ext4, offset: usize, bytes: &[u8]) -> Vec<u8> {
    let (mut built, layout) = image.build_with_layout();
    let root = layout.of("/").inode_at;
    put(&mut built, root + offset, bytes);
    built
}

#[test]
fn an_inode_of_the_root_that_linux_does_not_read_is_refused() {
    let image = ext4();
    for (offset, bytes, field) in [
        (0x00, &[0, 0][..], "i_mode"),
        (0x1a, &[0, 0], "i_links_count"),
        (0x28, &[0], "eh_magic"),
        (0x68, &[0xff; 4], "i_file_acl_lo"),
        (0x80, &[3, 0], "i_extra_isize"),
        // An attribute of a name that has no end in the inode.
        (0xa0, &[0, 0, 2, 0xea, 90, 1], "e_name_len"),
    ] {
        let damaged = in_root_inode(&image, offset, bytes);
        for line in [LINE, "root=/dev/vda ro"] {
            let finding = with_line(damaged.clone(), line).fires(12, Fatal, RootMount);
            says(&finding.message, &["inode of the root directory", field]);
            says(&finding.consequence, &["get root inode failed", "panics"]);
        }
    }
    // Where extents are not used, the blocks that it names itself are checked.
    let mapped = Ext4::ext2();
    let finding = boot(in_root_inode(&mapped, 0x28, &[0xff; 4])).fires(12, Fatal, RootMount);
    says(&finding.message, &["i_block"]);
    boot(in_root_inode(&mapped, 0x28 + 4 * 11, &[0xff; 4])).fires(12, Fatal, RootMount);
    boot(in_root_inode(&mapped, 0x28 + 4 * 12, &[0xff; 4])).is_quiet(12);
}

#[test]
fn an_inode_of_the_root_that_is_no_directorys_or_is_empty_is_refused() {
    let image = ext4();
    for (offset, bytes, field) in [
        (0x00, &[0xa4, 0x81][..], "i_mode"),
        (0x04, &[0; 4], "i_size_lo"),
        (0x1c, &[0; 4], "i_blocks_lo"),
    ] {
        let finding = boot(in_root_inode(&image, offset, bytes)).fires(12, Fatal, RootMount);
        says(&finding.message, &[field]);
        says(&finding.consequence, &["corrupt root inode, run e2fsck"]);
    }
}

#[test]
fn a_wrong_checksum_of_the_roots_inode_is_refused_and_another_inodes_is_not() {
    let image = with_checksums();
    // A time, which nothing else asks about.
    let finding = boot(in_root_inode(&image, 0x08, &[1])).fires(12, Fatal, RootMount);
    says(&finding.message, &["l_i_checksum_lo"]);
    says(&finding.consequence, &["get root inode failed"]);
    let (mut built, layout) = image.build_with_layout();
    let init = layout.of("/sbin/init").inode_at;
    put(&mut built, init + 0x08, &[1]);
    boot(built.clone()).is_quiet(12);
    // Linux does not run it, and what it makes of that is not told.
    let why = boot(built).is_blocked(601, 12);
    says(&why, &["l_i_checksum_lo"]);
}

#[test]
fn who_would_mount_it_is_left_out_where_nobody_told() {
    let finding = Case::new(vmlinux())
        .config("CONFIG_EXT4_FS=y")
        .command_line(LINE)
        .root(broken())
        .fires(12, Fatal, RootMount);
    assert_eq!(finding.consequence, "Linux cannot mount it as the root.");
}

#[test]
fn a_damaged_journal_is_refused_unless_it_is_left_alone() {
    let image = Ext4 {
        journal: Some(Journal {
            s_magic: Some(1),
            ..Journal::default()
        }),
        ..ext4()
    }
    .build();
    let finding = boot(image.clone()).fires(12, Fatal, RootMount);
    says(&finding.consequence, &["error loading journal"]);
    with_line(image, &format!("{LINE} rootflags=noload")).is_quiet(12);
}

#[test]
fn whole_file_systems_pass() {
    for image in [Ext4::ext2(), Ext4::ext3(), ext4().journal()] {
        boot(image.build()).is_quiet(12);
    }
}

#[test]
fn a_cut_superblock_is_another_cause() {
    boot(ext4().truncate_to(1200).build()).is_blocked(12, 11);
}

#[test]
fn blocks_that_no_file_may_have_are_collected_after_the_roots_inode_was_read() {
    let image = ext4();
    let (built, layout) = image.build_with_layout();
    let table = u32::try_from(layout.inode_table_at / layout.block_size).unwrap();
    let with = |path: &str| {
        let mut stolen = built.clone();
        let extent = layout.of(path).inode_at + 0x28 + 12;
        put(&mut stolen, extent + 8, &table.to_le_bytes());
        boot(stolen)
    };
    with("/").is_quiet(12);
    // Nothing is looked up in it then.
    for path in ["/", "/sbin"] {
        with(path).is_blocked(601, 12);
    }
}

#[test]
fn fields_of_the_superblock_that_linux_does_not_take_are_refused() {
    for (at, bytes, field, feature) in [
        (0x1c, &[3][..], "s_log_cluster_size", (0, 0, 0)),
        (0x54, &[5], "s_first_ino", (0, 0, 0)),
        (0xce, &[0, 2], "s_reserved_gdt_blocks", (0, 0, 0)),
        (0x15c, &[0, 1], "s_min_extra_isize", (0, 0, 0x40)),
        (0x15e, &[0, 1], "s_want_extra_isize", (0, 0, 0x40)),
        (0x104, &[9], "s_first_meta_bg", (0, 0x10, 0)),
        (0x176, &[1], "s_encryption_level", (0, 0x1_0000, 0)),
        (0x48, &[1], "s_creator_os", (0, 0x400, 0)),
    ] {
        let with = |(compat, incompat, ro_compat)| {
            let mut image = Ext4 {
                s_feature_compat: compat,
                s_feature_incompat: incompat,
                s_feature_ro_compat: ro_compat,
                ..ext4()
            }
            .build();
            put(&mut image, 1024 + at, bytes);
            image
        };
        for line in [LINE, "root=/dev/vda ro"] {
            let finding = with_line(with(feature), line).fires(12, Fatal, RootMount);
            says(&finding.message, &[field]);
        }
        // What belongs to a feature is not looked at without it.
        if feature.1 != 0 {
            boot(with((0, 0, 0))).is_quiet(12);
        }
    }
}

#[test]
fn a_hash_that_is_none_is_refused_by_some_releases_only() {
    let mut image = ext4().build();
    put(&mut image, 1024 + 0xfc, &[5]);
    boot(image.clone()).is_quiet(12);
    put(&mut image, 1024 + 0xfc, &[6]);
    says(&boot(image).is_blocked(12, 10), &["s_def_hash_version"]);
}

#[test]
fn what_ext4_keeps_for_itself_may_not_overlap() {
    let (built, layout, journal_inode) = journalled(ext4());
    let block = |at: usize| u32::try_from(at / layout.block_size).unwrap().to_le_bytes();
    assert_eq!(built[journal_inode + 0x28..][..2], [0x0a, 0xf3]);
    for (at, bytes, field) in [
        (
            layout.descriptors_at,
            block(layout.descriptors_at),
            "bg_block_bitmap_lo",
        ),
        (
            layout.descriptors_at + 4,
            block(layout.block_bitmap_at),
            "bg_inode_bitmap_lo",
        ),
    ] {
        let mut image = built.clone();
        put(&mut image, at, &bytes);
        for line in [LINE, "root=/dev/vda ro"] {
            let finding = with_line(image.clone(), line).fires(12, Fatal, RootMount);
            says(&finding.message, &["overlaps", field]);
            says(&finding.consequence, &["failed to initialize system zone"]);
        }
        boot_on("5.8.0", image.clone(), LINE).is_quiet(12);
        boot_on("5.9.0", image.clone(), LINE).fires(12, Fatal, RootMount);
        let line = format!("{LINE} rootflags=noblock_validity");
        says(
            &with_line(image, &line).is_blocked(12, None),
            &["noblock_validity"],
        );
    }
    // With the table of inodes, all of the root is elsewhere.
    let mut image = built.clone();
    put(
        &mut image,
        layout.descriptors_at + 8,
        &block(layout.block_bitmap_at),
    );
    boot(image).fires(12, Fatal, RootMount);
    // The journal lies where a bitmap is.
    let mut image = built;
    put(
        &mut image,
        journal_inode + 0x28 + 12 + 8,
        &block(layout.block_bitmap_at),
    );
    let with = |line: &str| with_line(image.clone(), line);
    with(&format!("{LINE} rootflags=noload")).fires(12, Fatal, RootMount);
    // Its first block is its second, too.
    let (mut image, _, inode) = journalled(Ext4::ext2());
    let (first, second) = (inode + 0x28, inode + 0x28 + 4);
    let block: [u8; 4] = image[first..second].try_into().unwrap();
    put(&mut image, second, &block);
    let finding = boot(image).fires(12, Fatal, RootMount);
    says(&finding.message, &["overlaps", "i_block"]);
}

#[test]
fn an_inode_of_the_journal_that_linux_does_not_read_is_refused() {
    let (built, _, inode) = journalled(ext4());
    for (at, bytes, field) in [
        (0x28, &[0][..], "eh_magic"),
        (0x1a, &[0, 0], "i_links_count"),
        (0x20, &[0, 8, 8], "i_flags"),
    ] {
        let mut image = built.clone();
        put(&mut image, inode + at, bytes);
        for line in [LINE, "root=/dev/vda ro"] {
            let finding = with_line(image.clone(), line).fires(12, Fatal, RootMount);
            says(&finding.message, &["journal's inode", field]);
            says(&finding.consequence, &["no journal found"]);
        }
        with_line(image, &format!("{LINE} rootflags=noload")).is_quiet(12);
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_mounted_read_only() {
    boot(wrong_descriptor(with_checksums()))
        .read_only_disk()
        .fires(12, Warn, RootMount);
    // So it is where a feature asks for it.
    let image = Ext4 {
        s_feature_ro_compat: 0x1000,
        ..with_checksums()
    };
    boot(wrong_descriptor(image)).fires(12, Warn, RootMount);
}

#[test]
fn an_orphan_file_that_is_none_is_refused_from_5_15_on() {
    let mut tail = vec![0; 1024 - 8];
    tail.extend(0x0b10_ca04_u32.to_le_bytes());
    tail.extend([0; 4]);
    let image = |content: Vec<u8>| {
        let image = Ext4 {
            s_feature_compat: 0x1000,
            ..ext4()
        }
        .file("/orphans", 0o600, content);
        let (mut built, layout) = image.build_with_layout();
        let number = layout.of("/orphans").inode;
        put(&mut built, 1024 + 0x280, &number.to_le_bytes());
        built
    };
    assert_eq!(ext4().build_with_layout().1.block_size, 1024);
    boot(image(tail.clone())).is_quiet(12);
    tail[1024 - 8] = 5;
    for line in [LINE, "root=/dev/vda ro"] {
        let finding = with_line(image(tail.clone()), line).fires(12, Fatal, RootMount);
        says(&finding.message, &["orphan file", "ob_magic"]);
        says(&finding.consequence, &["mount failed"]);
    }
    boot_on("5.14.0", image(tail.clone()), LINE).is_quiet(12);
    boot_on("5.15.0", image(tail), LINE).fires(12, Fatal, RootMount);
}

#[test]
fn flags_of_the_roots_inode_without_their_feature_are_refused() {
    let flags = |flags: u32| flags.to_le_bytes();
    for (image, set) in [
        (ext4(), 0x4008_0000),
        (ext4(), 0x28_0000),
        (with_checksums(), 0x8_1000),
    ] {
        let damaged = in_root_inode(&image, 0x20, &flags(set));
        boot(damaged).fires(12, Fatal, RootMount);
    }
    // Without checksums, an index that nobody reads is let be.
    boot(in_root_inode(&ext4(), 0x20, &flags(0x8_1000))).is_quiet(12);
    // The high half of this number counts with 64bit only.
    boot(in_root_inode(&ext4(), 0x76, &[1, 0])).is_quiet(12);
}
