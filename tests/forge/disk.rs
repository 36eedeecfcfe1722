//! What stands around a file system: partition tables, and a qcow2 file.
//!
//! Places and names of the fields: the UEFI specification, chapter 5, and QEMU's
//! `docs/interop/qcow2.rst`.

use super::checksum::crc32;
use super::put;

const SECTOR: usize = 512;
const ALIGNMENT: usize = 1 << 20;

/// Partition types.
pub const LINUX_FILESYSTEM: &str = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
pub const EFI_SYSTEM: &str = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
pub const ROOT_X86_64: &str = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709";
pub const ROOT_ARM64: &str = "B921B045-1DF0-41C3-AF44-4C6F280D3FAE";

/// The GUID of every disk that [`gpt`] makes.
pub const DISK_GUID: &str = "6B656C70-6965-4F4F-8A8B-20666F726765";

/// Partitions one behind the other: each one's first sector, and where the last one's room ends.
fn place<'a>(contents: impl Iterator<Item = &'a Vec<u8>>) -> (Vec<usize>, usize) {
    let mut starts = Vec::new();
    let mut end = ALIGNMENT;
    for content in contents {
        starts.push(end / SECTOR);
        end += content.len().max(1).next_multiple_of(ALIGNMENT);
    }
    (starts, end)
}

fn sectors(bytes: &[u8]) -> usize {
    bytes.len().div_ceil(SECTOR).max(1)
}

fn long(value: usize) -> [u8; 8] {
    u64::try_from(value).unwrap().to_le_bytes()
}

fn word(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap().to_le_bytes()
}

/// A GUID as it lies on a disk: its first three groups are little-endian.
pub fn guid(text: &str) -> [u8; 16] {
    let digits: String = text.chars().filter(|digit| *digit != '-').collect();
    assert_eq!(digits.len(), 32, "{text} is no GUID");
    let mut guid = u128::from_str_radix(&digits, 16).unwrap().to_be_bytes();
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    guid
}

/// A disk with a GUID partition table at its front and at its end. A partition is its type, its
/// own GUID, its name and its content.
pub fn gpt(partitions: &[(&str, &str, &str, Vec<u8>)]) -> Vec<u8> {
    let (starts, end) = place(partitions.iter().map(|partition| &partition.3));
    let mut disk = vec![0; end + ALIGNMENT];
    let last = disk.len() / SECTOR - 1;

    let mut entries = vec![0; 128 * 128];
    for (index, ((kind, unique, name, content), start)) in partitions.iter().zip(starts).enumerate()
    {
        let mut set = |at: usize, bytes: &[u8]| put(&mut entries, index * 128 + at, bytes);
        set(0x00, &guid(kind));
        set(0x10, &guid(unique));
        set(0x20, &long(start));
        set(0x28, &long(start + sectors(content) - 1));
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(name.len() <= 72, "a name has at most 36 letters");
        set(0x38, &name);
        put(&mut disk, start * SECTOR, content);
    }
    assert_eq!(entries.len(), 128 * 128, "a table has room for 128");

    let header = |own: usize, other: usize, table: usize| {
        let mut header = vec![0; 92];
        let mut set = |at: usize, bytes: &[u8]| put(&mut header, at, bytes);
        set(0x00, b"EFI PART");
        set(0x08, &0x1_0000_u32.to_le_bytes());
        set(0x0c, &92_u32.to_le_bytes());
        set(0x18, &long(own));
        set(0x20, &long(other));
        set(0x28, &long(34));
        set(0x30, &long(last - 33));
        set(0x38, &guid(DISK_GUID));
        set(0x48, &long(table));
        set(0x50, &128_u32.to_le_bytes());
        set(0x54, &128_u32.to_le_bytes());
        set(0x58, &crc32(&entries).to_le_bytes());
        let checksum = crc32(&header);
        put(&mut header, 0x10, &checksum.to_le_bytes());
        header
    };
    put(&mut disk, SECTOR, &header(1, last, 2));
    put(&mut disk, 2 * SECTOR, &entries);
    put(&mut disk, (last - 32) * SECTOR, &entries);
    put(&mut disk, last * SECTOR, &header(last, 1, last - 32));
    // The protective entry covers the disk.
    put_mbr_entry(&mut disk, 0, 0xee, 1, last);
    put(&mut disk, 0x1fe, &[0x55, 0xaa]);
    disk
}

/// A disk with a classic partition table: at most four partitions, each a type and a content.
pub fn mbr(partitions: &[(u8, Vec<u8>)], signature: u32) -> Vec<u8> {
    assert!(partitions.len() <= 4, "a classic table has four entries");
    let (starts, end) = place(partitions.iter().map(|partition| &partition.1));
    let mut disk = vec![0; end];
    put(&mut disk, 0x1b8, &signature.to_le_bytes());
    for (index, ((kind, content), start)) in partitions.iter().zip(starts).enumerate() {
        put_mbr_entry(&mut disk, index, *kind, start, sectors(content));
        put(&mut disk, start * SECTOR, content);
    }
    put(&mut disk, 0x1fe, &[0x55, 0xaa]);
    disk
}

fn put_mbr_entry(disk: &mut Vec<u8>, index: usize, kind: u8, start: usize, length: usize) {
    // Cylinder, head and sector of the end say "see the sector numbers".
    let mut entry = vec![0, 0, 2, 0, kind, 0xff, 0xff, 0xff];
    entry.extend(word(start));
    entry.extend(word(length));
    put(disk, 0x1be + 16 * index, &entry);
}

/// A qcow2 file, version 3, without compression; clusters of zeros aren't there.
pub fn qcow2(content: &[u8]) -> Vec<u8> {
    const CLUSTER: usize = 1 << 16;
    const COPIED: usize = 1 << 63;
    let size = content.len().next_multiple_of(SECTOR);
    let tables = size.div_ceil(CLUSTER * (CLUSTER / 8));
    // Header, table of reference counts, a block of them, first level; then tables and contents.
    let (counts_at, first_level_at) = (2 * CLUSTER, 3 * CLUSTER);
    let second_level_at = 4 * CLUSTER;
    let mut file = vec![0; second_level_at + tables * CLUSTER];
    for (index, cluster) in content.chunks(CLUSTER).enumerate() {
        if cluster.iter().all(|byte| *byte == 0) {
            continue;
        }
        let at = file.len();
        file.extend(cluster);
        file.resize(at + CLUSTER, 0);
        put_big(&mut file, second_level_at + index * 8, at | COPIED);
    }
    for table in 0..tables {
        let at = second_level_at + table * CLUSTER;
        put_big(&mut file, first_level_at + table * 8, at | COPIED);
    }
    let clusters = file.len() / CLUSTER;
    assert!(
        clusters <= CLUSTER / 2,
        "one block of reference counts isn't enough"
    );
    put_big(&mut file, CLUSTER, counts_at);
    for cluster in 0..clusters {
        put(&mut file, counts_at + cluster * 2, &1_u16.to_be_bytes());
    }

    put(&mut file, 0, b"QFI\xfb");
    put(&mut file, 4, &3_u32.to_be_bytes());
    put(&mut file, 20, &16_u32.to_be_bytes());
    put_big(&mut file, 24, size);
    put(&mut file, 36, &u32::try_from(tables).unwrap().to_be_bytes());
    put_big(&mut file, 40, first_level_at);
    put_big(&mut file, 48, CLUSTER);
    put(&mut file, 56, &1_u32.to_be_bytes());
    put(&mut file, 96, &4_u32.to_be_bytes());
    put(&mut file, 100, &104_u32.to_be_bytes());
    file
}

fn put_big(file: &mut Vec<u8>, at: usize, value: usize) {
    put(file, at, &u64::try_from(value).unwrap().to_be_bytes());
}
