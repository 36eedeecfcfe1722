//! The UUID and the label by which userspace knows a volume.
//!
//! Source: util-linux 2.38 and 2.41 `libblkid/src/superblocks/` (`ext.c`, `vfat.c`, `swap.c`, `xfs.c`,
//! `btrfs.c`, `erofs.c`, `squashfs.c`). The label of FAT is that of its root directory; the one in the
//! boot sector is `LABEL_FATBOOT`, by which nothing is mounted.

use super::Contents;
use super::ext4::{Ext4, uuid_text};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;

/// What a partition or a whole disk holds, and the names of that.
#[derive(Debug, Clone)]
pub struct Names {
    /// The number of the partition; `None` for a whole disk.
    pub partition: Option<u32>,
    /// What it holds.
    pub contents: Contents,
    /// Its names; `None` if they are not read.
    pub volume: Option<VolumeName>,
}

/// The names of one volume. Those that it does not have are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeName {
    /// The UUID as blkid prints it: `ABCD-0123` for FAT.
    pub uuid: String,
    /// The label.
    pub label: Vec<u8>,
}

/// Where a superblock has its names: a UUID of 16 bytes, and a label of so many.
struct Fields {
    kind: &'static str,
    uuid_at: u64,
    label_at: u64,
    label_bytes: u64,
}

const FIELDS: [Fields; 4] = [
    Fields {
        kind: "swap",
        uuid_at: 0x40c,
        label_at: 0x41c,
        label_bytes: 16,
    },
    Fields {
        kind: "xfs",
        uuid_at: 0x20,
        label_at: 0x6c,
        label_bytes: 12,
    },
    Fields {
        kind: "btrfs",
        uuid_at: 0x1_0020,
        label_at: 0x1_012b,
        label_bytes: 256,
    },
    Fields {
        kind: "erofs",
        uuid_at: 0x430,
        label_at: 0x440,
        label_bytes: 16,
    },
];

/// Reads the names of a volume; `None` for a kind whose names are not read.
pub(super) fn read(
    contents: &Contents,
    source: &Source,
    limits: &Limits,
) -> Result<Option<VolumeName>> {
    if contents.is("ext4") {
        let ext4 = Ext4::open(source.clone(), limits)?;
        return Ok(Some(VolumeName {
            uuid: ext4.uuid(),
            label: ext4.label(),
        }));
    }
    // It has neither.
    if contents.is("squashfs") {
        return Ok(Some(VolumeName::default()));
    }
    if contents.is("fat") {
        return fat(source);
    }
    let Some(fields) = FIELDS.iter().find(|fields| contents.is(fields.kind)) else {
        return Ok(None);
    };
    let uuid = source.read("UUID", fields.uuid_at, 16)?;
    let uuid = <[u8; 16]>::try_from(uuid.as_ref()).unwrap_or_default();
    let label = source.read("label", fields.label_at, fields.label_bytes)?;
    let end = label.iter().position(|byte| *byte == 0);
    Ok(Some(VolumeName {
        uuid: if uuid == [0; 16] {
            String::new()
        } else {
            uuid_text(&uuid)
        },
        label: label
            .get(..end.unwrap_or(label.len()))
            .unwrap_or_default()
            .to_vec(),
    }))
}

/// The boot sector of FAT, and the label in its root directory. `None` if a FAT32 has so many files there
/// that the label may be in a later cluster.
fn fat(source: &Source) -> Result<Option<VolumeName>> {
    const ENTRY_BYTES: u64 = 32;
    let sector = source.read("boot sector", 0, 512)?;
    let sector = Window::new(&sector, 0);
    let byte = |name, at| {
        sector
            .bytes(name, at, 1)
            .map(|bytes| bytes.first().copied().unwrap_or(0))
    };
    let half = |name, at| sector.u16(name, at, Endianness::Little).map(u64::from);
    let word = |name, at| sector.u32(name, at, Endianness::Little).map(u64::from);
    let sector_bytes = half("bytes per sector", 0x0b)?;
    let cluster_sectors = u64::from(byte("sectors per cluster", 0x0d)?);
    let reserved = half("reserved sectors", 0x0e)?;
    let fats = u64::from(byte("number of FATs", 0x10)?);
    let entries = half("root entries", 0x11)?;
    let length = half("sectors per FAT", 0x16)?;
    let tables = |length: u64| {
        fats.checked_mul(length)
            .and_then(|sectors| sectors.checked_add(reserved))
            .ok_or_else(|| Error::unsupported("sectors per FAT", length.to_string()))
    };
    let (serial_at, sectors, directory_bytes) = if length == 0 {
        let first = word("root cluster", 0x2c)?.saturating_sub(2);
        let sectors = tables(word("sectors per FAT32", 0x24)?)?;
        let sectors = sectors.saturating_add(first.saturating_mul(cluster_sectors));
        (0x43, sectors, cluster_sectors.saturating_mul(sector_bytes))
    } else {
        (0x27, tables(length)?, entries.saturating_mul(ENTRY_BYTES))
    };
    let serial = word("serial number", serial_at)?;
    let uuid = match serial {
        0 => String::new(),
        serial => format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff),
    };
    let at = sectors.saturating_mul(sector_bytes);
    let left = source.len().saturating_sub(at);
    let directory = source.read("root directory", at, directory_bytes.min(left))?;
    let label = match volume_entry(&directory) {
        None if length == 0 => return Ok(None),
        label => label.unwrap_or_default(),
    };
    Ok(Some(VolumeName { uuid, label }))
}

/// `search_fat_label`: the entry of a directory that is the label, empty if there is none; `None` if the
/// directory goes on.
fn volume_entry(directory: &[u8]) -> Option<Vec<u8>> {
    const LONG_NAME: u8 = 0x0f;
    const ATTRIBUTES: u8 = 0x3f;
    const VOLUME: u8 = 0x08;
    const FOLDER: u8 = 0x10;
    for entry in directory.chunks_exact(32) {
        let byte = |at: usize| entry.get(at).copied().unwrap_or(0);
        if byte(0) == 0 {
            return Some(Vec::new());
        }
        let has_cluster = [20, 21, 26, 27].into_iter().any(|at| byte(at) != 0);
        let attributes = byte(11);
        if byte(0) == 0xe5 || has_cluster || attributes & ATTRIBUTES == LONG_NAME {
            continue;
        }
        if attributes & (VOLUME | FOLDER) == VOLUME {
            let mut label = entry.get(..11).unwrap_or_default().to_vec();
            if let Some(first @ 0x05) = label.first_mut() {
                *first = 0xe5;
            }
            return Some(label.trim_ascii_end().to_vec());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: &str, bytes: Vec<u8>) -> Option<VolumeName> {
        let contents = Contents {
            kind: crate::magic::KINDS.iter().find(|known| known.name == kind),
            codec: None,
        };
        read(&contents, &Source::from_bytes(bytes), &Limits::default()).unwrap()
    }

    /// A FAT with one sector of tables and a directory after it.
    fn fat(is_32: bool) -> Vec<u8> {
        let mut bytes = vec![0_u8; 8 * 512];
        bytes[0x0b..0x10].copy_from_slice(&[0, 2, 1, 1, 0]);
        bytes[0x10] = 1;
        let serial: &[u8] = &[0x23, 0x01, 0xcd, 0xab];
        if is_32 {
            bytes[0x24] = 2;
            bytes[0x2c] = 3;
            bytes[0x43..0x47].copy_from_slice(serial);
        } else {
            bytes[0x11] = 16;
            bytes[0x16] = 2;
            bytes[0x27..0x2b].copy_from_slice(serial);
        }
        // A long name, a file and the label.
        let at = if is_32 { 4 * 512 } else { 3 * 512 };
        bytes[at] = b'x';
        bytes[at + 11] = 0x0f;
        bytes[at + 32] = b'y';
        bytes[at + 32 + 11] = 0x20;
        bytes[at + 64..at + 75].copy_from_slice(b"UEFI DISK  ");
        bytes[at + 64 + 11] = 0x08;
        bytes
    }

    #[test]
    fn fat_has_its_serial_number_and_the_label_of_its_root_directory() {
        for is_32 in [false, true] {
            let name = named("fat", fat(is_32)).unwrap();
            assert_eq!(name.uuid, "ABCD-0123");
            assert_eq!(name.label, b"UEFI DISK");
        }
        let mut bytes = fat(false);
        bytes[3 * 512 + 64] = 0xe5;
        assert_eq!(named("fat", bytes).unwrap().label, b"");
        let mut bytes = fat(true);
        for entry in bytes[4 * 512..5 * 512].chunks_mut(32) {
            entry[0] = b'x';
            entry[11] = 0x20;
        }
        assert_eq!(named("fat", bytes), None);
    }

    #[test]
    fn superblocks_have_their_names_at_fixed_places() {
        let mut xfs = vec![0_u8; 512];
        xfs[0x20..0x30].copy_from_slice(&[0x11; 16]);
        xfs[0x6c..0x70].copy_from_slice(b"data");
        let name = named("xfs", xfs).unwrap();
        assert_eq!(name.uuid, "11111111-1111-1111-1111-111111111111");
        assert_eq!(name.label, b"data");
        let none = named("swap", vec![0; 4096]).unwrap();
        assert_eq!(none, VolumeName::default());
        assert_eq!(named("squashfs", vec![0; 4096]).unwrap(), none);
        assert_eq!(named("iso9660", vec![0; 4096]), None);
    }
}
