//! gzip: a header, one deflate stream, its CRC-32 and its length.
//!
//! Source: RFC 1952; `lib/decompress_inflate.c`.

use super::Codec;
use super::stream::{self, Step};
use crate::error::{Error, Result};
use crate::limits::Sink;
use flate2::{Decompress, FlushDecompress, Status};

const ID: [u8; 2] = [0x1f, 0x8b];
/// CM 8 is deflate, the only method there is.
const CM_DEFLATE: u8 = 8;
/// Bits 5 to 7 of FLG "must be zero".
const FLG_RESERVED: u8 = 0xe0;
/// Base-2 logarithm of deflate's largest window.
const WINDOW_BITS: u8 = 15;

/// The codec.
pub static GZIP: Codec = Codec {
    name: "gzip",
    kconfig: "GZIP",
    recognise,
    decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    matches!(first_bytes, [id1, id2, CM_DEFLATE, flg, ..]
        if [*id1, *id2] == ID && flg & FLG_RESERVED == 0)
}

fn decode(input: &[u8], sink: &mut Sink) -> Result<u64> {
    let mut inflate = Decompress::new_gzip(WINDOW_BITS);
    stream::decode("gzip stream", input, sink, |rest, out| {
        let taken_before = inflate.total_in();
        // Finish spares zlib its copy of the window: what was written stays where it is.
        let status = inflate
            .decompress_vec(rest, out, FlushDecompress::Finish)
            .map_err(|error| {
                Error::corrupt(
                    "gzip stream",
                    inflate.total_in(),
                    "what RFC 1952 allows",
                    error.message().unwrap_or("something else"),
                )
            })?;
        let taken = inflate.total_in().saturating_sub(taken_before);
        Ok(Step {
            taken: usize::try_from(taken).unwrap_or(rest.len()),
            ended: status == Status::StreamEnd,
        })
    })
}

/// The CRC-32 that gzip, lzop and xz use.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_flags_and_other_methods_are_not_gzip() {
        assert!(recognise(&[0x1f, 0x8b, 8, 0x1f]));
        assert!(!recognise(&[0x1f, 0x8b, 8, 0x20]));
        assert!(!recognise(&[0x1f, 0x8b, 7, 0]));
        assert!(!recognise(&[0x1f, 0x8b, 8]));
    }

    #[test]
    fn crc32_of_the_check_string_is_known() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
