//! The table in the boot sector: four primary partitions, and a chain of logical ones.
//!
//! Source: `block/partitions/msdos.c`, `msdos_partition` and `parse_extended`;
//! `include/linux/msdos_partition.h`.

use super::{Partition, PartitionTable, SECTOR_BYTES, Scheme};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;
use binrw::BinRead;

/// How many extended boot records without a partition `parse_extended` follows.
const EMPTY_RECORDS_MAX: u32 = 100;
/// Linux counts no further.
const PARTITIONS_MAX: u32 = 255;
/// What Linux shows of an extended partition, so that nobody writes over it.
const EXTENDED_SECTORS: u32 = 2;
/// Logical partitions are numbered from here.
const FIRST_LOGICAL: u32 = 5;
const SIGNATURE: [u8; 2] = [0x55, 0xaa];
const SIGNATURE_AT: u64 = 510;
/// `EFI_PMBR_OSTYPE_EFI_GPT`.
const TYPE_PROTECTIVE: u8 = 0xee;
/// DOS, Windows 95 and Linux have one each.
const TYPES_EXTENDED: [u8; 3] = [0x05, 0x0f, 0x85];

/// An entry, little endian.
#[derive(Debug, Clone, Copy, BinRead)]
struct MsdosPartition {
    /// 0x0: 0x80 is active, 0 is not.
    boot_ind: u8,
    /// 0x1: the place in cylinders, which nobody reads.
    _chs: [u8; 3],
    /// 0x4: the type.
    sys_ind: u8,
    /// 0x5: the end in cylinders.
    _end_chs: [u8; 3],
    /// 0x8: the first sector, from where the table counts.
    start_sect: u32,
    /// 0xc: how many sectors.
    nr_sects: u32,
}

impl MsdosPartition {
    fn is_extended(&self) -> bool {
        TYPES_EXTENDED.contains(&self.sys_ind)
    }
}

/// The end of a boot sector, little endian.
#[derive(Debug, BinRead)]
pub(super) struct Sector {
    /// 0x1b8: the disk's signature.
    disk_signature: u32,
    /// 0x1bc: nothing.
    _reserved: u16,
    /// 0x1be: the table.
    entries: [MsdosPartition; 4],
}

const TABLE_AT: u64 = 0x1b8;

impl Sector {
    /// The boot sector at `offset`; `None` where it does not end as one does.
    pub fn read(disk: &Source, offset: u64) -> Result<Option<Self>> {
        let bytes = disk.read("boot sector", offset, SECTOR_BYTES)?;
        let window = Window::new(&bytes, offset);
        if !window.has(SIGNATURE_AT, &SIGNATURE) {
            return Ok(None);
        }
        window
            .header("partition table", TABLE_AT, Endianness::Little)
            .map(Some)
    }

    /// Whether it stands before a GPT: without it Linux looks for none.
    pub fn is_protective(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.sys_ind == TYPE_PROTECTIVE && entry.start_sect == 1)
    }

    /// Whether it is a table: code or the fields of a file system stand there otherwise.
    pub fn is_plausible(&self) -> bool {
        self.entries.iter().all(|entry| entry.boot_ind & 0x7f == 0)
            && self
                .entries
                .iter()
                .any(|entry| entry.nr_sects != 0 && entry.start_sect != 0)
            && !self
                .entries
                .iter()
                .any(|entry| entry.sys_ind == TYPE_PROTECTIVE)
    }
}

/// The partitions of that boot sector.
pub(super) fn read(disk: &Source, sector: &Sector) -> Result<PartitionTable> {
    let mut table = PartitionTable {
        scheme: Scheme::Mbr,
        sector_bytes: SECTOR_BYTES,
        is_backup: false,
        partitions: Vec::new(),
        problems: Vec::new(),
    };
    let signature = sector.disk_signature;
    let mut next = FIRST_LOGICAL;
    for (number, entry) in (1_u32..).zip(&sector.entries) {
        if entry.nr_sects == 0 {
            continue;
        }
        let start = u64::from(entry.start_sect);
        let mut partition = partition(signature, number, start, entry);
        if entry.is_extended() {
            let sectors = entry.nr_sects.min(EXTENDED_SECTORS);
            partition.length_bytes = u64::from(sectors).saturating_mul(SECTOR_BYTES);
            partition.uuid = None;
        }
        table.partitions.push(partition);
        if entry.is_extended() {
            read_logical(disk, signature, entry, &mut next, &mut table)?;
        }
    }
    table.partitions.sort_by_key(|partition| partition.number);
    Ok(table)
}

fn partition(signature: u32, number: u32, start: u64, entry: &MsdosPartition) -> Partition {
    Partition {
        number,
        start_bytes: start.saturating_mul(SECTOR_BYTES),
        length_bytes: u64::from(entry.nr_sects).saturating_mul(SECTOR_BYTES),
        type_id: format!("{:#04x}", entry.sys_ind),
        uuid: Some(format!("{signature:08x}-{number:02x}")),
        label: None,
    }
}

/// Each extended boot record holds a partition, counted from itself, and the place of the next
/// record, counted from the first.
fn read_logical(
    disk: &Source,
    signature: u32,
    extended: &MsdosPartition,
    next: &mut u32,
    table: &mut PartitionTable,
) -> Result<()> {
    let first = u64::from(extended.start_sect);
    let end = first.saturating_add(u64::from(extended.nr_sects));
    let mut this = first;
    let mut size = u64::from(extended.nr_sects);
    let mut empty_records = 0_u32;
    while empty_records < EMPTY_RECORDS_MAX && *next <= PARTITIONS_MAX {
        empty_records = empty_records.saturating_add(1);
        let at = this.saturating_mul(SECTOR_BYTES);
        if at.saturating_add(SECTOR_BYTES) > disk.len() {
            let found = disk.len().saturating_sub(at);
            let problem = Error::truncated("extended boot record", at, SECTOR_BYTES, found);
            table.problems.push(problem);
            return Ok(());
        }
        let Some(record) = Sector::read(disk, at)? else {
            let found = disk.read("extended boot record", at.saturating_add(SIGNATURE_AT), 2)?;
            table.problems.push(Error::invalid(
                "extended boot record signature",
                at.saturating_add(SIGNATURE_AT),
                crate::error::hex(&SIGNATURE),
                crate::error::hex(&found),
            ));
            return Ok(());
        };
        for (index, entry) in record.entries.iter().enumerate() {
            let length = u64::from(entry.nr_sects);
            let offset = u64::from(entry.start_sect);
            let start = this.saturating_add(offset);
            if length == 0 || entry.is_extended() {
                continue;
            }
            // The last two are to be empty, and often hold garbage.
            let is_garbage = offset.saturating_add(length) > size
                || start < first
                || start.saturating_add(length) > end;
            if (index >= 2 && is_garbage) || *next > PARTITIONS_MAX {
                continue;
            }
            table
                .partitions
                .push(partition(signature, *next, start, entry));
            *next = next.saturating_add(1);
            empty_records = 0;
        }
        let link = record
            .entries
            .iter()
            .find(|entry| entry.nr_sects != 0 && entry.is_extended());
        let Some(link) = link else {
            return Ok(());
        };
        this = first.saturating_add(u64::from(link.start_sect));
        size = u64::from(link.nr_sects);
    }
    table.problems.push(Error::invalid(
        "extended boot record",
        this.saturating_mul(SECTOR_BYTES),
        "the end of the chain, as far as Linux follows it",
        "a longer one",
    ));
    Ok(())
}
