//! The partitions of a disk, found and numbered as Linux does.
//!
//! Source: `block/partitions/core.c` (numbers, `PARTUUID`), `efi.c` and `msdos.c`; the UEFI
//! specification 2.10, chapter 5.

mod gpt;
mod mbr;

use crate::error::{Error, Result};
use crate::source::Source;

/// The sector that Linux counts in unless a disk says otherwise.
const SECTOR_BYTES: u64 = 512;
/// The other sector that disks have.
const LARGE_SECTOR_BYTES: u64 = 4096;

/// The two kinds of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// The table in the boot sector.
    Mbr,
    /// The GUID partition table.
    Gpt,
}

impl Scheme {
    /// `mbr` or `gpt`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mbr => "mbr",
            Self::Gpt => "gpt",
        }
    }
}

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The number that Linux gives it: 1 is `/dev/vda1`. Logical ones count from 5.
    pub number: u32,
    /// Where on the disk it begins.
    pub start_bytes: u64,
    /// How long it is.
    pub length_bytes: u64,
    /// Its type: a GUID, or the byte of an MBR (`0x83`).
    pub type_id: String,
    /// What `root=PARTUUID=` calls it; an extended partition has no such name.
    pub uuid: Option<String>,
    /// What `root=PARTLABEL=` calls it; never one of an MBR.
    pub label: Option<String>,
}

/// How many bits the kernel keeps of each UTF-16 unit of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelBits {
    /// Linux 6.14 and later, and stable releases of older ones.
    Seven,
    /// Linux before that.
    Eight,
}

impl Partition {
    /// The label as the kernel compares it with `root=PARTLABEL=`, up to its first zero. `None`
    /// where there is none.
    ///
    /// Models `utf16_le_to_7bit` in `block/partitions/efi.c`.
    pub fn kernel_label(&self, bits: LabelBits) -> Option<Vec<u8>> {
        let mask = match bits {
            LabelBits::Seven => 0x7f,
            LabelBits::Eight => 0xff,
        };
        let units = self.label.as_ref()?.encode_utf16();
        let kept = units.map(|unit| {
            let [low, _] = unit.to_le_bytes();
            match low & mask {
                0 => 0,
                // `isprint` of the kernel takes Latin-1.
                byte @ (0x20..=0x7e | 0xa0..) => byte,
                _ => b'!',
            }
        });
        Some(kept.take_while(|byte| *byte != 0).collect())
    }
}

/// The partitions of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionTable {
    /// Which kind of table.
    pub scheme: Scheme,
    /// The sector that it counts in. A disk that is attached with another one has no partitions.
    pub sector_bytes: u64,
    /// Whether it was read from the copy at the end of the disk, as the one at the start is invalid.
    /// Linux reads that only with `gpt` on the command line (`find_valid_gpt`).
    pub is_backup: bool,
    /// The partitions, by their numbers.
    pub partitions: Vec<Partition>,
    /// What the table says and must not.
    pub problems: Vec<Error>,
}

impl PartitionTable {
    /// The partition of that number.
    pub fn get(&self, number: u32) -> Option<&Partition> {
        self.partitions
            .iter()
            .find(|partition| partition.number == number)
    }
}

/// The partition table of a disk, if it has one.
///
/// To be asked of what is no file system: the boot sectors of FAT and NTFS, and what may stand
/// before any ext4, end as a partition table does.
pub fn read(disk: &Source) -> Result<Option<PartitionTable>> {
    if disk.len() < SECTOR_BYTES {
        return Ok(None);
    }
    let sector = mbr::Sector::read(disk, 0)?;
    let Some(sector) = sector else {
        return Ok(None);
    };
    let mut table = if sector.is_protective() {
        gpt::read(disk)?
    } else if sector.is_plausible() {
        mbr::read(disk, &sector)?
    } else {
        return Ok(None);
    };
    for partition in &table.partitions {
        let found = disk.len().saturating_sub(partition.start_bytes);
        if found < partition.length_bytes {
            table.problems.push(Error::truncated(
                format!("partition {}", partition.number),
                partition.start_bytes,
                partition.length_bytes,
                found,
            ));
        }
    }
    Ok(Some(table))
}
