//! The forge against the tools whose formats it writes: what they call clean, and read back.

#[path = "forge/mod.rs"]
mod forge;
mod support;

use forge::disk::{self, DISK_GUID, EFI_SYSTEM, LINUX_FILESYSTEM};
use forge::ext4::journal::{Checksums, Journal, Target, Transaction};
use forge::ext4::{Ext4, journal_device};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::program;
use tempfile::TempDir;

/// Makes one thing wrong.
type Damage<T> = fn(&mut T);

/// A file with these bytes, and the folder that goes with it.
fn stored(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said += &String::from_utf8_lossy(&output.stderr);
    said
}

/// What e2fsck says to an image, where it is there, and whether it finds it clean.
fn fsck(image: &[u8], arguments: &[&str]) -> Option<(bool, String)> {
    let e2fsck = program("e2fsck", "e2fsprogs")?;
    let (_folder, path) = stored(image);
    let output = run(&e2fsck, &[arguments, &[path.to_str().unwrap()]].concat());
    Some((output.status.success(), said(&output)))
}

fn assert_clean(what: &str, image: &[u8]) {
    if let Some((is_clean, said)) = fsck(image, &["-n", "-f"]) {
        assert!(is_clean, "{what}: {said}");
    }
}

/// What debugfs answers to a request about an image, where it is there.
fn debugfs(image: &[u8], request: &str) -> Option<Vec<u8>> {
    let debugfs = program("debugfs", "e2fsprogs")?;
    let (_folder, path) = stored(image);
    Some(run(&debugfs, &["-R", request, path.to_str().unwrap()]).stdout)
}

fn assert_reads(image: &[u8], path: &str, content: &[u8]) {
    if let Some(read) = debugfs(image, &format!("cat {path}")) {
        assert!(read == content, "{path} has {} bytes", read.len());
    }
}

fn assert_stat(image: &[u8], path: &str, parts: &[&str]) {
    if let Some(stat) = debugfs(image, &format!("stat {path}")) {
        let stat = String::from_utf8_lossy(&stat);
        for part in parts {
            assert!(stat.contains(part), "{path} has no {part}: {stat}");
        }
    }
}

/// Bytes that show where they came from.
fn counted(length: usize) -> Vec<u8> {
    (0..length)
        .map(|at| u8::try_from(at / 7 % 251).unwrap() + 1)
        .collect()
}

/// Something of everything.
fn filled(image: Ext4) -> Ext4 {
    let mut image = image
        .file("/sbin/init", 0o755, b"#!/bin/sh\n")
        .file("/usr/lib/large", 0o644, counted(700_000))
        .file("empty", 0o600, b"")
        .directory("/tmp", 0o1777)
        .symlink("/bin", "usr/bin")
        .symlink("/long", "x/".repeat(100))
        .device("/dev/console", 'c', 5, 1)
        .device("/dev/large", 'b', 259, 300_000);
    for number in 0..100 {
        image = image.file(format!("/etc/a-rather-long-name-{number}"), 0o644, b"x");
    }
    image
}

#[test]
fn every_kind_is_clean_and_holds_what_was_put_in() {
    for (name, kind) in [
        ("ext2", Ext4::ext2()),
        ("ext3", Ext4::ext3()),
        ("ext4", Ext4::new()),
    ] {
        for block_size in [1024, 2048, 4096] {
            let image = filled(Ext4 {
                block_size,
                ..kind.clone()
            })
            .build();
            assert_clean(&format!("{name} with blocks of {block_size}"), &image);
            assert_reads(&image, "/sbin/init", b"#!/bin/sh\n");
            assert_reads(&image, "/usr/lib/large", &counted(700_000));
            assert_reads(&image, "/empty", b"");
            assert_reads(&image, "/etc/a-rather-long-name-99", b"x");
            assert_stat(&image, "/sbin", &["Type: directory", "Mode:  0755"]);
            assert_stat(&image, "/tmp", &["Type: directory", "Mode:  01777"]);
            assert_stat(&image, "/bin", &["Type: symlink", "\"usr/bin\""]);
            assert_stat(&image, "/long", &["Type: symlink", "Size: 200"]);
            assert_reads(&image, "/long", "x/".repeat(100).as_bytes());
            assert_stat(&image, "/dev/console", &["character special", "05:01"]);
            assert_stat(&image, "/dev/large", &["block special", "259:300000"]);
        }
    }
}

#[test]
fn an_image_of_nothing_is_clean() {
    for kind in [Ext4::ext2(), Ext4::ext3(), Ext4::new()] {
        assert_clean("empty", &kind.build());
    }
}

#[test]
fn checksums_and_wide_descriptors_are_right() {
    for inode_size in [128, 256] {
        for descriptor_bytes in [32, 64] {
            let image = filled(Ext4 {
                metadata_csum: true,
                fragment_blocks: Some(3),
                inode_size,
                descriptor_bytes,
                ..Ext4::new().journal()
            });
            let image = image.build();
            let what = format!("inodes of {inode_size}, descriptors of {descriptor_bytes}");
            assert_clean(&what, &image);
            assert_reads(&image, "/usr/lib/large", &counted(700_000));
        }
    }
}

#[test]
fn a_fragmented_file_has_a_tree_of_extents() {
    let image = filled(Ext4 {
        fragment_blocks: Some(1),
        ..Ext4::new()
    });
    let (bytes, layout) = image.build_with_layout();
    assert!(layout.of("usr/lib/large").map_blocks.len() > 5);
    assert_clean("fragmented", &bytes);
    assert_reads(&bytes, "/usr/lib/large", &counted(700_000));
}

#[test]
fn holes_and_unwritten_extents_read_as_zeros() {
    let mut sparse = vec![0; 400_000];
    sparse[100_000..110_000].fill(7);
    sparse[390_000..].fill(9);
    for kind in [Ext4::ext2(), Ext4::new()] {
        let image = kind.sparse_file("/sparse", 0o644, sparse.clone());
        assert!(image.build().len() < 200_000);
        assert_clean("sparse", &image.build());
        assert_reads(&image.build(), "/sparse", &sparse);
    }
    let image = Ext4::new().unwritten_file("/unwritten", 0o644, vec![7; 5000]);
    assert_clean("unwritten", &image.build());
    assert_reads(&image.build(), "/unwritten", &[0; 5000]);
}

#[test]
fn a_layout_tells_where_content_is() {
    let (image, layout) = filled(Ext4::new()).build_with_layout();
    let at = layout.block_at("/sbin/init", 0);
    assert!(image[at..].starts_with(b"#!/bin/sh\n"));
    assert_stat(
        &image,
        "/sbin/init",
        &[&format!("Inode: {}", layout.of("sbin/init").inode)],
    );
    let mode = layout.of("/sbin/init").inode_at;
    assert_eq!(image[mode..mode + 2], 0o100_755_u16.to_le_bytes());
}

#[test]
fn directories_without_types_are_clean() {
    let image = filled(Ext4 {
        filetype: false,
        ..Ext4::ext2()
    });
    assert_clean("no filetype", &image.build());
}

#[test]
#[should_panic(expected = "bin is no directory")]
fn nothing_stands_below_a_symlink() {
    let image = Ext4::new().symlink("/bin", "usr/bin");
    image.file("/bin/sh", 0o755, b"").build();
}

#[test]
#[should_panic(expected = "one group holds at most 8192 blocks of 1024 bytes")]
fn more_than_a_group_holds_is_refused() {
    Ext4::new().file("/large", 0o644, vec![1; 9 << 20]).build();
}

/// Replays the journal with e2fsck and reads the file.
fn assert_replays(what: &str, image: &[u8], path: &str, content: &[u8]) {
    let (Some(e2fsck), Some(debugfs)) = (
        program("e2fsck", "e2fsprogs"),
        program("debugfs", "e2fsprogs"),
    ) else {
        return;
    };
    let (_folder, stored) = stored(image);
    let stored = stored.to_str().unwrap();
    let output = run(&e2fsck, &["-p", "-f", stored]);
    let replayed = said(&output);
    assert_eq!(output.status.code(), Some(0), "{what}: {replayed}");
    assert!(
        replayed.contains("recovering journal"),
        "{what}: {replayed}"
    );
    let read = run(&debugfs, &["-R", &format!("cat {path}"), stored]).stdout;
    assert!(
        read == content,
        "{what}: {path} has {} bytes: {:x?}",
        read.len(),
        &read[..8.min(read.len())]
    );
}

/// Old content in its place and new content in the log. The second block begins with the
/// journal's own magic number, the fourth is revoked once and then written again.
fn recoverable(image: Ext4, old: &[u8], new: &[u8]) -> Ext4 {
    image
        .file("/file", 0o644, old)
        .journalled("/file", &vec![0x55; new.len()])
        .transaction(Transaction {
            revokes: vec![Target::File(b"file".to_vec(), 3)],
            ..Transaction::default()
        })
        .journalled("/file", new)
}

#[test]
fn journals_of_every_form_are_replayed() {
    let old = vec![0x33; 10_000];
    let mut new = counted(10_000);
    new[1024..1028].copy_from_slice(&0xc03b_3998_u32.to_be_bytes());
    for checksums in [Checksums::None, Checksums::V2, Checksums::V3] {
        for is_64bit in [false, true] {
            for start in [1, 1015] {
                let journal = Journal {
                    checksums,
                    is_64bit,
                    start,
                    sequence: 77,
                    ..Journal::default()
                };
                let has_checksums = checksums != Checksums::None;
                let image = Ext4 {
                    metadata_csum: has_checksums,
                    journal: Some(journal),
                    ..Ext4::new()
                };
                let image = recoverable(image, &old, &new).build();
                assert_reads(&image, "/file", &old);
                let what = format!("checksums {has_checksums}, 64bit {is_64bit}, from {start}");
                assert_replays(&what, &image, "/file", &new);
            }
        }
    }
    let ext3 = recoverable(Ext4::ext3(), &old, &new).build();
    assert_replays("ext3", &ext3, "/file", &new);
}

#[test]
fn a_log_ends_where_a_commit_or_the_magic_number_is_missing() {
    let damages: [(&str, Damage<Transaction>); 2] = [
        ("commit", |transaction| transaction.committed = false),
        ("magic", |transaction| transaction.h_magic = Some(1)),
    ];
    for (what, damage) in damages {
        let old = vec![0x33; 10_000];
        let mut image = recoverable(Ext4::ext3(), &old, &counted(10_000));
        damage(&mut image.journal.as_mut().unwrap().transactions[0]);
        assert_replays(what, &image.build(), "/file", &old);
    }
}

#[test]
fn what_is_revoked_stays_as_it_was() {
    let old = vec![0x33; 2048];
    let image = Ext4::ext3()
        .file("/file", 0o644, old.clone())
        .journalled("/file", &[0x55; 2048])
        .transaction(Transaction {
            revokes: vec![Target::File(b"file".to_vec(), 1)],
            ..Transaction::default()
        });
    let expected = [[0x55; 1024], [0x33; 1024]].concat();
    assert_replays("revoked", &image.build(), "/file", &expected);
}

#[test]
fn a_broken_journal_is_not_replayed() {
    let damages: [(Damage<Journal>, &str); 4] = [
        (
            |journal| journal.transactions[0].wrong_commit_checksum = true,
            "Journal transaction 1 was corrupt, replay was aborted",
        ),
        (
            |journal| journal.transactions[0].wrong_tag_checksums = true,
            "Invalid checksum recovering data block",
        ),
        (
            |journal| journal.wrong_checksum = true,
            "Journal superblock is corrupt",
        ),
        (
            |journal| journal.s_magic = Some(0),
            "has an invalid journal",
        ),
    ];
    for (damage, expected) in damages {
        let image = Ext4 {
            metadata_csum: true,
            journal: Some(Journal {
                checksums: Checksums::V3,
                ..Journal::default()
            }),
            ..Ext4::new()
        };
        let mut image = recoverable(image, &[0x33; 10_000], &counted(10_000));
        damage(image.journal.as_mut().unwrap());
        if let Some((_, said)) = fsck(&image.build(), &["-p", "-f"]) {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}

#[test]
fn knobs_reach_the_superblock() {
    let new = Ext4::new;
    let features = |incompat| Ext4 {
        s_feature_incompat: incompat,
        ..new()
    };
    let knobs = [
        (
            Ext4 {
                s_magic: Some(0),
                ..new()
            },
            "Bad magic number",
        ),
        (
            Ext4 {
                s_state: Some(2),
                ..new()
            },
            "clean with errors",
        ),
        (
            Ext4 {
                s_errors: Some(3),
                ..new()
            },
            "Panic",
        ),
        (
            Ext4 {
                s_last_orphan: Some(11),
                ..new()
            },
            "First orphan inode:       11",
        ),
        (
            Ext4 {
                s_rev_level: Some(9),
                ..new()
            },
            "revision",
        ),
        (
            Ext4 {
                s_blocks_count: Some(7777),
                ..new()
            },
            "7777",
        ),
        (
            Ext4 {
                s_inode_size: Some(512),
                ..new()
            },
            "Inode size:\t          512",
        ),
        (
            Ext4 {
                s_journal_inum: Some(8),
                s_feature_compat: 4,
                ..new()
            },
            "Journal inode:            8",
        ),
        (
            Ext4 {
                s_log_block_size: Some(60),
                ..new()
            },
            "orrupt",
        ),
        (
            Ext4 {
                s_feature_ro_compat: 0x8000_0000,
                ..new()
            },
            "FEATURE_R31",
        ),
        (
            Ext4 {
                s_checksum_type: Some(9),
                metadata_csum: true,
                ..new()
            },
            "hecksum",
        ),
        (
            Ext4 {
                wrong_checksum: true,
                metadata_csum: true,
                ..new()
            },
            "hecksum",
        ),
        (
            Ext4 {
                label: "another",
                ..new()
            },
            "another",
        ),
        (
            Ext4 {
                uuid: [0xab; 16],
                ..new()
            },
            "abababab-abab-abab-abab-abababababab",
        ),
        (
            Ext4 {
                external_journal: Some([0xcd; 16]),
                ..new()
            },
            "cdcdcdcd-cdcd-cdcd-cdcd-cdcdcdcdcdcd",
        ),
        (features(0x8000), "inline_data"),
        (
            Ext4 {
                s_feature_incompat_cleared: 2,
                ..new()
            },
            "(none)",
        ),
    ];
    for (image, expected) in knobs {
        let Some(dumpe2fs) = program("dumpe2fs", "e2fsprogs") else {
            return;
        };
        let (_folder, path) = stored(&image.build());
        let said = said(&run(&dumpe2fs, &["-h", path.to_str().unwrap()]));
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn the_block_of_multiple_mount_protection_is_right() {
    for metadata_csum in [false, true] {
        // 0xff4d4d50 says that nobody has it mounted.
        let image = Ext4 {
            mmp: Some(0xff4d_4d50),
            metadata_csum,
            ..Ext4::new()
        }
        .build();
        assert_clean("mmp", &image);
        if let Some(mmp) = debugfs(&image, "dump_mmp") {
            let mmp = String::from_utf8_lossy(&mmp);
            assert!(mmp.contains("another-node"), "{mmp}");
        }
    }
}

#[test]
fn a_journal_device_is_one() {
    for block_size in [1024, 4096] {
        let image = journal_device([0xcd; 16], block_size, &Journal::default());
        let Some(dumpe2fs) = program("dumpe2fs", "e2fsprogs") else {
            return;
        };
        let (_folder, path) = stored(&image);
        let said = said(&run(&dumpe2fs, &[path.to_str().unwrap()]));
        for part in [
            "journal_dev",
            "Total journal blocks:     1024",
            "cdcdcdcd-cdcd",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn patches_and_cuts_come_last() {
    let whole = Ext4::new().build();
    let image = Ext4::new()
        .patch(1024 + 0x38, &[1, 2])
        .truncate_to(5000)
        .build();
    assert_eq!(image.len(), 5000);
    assert_eq!(image[1080..1082], [1, 2]);
    assert_eq!(image[1082..], whole[1082..5000]);
}

const UNIQUE: [&str; 2] = [
    "01234567-89AB-CDEF-0123-456789ABCDEF",
    "FEDCBA98-7654-3210-FEDC-BA9876543210",
];

#[test]
fn a_guid_partition_table_is_what_sgdisk_and_sfdisk_read() {
    let root = Ext4::new().build();
    let disk = disk::gpt(&[
        (EFI_SYSTEM, UNIQUE[0], "boot", vec![1; 700]),
        (LINUX_FILESYSTEM, UNIQUE[1], "root ü", root.clone()),
    ]);
    assert_eq!(disk[2 << 20..][..root.len()], root);
    let (_folder, path) = stored(&disk);
    let path = path.to_str().unwrap();
    if let Some(sgdisk) = program("sgdisk", "gdisk") {
        let output = run(&sgdisk, &["-v", path]);
        let said = said(&output);
        assert!(said.contains("No problems found"), "{said}");
    }
    if let Some(sfdisk) = program("sfdisk", "sfdisk") {
        let said = said(&run(&sfdisk, &["--dump", path]));
        let root_sectors = root.len() / 512;
        for part in [
            "label: gpt",
            DISK_GUID,
            &format!(
                "start=        2048, size=           2, type={EFI_SYSTEM}, uuid={}",
                UNIQUE[0]
            ),
            &format!("start=        4096, size={root_sectors:>12}, type={LINUX_FILESYSTEM}"),
            UNIQUE[1],
            "name=\"boot\"",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn a_classic_partition_table_is_what_sfdisk_reads() {
    let root = Ext4::ext2().build();
    let disk = disk::mbr(&[(0x83, root.clone()), (0x82, vec![2; 512])], 0xdead_beef);
    assert_eq!(disk[1 << 20..][..root.len()], root);
    let Some(sfdisk) = program("sfdisk", "sfdisk") else {
        return;
    };
    let (_folder, path) = stored(&disk);
    let output = run(&sfdisk, &["--dump", path.to_str().unwrap()]);
    let said = said(&output);
    for part in [
        "label: dos",
        "label-id: 0xdeadbeef",
        "start=        2048",
        "type=83",
        "start=        4096, size=           1, type=82",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = run(&sfdisk, &["--verify", path.to_str().unwrap()]);
    assert!(output.status.success());
}

#[test]
fn a_qcow2_file_is_what_qemu_reads() {
    let Some(qemu_img) = program("qemu-img", "qemu") else {
        return;
    };
    let root = filled(Ext4::new()).build();
    let (folder, path) = stored(&disk::qcow2(&root));
    let path = path.to_str().unwrap();
    let output = run(&qemu_img, &["check", "-f", "qcow2", path]);
    let check = said(&output);
    assert!(check.contains("No errors were found"), "{check}");
    let raw = folder.path().join("raw");
    let output = run(
        &qemu_img,
        &[
            "convert",
            "-f",
            "qcow2",
            "-O",
            "raw",
            path,
            raw.to_str().unwrap(),
        ],
    );
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read(raw).unwrap() == root);
}
