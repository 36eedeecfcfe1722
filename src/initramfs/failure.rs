//! Where the kernel stops unpacking, and the words in which it says so.
//!
//! Source: `init/initramfs.c` (`error`), `lib/decompress.c` and the `lib/decompress_*.c` for what
//! each decoder says.

use crate::codec::{self, Codec};
use crate::error::{Error, Kind};

/// What the decoder of lzma says, which hands on whole dictionaries, and nothing of the one in which it
/// stops.
pub const LZMA_STOPS: [&str; 2] = [LZMA_ENDS, LZMA_BREAKS];
const LZMA_ENDS: &str = "unexpected EOF";
const LZMA_BREAKS: &str = "LZMA data is corrupt";

/// Where the kernel stops, and what it prints.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub kernel_message: &'static str,
    pub error: Error,
}

impl Failure {
    pub fn new(kernel_message: &'static str, error: Error) -> Self {
        Self {
            kernel_message,
            error,
        }
    }
}

/// How much of the file a stream that does not decode takes, if the kernel does not notice.
pub(super) fn unnoticed(codec: &Codec, error: &Error) -> Option<u64> {
    let left = codec::unread_trailer_bytes(error).filter(|_| codec.name == "gzip")?;
    Some(error.offset()?.saturating_add(left))
}

/// What the kernel's decoder says of a stream that ours refuses.
pub(super) fn decoder_message(codec: &Codec, error: &Error) -> &'static str {
    let is_cut = error.kind() == Kind::Truncated;
    match codec.name {
        "gzip" if is_cut => "read error",
        "gzip" if error.offset().unwrap_or(0) < 10 => "Not a gzip file",
        "gzip" => "uncompression error",
        "lzma" if is_cut => LZMA_ENDS,
        "lzma" => LZMA_BREAKS,
        "xz" if error.kind() == Kind::Unsupported => {
            "Input was encoded with settings that are not supported by this XZ decoder"
        }
        "xz" => "XZ-compressed data is corrupt",
        "lzo" | "lz4" if error.field().ends_with("magic") => "invalid header",
        "lzo" if is_cut => "file corrupted",
        "lzo" => "Compressed data violation",
        "lz4" if is_cut => "data corrupted",
        "lz4" => "Decoding failed",
        "zstd" if is_cut => "ZSTD-compressed data is truncated",
        "zstd" => "ZSTD-compressed data is corrupt",
        _ => "decompressor failed",
    }
}
