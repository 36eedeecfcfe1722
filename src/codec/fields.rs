//! Checked reads of a stream's framing, which know their offset.

use super::stream::length;
use crate::error::{Error, Result};

/// A position in the input of a codec.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// The beginning of `input`.
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0 }
    }

    /// The offset of the next field.
    pub fn offset(&self) -> u64 {
        length(self.at)
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// What was read from `start` on.
    pub fn since(&self, start: u64) -> &'a [u8] {
        usize::try_from(start)
            .ok()
            .and_then(|start| self.input.get(start..self.at))
            .unwrap_or_default()
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, field: &'static str, count: u64) -> Result<&'a [u8]> {
        let rest = self.rest();
        let bytes = usize::try_from(count)
            .ok()
            .and_then(|count| rest.get(..count))
            .ok_or_else(|| Error::truncated(field, self.offset(), count, length(rest.len())))?;
        self.at = self.at.saturating_add(bytes.len());
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N]> {
        let rest = self.rest();
        let bytes = rest
            .first_chunk::<N>()
            .ok_or_else(|| Error::truncated(field, self.offset(), length(N), length(rest.len())))?;
        self.at = self.at.saturating_add(N);
        Ok(*bytes)
    }

    /// A byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8> {
        self.array::<1>(field).map(u8::from_le_bytes)
    }

    /// Two bytes, the high one first.
    pub fn u16_be(&mut self, field: &'static str) -> Result<u16> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// Four bytes, the high one first.
    pub fn u32_be(&mut self, field: &'static str) -> Result<u32> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// Four bytes, the low one first.
    pub fn u32_le(&mut self, field: &'static str) -> Result<u32> {
        self.array(field).map(u32::from_le_bytes)
    }

    /// Eight bytes, the low one first.
    pub fn u64_le(&mut self, field: &'static str) -> Result<u64> {
        self.array(field).map(u64::from_le_bytes)
    }

    /// The next four bytes, the low one first, without reading them.
    pub fn peek_u32_le(&self) -> Option<u32> {
        self.rest().first_chunk().copied().map(u32::from_le_bytes)
    }

    /// The error of a `field` that was read at `offset` and is not what it has to be.
    pub fn mismatch<T: PartialEq + std::fmt::LowerHex>(
        field: &'static str,
        offset: u64,
        expected: T,
        found: T,
    ) -> Result<()> {
        if expected == found {
            return Ok(());
        }
        Err(Error::corrupt(
            field,
            offset,
            format!("{expected:#x}"),
            format!("{found:#x}"),
        ))
    }
}
