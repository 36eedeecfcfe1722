//! The loop around decoders that take input and spare capacity and say how far they came.

use crate::error::{Error, Result};
use crate::limits::Sink;

/// Smallest room that is offered to a decoder; what the sink has spare is offered beyond it.
const ROOM_BYTES: u64 = 64 * 1024;

/// What one call of a decoder did.
pub(super) struct Step {
    /// Input bytes that it took.
    pub taken: usize,
    /// Whether the stream is at its end.
    pub ended: bool,
}

/// Calls `step` with what is left of the input and with the sink's spare capacity until the stream
/// ends; gives the number of input bytes taken. `stream` names it in errors.
pub(super) fn decode(
    stream: &'static str,
    input: &[u8],
    sink: &mut Sink,
    mut step: impl FnMut(&[u8], &mut Vec<u8>) -> Result<Step>,
) -> Result<u64> {
    let mut taken = 0_usize;
    loop {
        let rest = input.get(taken..).unwrap_or_default();
        let written_before = sink.len();
        let room = sink.left_bytes().min(ROOM_BYTES);
        let done = sink.fill(room, |out| step(rest, out))?;
        taken = taken.saturating_add(done.taken);
        if done.ended {
            return Ok(length(taken));
        }
        if done.taken == 0 && sink.len() == written_before {
            return Err(if room == 0 {
                sink.over_limit()
            } else if rest.is_empty() {
                ends_early(stream, input)
            } else {
                Error::corrupt(stream, length(taken), "a stream that goes on", "none")
            });
        }
    }
}

/// The error of an input that is over before its stream is.
pub(super) fn ends_early(stream: &'static str, input: &[u8]) -> Error {
    let found = length(input.len());
    Error::truncated(stream, 0, found, found).expected(format!("more than {found} bytes"))
}

/// A length in memory as errors and limits count it.
pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
