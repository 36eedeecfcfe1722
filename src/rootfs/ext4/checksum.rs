//! The checksums that ext4 and its journal use: crc32c, crc16 and big-endian crc32.
//!
//! Source: `Documentation/filesystems/ext4/checksums.rst`; `lib/crc16.c` and `crc32_be` in
//! `lib/crc32.c` of Linux. None of the three is inverted at its end.

use std::sync::LazyLock;

/// A checksum on disk, against what was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// They agree.
    Good,
    /// They differ.
    Bad {
        /// What the disk says.
        stored: u32,
        /// What it should say.
        computed: u32,
    },
    /// This file system keeps none.
    None,
}

impl Checksum {
    pub(super) fn compare(stored: u32, computed: u32) -> Self {
        if stored == computed {
            Self::Good
        } else {
            Self::Bad { stored, computed }
        }
    }
}

const CRC32C_REVERSED: u32 = 0x82f6_3b78;
const CRC32_POLYNOMIAL: u32 = 0x04c1_1db7;
const CRC16_REVERSED: u32 = 0xa001;

static CRC32C_TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| reversed_table(CRC32C_REVERSED));
static CRC16_TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| reversed_table(CRC16_REVERSED));
static CRC32_BE_TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|index| {
        let start = u32::try_from(index).unwrap_or(0) << 24;
        (0..8).fold(start, |crc, _| {
            let carry = if crc >> 31 == 1 { CRC32_POLYNOMIAL } else { 0 };
            (crc << 1) ^ carry
        })
    })
});

fn reversed_table(polynomial: u32) -> [u32; 256] {
    std::array::from_fn(|index| {
        let start = u32::try_from(index).unwrap_or(0);
        (0..8).fold(start, |crc, _| {
            let carry = if crc & 1 == 1 { polynomial } else { 0 };
            (crc >> 1) ^ carry
        })
    })
}

fn entry(table: &[u32; 256], index: u8) -> u32 {
    table.get(usize::from(index)).copied().unwrap_or(0)
}

fn reversed(table: &[u32; 256], start: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(start, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        (crc >> 8) ^ entry(table, low ^ byte)
    })
}

/// crc32c, going on from where it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crc32c(u32);

impl Crc32c {
    pub(super) fn new(seed: u32) -> Self {
        Self(seed)
    }

    #[must_use]
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        Self(reversed(&CRC32C_TABLE, self.0, bytes))
    }

    #[must_use]
    pub(super) fn u32(self, value: u32) -> Self {
        self.bytes(&value.to_le_bytes())
    }

    /// The bytes, with `length` zeros in the place of those at `hole`.
    #[must_use]
    pub(super) fn with_zeros(self, bytes: &[u8], hole: usize, length: usize) -> Self {
        let (before, rest) = bytes.split_at(hole.min(bytes.len()));
        let (zeroed, after) = rest.split_at(length.min(rest.len()));
        zeroed
            .iter()
            .fold(self.bytes(before), |crc, _| crc.bytes(&[0]))
            .bytes(after)
    }

    pub(super) fn value(self) -> u32 {
        self.0
    }
}

/// crc16, going on from `seed`.
pub(super) fn crc16(seed: u16, bytes: &[u8]) -> u16 {
    let crc = reversed(&CRC16_TABLE, u32::from(seed), bytes);
    u16::try_from(crc & 0xffff).unwrap_or(0)
}

/// crc32, most significant bit first, going on from `seed`.
pub(super) fn crc32_be(seed: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(seed, |crc, byte| {
        let [high, ..] = crc.to_be_bytes();
        (crc << 8) ^ entry(&CRC32_BE_TABLE, high ^ byte)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The check values of the catalogue of CRC algorithms, for "123456789".
    const CHECK: &[u8] = b"123456789";

    #[test]
    fn the_checksums_give_their_published_check_values() {
        assert_eq!(!Crc32c::new(u32::MAX).bytes(CHECK).value(), 0xe306_9283);
        assert_eq!(crc16(0xffff, CHECK), 0x4b37);
        assert_eq!(crc32_be(u32::MAX, CHECK), 0x0376_e6e7);
    }

    #[test]
    fn a_field_is_summed_as_zeros() {
        let zeroed = Crc32c::new(7).bytes(b"12\0\0\x006789").value();
        assert_eq!(Crc32c::new(7).with_zeros(CHECK, 2, 3).value(), zeroed);
    }
}
