//! The beginning of what a stream decodes to, from the beginning of the stream: to tell what an
//! image is inside its compression, without the cost of all of it.
//!
//! Sources: those of each codec. A decoder that writes as it goes is stopped by its limit; for the
//! framings whose blocks are walked first, the blocks that matter are decoded alone.

use super::{Codec, lz4, lzma, zstd};
use crate::limits::{Budget, Limits, Sink};

/// What of a stream has to be read: one block, of a codec that has large ones.
pub const STREAM_HEAD_BYTES: u64 = 8 * 1024 * 1024 + 64 * 1024;
/// What a block of those codecs decodes to at the most.
const BLOCK_BYTES: u64 = 8 * 1024 * 1024;

/// The first `bytes` of what the stream at the beginning of `input` decodes to; fewer where it does
/// not hold as many, or where it is damaged. `input` may end within the stream.
pub fn decode_head(codec: &Codec, input: &[u8], bytes: u64, limits: &Limits) -> Vec<u8> {
    let decoded_bytes = match codec.name {
        "lz4" | "lzo" | "zstd" => BLOCK_BYTES,
        _ => bytes,
    };
    let limits = Limits {
        decoded_bytes: decoded_bytes.min(limits.decoded_bytes),
        streams: 1,
        ..limits.clone()
    };
    let mut sink = Sink::new(&limits, &Budget::new(&limits), None);
    // A stream that is longer than the limit, or than the input, is what is expected here.
    let _ends = match codec.name {
        "lz4" => lz4::decode_first_blocks(input, bytes, &mut sink),
        "zstd" => codec.decode(&zstd::cut(input, bytes).unwrap_or_default(), &mut sink),
        "lzma" => codec.decode(&lzma::without_size(input), &mut sink),
        _ => codec.decode(input, &mut sink),
    };
    let mut decoded = sink.into_bytes();
    decoded.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::by_name;
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// What a tool makes of `plain`; `None` where it is not installed.
    fn made_by(tool: &[&str], plain: &[u8]) -> Option<Vec<u8>> {
        let mut child = Command::new(tool[0])
            .args(&tool[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut stdin = child.stdin.take().unwrap();
        let plain = plain.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&plain).ok());
        let made = child.wait_with_output().unwrap().stdout;
        writer.join().unwrap();
        Some(made)
    }

    #[test]
    fn every_codec_shows_its_head_when_only_a_part_is_there() {
        let mut state = 1_u32;
        let plain: Vec<u8> = (0..12_000_000_u32)
            .map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Compressible, but not to nothing.
                if at % 5 < 3 { 7 } else { (state >> 24) as u8 }
            })
            .collect();
        let limits = Limits::default();
        for (name, tool) in [
            ("gzip", &["gzip", "-1"][..]),
            ("bzip2", &["bzip2", "-1"]),
            ("xz", &["xz", "-0"]),
            ("lzma", &["xz", "-0", "--format=lzma"]),
            ("lzo", &["lzop", "-1"]),
            ("lz4", &["lz4", "-l"]),
            ("lz4", &["lz4", "-B7"]),
            ("lz4", &["lz4", "-B4", "-BD"]),
            ("zstd", &["zstd", "-1"]),
            ("zstd", &["zstd", "-1", "--stream-size=12000000"]),
        ] {
            let Some(stream) = made_by(tool, &plain) else {
                continue;
            };
            let head = &stream[..stream.len().min(STREAM_HEAD_BYTES as usize)];
            let head = &head[..head.len() - 1];
            let decoded = decode_head(by_name(name).unwrap(), head, 70_000, &limits);
            assert!(decoded == plain[..70_000], "{tool:?}: {}", decoded.len());
        }
    }

    #[test]
    fn lzma_that_states_its_size_shows_its_head() {
        let Some(mut stream) = made_by(&["xz", "--format=lzma"], &[9; 100_000]) else {
            return;
        };
        stream[5..13].copy_from_slice(&100_000_u64.to_le_bytes());
        let lzma = by_name("lzma").unwrap();
        let decoded = decode_head(lzma, &stream, 5000, &Limits::default());
        assert_eq!(decoded, [9; 5000]);
    }

    #[test]
    fn a_damaged_stream_shows_what_it_has() {
        let limits = Limits::default();
        for codec in crate::codec::CODECS {
            assert!(decode_head(codec, b"", 70_000, &limits).is_empty());
            assert!(decode_head(codec, &[0x28, 0xb5, 0x2f, 0xfd, 4], 9, &limits).is_empty());
        }
    }
}
