//! bzip2: blocks of at most 900 kB behind a byte that says how large, each with a checksum.
//!
//! Source: `lib/decompress_bunzip2.c`; the format of bzip2 1.0.

use super::Codec;
use super::stream::{self, Step};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;
use bzip2::{Decompress, Status};

/// The first block's magic: pi in BCD.
const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
/// The magic of an empty stream's end: the square root of pi.
const END: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// The codec.
pub static BZIP2: Codec = Codec {
    name: "bzip2",
    kconfig: "BZIP2",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    let [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] = first_bytes else {
        return false;
    };
    rest.starts_with(&BLOCK) || rest.starts_with(&END)
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let mut bunzip = Decompress::new(false);
    stream::decode("bzip2 stream", input, sink, |rest, out| {
        let taken_before = bunzip.total_in();
        let status = bunzip.decompress_vec(rest, out).map_err(|error| {
            Error::corrupt(
                "bzip2 stream",
                bunzip.total_in(),
                "blocks with their checksums",
                error.to_string(),
            )
        })?;
        let taken = bunzip.total_in().saturating_sub(taken_before);
        Ok(Step {
            taken: usize::try_from(taken).unwrap_or(rest.len()),
            ended: status == Status::StreamEnd,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_magic_is_looked_at() {
        assert!(recognise(b"BZh91AY&SY"));
        assert!(recognise(b"BZh1\x17\x72\x45\x38\x50\x90"));
        assert!(!recognise(b"BZh01AY&SY"));
        assert!(!recognise(b"BZh9 or not"));
        assert!(!recognise(b"BZh9"));
    }
}
