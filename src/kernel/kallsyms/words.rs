//! Numbers of one byte order at offsets of the image, and the steps that a search may take.

use crate::bytes::Endianness;
use crate::error::{Error, Result};

/// Places that one search may look at, all candidates together. A real table of 200,000 symbols
/// takes some 300,000; what takes more was built to.
const STEPS: u64 = 16_000_000;

/// The image, read in one byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) order: Endianness,
}

impl Words<'_> {
    fn array<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.bytes.get(offset..)?.first_chunk().copied()
    }

    pub(super) fn u16(&self, offset: usize) -> Option<u16> {
        self.array(offset).map(|bytes| match self.order {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        })
    }

    pub(super) fn u32(&self, offset: usize) -> Option<u32> {
        self.array(offset).map(|bytes| match self.order {
            Endianness::Little => u32::from_le_bytes(bytes),
            Endianness::Big => u32::from_be_bytes(bytes),
        })
    }

    /// A number of 4 or 8 bytes.
    pub(super) fn word(&self, offset: usize, word_bytes: usize) -> Option<u64> {
        if word_bytes == 4 {
            return self.u32(offset).map(u64::from);
        }
        self.array(offset).map(|bytes| match self.order {
            Endianness::Little => u64::from_le_bytes(bytes),
            Endianness::Big => u64::from_be_bytes(bytes),
        })
    }

    /// Whether `from..to` is there and zero, as padding is.
    pub(super) fn zero(&self, from: usize, to: usize) -> bool {
        self.bytes
            .get(from..to)
            .is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0))
    }
}

/// `offset` rounded up to a multiple of `alignment` bytes, counted from `origin`.
pub(super) fn align_up(offset: usize, origin: usize, alignment: usize) -> Option<usize> {
    let beyond = offset.checked_sub(origin)?;
    origin.checked_add(beyond.checked_next_multiple_of(alignment)?)
}

/// What is left of [`STEPS`].
#[derive(Debug)]
pub(super) struct Steps(u64);

impl Steps {
    pub(super) fn new() -> Self {
        Self(STEPS)
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<()> {
        self.0 = u64::try_from(steps)
            .ok()
            .and_then(|steps| self.0.checked_sub(steps))
            .ok_or_else(|| Error::limit("kallsyms search steps", STEPS))?;
        Ok(())
    }
}
