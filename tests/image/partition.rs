use super::{ext, open, put, rootfs, run, support};
use kelpie_check::error::Kind;
use kelpie_check::rootfs::{PartitionTable, RootFs, Scheme};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const SECTOR: usize = 512;

fn table(rootfs: &RootFs) -> &PartitionTable {
    rootfs.partitions().unwrap().unwrap()
}

/// A disk as sfdisk divides it; `None` where that is missing.
fn sfdisk(path: &Path, script: &str) -> Option<()> {
    let program = support::program("sfdisk", "sfdisk")?;
    fs::File::create(path).unwrap().set_len(64 << 20).unwrap();
    let mut child = Command::new(program)
        .args(["-q", path.to_str().unwrap()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    assert!(child.wait().unwrap().success());
    Some(())
}

fn numbers(table: &PartitionTable) -> Vec<(u32, u64, u64)> {
    table
        .partitions
        .iter()
        .map(|partition| {
            (
                partition.number,
                partition.start_bytes >> 20,
                partition.length_bytes >> 20,
            )
        })
        .collect()
}

#[test]
fn primary_and_logical_partitions_are_numbered_as_linux_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    let script = "label: dos\nlabel-id: 0xdeadbeef\n\
        start=1MiB, size=10MiB, type=83, bootable\n\
        start=12MiB, size=40MiB, type=5\n\
        start=13MiB, size=4MiB, type=83\nstart=20MiB, size=5MiB, type=82\n\
        start=30MiB, size=6MiB, type=83\n";
    if sfdisk(&path, script).is_none() {
        return;
    }
    let rootfs = open(&path);
    let table = table(&rootfs);
    assert_eq!(table.scheme, Scheme::Mbr);
    assert_eq!(table.problems, []);
    assert_eq!(
        numbers(table),
        [(1, 1, 10), (2, 12, 0), (5, 13, 4), (6, 20, 5), (7, 30, 6)]
    );
    let uuid = |number| table.get(number).unwrap().uuid.clone();
    assert_eq!(uuid(1).unwrap(), "deadbeef-01");
    assert_eq!(uuid(2), None);
    assert_eq!(uuid(7).unwrap(), "deadbeef-07");
    assert_eq!(table.get(6).unwrap().type_id, "0x82");
    assert_eq!(table.get(2).unwrap().length_bytes, 1024);
    assert_eq!(rootfs.partition().unwrap(), None, "nothing is on them");
    assert_eq!(rootfs.contents().unwrap().name(), "mbr");
}

#[test]
fn a_gpt_gives_names_and_uuids() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    let script = "label: gpt\n\
        start=1MiB, size=4MiB, type=C12A7328-F81F-11D2-BA4B-00C04FC93EC9, name=\"EFI\"\n\
        start=8MiB, size=16MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, \
        uuid=01234567-89AB-CDEF-0123-456789ABCDEF, name=\"Wurzel \u{e4}\"\n";
    if sfdisk(&path, script).is_none() {
        return;
    }
    let whole = fs::read(&path).unwrap();
    let check = |rootfs: &RootFs, problems: usize| {
        let table = table(rootfs);
        assert_eq!(table.scheme, Scheme::Gpt);
        assert_eq!(table.sector_bytes, 512);
        assert_eq!(numbers(table), [(1, 1, 4), (2, 8, 16)]);
        let root = table.get(2).unwrap();
        assert_eq!(
            root.uuid.as_deref(),
            Some("01234567-89ab-cdef-0123-456789abcdef")
        );
        assert_eq!(root.type_id, "0fc63daf-8483-4772-8e79-3d69d8477de4");
        assert_eq!(root.label.as_deref(), Some("Wurzel \u{e4}"));
        assert_eq!(table.problems.len(), problems, "{:?}", table.problems);
    };
    check(&open(&path), 0);

    let mut header = whole.clone();
    header[SECTOR + 0x48] ^= 1;
    let damaged = rootfs(header);
    check(&damaged, 1);
    let problem = &table(&damaged).problems[0];
    assert_eq!(
        (problem.kind(), problem.field()),
        (Kind::Corrupt, "gpt_header.header_crc32")
    );

    let mut entries = whole.clone();
    entries[2 * SECTOR + 0x38] ^= 1;
    check(&rootfs(entries), 1);

    // Without the primary header, there is the one at the end.
    let mut erased = whole.clone();
    erased[SECTOR..2 * SECTOR].fill(0);
    check(&rootfs(erased.clone()), 0);
    let last = erased.len() - SECTOR;
    erased[last..].fill(0);
    let none = rootfs(erased);
    assert_eq!(numbers(table(&none)), []);
    assert_eq!(table(&none).problems[0].field(), "gpt_header.signature");

    let cut = rootfs(whole[..20 << 20].to_vec());
    let cut = table(&cut);
    assert_eq!(numbers(cut), [(1, 1, 4), (2, 8, 16)]);
    assert_eq!(cut.problems[0].kind(), Kind::Truncated);
    assert_eq!(cut.problems.last().unwrap().field(), "partition 2");
}

#[test]
fn the_partition_with_a_file_system_is_the_root() {
    let mut disk = vec![0; 4 << 20];
    put(&mut disk, 510, &[0x55, 0xaa]);
    // Swap of 1 MiB at 1 MiB, then ext4 of 2 MiB.
    for (slot, kind, start, count) in [(0, 0x82, 2048_u32, 2048_u32), (1, 0x83, 4096, 4096)] {
        let at = 446 + 16 * slot;
        disk[at + 4] = kind;
        put(&mut disk, at + 8, &start.to_le_bytes());
        put(&mut disk, at + 12, &count.to_le_bytes());
    }
    put(&mut disk, (1 << 20) + 4086, b"SWAPSPACE2");
    put(&mut disk, 2 << 20, &ext());
    let chosen = rootfs(disk.clone());
    assert_eq!(chosen.partition().unwrap().unwrap().number, 2);
    assert_eq!(chosen.contents().unwrap().name(), "ext4");
    assert_eq!(chosen.source().unwrap().unwrap().len(), 2 << 20);
    assert_eq!(chosen.file_contents().unwrap().name(), "mbr");

    let asked = rootfs(disk.clone()).with_partition(1);
    assert_eq!(asked.contents().unwrap().name(), "swap");
    let error = rootfs(disk).with_partition(7).contents().err().unwrap();
    assert_eq!(error.to_string(), "no partition 7: the disk has 1, 2");
    let error = rootfs(ext()).with_partition(1).partition().err().unwrap();
    assert_eq!(
        error.to_string(),
        "no partition 1: the image has no partition table; name no partition"
    );
}

#[test]
fn a_gpt_of_large_sectors_is_found() {
    let mut disk = vec![0; 1 << 20];
    put(&mut disk, 510, &[0x55, 0xaa]);
    disk[446 + 4] = 0xee;
    disk[446 + 8] = 1;
    let mut entry = vec![0; 128];
    entry[..16].fill(1);
    entry[16..32].fill(2);
    put(&mut entry, 32, &16_u64.to_le_bytes());
    put(&mut entry, 40, &31_u64.to_le_bytes());
    put(&mut disk, 8192, &entry);
    let crc = |bytes: &[u8]| {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
            }
        }
        !crc
    };
    let mut header = vec![0; 92];
    put(&mut header, 0, b"EFI PART\0\0\x01\0\x5c");
    for (at, value) in [(24, 1_u64), (32, 255), (40, 6), (48, 250), (72, 2)] {
        put(&mut header, at, &value.to_le_bytes());
    }
    put(&mut header, 80, &1_u32.to_le_bytes());
    put(&mut header, 84, &128_u32.to_le_bytes());
    put(&mut header, 88, &crc(&entry).to_le_bytes());
    let sum = crc(&header);
    put(&mut header, 16, &sum.to_le_bytes());
    put(&mut disk, 4096, &header);
    let rootfs = rootfs(disk);
    assert_eq!(table(&rootfs).sector_bytes, 4096);
    assert_eq!(table(&rootfs).problems, []);
    let partition = table(&rootfs).get(1).unwrap();
    assert_eq!(
        (partition.start_bytes, partition.length_bytes),
        (65536, 65536)
    );
}

#[test]
fn a_boot_sector_without_a_table_is_none() {
    let mut sector = vec![0x90; 4096];
    put(&mut sector, 510, &[0x55, 0xaa]);
    let rootfs = rootfs(sector);
    assert_eq!(rootfs.partitions().unwrap(), None);
    assert_eq!(rootfs.contents().unwrap().name(), "mbr");
}

#[test]
fn a_partitioned_qcow2_is_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let (raw, qcow2) = (folder.path().join("raw"), folder.path().join("qcow2"));
    if sfdisk(&raw, "label: gpt\nstart=1MiB, size=8MiB\n").is_none() {
        return;
    }
    let mut disk = fs::read(&raw).unwrap();
    put(&mut disk, 1 << 20, &ext());
    fs::write(&raw, disk).unwrap();
    let (from, to) = (raw.to_str().unwrap(), qcow2.to_str().unwrap());
    if !run(
        "qemu-img",
        &[
            "qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", from, to,
        ],
    ) {
        return;
    }
    let rootfs = open(&qcow2);
    assert_eq!(rootfs.partition().unwrap().unwrap().number, 1);
    assert_eq!(rootfs.contents().unwrap().name(), "ext4");
}
