//! The loop around decoders that take input and spare capacity and say how far they came.

use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;

/// Smallest room that is offered to a decoder; what the sink has spare is offered beyond it.
const ROOM_BYTES: u64 = 64 * 1024;

/// What one call of a decoder did.
pub(super) struct Step {
    /// Input bytes that it took.
    pub taken: usize,
    /// Whether the stream is at its end.
    pub ended: bool,
}

/// Calls `step` with the input piece by piece and with the sink's spare capacity until the stream
/// ends; gives the number of input bytes taken. `stream` names it in errors.
pub(super) fn decode(
    stream: &'static str,
    input: &mut Pieces<'_>,
    sink: &mut Sink,
    mut step: impl FnMut(&[u8], &mut Vec<u8>) -> Result<Step>,
) -> Result<u64> {
    let start = input.offset();
    loop {
        let piece = input.piece()?;
        let is_over = piece.is_empty();
        let written_before = sink.len();
        let room = sink.left_bytes().min(ROOM_BYTES);
        let done = sink.fill(room, |out| step(piece, out))?;
        input.consume(done.taken);
        let taken = input.offset().saturating_sub(start);
        if done.ended {
            return Ok(taken);
        }
        if done.taken == 0 && sink.len() == written_before {
            return Err(if room == 0 {
                sink.over_limit()
            } else if is_over {
                ends_early(stream, taken)
            } else {
                Error::corrupt(stream, taken, "a stream that goes on", "none")
            });
        }
    }
}

/// Decodes an input of large blocks, all of which is in memory together; `decode` gives the number
/// of bytes that it took.
pub(super) fn in_memory(
    input: &mut Pieces<'_>,
    decode: impl FnOnce(&[u8]) -> Result<u64>,
) -> Result<u64> {
    let taken = decode(input.rest()?)?;
    input.skip(taken);
    Ok(taken)
}

/// The error of an input of `found` bytes, which is over before its stream is.
pub(super) fn ends_early(stream: &'static str, found: u64) -> Error {
    Error::truncated(stream, 0, found, found).expected(format!("more than {found} bytes"))
}

/// A length in memory as errors and limits count it.
pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
