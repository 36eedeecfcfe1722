//! One image for each feature and size that mke2fs makes.

use super::compare::{same_as_debugfs, same_features};
use super::images::{debugfs, make, noise};
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::Ext4;
use kelpie_check::source::Source;
use kelpie_check::tree::{FileType, Tree, resolve};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

/// Makes an image and compares all of it.
fn check(what: &str, arguments: &[&str]) {
    check_sized(what, arguments, 16);
}

fn check_sized(what: &str, arguments: &[&str], mib: u32) {
    let Some(image) = make(arguments, mib) else {
        return;
    };
    if let Some(ext4) = same_as_debugfs(what, &image.path, &image.path) {
        same_features(what, &ext4, &image.path);
        assert_eq!(ext4.is_truncated(), None, "{what}");
    }
}

#[test]
fn block_sizes_and_kinds_read_alike() {
    for kind in ["ext2", "ext3", "ext4"] {
        for block in ["1024", "2048", "4096"] {
            check(&format!("{kind} {block}"), &["-t", kind, "-b", block]);
        }
    }
}

#[test]
fn a_block_map_of_three_levels_reads_alike() {
    let Some(image) = make(&["-t", "ext2", "-b", "1024"], 16) else {
        return;
    };
    let file = image.folder.path().join("far");
    let mut far = File::create(&file).unwrap();
    far.seek(SeekFrom::Start(69_000_123)).unwrap();
    far.write_all(&noise(9, 5000)).unwrap();
    let lines = [format!("write {} far", file.display())];
    debugfs(&image.path, &lines);
    same_as_debugfs("three levels", &image.path, &image.path);
}

#[test]
fn an_image_of_two_terabytes_costs_what_is_asked_of_it() {
    let arguments = [
        "-t",
        "ext4",
        "-O",
        "^has_journal",
        "-E",
        "lazy_itable_init=1,nodiscard",
    ];
    let Some(image) = make(&arguments, 2 * 1024 * 1024) else {
        return;
    };
    // Enough for the path and the descriptors of 4096 groups, and for nothing that grows with the image.
    let descriptor_blocks = 4096 * 64 / 4096;
    let limits = Limits {
        reads: 24 + descriptor_blocks,
        read_bytes: (32 + descriptor_blocks) * 4096,
        ..Limits::default()
    };
    let ext4 = Ext4::open(Source::open(&image.path).unwrap(), &limits).unwrap();
    assert_eq!(ext4.block_count(), 1 << 29);
    let found = resolve(&ext4, b"/usr/lib/deep/er/file").unwrap().unwrap();
    assert_eq!(ext4.read(found.node, 0, 100).unwrap(), b"deep");
    assert_eq!(ext4.bad_group_descriptors(), Ok(Vec::new()));
}

#[test]
fn descriptors_of_later_groups_are_checked_too() {
    let Some(image) = make(&["-t", "ext4", "-b", "1024", "-g", "256"], 8) else {
        return;
    };
    let bad = || {
        let source = Source::open(&image.path).unwrap();
        let ext4 = Ext4::open(source, &Limits::default()).unwrap();
        ext4.bad_group_descriptors().unwrap()
    };
    assert!(bad().is_empty());
    debugfs(&image.path, &["set_bg 20 checksum 0x1234".to_owned()]);
    assert_eq!(bad(), [20]);
}

#[test]
fn blocks_larger_than_a_page_read_alike() {
    for block in ["8192", "16384", "32768", "65536"] {
        let what = format!("ext4 {block}");
        check_sized(&what, &["-t", "ext4", "-b", block], 96);
        let what = format!("ext2 {block}");
        check_sized(&what, &["-t", "ext2", "-b", block], 96);
    }
}

#[test]
fn inodes_of_128_bytes_read_alike() {
    for features in [
        "metadata_csum",
        "^metadata_csum",
        "^metadata_csum,uninit_bg",
    ] {
        let arguments = ["-t", "ext4", "-I", "128", "-O", features];
        check(&format!("128 bytes, {features}"), &arguments);
    }
    check("512 bytes", &["-t", "ext4", "-I", "512"]);
    check(
        "4096 bytes",
        &["-t", "ext4", "-b", "4096", "-I", "4096", "-N", "1024"],
    );
}

#[test]
fn every_feature_reads_alike() {
    for features in [
        "inline_data",
        "inline_data,^metadata_csum",
        "inline_data,^extent,^64bit",
        "bigalloc",
        "encrypt",
        "quota",
        "quota,project",
        "mmp",
        "orphan_file",
        "meta_bg,^resize_inode",
        "large_dir",
        "ea_inode",
        "^filetype",
        "sparse_super2,^resize_inode",
        "^sparse_super,^resize_inode",
        "64bit",
        "^64bit",
        "^64bit,^metadata_csum,uninit_bg",
        "64bit,^metadata_csum,uninit_bg",
        "^64bit,^metadata_csum,^uninit_bg",
        "metadata_csum_seed",
        "^has_journal",
        "^flex_bg",
        "^dir_index",
        "^extent,^64bit",
        "^ext_attr,^extra_isize",
        "verity",
        "stable_inodes",
        "fast_commit",
        "casefold",
    ] {
        check(features, &["-t", "ext4", "-O", features]);
    }
    check("revision 0", &["-t", "ext2", "-r", "0"]);
    let clusters = ["-t", "ext4", "-b", "1024", "-C", "16384", "-O", "bigalloc"];
    check("clusters", &clusters);
    // Several blocks of descriptors, the later ones placed by meta_bg.
    let groups = [
        "-t",
        "ext4",
        "-b",
        "1024",
        "-g",
        "256",
        "-N",
        "2048",
        "-O",
        "meta_bg,^resize_inode",
    ];
    check_sized("many groups, meta_bg", &groups, 24);
    let groups = ["-t", "ext4", "-b", "1024", "-g", "256", "-N", "2048"];
    check_sized("many groups", &groups, 24);
}

#[test]
fn what_mke2fs_does_not_make_reads_alike() {
    let Some(image) = make(&["-t", "ext4"], 16) else {
        return;
    };
    let lines = [
        "mknod console c 5 1",
        "mknod sda b 8 16",
        "mknod big b 300 70000",
        "mknod pipe p",
        // Not written: zeros, whatever is on the disk.
        "fallocate empty 0 20",
        "sif empty size 50000",
        "punch big 3 7",
        "rm few/entry-3",
        "kill_file small",
        "unlink few/hard-link",
        "unlink small",
        "sif tiny mtime @5000000000",
        "sif tiny uid 70000",
    ];
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    if debugfs(&image.path, &lines).is_none() {
        return;
    }
    let Some(ext4) = same_as_debugfs("changed", &image.path, &image.path) else {
        return;
    };
    let stat = |path: &str| {
        let found = resolve(&ext4, path.as_bytes()).unwrap().unwrap();
        found.stat
    };
    assert_eq!(stat("/console").file_type, FileType::CharacterDevice);
    assert_eq!(stat("/console").device, Some((5, 1)));
    assert_eq!(stat("/sda").device, Some((8, 16)));
    assert_eq!(stat("/big").device, None);
    assert_eq!(stat("/pipe").file_type, FileType::Fifo);
    assert_eq!(stat("/tiny").modified, 5_000_000_000);
    assert_eq!(stat("/tiny").uid, 70000);
    assert_eq!(stat("/tiny").mode, 0o4751);
}

#[test]
fn a_directory_without_case_is_looked_up_without_case() {
    let Some(image) = make(&["-t", "ext4", "-O", "casefold", "-E", "encoding=utf8"], 16) else {
        return;
    };
    let lines = ["sif /few flags 0x40080000".to_owned()];
    if debugfs(&image.path, &lines).is_none() {
        return;
    }
    let ext4 = super::compare::open(&image.path);
    let found = |path: &str| resolve(&ext4, path.as_bytes()).unwrap().is_ok();
    assert!(found("/few/ENTRY-1"));
    assert!(found("/few/entry-1"));
    assert!(!found("/few/ENTRY-9"));
    assert!(!found("/FEW"));
}

#[test]
fn encrypted_content_is_not_told() {
    let Some(image) = make(&["-t", "ext4", "-O", "encrypt"], 16) else {
        return;
    };
    let lines = [
        "sif /few flags 0x80800".to_owned(),
        "sif /small flags 0x80800".to_owned(),
        "sif /fast-link flags 0x800".to_owned(),
    ];
    if debugfs(&image.path, &lines).is_none() {
        return;
    }
    let ext4 = super::compare::open(&image.path);
    let node = |name: &str| ext4.lookup(ext4.root(), name.as_bytes()).unwrap().unwrap();
    assert_eq!(ext4.list(node("few")).unwrap().len(), 8);
    assert!(ext4.lookup(node("few"), b"entry-1").unwrap().is_some());
    let error = ext4.lookup(node("few"), b"other").unwrap_err();
    assert!(error.to_string().contains("encrypted names"), "{error}");
    let error = ext4.read(node("small"), 0, 10).unwrap_err();
    assert!(error.to_string().contains("is encrypted"), "{error}");
    assert!(ext4.read_link(node("fast-link")).is_err());
    assert_eq!(
        ext4.inode_flags(node("small")).unwrap(),
        ["encrypt", "extents"]
    );
}
