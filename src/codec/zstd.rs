//! zstd: a frame header, blocks with their sizes, and the low half of an XXH64.
//!
//! Source: RFC 8878; `lib/decompress_unzstd.c`, `scripts/Makefile.lib` (`zstd -22 --ultra`, which
//! is a window of 128 MiB).

use super::fields::Fields;
use super::stream::{self, length};
use super::{Codec, backend};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;

const MAGIC: u32 = 0xfd2f_b528;
/// Skippable frames have sixteen magics, 0x184d2a50 to 0x184d2a5f.
const SKIPPABLE_MAGIC: u32 = 0x184d_2a50;
/// Magic_Number and Frame_Size of a skippable frame.
const SKIPPABLE_HEADER_BYTES: usize = 8;
/// Magic_Number, and the largest Frame_Header.
const HEADER_BYTES_MAX: usize = 18;
/// No block decodes to more.
const BLOCK_BYTES_MAX: u64 = 128 * 1024;
/// Dictionary_ID_flag and Frame_Content_Size_flag to the widths of their fields.
const DICTIONARY_ID_BYTES: [u64; 4] = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES: [u64; 4] = [0, 2, 4, 8];

/// The codec.
pub static ZSTD: Codec = Codec {
    name: "zstd",
    kconfig: "ZSTD",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    let mut input = Pieces::of_memory(first_bytes);
    if skip_skippable(&mut input).is_err() {
        return false;
    }
    let Ok(frame) = input.rest() else {
        return false;
    };
    let mut fields = Fields::new(frame);
    fields.u32_le("zstd Magic_Number").ok() == Some(MAGIC)
        && fields
            .u8("zstd Frame_Header_Descriptor")
            .is_ok_and(|descriptor| descriptor & 0x08 == 0)
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let skipped = skip_skippable(input)?;
    let taken = if sink.is_streaming() {
        // A frame that is cut off decodes as far as it goes, so its blocks are not walked first.
        Header::read(&mut Fields::new(input.at_least(HEADER_BYTES_MAX)?))
            .and_then(|header| backend::zstd_stream(&header, input, sink))
    } else {
        stream::in_memory(input, |input| decode_at_once(input, sink))
    };
    taken
        .map(|taken| taken.saturating_add(skipped))
        .map_err(|error| error.shifted(skipped))
}

/// Decodes the frame at the beginning of `input` into the room that its headers promise.
fn decode_at_once(input: &[u8], sink: &mut Sink) -> Result<u64> {
    let mut fields = Fields::new(input);
    let frame = Frame::read(&mut fields)?;
    let content_bytes = frame.header.content_bytes;
    if content_bytes.is_some_and(|content| content > sink.left_bytes()) {
        return Err(sink.over_limit());
    }
    let before_bytes = sink.len();
    backend::zstd(&frame, sink)?;
    if let Some(content_bytes) = content_bytes {
        let found_bytes = sink.len().saturating_sub(before_bytes);
        Fields::mismatch("zstd Frame_Content_Size", 0, content_bytes, found_bytes)?;
    }
    Ok(fields.offset())
}

/// The first frame, cut behind the blocks that decode to `bytes`: its last block is marked as such,
/// and it states neither a size nor a checksum.
pub(super) fn cut(input: &[u8], bytes: u64) -> Result<Vec<u8>> {
    let mut input = Pieces::of_memory(input);
    skip_skippable(&mut input)?;
    let mut fields = Fields::new(input.rest()?);
    let header = Header::read(&mut fields)?;
    // A decoder's window, in the form of Window_Descriptor; a power of two that is large enough.
    let window_log = header.window_bytes.clamp(1 << 10, 1 << 27);
    let window_log = window_log.next_power_of_two().trailing_zeros();
    let window_descriptor = u8::try_from(window_log.saturating_sub(10) << 3).unwrap_or(u8::MAX);
    let mut made = MAGIC.to_le_bytes().to_vec();
    made.extend([0, window_descriptor]);
    let mut bound_bytes = 0_u64;
    loop {
        let start = fields.offset();
        let at = made.len();
        let block = header.walk_block(&mut fields)?;
        bound_bytes = bound_bytes.saturating_add(block.decoded_bound_bytes);
        made.extend(fields.since(start));
        // A block may decode to less than it could, so two more than are needed are taken.
        if block.is_last || bound_bytes >= bytes.saturating_add(2 * BLOCK_BYTES_MAX) {
            if let Some(flags) = made.get_mut(at) {
                *flags |= 1;
            }
            return Ok(made);
        }
    }
}

/// Passes over what pzstd writes before each frame; gives the number of bytes.
fn skip_skippable(input: &mut Pieces<'_>) -> Result<u64> {
    let start = input.offset();
    loop {
        let skipped = input.offset().saturating_sub(start);
        let mut fields = Fields::new(input.at_least(SKIPPABLE_HEADER_BYTES)?);
        if fields
            .peek_u32_le()
            .is_none_or(|magic| magic & !0xf != SKIPPABLE_MAGIC)
        {
            return Ok(skipped);
        }
        fields.u32_le("zstd skippable Magic_Number")?;
        let size = fields
            .u32_le("zstd skippable Frame_Size")
            .map_err(|error| error.shifted(skipped))?;
        input.consume(SKIPPABLE_HEADER_BYTES);
        let left_bytes = input.left_bytes();
        if !input.skip(size.into()) {
            let at = skipped.saturating_add(length(SKIPPABLE_HEADER_BYTES));
            let field = "zstd skippable User_Data";
            return Err(Error::truncated(field, at, size.into(), left_bytes));
        }
    }
}

/// What stands before the blocks of a frame: RFC 8878, 3.1.1.1.
pub(super) struct Header {
    /// Whether a checksum of the content ends the frame.
    has_checksum: bool,
    /// What a decoder that streams needs to keep.
    pub window_bytes: u64,
    /// What the frame says that it decodes to.
    pub content_bytes: Option<u64>,
}

/// What the header of a block says.
struct Block {
    is_last: bool,
    /// What it can decode to at the most.
    decoded_bound_bytes: u64,
}

impl Header {
    /// Reads it, magic included.
    fn read(fields: &mut Fields<'_>) -> Result<Self> {
        let offset = fields.offset();
        Fields::mismatch(
            "zstd Magic_Number",
            offset,
            MAGIC,
            fields.u32_le("zstd Magic_Number")?,
        )?;
        let descriptor_offset = fields.offset();
        let descriptor = fields.u8("zstd Frame_Header_Descriptor")?;
        if descriptor & 0x08 != 0 {
            return Err(Error::corrupt(
                "zstd Frame_Header_Descriptor",
                descriptor_offset,
                "bit 3 clear",
                format!("{descriptor:#04x}"),
            ));
        }
        let single_segment = descriptor & 0x20 != 0;
        let window_descriptor = if single_segment {
            None
        } else {
            Some(fields.u8("zstd Window_Descriptor")?)
        };
        let dictionary_offset = fields.offset();
        let dictionary_id = read_sized(
            fields,
            "zstd Dictionary_ID",
            &DICTIONARY_ID_BYTES,
            descriptor,
        )?;
        if dictionary_id.is_some_and(|id| id != 0) {
            return Err(Error::unsupported(
                "zstd Dictionary_ID",
                "a frame that needs a dictionary",
            )
            .at(dictionary_offset));
        }
        let content_bytes = match read_sized(
            fields,
            "zstd Frame_Content_Size",
            &CONTENT_SIZE_BYTES,
            descriptor >> 6,
        )? {
            None if single_segment => Some(fields.u8("zstd Frame_Content_Size")?.into()),
            // "With 2 bytes, 256 is added": the smaller ones fit one byte.
            Some(size) if descriptor >> 6 == 1 => Some(size.saturating_add(256)),
            size => size,
        };
        let window_bytes = match window_descriptor {
            Some(window) => {
                let base = 1_u64.wrapping_shl(u32::from(window >> 3).saturating_add(10));
                base.saturating_add((base / 8).saturating_mul(u64::from(window & 7)))
            }
            None => content_bytes.unwrap_or(0),
        };
        Ok(Self {
            has_checksum: descriptor & 0x04 != 0,
            window_bytes,
            content_bytes,
        })
    }

    /// Reads over one block.
    fn walk_block(&self, fields: &mut Fields<'_>) -> Result<Block> {
        let offset = fields.offset();
        let header = fields
            .bytes("zstd Block_Header", 3)?
            .iter()
            .rev()
            .fold(0_u64, |header, byte| (header << 8) | u64::from(*byte));
        let size = header >> 3;
        let (stored_bytes, decoded_bound_bytes) = match (header >> 1) & 3 {
            0 => (size, size),
            1 => (1, size),
            2 => (size, self.window_bytes.min(BLOCK_BYTES_MAX)),
            reserved => {
                return Err(Error::corrupt(
                    "zstd Block_Type",
                    offset,
                    "0, 1 or 2",
                    reserved.to_string(),
                ));
            }
        };
        fields.bytes("zstd Block_Content", stored_bytes)?;
        Ok(Block {
            is_last: header & 1 == 1,
            decoded_bound_bytes,
        })
    }
}

/// One frame, its header read and its blocks walked, nothing of it decoded.
pub(super) struct Frame<'a> {
    pub header: Header,
    /// All of it, checksum included.
    pub bytes: &'a [u8],
    /// What it can decode to at the most, by what it states and by its blocks.
    #[cfg_attr(
        not(feature = "native-codecs"),
        allow(dead_code, reason = "the Rust decoder allocates its own memory")
    )]
    pub decoded_bound_bytes: u64,
}

impl<'a> Frame<'a> {
    /// Reads the header and the headers of all blocks: RFC 8878, 3.1.1.
    fn read(fields: &mut Fields<'a>) -> Result<Self> {
        let start = fields.offset();
        let header = Header::read(fields)?;
        let mut decoded_bound_bytes = 0_u64;
        loop {
            let block = header.walk_block(fields)?;
            decoded_bound_bytes = decoded_bound_bytes.saturating_add(block.decoded_bound_bytes);
            if block.is_last {
                break;
            }
        }
        if let Some(content_bytes) = header.content_bytes {
            decoded_bound_bytes = decoded_bound_bytes.min(content_bytes);
        }
        if header.has_checksum {
            fields.u32_le("zstd Content_Checksum")?;
        }
        Ok(Self {
            header,
            bytes: fields.since(start),
            decoded_bound_bytes,
        })
    }
}

/// A little-endian field whose width the two low bits of `flag` select.
fn read_sized(
    fields: &mut Fields<'_>,
    field: &'static str,
    widths: &[u64; 4],
    flag: u8,
) -> Result<Option<u64>> {
    let width = widths
        .get(usize::from(flag & 3))
        .copied()
        .unwrap_or_default();
    let bytes = fields.bytes(field, width)?;
    Ok((width > 0).then(|| {
        bytes
            .iter()
            .rev()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: [u8; 9] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0];

    #[test]
    fn a_frame_behind_skippable_frames_is_recognised() {
        let mut bytes = vec![0x55, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
        bytes.extend(EMPTY);
        assert!(recognise(&bytes));
        assert!(!recognise(&bytes[..12]));
        bytes[14] |= 8;
        assert!(!recognise(&bytes), "reserved bit");
    }

    #[test]
    fn header_and_blocks_bound_what_a_frame_decodes_to() {
        // Window 2^27 + 1/8, no content size; a run of 5 and a compressed block of 2 bytes.
        let bytes = [
            0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x89, 0x2a, 0, 0, 7, 0x15, 0, 0, 1, 2, 0xff,
        ];
        let mut fields = Fields::new(&bytes);
        let frame = Frame::read(&mut fields).unwrap();
        assert_eq!(frame.header.window_bytes, (1 << 27) + (1 << 24));
        assert_eq!(frame.header.content_bytes, None);
        assert_eq!(frame.decoded_bound_bytes, 5 + 128 * 1024);
        assert_eq!(frame.bytes.len(), 15);
    }

    #[test]
    fn an_empty_frame_decodes_to_nothing() {
        let limits = crate::limits::Limits::default();
        let mut sink = Sink::new(&limits, &crate::limits::Budget::new(&limits), None);
        assert_eq!(
            decode(&mut Pieces::of_memory(&EMPTY), &mut sink).unwrap(),
            9
        );
        assert!(sink.is_empty());
    }
}
