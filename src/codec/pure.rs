//! xz, lzma and zstd in Rust alone (lzma-rust2, ruzstd), for builds without a C compiler.

use super::fields::Fields;
use super::stream::{self, length};
use super::zstd::Frame;
use crate::error::{Error, Result};
use crate::limits::Sink;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, Read};

/// How much of a stream is decoded between two looks at the limit.
const ROOM_BYTES: u64 = 1024 * 1024;

/// Decodes one xz stream.
pub(super) fn xz(input: &[u8], sink: &mut Sink) -> Result<u64> {
    let mut reader = XzReader::new_mem_limit(input, false, memory_kib(sink));
    let outcome = drain(&mut reader, sink);
    let left = reader.inner().len();
    let taken = length(input.len()).saturating_sub(length(left));
    outcome.map_err(|failure| failure.explain("xz stream", taken, input, sink))?;
    Ok(taken)
}

/// Decodes one lzma stream, header included.
pub(super) fn lzma(input: &[u8], sink: &mut Sink) -> Result<u64> {
    let mut reader = LzmaReader::new_mem_limit(input, memory_kib(sink), None)
        .map_err(|error| Failure::Decoder(error).explain("lzma stream", 0, input, sink))?;
    reader.set_relaxed_end_condition(false);
    let outcome = drain(&mut reader, sink);
    let (rest, read_ahead) = reader.into_parts();
    let left = rest.len().saturating_add(read_ahead.len());
    let taken = length(input.len()).saturating_sub(length(left));
    outcome.map_err(|failure| failure.explain("lzma stream", taken, input, sink))?;
    Ok(taken)
}

/// Decodes one zstd frame.
pub(super) fn zstd(frame: &Frame<'_>, sink: &mut Sink) -> Result<()> {
    zstd_stream(frame, sink).map(drop)
}

/// Decodes the frame at the beginning of what is left of the input; gives the number of bytes it
/// took.
pub(super) fn zstd_stream(frame: &Frame<'_>, sink: &mut Sink) -> Result<u64> {
    let memory_bytes = sink.codec_memory_bytes();
    if frame.window_bytes > memory_bytes {
        return Err(Error::limit("codec_memory_bytes", memory_bytes));
    }
    sink.charge_window(frame.window_bytes);
    let failure = |at: u64, found: String| {
        Error::corrupt(
            "zstd frame",
            frame.offset.saturating_add(at),
            "what RFC 8878 allows",
            found,
        )
    };
    let mut rest = frame.bytes;
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(memory_bytes);
    decoder
        .init(&mut rest)
        .map_err(|error| failure(0, error.to_string()))?;
    let room = usize::try_from(ROOM_BYTES).unwrap_or(usize::MAX);
    while !decoder.is_finished() {
        let outcome = decoder.decode_blocks(&mut rest, BlockDecodingStrategy::UptoBytes(room));
        if length(decoder.can_collect()) > sink.left_bytes() {
            return Err(sink.over_limit());
        }
        decoder
            .collect_to_writer(&mut *sink)
            .map_err(|error| failure(decoder.bytes_read_from_source(), error.to_string()))?;
        outcome.map_err(|error| failure(decoder.bytes_read_from_source(), error.to_string()))?;
    }
    let taken = length(frame.bytes.len()).saturating_sub(length(rest.len()));
    if let Some(stated) = decoder.get_checksum_from_data() {
        let found = decoder.get_calculated_checksum().unwrap_or_default();
        let at = frame.offset.saturating_add(taken.saturating_sub(4));
        Fields::mismatch("zstd Content_Checksum", at, stated, found)?;
    }
    Ok(taken)
}

fn memory_kib(sink: &Sink) -> u32 {
    u32::try_from(sink.codec_memory_bytes() / 1024).unwrap_or(u32::MAX)
}

enum Failure {
    OverLimit,
    Decoder(io::Error),
}

impl Failure {
    fn explain(self, name: &'static str, taken: u64, input: &[u8], sink: &Sink) -> Error {
        let error = match self {
            Self::OverLimit => return sink.over_limit(),
            Self::Decoder(error) => error,
        };
        match error.kind() {
            io::ErrorKind::UnexpectedEof => stream::ends_early(name, input),
            io::ErrorKind::OutOfMemory => {
                Error::limit("codec_memory_bytes", sink.codec_memory_bytes())
            }
            io::ErrorKind::Unsupported => Error::unsupported(name, error.to_string()).at(taken),
            _ => Error::corrupt(name, taken, "what the format allows", error.to_string()),
        }
    }
}

/// Reads to the end of the stream, or until the sink is full and more comes.
fn drain(reader: &mut impl Read, sink: &mut Sink) -> std::result::Result<(), Failure> {
    loop {
        let room = sink.left_bytes().min(ROOM_BYTES);
        if room == 0 {
            return match reader.read(&mut [0]).map_err(Failure::Decoder)? {
                0 => Ok(()),
                _ => Err(Failure::OverLimit),
            };
        }
        let mut failure = None;
        let outcome = sink.fill_area(room, |area| {
            let mut filled = 0_usize;
            while let Some(part) = area.get_mut(filled..).filter(|part| !part.is_empty()) {
                match reader.read(part) {
                    Ok(0) => break,
                    Ok(count) => filled = filled.saturating_add(count),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            Ok((filled, filled))
        });
        if let Some(error) = failure {
            return Err(Failure::Decoder(error));
        }
        let filled = outcome.map_err(|_| Failure::OverLimit)?;
        if length(filled) < room {
            return Ok(());
        }
    }
}
