//! gzip: a header, one deflate stream, its CRC-32 and its length.
//!
//! Source: RFC 1952; `lib/decompress_inflate.c`.

use super::Codec;
use super::stream::{self, Step};
use crate::error::{Error, Kind, Result};
use crate::limits::Sink;
use crate::source::Pieces;
use flate2::{Decompress, FlushDecompress, Status};

const ID: [u8; 2] = [0x1f, 0x8b];
/// CM 8 is deflate, the only method there is.
const CM_DEFLATE: u8 = 8;
/// Bits 5 to 7 of FLG "must be zero".
const FLG_RESERVED: u8 = 0xe0;
/// FEXTRA and FCOMMENT of FLG.
const FLG_EXTRA: u8 = 4;
const FLG_COMMENT: u8 = 0x10;
/// The bytes of a header before what FLG asks for.
const HEAD: u64 = 10;
/// CRC32 and ISIZE.
const TRAILER: &str = "gzip trailer";
const TRAILER_BYTES: usize = 8;
/// What zlib calls a wrong one, and how many bytes of it are left then.
const WRONG_TRAILER: [(&str, u64); 2] =
    [("incorrect data check", 4), ("incorrect length check", 0)];
/// What zlib says of flags that it does not know.
const UNKNOWN_FLAGS: &str = "unknown header flags set";
/// Base-2 logarithm of deflate's largest window.
const WINDOW_BITS: u8 = 15;

/// The codec.
pub static GZIP: Codec = Codec {
    name: "gzip",
    kconfig: "GZIP",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    matches!(first_bytes, [id1, id2, CM_DEFLATE, flg, ..]
        if [*id1, *id2] == ID && flg & FLG_RESERVED == 0)
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let mut inflate = Decompress::new_gzip(WINDOW_BITS);
    // Finish spares zlib its copy of the window, where what was written stays where it is.
    let flush = if sink.is_streaming() {
        FlushDecompress::None
    } else {
        FlushDecompress::Finish
    };
    let outcome = stream::decode("gzip stream", input, sink, |rest, out| {
        let taken_before = inflate.total_in();
        let status = inflate.decompress_vec(rest, out, flush).map_err(|error| {
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
    });
    match outcome {
        Err(error) if error.kind() == Kind::Truncated && is_in_trailer(&mut inflate) => {
            Err(stream::ends_early(TRAILER, inflate.total_in()))
        }
        outcome => outcome,
    }
}

/// Whether a stream that ended early had nothing but its trailer before it: then a few more bytes make
/// that a wrong one.
fn is_in_trailer(inflate: &mut Decompress) -> bool {
    let taken = inflate.total_in();
    let more = [0x5a; TRAILER_BYTES];
    let mut out = Vec::with_capacity(TRAILER_BYTES);
    let status = inflate.decompress_vec(&more, &mut out, FlushDecompress::None);
    let is_wrong = status.is_err_and(|error| {
        let message = error.message().unwrap_or_default();
        WRONG_TRAILER.iter().any(|(known, _)| *known == message)
    });
    is_wrong && out.is_empty() && inflate.total_in().saturating_sub(taken) <= 8
}

/// What the kernel's decoder does not step over, and takes for the stream: an extra field and a comment.
pub fn refusal(head: &[u8]) -> Option<Error> {
    let flags = *head.get(3)? & (FLG_EXTRA | FLG_COMMENT);
    (flags != 0).then(|| {
        let found = format!("{flags:#04x}");
        Error::corrupt("gzip FLG", HEAD, "neither FEXTRA nor FCOMMENT", found)
    })
}

/// Whether the stream of an error came to its end, and its trailer did not.
pub fn lacks_trailer(error: &Error) -> bool {
    error.field() == TRAILER
}

/// Whether a stream was refused for flags of its header that nobody has given a meaning: the kernel does
/// not look at them (`lib/decompress_inflate.c`).
pub fn has_unknown_flags(error: &Error) -> bool {
    error.found() == UNKNOWN_FLAGS
}

/// How many bytes of a trailer are left behind the place of a decoder's error, if what it found wrong
/// is a checksum or a length that the kernel does not look at (`lib/decompress_inflate.c` skips
/// the trailer).
pub fn unread_trailer_bytes(error: &Error) -> Option<u64> {
    let found = error.found();
    let known = WRONG_TRAILER.iter().find(|(known, _)| *known == found);
    known.map(|(_, left)| *left)
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
    fn a_wrong_trailer_is_told_from_a_broken_stream() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"content").unwrap();
        let whole = encoder.finish().unwrap();
        let limits = crate::limits::Limits::default();
        let budget = crate::limits::Budget::new(&limits);
        for (behind, left) in [(8, Some(4)), (4, Some(0)), (10, None)] {
            let mut stream = whole.clone();
            let at = stream.len() - behind;
            stream[at] ^= 0xff;
            let mut input = Pieces::of_memory(&stream);
            let error = decode(&mut input, &mut Sink::new(&limits, &budget, None)).unwrap_err();
            assert_eq!(unread_trailer_bytes(&error), left, "{error}");
            if let Some(left) = left {
                let end = error.offset().unwrap() + left;
                assert_eq!(end, u64::try_from(whole.len()).unwrap(), "{error}");
            }
        }
    }

    #[test]
    fn a_trailer_that_is_cut_off_is_told_from_a_stream_that_is() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let content: Vec<u8> = (0..9999_u32).flat_map(u32::to_le_bytes).collect();
        encoder.write_all(&content).unwrap();
        let whole = encoder.finish().unwrap();
        let limits = crate::limits::Limits::default();
        let budget = crate::limits::Budget::new(&limits);
        for cut in 1..20 {
            let mut input = Pieces::of_memory(&whole[..whole.len() - cut]);
            let error = decode(&mut input, &mut Sink::new(&limits, &budget, None)).unwrap_err();
            assert_eq!(error.kind(), Kind::Truncated);
            assert_eq!(lacks_trailer(&error), cut <= 8, "{cut}: {error}");
        }
    }

    #[test]
    fn what_the_kernel_does_not_step_over_is_refused() {
        assert!(refusal(&[0x1f, 0x8b, 8, 0x08, 0]).is_none());
        assert!(refusal(&[0x1f, 0x8b, 8, 0x03, 0]).is_none());
        assert!(refusal(&[0x1f, 0x8b, 8]).is_none());
        for flags in [0x04, 0x10, 0x1c] {
            assert_eq!(
                refusal(&[0x1f, 0x8b, 8, flags]).unwrap().field(),
                "gzip FLG"
            );
        }
    }

    #[test]
    fn crc32_of_the_check_string_is_known() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
