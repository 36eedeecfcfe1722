//! The GUID partition table: a header behind the first sector, another at the end of the disk.
//!
//! Source: UEFI specification 2.10, 5.3; `block/partitions/efi.c`, `is_gpt_valid` and
//! `is_pte_valid`.

use super::{LARGE_SECTOR_BYTES, Partition, PartitionTable, SECTOR_BYTES, Scheme};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;
use binrw::BinRead;
use std::ops::RangeInclusive;

const SIGNATURE: u64 = u64::from_le_bytes(*b"EFI PART");
/// The header as revision 1.0 defines it; a header may be longer, up to its sector.
const HEADER_BYTES: u32 = 92;
const CRC32_RANGE: std::ops::Range<usize> = 16..20;
/// The only size that Linux takes.
const ENTRY_BYTES: u32 = 128;
/// Tools write 128 entries; Linux counts 255 partitions.
const ENTRIES_MAX: u32 = 1024;

/// The header, little endian.
#[derive(Debug, BinRead)]
struct GptHeader {
    /// 0x00: `EFI PART`.
    signature: u64,
    /// 0x08: 1.0.
    _revision: u32,
    /// 0x0c: its own length.
    header_size: u32,
    /// 0x10: its own checksum, made with zeros here.
    header_crc32: u32,
    /// 0x14: zero.
    _reserved1: u32,
    /// 0x18: where it is.
    my_lba: u64,
    /// 0x20: where the other one is.
    _alternate_lba: u64,
    /// 0x28: the first sector that a partition may have.
    first_usable_lba: u64,
    /// 0x30: the last one.
    last_usable_lba: u64,
    /// 0x38: the disk's own GUID.
    _disk_guid: [u8; 16],
    /// 0x48: where the entries are.
    partition_entry_lba: u64,
    /// 0x50: how many.
    num_partition_entries: u32,
    /// 0x54: how long each is.
    sizeof_partition_entry: u32,
    /// 0x58: the checksum of them all.
    partition_entry_array_crc32: u32,
}

/// An entry, little endian.
#[derive(Debug, BinRead)]
struct GptEntry {
    /// 0x00: zeros where the entry is not used.
    partition_type_guid: [u8; 16],
    /// 0x10: its own.
    unique_partition_guid: [u8; 16],
    /// 0x20: the first sector.
    starting_lba: u64,
    /// 0x28: the last sector.
    ending_lba: u64,
    /// 0x30: flags.
    _attributes: u64,
    /// 0x38: UTF-16, ended by a zero where it is shorter.
    partition_name: [u16; 36],
}

/// The table behind a protective boot sector: the first that is whole, or the one at the end.
pub(super) fn read(disk: &Source) -> Result<PartitionTable> {
    let mut problems = Vec::new();
    for sector_bytes in [SECTOR_BYTES, LARGE_SECTOR_BYTES] {
        let last = last_lba(disk, sector_bytes);
        for lba in [1, last] {
            match read_at(disk, lba, sector_bytes) {
                Ok(Some((partitions, strange))) => {
                    problems.extend(strange);
                    return Ok(PartitionTable {
                        scheme: Scheme::Gpt,
                        sector_bytes,
                        is_backup: lba != 1,
                        partitions,
                        problems,
                    });
                }
                Ok(None) => {}
                Err(error) if error.kind() == crate::error::Kind::Io => return Err(error),
                Err(problem) => problems.push(problem),
            }
        }
    }
    if problems.is_empty() {
        problems.push(Error::invalid(
            "gpt_header.signature",
            SECTOR_BYTES,
            "EFI PART, as the protective boot sector says",
            "something else",
        ));
    }
    Ok(PartitionTable {
        scheme: Scheme::Gpt,
        sector_bytes: SECTOR_BYTES,
        is_backup: false,
        partitions: Vec::new(),
        problems,
    })
}

type Entries = (Vec<Partition>, Vec<Error>);

/// The partitions by the header at `lba`; `None` where there is none, an error where it is not
/// whole.
fn read_at(disk: &Source, lba: u64, sector_bytes: u64) -> Result<Option<Entries>> {
    let at = lba.saturating_mul(sector_bytes);
    if at.saturating_add(sector_bytes) > disk.len() {
        return Ok(None);
    }
    let sector = disk.read("gpt_header", at, sector_bytes)?;
    let window = Window::new(&sector, at);
    let header: GptHeader = window.header("gpt_header", 0, Endianness::Little)?;
    if header.signature != SIGNATURE {
        return Ok(None);
    }
    verify(&header, window, lba, sector_bytes)?;
    let length = u64::from(header.num_partition_entries).saturating_mul(ENTRY_BYTES.into());
    let entries_at = header.partition_entry_lba.saturating_mul(sector_bytes);
    let entries = disk.read("gpt_entries", entries_at, length)?;
    let found = crc32(&entries);
    if found != header.partition_entry_array_crc32 {
        return Err(Error::corrupt(
            "gpt_header.partition_entry_array_crc32",
            at.saturating_add(0x58),
            format!("{:#010x}", header.partition_entry_array_crc32),
            format!("{found:#010x}"),
        ));
    }
    let usable = header.first_usable_lba..=header.last_usable_lba;
    let last = last_lba(disk, sector_bytes);
    let entries = Window::new(&entries, entries_at);
    let (partitions, mut problems) = read_entries(entries, sector_bytes, &usable, last)?;
    // Linux then takes none of the partitions; they are listed to say what is missing.
    if header.last_usable_lba > last {
        let expected = header.last_usable_lba.saturating_add(1);
        let expected_bytes = expected.saturating_mul(sector_bytes);
        problems.insert(0, Error::truncated("disk", 0, expected_bytes, disk.len()));
    }
    Ok(Some((partitions, problems)))
}

fn verify(header: &GptHeader, sector: Window<'_>, lba: u64, sector_bytes: u64) -> Result<()> {
    let invalid = |field, offset: u64, expected: String, found: String| {
        Err(Error::invalid(
            field,
            sector.base().saturating_add(offset),
            expected,
            found,
        ))
    };
    if header.header_size < HEADER_BYTES || u64::from(header.header_size) > sector_bytes {
        let expected = format!("{HEADER_BYTES} to {sector_bytes}");
        let found = header.header_size.to_string();
        return invalid("gpt_header.header_size", 0xc, expected, found);
    }
    let mut covered = sector
        .bytes("gpt_header", 0, header.header_size.into())?
        .to_vec();
    if let Some(checksum) = covered.get_mut(CRC32_RANGE) {
        checksum.fill(0);
    }
    let found = crc32(&covered);
    if found != header.header_crc32 {
        return Err(Error::corrupt(
            "gpt_header.header_crc32",
            sector.base().saturating_add(0x10),
            format!("{:#010x}", header.header_crc32),
            format!("{found:#010x}"),
        ));
    }
    if header.my_lba != lba {
        let found = header.my_lba.to_string();
        return invalid("gpt_header.my_lba", 0x18, lba.to_string(), found);
    }
    if header.num_partition_entries > ENTRIES_MAX {
        let expected = format!("at most {ENTRIES_MAX}");
        let found = header.num_partition_entries.to_string();
        return invalid("gpt_header.num_partition_entries", 0x50, expected, found);
    }
    if header.sizeof_partition_entry != ENTRY_BYTES {
        let expected = format!("{ENTRY_BYTES}, the only size that Linux takes");
        let found = header.sizeof_partition_entry.to_string();
        return invalid("gpt_header.sizeof_partition_entry", 0x54, expected, found);
    }
    Ok(())
}

fn read_entries(
    entries: Window<'_>,
    sector_bytes: u64,
    usable: &RangeInclusive<u64>,
    last: u64,
) -> Result<Entries> {
    let mut partitions = Vec::new();
    let mut problems = Vec::new();
    let entry_bytes = u64::from(ENTRY_BYTES);
    let count = entries.len().checked_div(entry_bytes).unwrap_or(0);
    for (number, at) in (1_u32..).zip((0..count).map(|index| index.saturating_mul(entry_bytes))) {
        let entry: GptEntry = entries.header("gpt_entry", at, Endianness::Little)?;
        if entry.partition_type_guid == [0; 16] {
            continue;
        }
        let (start, end) = (entry.starting_lba, entry.ending_lba);
        let at = entries.base().saturating_add(at);
        if start > last || end < start {
            problems.push(Error::invalid(
                format!("gpt_entry {number}"),
                at,
                format!("sectors up to {last}, where the disk ends"),
                format!("{start} to {end}"),
            ));
            continue;
        }
        if !usable.contains(&start) || !usable.contains(&end) {
            problems.push(Error::invalid(
                format!("gpt_entry {number}"),
                at,
                format!("sectors {} to {}", usable.start(), usable.end()),
                format!("{start} to {end}"),
            ));
        }
        let sectors = end.saturating_sub(start).saturating_add(1);
        partitions.push(Partition {
            number,
            start_bytes: start.saturating_mul(sector_bytes),
            length_bytes: sectors.saturating_mul(sector_bytes),
            type_id: guid(&entry.partition_type_guid),
            uuid: Some(guid(&entry.unique_partition_guid)),
            label: label(&entry.partition_name),
        });
    }
    Ok((partitions, problems))
}

/// The disk's last whole sector.
fn last_lba(disk: &Source, sector_bytes: u64) -> u64 {
    let sectors = disk.len().checked_div(sector_bytes);
    sectors.unwrap_or(0).saturating_sub(1)
}

/// A GUID as the kernel prints it, its first three fields little endian.
fn guid(bytes: &[u8; 16]) -> String {
    let [
        a0,
        a1,
        a2,
        a3,
        b0,
        b1,
        c0,
        c1,
        d @ ..,
        e0,
        e1,
        e2,
        e3,
        e4,
        e5,
    ] = *bytes;
    let [d0, d1] = d;
    format!(
        "{:08x}-{:04x}-{:04x}-{d0:02x}{d1:02x}-{e0:02x}{e1:02x}{e2:02x}{e3:02x}{e4:02x}{e5:02x}",
        u32::from_le_bytes([a0, a1, a2, a3]),
        u16::from_le_bytes([b0, b1]),
        u16::from_le_bytes([c0, c1]),
    )
}

fn label(name: &[u16; 36]) -> Option<String> {
    let end = name.iter().position(|unit| *unit == 0);
    let units = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
    (!units.is_empty()).then(|| String::from_utf16_lossy(units))
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_printed_as_the_kernel_does() {
        // Linux filesystem data, as it lies on a disk.
        let bytes = [
            0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47,
            0x7d, 0xe4,
        ];
        assert_eq!(guid(&bytes), "0fc63daf-8483-4772-8e79-3d69d8477de4");
    }
}
