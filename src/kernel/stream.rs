//! A compressed stream at a place that a header states, and the decoded size that the kernel's
//! build appends to it.
//!
//! Source: `scripts/Makefile.lib`, `size_append`: 32 bits, little endian on x86 and with EFI.

use crate::bytes::{Endianness, Window};
use crate::source::Source;

/// Length of the appended decoded size.
pub(super) const LENGTH_WORD_BYTES: u64 = 4;
/// Enough for the header of every codec.
const STREAM_HEADER_BYTES: u64 = 64;

/// The first bytes of a payload; fewer, or none, where the file ends before.
pub(super) fn first_bytes(source: &Source, offset: u64, length: u64) -> Vec<u8> {
    let there = source.len().saturating_sub(offset);
    let length = length.min(there).min(STREAM_HEADER_BYTES);
    source
        .read("payload", offset, length)
        .map(|bytes| bytes.into_owned())
        .unwrap_or_default()
}

/// The 32-bit decoded size at `offset`, if the file goes so far.
pub(super) fn length_word(source: &Source, offset: u64) -> Option<u64> {
    let bytes = source
        .read("decoded size", offset, LENGTH_WORD_BYTES)
        .ok()?;
    let word = Window::new(&bytes, offset).u32("decoded size", 0, Endianness::Little);
    word.ok().map(u64::from)
}
