//! What is told of a file system without reading its files.

use super::compare::open;
use super::images::make;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::{Checksum, Ext4, Journal, State};
use kelpie_check::source::Source;
use kelpie_check::tree::Tree;
use std::fs;

fn parse(bytes: Vec<u8>) -> kelpie_check::error::Result<Ext4> {
    Ext4::open(Source::from_bytes(bytes), &Limits::default())
}

fn error(bytes: Vec<u8>) -> kelpie_check::error::Error {
    parse(bytes).err().unwrap()
}

const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

fn image() -> Option<Vec<u8>> {
    let arguments = [
        "-t", "ext4", "-b", "4096", "-L", "root", "-U", UUID, "-M", "/mnt",
    ];
    let image = make(&arguments, 16)?;
    Some(fs::read(&image.path).unwrap())
}

#[test]
fn a_clean_file_system_tells_its_facts() {
    let Some(bytes) = image() else {
        return;
    };
    let ext4 = parse(bytes).unwrap();
    assert_eq!(ext4.kind(), "ext4");
    assert_eq!(ext4.label(), b"root");
    assert_eq!(ext4.uuid(), UUID);
    assert_eq!(ext4.last_mounted(), b"/mnt");
    assert_eq!(ext4.last_mount_time(), None);
    assert_eq!(ext4.block_size_bytes(), 4096);
    assert_eq!(ext4.block_count(), 4096);
    assert!(ext4.free_blocks() < ext4.block_count());
    assert!(ext4.free_inodes() < ext4.inode_count());
    assert_eq!(ext4.superblock_checksum(), Checksum::Good);
    assert_eq!(
        ext4.state(),
        State {
            clean: true,
            has_errors: false,
            orphans: false,
            needs_recovery: false
        }
    );
    let Journal::Internal {
        needs_recovery: false,
        replayable: Ok(0),
        ..
    } = ext4.journal()
    else {
        panic!("{:?}", ext4.journal());
    };
}

#[test]
fn the_kind_is_told_by_the_features() {
    for kind in ["ext2", "ext3", "ext4"] {
        if let Some(image) = make(&["-t", kind], 16) {
            assert_eq!(open(&image.path).kind(), kind);
        }
    }
}

#[test]
fn an_image_that_was_cut_off_opens_and_says_so() {
    let Some(mut bytes) = image() else {
        return;
    };
    bytes.truncate(2 * 1024 * 1024 + 5);
    let ext4 = parse(bytes.clone()).unwrap();
    assert_eq!(ext4.is_truncated(), Some((4096, 512)));
    bytes.truncate(2047);
    let error = error(bytes);
    assert_eq!(error.kind(), Kind::Truncated);
    assert_eq!(error.offset(), Some(1024));
}

#[test]
fn other_bytes_are_not_recognised() {
    assert_eq!(error(Vec::new()).kind(), Kind::Unrecognised);
    assert_eq!(error(vec![0; 100_000]).kind(), Kind::Unrecognised);
}

#[test]
fn a_lost_superblock_is_told_with_the_place_of_its_copy() {
    let Some(image) = make(&["-t", "ext4", "-b", "1024"], 16) else {
        return;
    };
    let mut bytes = fs::read(&image.path).unwrap();
    bytes[..4096].fill(0);
    let error = error(bytes);
    assert_eq!(error.kind(), Kind::Unrecognised);
    assert!(error.hint().unwrap().contains("e2fsck -b 8193 -B 1024"));
}

#[test]
fn a_wrong_field_is_named_with_its_place() {
    let Some(bytes) = image() else {
        return;
    };
    let cases: [(usize, &[u8], &str); 8] = [
        (0x18, &[7, 0, 0, 0], "s_log_block_size"),
        (0x20, &[0, 0, 0, 0], "s_blocks_per_group"),
        (0x20, &[1, 0, 8, 0], "s_blocks_per_group"),
        (0x28, &[0, 0, 0, 0], "s_inodes_per_group"),
        (0x14, &[0, 0, 1, 0], "s_first_data_block"),
        (0x58, &[129, 0], "s_inode_size"),
        (0xfe, &[63, 0], "s_desc_size"),
        (0x00, &[1, 0, 0, 0], "s_inodes_count"),
    ];
    for (at, value, field) in cases {
        let mut bytes = bytes.clone();
        bytes[1024 + at..1024 + at + value.len()].copy_from_slice(value);
        let error = error(bytes);
        assert_eq!(error.kind(), Kind::Invalid, "{field}");
        assert_eq!(error.field(), field);
        assert_eq!(error.offset(), Some(1024 + at as u64), "{field}");
    }
}

#[test]
fn unknown_features_are_told_by_their_bits() {
    let Some(mut bytes) = image() else {
        return;
    };
    bytes[1024 + 0x63] |= 0x80;
    bytes[1024 + 0x67] |= 0x40;
    let ext4 = parse(bytes).unwrap();
    let features = ext4.features();
    assert!(features.contains(&"incompat_0x80000000".to_owned()));
    assert!(features.contains(&"ro_compat_0x40000000".to_owned()));
    let Checksum::Bad { stored, computed } = ext4.superblock_checksum() else {
        panic!();
    };
    assert_ne!(stored, computed);
}

#[test]
fn wrong_checksums_are_told_and_do_not_hinder() {
    let Some(mut bytes) = image() else {
        return;
    };
    // The descriptor of the group, and with the UUID every other checksum.
    bytes[1024 + 0x70] ^= 1;
    let ext4 = parse(bytes).unwrap();
    assert_eq!(ext4.bad_group_descriptors(), Ok(vec![0]));
    assert!(ext4.list(ext4.root()).unwrap().len() > 10);
    let problems = ext4.problems();
    let has = |field| problems.iter().any(|problem| problem.field() == field);
    assert!(has("bg_checksum"), "{problems:?}");
    assert!(has("l_i_checksum_lo"), "{problems:?}");
    assert!(has("det_checksum"), "{problems:?}");
}
