//! xz: blocks of LZMA2 behind branch and delta filters, an index, and a check of a stated kind.
//!
//! Source: "The .xz File Format" 1.2.1; `lib/decompress_unxz.c`, `scripts/xz_wrap.sh`.

use super::gzip::crc32;
use super::{Codec, backend};
use crate::error::Result;
use crate::limits::Sink;
use crate::source::Pieces;

const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
/// Stream Flags, second byte: no check, CRC32, CRC64, SHA-256.
const CHECKS: [u8; 4] = [0, 1, 4, 10];

/// The codec.
pub static XZ: Codec = Codec {
    name: "xz",
    kconfig: "XZ",
    recognise,
    decode_from: decode,
    ends_itself: true,
};

fn recognise(first_bytes: &[u8]) -> bool {
    let Some(([0, check], crc)) = first_bytes
        .strip_prefix(&MAGIC)
        .and_then(<[u8]>::split_first_chunk::<2>)
    else {
        return false;
    };
    CHECKS.contains(check) && crc.starts_with(&crc32(&[0, *check]).to_le_bytes())
}

fn decode(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    // Each block states its own dictionary; this is the most that any may have.
    sink.charge_window(sink.codec_memory_bytes());
    backend::xz(input, sink)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_of_the_stream_flags_is_looked_at() {
        let mut header = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46".to_vec();
        assert!(recognise(&header));
        header[11] ^= 1;
        assert!(!recognise(&header));
        assert!(!recognise(&header[..11]));
    }
}
