//! xz, lzma and zstd by their reference implementations in C (liblzma, libzstd).

use super::stream::{self, Step};
use super::zstd::{Frame, Header};
use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;
use liblzma::stream::{Action, Error as LzmaError, Status, Stream, TELL_UNSUPPORTED_CHECK};
use std::io::Cursor;
use zstd_safe::zstd_sys::ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall;

/// Decodes one xz stream.
pub(super) fn xz(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let decoder = Stream::new_stream_decoder(sink.codec_memory_bytes(), TELL_UNSUPPORTED_CHECK);
    lzma_stream("xz stream", decoder, input, sink)
}

/// Decodes one lzma stream, header included.
pub(super) fn lzma(input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let decoder = Stream::new_lzma_decoder(sink.codec_memory_bytes());
    lzma_stream("lzma stream", decoder, input, sink)
}

fn lzma_stream(
    name: &'static str,
    decoder: std::result::Result<Stream, LzmaError>,
    input: &mut Pieces<'_>,
    sink: &mut Sink,
) -> Result<u64> {
    let memory_bytes = sink.codec_memory_bytes();
    let failure = |at: u64, error: LzmaError| match error {
        LzmaError::MemLimit => Error::limit("codec_memory_bytes", memory_bytes),
        LzmaError::Options | LzmaError::UnsupportedCheck => {
            Error::unsupported(name, error.to_string()).at(at)
        }
        _ => Error::corrupt(name, at, "what the format allows", error.to_string()),
    };
    let mut decoder = decoder.map_err(|error| failure(0, error))?;
    stream::decode(name, input, sink, |rest, out| {
        let taken_before = decoder.total_in();
        let status = decoder
            .process_vec(rest, out, Action::Run)
            .map_err(|error| failure(decoder.total_in(), error))?;
        let taken = decoder.total_in().saturating_sub(taken_before);
        Ok(Step {
            taken: usize::try_from(taken).unwrap_or(rest.len()),
            ended: matches!(status, Status::StreamEnd),
        })
    })
}

/// Decodes one zstd frame, in one go: so its output is its window, and no other is allocated.
pub(super) fn zstd(frame: &Frame<'_>, sink: &mut Sink) -> Result<()> {
    let mut decoder = zstd_safe::DCtx::try_create()
        .ok_or_else(|| Error::unsupported("zstd decoder", "no memory for it"))?;
    let bound_bytes = frame.decoded_bound_bytes;
    let room_bytes = bound_bytes.min(sink.left_bytes());
    let over_limit = sink.over_limit();
    sink.fill(room_bytes, |out| {
        let mut behind = Cursor::new(&mut *out);
        behind.set_position(stream::length(behind.get_ref().len()));
        decoder
            .decompress(&mut behind, frame.bytes)
            .map(drop)
            .map_err(|code| {
                if room_bytes < bound_bytes
                    && zstd_safe::is_error_kind(code, ZSTD_error_dstSize_tooSmall)
                {
                    return over_limit;
                }
                Error::corrupt(
                    "zstd frame",
                    0,
                    "what RFC 8878 allows",
                    zstd_safe::get_error_name(code),
                )
            })
    })
}

/// Decodes the frame at the beginning of the input, through a window of its own; gives the number
/// of bytes it took.
pub(super) fn zstd_stream(header: &Header, input: &mut Pieces<'_>, sink: &mut Sink) -> Result<u64> {
    let memory_bytes = sink.codec_memory_bytes();
    if header.window_bytes > memory_bytes {
        return Err(Error::limit("codec_memory_bytes", memory_bytes));
    }
    let failure = |at: u64, code| {
        Error::corrupt(
            "zstd frame",
            at,
            "what RFC 8878 allows",
            zstd_safe::get_error_name(code),
        )
    };
    let mut decoder = zstd_safe::DCtx::try_create()
        .ok_or_else(|| Error::unsupported("zstd decoder", "no memory for it"))?;
    // The window was compared with the limit above, which need not be a power of two.
    let largest = header.window_bytes.max(1).ilog2().saturating_add(1);
    decoder
        .set_parameter(zstd_safe::DParameter::WindowLogMax(largest.max(10)))
        .map_err(|code| failure(0, code))?;
    let mut taken_before = 0_usize;
    stream::decode("zstd frame", input, sink, |piece, out| {
        let mut input = zstd_safe::InBuffer::around(piece);
        let start = out.len();
        let mut output = zstd_safe::OutBuffer::around_pos(out, start);
        let hint = decoder
            .decompress_stream(&mut output, &mut input)
            .map_err(|code| {
                failure(
                    stream::length(taken_before.saturating_add(input.pos())),
                    code,
                )
            })?;
        taken_before = taken_before.saturating_add(input.pos());
        Ok(Step {
            taken: input.pos(),
            ended: hint == 0,
        })
    })
}
