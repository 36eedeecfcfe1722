//! xz, lzma and zstd in Rust alone (lzma-rust2, ruzstd), for builds without a C compiler.

use super::fields::Fields;
use super::stream::{self, length};
use super::zstd::{Frame, Header};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, Read};

/// How much of a stream is decoded between two looks at the limit.
const ROOM_BYTES: u64 = 1024 * 1024;

/// Decodes one xz stream.
pub(super) fn xz(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let start = input.offset();
    let outcome = drain(
        &mut XzReader::new_mem_limit(&mut *input, false, memory_kib(sink)),
        sink,
    );
    let taken = input.offset().saturating_sub(start);
    outcome.map_err(|failure| failure.explain("xz stream", taken, input, sink))?;
    Ok(taken)
}

/// Decodes one lzma stream, header included. Its decoder reads ahead, so the input is one piece.
pub(super) fn lzma(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    stream::in_memory(input, |input| {
        let mut whole = Pieces::of_memory(input);
        let mut reader = LzmaReader::new_mem_limit(input, memory_kib(sink), None)
            .map_err(|error| Failure::Decoder(error).explain("lzma stream", 0, &whole, sink))?;
        reader.set_relaxed_end_condition(false);
        let outcome = drain(&mut reader, sink);
        let (rest, read_ahead) = reader.into_parts();
        let left = rest.len().saturating_add(read_ahead.len());
        let taken = length(input.len()).saturating_sub(length(left));
        whole.skip(taken);
        outcome.map_err(|failure| failure.explain("lzma stream", taken, &whole, sink))?;
        Ok(taken)
    })
}

/// Decodes one zstd frame.
pub(super) fn zstd(frame: &Frame<'_>, sink: &mut Sink) -> Result<()> {
    zstd_stream(&frame.header, &mut Pieces::of_memory(frame.bytes), sink).map(drop)
}

/// Decodes the frame at the beginning of the input; gives the number of bytes it took.
pub(super) fn zstd_stream(header: &Header, input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let memory_bytes = sink.codec_memory_bytes();
    if header.window_bytes > memory_bytes {
        return Err(Error::limit("codec_memory_bytes", memory_bytes));
    }
    sink.charge_window(header.window_bytes);
    let start = input.offset();
    let failure = |input: &Pieces<'_>, at: u64, found: String| {
        if let Some(error) = input.failure() {
            return error.clone();
        }
        if input.was_short() {
            return stream::ends_early("zstd frame", input.offset().saturating_sub(start));
        }
        Error::corrupt("zstd frame", at, "what RFC 8878 allows", found)
    };
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(memory_bytes);
    decoder
        .init(&mut *input)
        .map_err(|error| failure(input, 0, error.to_string()))?;
    let room = usize::try_from(ROOM_BYTES).unwrap_or(usize::MAX);
    while !decoder.is_finished() {
        let outcome = decoder.decode_blocks(&mut *input, BlockDecodingStrategy::UptoBytes(room));
        let at = decoder.bytes_read_from_source();
        if length(decoder.can_collect()) > sink.left_bytes() {
            return Err(sink.over_limit());
        }
        decoder
            .collect_to_writer(&mut *sink)
            .map_err(|error| failure(input, at, error.to_string()))?;
        outcome.map_err(|error| failure(input, at, error.to_string()))?;
    }
    let taken = input.offset().saturating_sub(start);
    if let Some(stated) = decoder.get_checksum_from_data() {
        let found = decoder.get_calculated_checksum().unwrap_or_default();
        let at = taken.saturating_sub(4);
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
    fn explain(self, name: &'static str, taken: u64, input: &Pieces<'_>, sink: &Sink) -> Error {
        let error = match self {
            Self::OverLimit => return sink.over_limit(),
            Self::Decoder(error) => error,
        };
        if let Some(failure) = input.failure() {
            return failure.clone();
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                stream::ends_early(name, taken.saturating_add(input.left_bytes()))
            }
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
