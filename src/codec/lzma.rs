//! LZMA "alone", the format before xz: thirteen bytes without any magic, then the stream.
//!
//! Source: `lib/decompress_unlzma.c`; "LZMA_Alone" of the LZMA specification.

use super::fields::Fields;
use super::{Codec, backend};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;

/// Sizes above this are taken for chance: there is no magic to tell.
const PLAUSIBLE_BYTES: u64 = 1 << 40;
/// No tool writes a smaller dictionary.
const SMALLEST_DICTIONARY: u32 = 4096;
/// The size where none is stated and a marker ends the stream.
const SIZE_UNKNOWN: u64 = u64::MAX;
/// What stands before the stream.
const HEADER_BYTES: usize = 13;
/// Where the decoded size stands.
const UNCOMPRESSED_BYTES_AT: std::ops::Range<usize> = 5..13;

/// The codec.
pub static LZMA: Codec = Codec {
    name: "lzma",
    kconfig: "LZMA",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

/// What stands before the stream.
struct Header {
    /// 0x0: (pb * 5 + lp) * 9 + lc.
    properties: u8,
    /// 0x1: the dictionary in bytes.
    dictionary_bytes: u32,
    /// 0x5: the decoded size, or [`SIZE_UNKNOWN`].
    uncompressed_bytes: u64,
}

impl Header {
    fn read(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            properties: fields.u8("lzma properties")?,
            dictionary_bytes: fields.u32_le("lzma dictionary size")?,
            uncompressed_bytes: fields.u64_le("lzma uncompressed size")?,
        })
    }

    fn lc_and_lp(&self) -> u8 {
        let within_pb = self.properties % 45;
        (within_pb % 9).saturating_add(within_pb / 9)
    }

    /// Whether a tool would have written it: pb, lc and lp are in range, the dictionary is 2^n or
    /// 2^n + 2^(n-1) bytes, the size is stated in earnest or not at all.
    fn is_plausible(&self) -> bool {
        let dictionary = self.dictionary_bytes;
        let high_bit = 31_u32.saturating_sub(dictionary.leading_zeros());
        let below = dictionary & !(1_u32.wrapping_shl(high_bit));
        let half = 1_u32.wrapping_shl(high_bit.saturating_sub(1));
        self.properties < 225
            && self.lc_and_lp() <= 4
            && dictionary >= SMALLEST_DICTIONARY
            && (below == 0 || below == half || dictionary == u32::MAX)
            && self.uncompressed_bytes != 0
            && (self.uncompressed_bytes == SIZE_UNKNOWN
                || self.uncompressed_bytes < PLAUSIBLE_BYTES)
    }
}

fn recognise(first_bytes: &[u8]) -> bool {
    let mut fields = Fields::new(first_bytes);
    Header::read(&mut fields).is_ok_and(|header| header.is_plausible())
        // The range coder's first byte is always zero.
        && fields.rest().first() == Some(&0)
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let header = Header::read(&mut Fields::new(input.at_least(HEADER_BYTES)?))?;
    if header.properties >= 225 || header.lc_and_lp() > 4 {
        return Err(Error::corrupt(
            "lzma properties",
            0,
            "below 225, lc + lp at most 4",
            header.properties.to_string(),
        ));
    }
    if header.uncompressed_bytes != SIZE_UNKNOWN && header.uncompressed_bytes > sink.left_bytes() {
        return Err(sink.over_limit());
    }
    // lzma-rust2 calls the largest dictionary invalid, so the limit is applied before it looks.
    if u64::from(header.dictionary_bytes) > sink.codec_memory_bytes() {
        return Err(Error::limit(
            "codec_memory_bytes",
            sink.codec_memory_bytes(),
        ));
    }
    sink.charge_window(header.dictionary_bytes.into());
    backend::lzma(input, sink)
}

/// The stream with its decoded size unknown, so that it can be decoded in part.
pub(super) fn without_size(input: &[u8]) -> Vec<u8> {
    let mut stream = input.to_vec();
    if let Some(size) = stream.get_mut(UNCOMPRESSED_BYTES_AT) {
        size.copy_from_slice(&SIZE_UNKNOWN.to_le_bytes());
    }
    stream
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(properties: u8, dictionary: u32, size: u64, first: u8) -> Vec<u8> {
        let mut bytes = vec![properties];
        bytes.extend(dictionary.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.push(first);
        bytes
    }

    #[test]
    fn what_lzma_tools_write_is_recognised() {
        for dictionary in [4096, 3 << 22, 1 << 23, 1 << 25, u32::MAX] {
            assert!(recognise(&header(0x5d, dictionary, u64::MAX, 0)));
        }
        assert!(recognise(&header(0x5d, 1 << 23, 50_000_000, 0)));
    }

    #[test]
    fn what_only_looks_like_lzma_is_not() {
        assert!(!recognise(&header(225, 1 << 23, 1, 0)), "properties");
        assert!(!recognise(&header(0x5d, (1 << 23) + 1, 1, 0)), "dictionary");
        assert!(!recognise(&header(0x5d, 2048, 1, 0)), "small dictionary");
        assert!(!recognise(&header(0x5d, 1 << 23, 1 << 41, 0)), "size");
        assert!(!recognise(&header(0x5d, 1 << 23, 0, 0)), "nothing in it");
        assert!(!recognise(&header(0x5d, 1 << 23, 1, 1)), "range coder");
        assert!(!recognise(&[0; 64]), "zeros");
        assert!(!recognise(&[0xff; 64]), "ones");
        assert!(!recognise(&header(0x5d, 1 << 23, 1, 0)[..13]), "short");
    }
}
