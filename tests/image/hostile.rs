//! Whatever the bytes, an answer comes soon.

use super::{noise, put, rootfs};
use kelpie_check::error::Kind;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(2);

/// A qcow2 header of version 3 for clusters of 64 KiB, with its level 1 table in the second.
fn qcow2() -> Vec<u8> {
    let mut image = vec![0; 0x40000];
    put(&mut image, 0, b"QFI\xfb\0\0\0\x03");
    for (at, value) in [(20, 16_u32), (36, 1), (96, 4), (100, 104)] {
        put(&mut image, at, &value.to_be_bytes());
    }
    for (at, value) in [(24, 0x0100_0000_u64), (40, 0x10000), (0x10000, 0x20000)] {
        put(&mut image, at, &value.to_be_bytes());
    }
    image
}

/// Asks for everything; what is read of the disk is thrown away.
fn ask_everything(bytes: Vec<u8>) {
    let began = Instant::now();
    let rootfs = rootfs(bytes);
    rootfs.contents().ok();
    rootfs.partitions().ok();
    rootfs.tree().ok();
    if let Ok(Some(source)) = rootfs.source() {
        for at in (0..source.len().min(1 << 24)).step_by(1 << 19) {
            source.read("piece", at, 4096).ok();
        }
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

#[test]
fn a_qcow2_whose_header_lies_is_refused() {
    for (at, value, field, kind) in [
        (4, 4_u32, "qcow2_header.version", Kind::Unsupported),
        (20, 8, "qcow2_header.cluster_bits", Kind::Invalid),
        (20, u32::MAX, "qcow2_header.cluster_bits", Kind::Invalid),
        (36, u32::MAX, "qcow2_header.l1_size", Kind::Invalid),
        (36, 0, "qcow2_header.l1_size", Kind::Invalid),
        (36, 4_000_000, "qcow2 L1 table", Kind::Truncated),
        (24, u32::MAX, "qcow2_header.l1_size", Kind::Invalid),
        (44, 0x123, "qcow2_header.l1_table_offset", Kind::Invalid),
        (44, 0xffff_0000, "qcow2 L1 table", Kind::Truncated),
        (40, u32::MAX, "qcow2 L1 table", Kind::Truncated),
        (100, 72, "qcow2_header.header_length", Kind::Invalid),
        (
            76,
            1 << 9,
            "qcow2_header.incompatible_features",
            Kind::Unsupported,
        ),
        (
            76,
            1 << 3,
            "qcow2_header.compression_type",
            Kind::Unsupported,
        ),
        (32, 2, "qcow2_header.crypt_method", Kind::Unsupported),
    ] {
        let mut image = qcow2();
        put(&mut image, at, &value.to_be_bytes());
        let error = rootfs(image).image().err().unwrap();
        assert_eq!((error.kind(), error.field()), (kind, field), "{error}");
    }
    let mut image = qcow2();
    put(&mut image, 8, &8_u64.to_be_bytes());
    put(&mut image, 16, &u32::MAX.to_be_bytes());
    let error = rootfs(image).image().err().unwrap();
    assert_eq!(error.field(), "qcow2_header.backing_file_size");
}

#[test]
fn entries_of_a_qcow2_that_lead_nowhere_are_errors() {
    for (at, entry, kind) in [
        (0x10000, 0x20200_u64, Kind::Invalid),
        (0x10000, 0x00ff_0000_0000_0000, Kind::Truncated),
        (0x20000, 0x30200, Kind::Invalid),
        (0x20000, 0x00ff_0000_0000_0000, Kind::Truncated),
        (0x20000, 1 << 62 | 0x30000, Kind::Corrupt),
        (0x20000, 1 << 62 | 0x3fff_ffff_ffff_ffff, Kind::Truncated),
    ] {
        let mut image = qcow2();
        put(&mut image, 0x30000, &[0xff; 0x200]);
        put(&mut image, at, &entry.to_be_bytes());
        let rootfs = rootfs(image);
        let source = rootfs.image().unwrap().disk.clone().unwrap();
        let error = source.read("disk", 0, 512).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let whole = rootfs(qcow2());
    let source = whole.image().unwrap().disk.clone().unwrap();
    assert_eq!(source.read("disk", 0, 512).unwrap().as_ref(), [0; 512]);
}

#[test]
fn a_chain_of_extended_records_ends() {
    let mut disk = vec![0; 1 << 20];
    put(&mut disk, 510, &[0x55, 0xaa]);
    put(
        &mut disk,
        446,
        &[0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0xff, 7, 0, 0],
    );
    // A record that leads to itself, with and without a partition.
    put(&mut disk, 1022, &[0x55, 0xaa]);
    put(
        &mut disk,
        512 + 462,
        &[0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    );
    let empty = rootfs(disk.clone());
    let table = empty.partitions().unwrap().unwrap();
    assert_eq!((table.partitions.len(), table.problems.len()), (1, 1));
    put(
        &mut disk,
        512 + 446,
        &[0, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
    );
    let full = rootfs(disk.clone());
    let table = full.partitions().unwrap().unwrap();
    assert_eq!(table.partitions.last().unwrap().number, 255);
    ask_everything(disk);
}

#[test]
fn damaged_bytes_are_answered_soon() {
    let mut gpt = vec![0; 1 << 16];
    put(&mut gpt, 446, &[0, 0, 0, 0, 0xee, 0, 0, 0, 1]);
    put(&mut gpt, 510, &[0x55, 0xaa]);
    put(&mut gpt, 512, b"EFI PART");
    let mut mbr = vec![0; 1 << 16];
    put(&mut mbr, 510, &[0x55, 0xaa]);
    put(
        &mut mbr,
        446,
        &[0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0x40, 0, 0, 0],
    );
    put(&mut mbr, 1022, &[0x55, 0xaa]);
    let random = noise(8192);
    for (image, places) in [(qcow2(), 0..112), (gpt, 512..604), (mbr, 440..1022)] {
        for (place, value) in places.zip(random.chunks(8)) {
            let mut image = image.clone();
            put(&mut image, place, value);
            ask_everything(image);
        }
    }
    // Level 2 of noise, and everything behind it.
    for seed in 0..32 {
        let mut image = qcow2();
        put(&mut image, 0x20000, &random[seed * 8..seed * 8 + 4096]);
        put(&mut image, 0x30000, &random);
        ask_everything(image);
    }
}

#[test]
fn a_bomb_is_told_by_its_head() {
    // Zeros, as the tools compress them.
    let folder = tempfile::tempdir().unwrap();
    let zeros = folder.path().join("zeros");
    std::fs::File::create(&zeros)
        .unwrap()
        .set_len(64 << 20)
        .unwrap();
    for tool in [
        &["gzip", "-9"][..],
        &["xz", "-0"],
        &["zstd", "-1"],
        &["bzip2", "-9"],
        &["lz4", "-l"],
    ] {
        let Some(program) = super::support::program(tool[0], "codecs") else {
            continue;
        };
        let made = std::process::Command::new(program)
            .args([&tool[1..], &["-c", zeros.to_str().unwrap()]].concat())
            .output()
            .unwrap();
        let began = Instant::now();
        let rootfs = rootfs(made.stdout);
        let title = rootfs.contents().unwrap().title();
        assert!(
            title.ends_with("stream that holds nothing but zeros"),
            "{title}"
        );
        assert!(began.elapsed() < SOON, "{tool:?}: {:?}", began.elapsed());
    }
}
