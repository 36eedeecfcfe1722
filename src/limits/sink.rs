//! Where codecs write: charged for every byte, whether it stays in a buffer or passes by.

use super::{Budget, Limits, Work};
use crate::error::{Error, Result};
use std::fmt;
use std::io;

/// What takes the output of a streaming [`Sink`], piece by piece.
pub type Consumer<'a> = dyn FnMut(&[u8]) -> Result<()> + 'a;

/// How much a streaming sink collects before it hands it on: a fraction of what a processor's cache
/// holds, and many times what one call of a decoder costs.
const PIECE_BYTES: u64 = 256 * 1024;

/// Where codecs write: a growing buffer that refuses to pass its limit, or a stream that a consumer
/// takes as it comes.
pub struct Sink<'a> {
    bytes: Vec<u8>,
    limit_name: &'static str,
    limit_bytes: u64,
    left_of_memory_bytes: u64,
    codec_memory_bytes: u64,
    streams: u64,
    dropped_bytes: u64,
    consumer: Option<&'a mut Consumer<'a>>,
    consumed_bytes: u64,
    work: Work,
    /// The zeroed room of [`Sink::fill_area`] while streaming, used again and again.
    area: Vec<u8>,
}

impl fmt::Debug for Sink<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sink")
            .field("len", &self.len())
            .field("limit_name", &self.limit_name)
            .field("limit_bytes", &self.limit_bytes)
            .field("is_streaming", &self.is_streaming())
            .finish_non_exhaustive()
    }
}

impl<'a> Sink<'a> {
    /// An empty sink for one stream; `hint_bytes` is what the artefact says it decodes to, and
    /// saves growing when it is true. It is never trusted beyond the limit.
    pub fn new(limits: &Limits, budget: &Budget, hint_bytes: Option<u64>) -> Self {
        let left = budget.left_bytes();
        let (limit_name, limit_bytes) = if left < limits.decoded_bytes {
            ("memory_bytes", left)
        } else {
            ("decoded_bytes", limits.decoded_bytes)
        };
        let capacity = hint_bytes.unwrap_or(0).min(limit_bytes);
        Self {
            bytes: Vec::with_capacity(usize::try_from(capacity).unwrap_or(0)),
            limit_name,
            limit_bytes,
            left_of_memory_bytes: left,
            codec_memory_bytes: limits.codec_memory_bytes,
            streams: limits.streams,
            dropped_bytes: 0,
            consumer: None,
            consumed_bytes: 0,
            work: limits.work(),
            area: Vec::new(),
        }
    }

    /// A sink that holds no more than a piece: `consumer` gets what is decoded as it comes, and ends
    /// the stream by failing. `left_bytes` are what is left of [`Limits::archive_bytes`].
    ///
    /// Codecs keep what they look back at in windows of their own, except lz4's frame format, whose
    /// blocks may lean on one another: such a frame is decoded whole before it is handed on.
    pub fn streaming(
        limits: &Limits,
        budget: &Budget,
        left_bytes: u64,
        consumer: &'a mut Consumer<'a>,
    ) -> Self {
        Self {
            limit_name: "archive_bytes",
            limit_bytes: left_bytes,
            codec_memory_bytes: limits.codec_memory_bytes.min(budget.left_bytes()),
            consumer: Some(consumer),
            ..Self::new(limits, budget, None)
        }
    }

    /// Whether what is written goes to a consumer, and is not there afterwards.
    pub fn is_streaming(&self) -> bool {
        self.consumer.is_some()
    }

    /// What the codec may allocate beside the output.
    pub fn codec_memory_bytes(&self) -> u64 {
        self.codec_memory_bytes
    }

    /// Makes room for a codec's window (dictionary) of up to `window_bytes` beside the output. It
    /// holds a copy of what was decoded last, so it never takes more than the output does.
    pub fn charge_window(&mut self, window_bytes: u64) {
        if self.is_streaming() {
            // The output takes no memory beside it.
            return;
        }
        let left = self.left_of_memory_bytes;
        let beside = left
            .saturating_sub(window_bytes)
            .max(left.saturating_div(2));
        if beside < self.limit_bytes {
            self.limit_name = "memory_bytes";
            self.limit_bytes = beside;
        }
    }

    /// How many streams may follow one another.
    pub fn streams(&self) -> u64 {
        self.streams
    }

    /// How many more bytes fit.
    pub fn left_bytes(&self) -> u64 {
        self.limit_bytes.saturating_sub(self.len())
    }

    /// How many bytes were written.
    pub fn len(&self) -> u64 {
        u64::try_from(self.bytes.len())
            .unwrap_or(u64::MAX)
            .saturating_add(self.consumed_bytes)
    }

    /// What was written, and the rooms of writers that failed: what the stream has cost, whatever
    /// is left of it.
    pub fn spent_bytes(&self) -> u64 {
        self.len().saturating_add(self.dropped_bytes)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written so far, and not consumed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was written and not consumed, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The error of a stream that wants more than the limit.
    pub fn over_limit(&self) -> Error {
        Error::limit(self.limit_name, self.limit_bytes)
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.left_bytes() {
            return Err(self.over_limit());
        }
        self.charge(bytes.len())?;
        if self.is_streaming() {
            return self.consume(bytes);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Charges what a decoder read to the work of the artefact.
    pub fn charge_input(&self, bytes: u64) -> Result<()> {
        self.work.charge(bytes)
    }

    /// Charges what was decoded to the work of the artefact.
    fn charge(&self, bytes: usize) -> Result<()> {
        self.work.charge(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    fn consume(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(consumer) = &mut self.consumer else {
            return Ok(());
        };
        self.consumed_bytes = self
            .consumed_bytes
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if bytes.is_empty() {
            Ok(())
        } else {
            consumer(bytes)
        }
    }

    /// Hands what was written to the consumer, where there is one.
    fn hand_on(&mut self) -> Result<()> {
        if !self.is_streaming() {
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        let outcome = self.consume(&bytes);
        bytes.clear();
        self.bytes = bytes;
        outcome
    }

    /// Lets `write` fill the buffer itself: it is handed the buffer, with room for
    /// `room_bytes` (or more, within the limit) behind what was written, and may only append to it.
    pub fn fill<T>(
        &mut self,
        room_bytes: u64,
        write: impl FnOnce(&mut Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        let room = self.room(room_bytes)?;
        self.reserve(room);
        let before = self.bytes.len();
        let outcome = write(&mut self.bytes);
        let charged = self.charge(self.bytes.len().saturating_sub(before));
        let is_over = self.len() > self.limit_bytes;
        // What a decoder wrote before it failed was decoded, and the kernel unpacks it.
        let consumed = if is_over { Ok(()) } else { self.hand_on() };
        let outcome = outcome.inspect_err(|_| self.drop_room(room_bytes))?;
        if is_over {
            return Err(self.over_limit());
        }
        charged?;
        consumed.map(|()| outcome)
    }

    /// Lets `write` fill a zeroed area of `room_bytes` behind what was written, for decoders that
    /// take no spare capacity; it returns how many of them it filled, and the rest is dropped.
    /// (While streaming, the area is zeroed once.)
    pub fn fill_area<T>(
        &mut self,
        room_bytes: u64,
        write: impl FnOnce(&mut [u8]) -> Result<(usize, T)>,
    ) -> Result<T> {
        let room = self.room(room_bytes)?;
        if self.is_streaming() {
            return self.fill_area_and_hand_on(room, write);
        }
        let start = self.bytes.len();
        let end = start.saturating_add(room);
        if start == 0 && room > self.bytes.capacity().saturating_div(2) {
            // The system hands out zeroed pages when they are touched; to zero them by hand costs
            // a fifth of what a fast codec takes.
            self.bytes = vec![0; room];
        } else {
            self.reserve(room);
            self.bytes.resize(end, 0);
        }
        let area = self.bytes.get_mut(start..end).unwrap_or_default();
        let outcome = write(area);
        let filled = outcome.as_ref().map_or(0, |(filled, _)| *filled).min(room);
        self.bytes.truncate(start.saturating_add(filled));
        if outcome.is_err() {
            self.drop_room(room_bytes);
        }
        let (_, value) = outcome?;
        self.charge(filled)?;
        Ok(value)
    }

    fn fill_area_and_hand_on<T>(
        &mut self,
        room: usize,
        write: impl FnOnce(&mut [u8]) -> Result<(usize, T)>,
    ) -> Result<T> {
        let mut area = std::mem::take(&mut self.area);
        if area.len() < room {
            area = vec![0; room];
        }
        let (filled, value) = write(area.get_mut(..room).unwrap_or_default())?;
        self.charge(filled.min(room))?;
        let outcome = self.consume(area.get(..filled.min(room)).unwrap_or_default());
        self.area = area;
        outcome.map(|()| value)
    }

    fn drop_room(&mut self, room_bytes: u64) {
        self.dropped_bytes = self.dropped_bytes.saturating_add(room_bytes);
        // The writer failed already; the next charge tells whether this was too much.
        self.work.charge(room_bytes).ok();
    }

    fn room(&self, room_bytes: u64) -> Result<usize> {
        if room_bytes > self.left_bytes() {
            return Err(self.over_limit());
        }
        usize::try_from(room_bytes).map_err(|_| self.over_limit())
    }

    /// Grows by doubling, so that many small rooms cost few copies; but never past the limit, for
    /// decoders fill all the capacity that they find.
    fn reserve(&mut self, room: usize) {
        let left = usize::try_from(self.left_bytes()).unwrap_or(usize::MAX);
        if self.is_streaming() {
            let piece = usize::try_from(PIECE_BYTES).unwrap_or(usize::MAX);
            let wanted = room.max(piece.min(left));
            if self.bytes.capacity() < wanted || self.bytes.capacity() > left.max(room) {
                self.bytes = Vec::with_capacity(wanted);
            }
        } else if self.bytes.capacity().saturating_sub(self.bytes.len()) < room {
            self.bytes
                .reserve_exact(room.max(self.bytes.len()).min(left));
        }
    }

    /// Forgets all but the first `bytes`; never what was consumed.
    pub fn truncate(&mut self, bytes: usize) {
        self.bytes.truncate(bytes);
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sink_refuses_what_passes_its_limit() {
        let limits = Limits {
            decoded_bytes: 4,
            ..Limits::default()
        };
        let budget = Budget::new(&limits);
        let mut sink = Sink::new(&limits, &budget, Some(u64::MAX));
        sink.push(b"1234").unwrap();
        let error = sink.push(b"5").unwrap_err();
        assert_eq!(
            error.to_string(),
            "limit decoded_bytes: expected at most 4, found more"
        );
    }

    #[test]
    fn a_streaming_sink_hands_on_what_comes_and_still_counts_it() {
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let mut seen = Vec::new();
        let mut consumer = |bytes: &[u8]| {
            seen.extend_from_slice(bytes);
            Ok(())
        };
        let mut sink = Sink::streaming(&limits, &budget, 6, &mut consumer);
        sink.push(b"12").unwrap();
        sink.fill(2, |out| {
            out.extend_from_slice(b"34");
            Ok(())
        })
        .unwrap();
        sink.fill_area(2, |area| {
            area[0] = b'5';
            Ok((1, ()))
        })
        .unwrap();
        assert_eq!(sink.len(), 5);
        assert!(sink.as_bytes().is_empty());
        assert_eq!(
            sink.push(b"67").unwrap_err().to_string(),
            "limit archive_bytes: expected at most 6, found more"
        );
        drop(sink);
        assert_eq!(seen, b"12345");
    }

    #[test]
    fn a_consumer_that_fails_ends_the_stream() {
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let mut consumer = |_: &[u8]| Err(Error::absent("more", "enough"));
        let mut sink = Sink::streaming(&limits, &budget, 100, &mut consumer);
        assert!(sink.push(b"").is_ok());
        assert!(sink.push(b"1").is_err());
        assert!(sink.fill_area(2, |_| Ok((1, ()))).is_err());
    }

    #[test]
    fn a_window_is_charged_with_the_output_that_it_copies() {
        let limits = Limits {
            decoded_bytes: 100,
            memory_bytes: 120,
            ..Limits::default()
        };
        for (window_bytes, left_bytes) in [(0, 100), (20, 100), (30, 90), (60, 60), (500, 60)] {
            let mut sink = Sink::new(&limits, &Budget::new(&limits), None);
            sink.charge_window(window_bytes);
            assert_eq!(sink.left_bytes(), left_bytes, "{window_bytes}");
        }
    }
}
