//! lz4 as the kernel's build writes it: the legacy frame, blocks of 8 MiB behind their sizes.
//!
//! Source: `lib/decompress_unlz4.c` (`lz4 -l`); "Legacy frame" of lz4's `doc/lz4_Frame_format.md`.
//! A stream in the frame format proper goes to [`super::lz4_frame`].

use super::fields::Fields;
use super::stream::{self, length};
use super::{Codec, lz4_frame};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;
use lz4_flex::block::{DecompressError, decompress_into, decompress_into_with_dict};

const LEGACY_MAGIC: u32 = 0x184c_2102;
/// What every block but the last decodes to.
const LEGACY_BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// LZ4_compressBound of that.
const LEGACY_STORED_BYTES_MAX: u32 = 8_421_520;
/// How far back a match may reach.
const HISTORY_BYTES: usize = 64 * 1024;

/// The codec.
pub static LZ4: Codec = Codec {
    name: "lz4",
    kconfig: "LZ4",
    recognise,
    decode_from: decode,
    ends_itself: false,
};

fn recognise(first_bytes: &[u8]) -> bool {
    let mut fields = Fields::new(first_bytes);
    match fields.u32_le("lz4 magic") {
        Ok(LEGACY_MAGIC) => fields
            .u32_le("lz4 block size")
            .is_ok_and(|size| (1..=LEGACY_STORED_BYTES_MAX).contains(&size)),
        Ok(lz4_frame::MAGIC) => lz4_frame::recognise(fields),
        _ => false,
    }
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    stream::in_memory(input, |input| decode_in_memory(input, sink))
}

fn decode_in_memory(input: &[u8], sink: &mut Sink) -> Result<u64> {
    if Fields::new(input).peek_u32_le() == Some(lz4_frame::MAGIC) {
        return lz4_frame::decode(input, sink);
    }
    let mut ahead = Fields::new(input);
    let magic = ahead.u32_le("lz4 magic")?;
    Fields::mismatch("lz4 magic", 0, LEGACY_MAGIC, magic)?;
    let mut fields = ahead;
    if sink.is_streaming() {
        while let Some(block) = next_block(&mut fields)? {
            let bound_bytes = length(block.decoded_bytes_max());
            decode_blocks(bound_bytes, sink, |decoded| decoded.append(&block, false))?;
        }
        return Ok(fields.offset());
    }
    let mut bound_bytes = 0_u64;
    while let Some(block) = next_block(&mut ahead)? {
        bound_bytes = bound_bytes.saturating_add(length(block.decoded_bytes_max()));
    }
    decode_blocks(bound_bytes, sink, |decoded| {
        while let Some(block) = next_block(&mut fields)? {
            decoded.append(&block, false)?;
        }
        Ok(())
    })?;
    Ok(ahead.offset())
}

/// Decodes the first blocks, which give `bytes` or more; what follows need not be there.
pub(super) fn decode_first_blocks(input: &[u8], bytes: u64, sink: &mut Sink) -> Result<u64> {
    let mut fields = Fields::new(input);
    if fields.peek_u32_le() == Some(lz4_frame::MAGIC) {
        return lz4_frame::decode_first_blocks(input, bytes, sink);
    }
    fields.u32_le("lz4 magic")?;
    // One is always enough.
    if let Some(block) = next_block(&mut fields)? {
        decode_blocks(length(block.decoded_bytes_max()), sink, |decoded| {
            decoded.append(&block, false)
        })?;
    }
    Ok(fields.offset())
}

/// The next block of this and of all frames that follow. Ends where the input does, before a frame
/// of the other kind, and before zeros: padding is no block (the kernel skips it since 5.17).
fn next_block<'a>(fields: &mut Fields<'a>) -> Result<Option<Block<'a>>> {
    loop {
        let offset = fields.offset();
        if fields.rest().iter().take(4).all(|byte| *byte == 0)
            || fields.peek_u32_le() == Some(lz4_frame::MAGIC)
        {
            return Ok(None);
        }
        let size = fields.u32_le("lz4 block size")?;
        if size == LEGACY_MAGIC {
            continue;
        }
        if size > LEGACY_STORED_BYTES_MAX {
            return Err(Error::corrupt(
                "lz4 block size",
                offset,
                format!("at most {LEGACY_STORED_BYTES_MAX}"),
                size.to_string(),
            ));
        }
        return Ok(Some(Block {
            offset,
            bytes: fields.bytes("lz4 block", size.into())?,
            is_stored: false,
            decoded_bytes_max: LEGACY_BLOCK_BYTES,
        }));
    }
}

/// One block of either framing.
pub(super) struct Block<'a> {
    /// Where its size stands.
    pub offset: u64,
    /// The bytes behind it.
    pub bytes: &'a [u8],
    /// Whether they are not compressed.
    pub is_stored: bool,
    /// What its frame allows it to decode to.
    pub decoded_bytes_max: usize,
}

impl Block<'_> {
    /// What it can decode to: a byte stands for 255 at the most.
    pub fn decoded_bytes_max(&self) -> usize {
        let factor = if self.is_stored { 1 } else { 255 };
        self.bytes
            .len()
            .saturating_mul(factor)
            .min(self.decoded_bytes_max)
    }
}

/// The output of blocks.
pub(super) struct Decoded<'a> {
    area: &'a mut [u8],
    filled: usize,
    /// The error of an area that is full: whether by the limit or by what was stated.
    over_limit: Option<Error>,
}

impl Decoded<'_> {
    /// Decodes a block behind the others; `linked` lets it repeat what they hold.
    pub fn append(&mut self, block: &Block<'_>, linked: bool) -> Result<()> {
        let (before, room) = self
            .area
            .split_at_mut_checked(self.filled)
            .unwrap_or_default();
        let room_bytes = room.len().min(block.decoded_bytes_max);
        let is_cut = room_bytes < block.decoded_bytes_max();
        let room = room.get_mut(..room_bytes).unwrap_or_default();
        let outcome = if block.is_stored {
            match room.get_mut(..block.bytes.len()) {
                Some(room) => {
                    room.copy_from_slice(block.bytes);
                    Ok(block.bytes.len())
                }
                None => Err(DecompressError::OutputTooSmall {
                    expected: block.bytes.len(),
                    actual: room_bytes,
                }),
            }
        } else if linked {
            let history = before.len().saturating_sub(HISTORY_BYTES);
            let history = before.get(history..).unwrap_or_default();
            decompress_into_with_dict(block.bytes, room, history)
        } else {
            decompress_into(block.bytes, room)
        };
        let decoded = outcome.map_err(|error| match (&error, &self.over_limit) {
            (DecompressError::OutputTooSmall { .. }, Some(over_limit)) if is_cut => {
                over_limit.clone()
            }
            _ => Error::corrupt(
                "lz4 block",
                block.offset,
                format!("lz4 for at most {room_bytes} bytes"),
                error.to_string(),
            ),
        })?;
        self.filled = self.filled.saturating_add(decoded);
        Ok(())
    }

    /// All that was decoded.
    pub fn as_bytes(&self) -> &[u8] {
        self.area.get(..self.filled).unwrap_or_default()
    }
}

/// Lets `append` decode blocks straight into the sink, which together give `bound_bytes` at most.
pub(super) fn decode_blocks(
    bound_bytes: u64,
    sink: &mut Sink,
    append: impl FnOnce(&mut Decoded<'_>) -> Result<()>,
) -> Result<()> {
    let room_bytes = bound_bytes.min(sink.left_bytes());
    let over_limit = (room_bytes < bound_bytes).then(|| sink.over_limit());
    sink.fill_area(room_bytes, |area| {
        let mut decoded = Decoded {
            area,
            filled: 0,
            over_limit,
        };
        append(&mut decoded)?;
        Ok((decoded.filled, ()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legacy_magic_alone_is_not_enough() {
        assert!(recognise(b"\x02\x21\x4c\x18\x10\0\0\0"));
        assert!(!recognise(b"\x02\x21\x4c\x18\0\0\0\0"), "no block");
        assert!(!recognise(b"\x02\x21\x4c\x18\xff\xff\xff\xff"), "too large");
        assert!(!recognise(b"\x02\x21\x4c\x18"), "short");
    }
}
