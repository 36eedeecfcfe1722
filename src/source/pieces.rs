//! A source from front to back, for those who take it as it comes: what is in memory as it is
//! there, a file piece by piece through one buffer.
//!
//! A codec reads each byte once and forgets it, so a file costs it one buffer whatever its length,
//! and the buffer stays in the processor's cache.

use super::{Inner, ReadAt, Source, slice};
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use std::io::{self, Read};
use std::ops::Range;

/// How much of a file is read at once: many times what a system call costs, and a fraction of what
/// a processor's cache holds.
const PIECE_BYTES: usize = 128 * 1024;

/// The bytes of a source in their order, and how far they were taken.
pub struct Pieces<'a> {
    from: From<'a>,
    /// What of the memory, or of the buffer, has not been taken.
    ready: Range<usize>,
    /// Where in the source the first of them stands.
    offset: u64,
    length: u64,
    failure: Option<Error>,
    was_short: bool,
}

enum From<'a> {
    Memory(&'a [u8]),
    File(Buffered<'a>),
}

/// A file's window of bytes.
struct Buffered<'a> {
    read: &'a dyn ReadAt,
    /// Where the source begins in it.
    start: u64,
    buffer: Vec<u8>,
    file_bytes: u64,
    budget: &'a Budget,
}

impl Drop for Buffered<'_> {
    fn drop(&mut self) {
        self.budget.give(length(self.buffer.len()));
    }
}

impl<'a> Pieces<'a> {
    /// Bytes that are in memory: one piece.
    pub fn of_memory(bytes: &'a [u8]) -> Self {
        Self {
            from: From::Memory(bytes),
            ready: 0..bytes.len(),
            offset: 0,
            length: length(bytes.len()),
            failure: None,
            was_short: false,
        }
    }

    /// The source from its beginning. Where it is no memory, what is read of it at a time is charged
    /// to `budget`, until this is dropped.
    pub fn of(source: &'a Source, limits: &Limits, budget: &'a Budget) -> Self {
        match &source.inner {
            Inner::Memory(bytes) => Self::of_memory(slice(bytes, source.start, source.length)),
            Inner::Positioned(read) => Self {
                from: From::File(Buffered {
                    read: read.as_ref(),
                    start: source.start,
                    buffer: Vec::new(),
                    file_bytes: limits.file_bytes,
                    budget,
                }),
                ready: 0..0,
                offset: 0,
                length: source.length,
                failure: None,
                was_short: false,
            },
        }
    }

    /// Where in the source the next byte stands.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes have not been taken.
    pub fn left_bytes(&self) -> u64 {
        self.length.saturating_sub(self.offset)
    }

    /// The next bytes, as many as are at hand; none only at the end.
    pub fn piece(&mut self) -> Result<&[u8]> {
        self.at_least(1)
    }

    /// The next bytes: `count` of them or more, fewer only at the end. For the headers of formats; a
    /// count that came from a file is for [`Pieces::rest`] or [`Pieces::skip`].
    pub fn at_least(&mut self, count: usize) -> Result<&[u8]> {
        if self.ready.len() < count && length(self.ready.len()) < self.left_bytes() {
            self.read_behind(count.max(PIECE_BYTES))?;
        }
        Ok(self.ready())
    }

    /// All that has not been taken, in memory together: for formats of large blocks, and for those
    /// that are looked at twice.
    pub fn rest(&mut self) -> Result<&[u8]> {
        if length(self.ready.len()) < self.left_bytes() {
            let left_bytes = self.left_bytes();
            let count = match &self.from {
                From::File(file) if left_bytes > file.file_bytes => {
                    Err(Error::limit("file_bytes", file.file_bytes))
                }
                _ => {
                    usize::try_from(left_bytes).map_err(|_| Error::limit("file_bytes", left_bytes))
                }
            };
            self.read_behind(count?)?;
        }
        Ok(self.ready())
    }

    /// Takes `count` of the bytes that are at hand.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.ready.len());
        self.ready.start = self.ready.start.saturating_add(count);
        self.offset = self.offset.saturating_add(length(count));
    }

    /// Takes `count` bytes that nobody looks at, and reads none that is not at hand already; `false`
    /// where there are fewer.
    pub fn skip(&mut self, count: u64) -> bool {
        let is_there = count <= self.left_bytes();
        let count = count.min(self.left_bytes());
        let at_hand = usize::try_from(count)
            .unwrap_or(usize::MAX)
            .min(self.ready.len());
        self.consume(at_hand);
        self.offset = self
            .offset
            .saturating_add(count.saturating_sub(length(at_hand)));
        is_there
    }

    /// Why the last read failed, if it did: for decoders that have only words of their own for it.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Whether a decoder that reads by itself ([`Read`]) wanted more than there is.
    pub fn was_short(&self) -> bool {
        self.was_short
    }

    /// What was read and not taken.
    fn ready(&self) -> &[u8] {
        let bytes = match &self.from {
            From::Memory(bytes) => bytes,
            From::File(file) => file.buffer.as_slice(),
        };
        bytes.get(self.ready.clone()).unwrap_or_default()
    }

    /// Moves what is ready to the front of the buffer, and reads behind it until there are `count`
    /// bytes, or the source ends.
    fn read_behind(&mut self, count: usize) -> Result<()> {
        let From::File(file) = &mut self.from else {
            return Ok(());
        };
        let left = usize::try_from(self.length.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let count = count.min(left);
        let kept = self.ready.len();
        let outcome = file.room(count).and_then(|()| {
            file.buffer.copy_within(self.ready.clone(), 0);
            self.ready = 0..kept;
            let at = file
                .start
                .saturating_add(self.offset)
                .saturating_add(length(kept));
            file.fill(kept..count, at)
        });
        match outcome {
            Ok(()) => self.ready.end = count,
            Err(error) => {
                self.failure = Some(error.clone());
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Buffered<'_> {
    /// Makes the buffer hold `count` bytes.
    fn room(&mut self, count: usize) -> Result<()> {
        let more = count.saturating_sub(self.buffer.len());
        if more > 0 {
            self.budget.take(length(more))?;
            if self.buffer.is_empty() {
                // The system hands out zeroed pages when they are touched.
                self.buffer = vec![0; count];
            } else {
                self.buffer.reserve_exact(more);
                self.buffer.resize(count, 0);
            }
        }
        Ok(())
    }

    fn fill(&mut self, range: Range<usize>, at: u64) -> Result<()> {
        let part = self.buffer.get_mut(range).unwrap_or_default();
        super::fill(self.read, "file", at, part)
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.piece().map_err(io::Error::other)?;
        let count = ready.len().min(out.len());
        if let Some((from, to)) = ready.get(..count).zip(out.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        self.was_short |= count == 0 && !out.is_empty();
        Ok(count)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    const LENGTH: u64 = 1_000_000;

    /// What a file of [`LENGTH`] bytes holds at `offset`.
    fn byte_at(offset: u64) -> u8 {
        (offset % 251) as u8
    }

    /// Counts what is read of it, and ends before it says where `ends_at` does.
    struct Counted {
        read_bytes: AtomicU64,
        ends_at: u64,
    }

    impl ReadAt for Counted {
        fn len(&self) -> u64 {
            LENGTH
        }

        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
            // Never all that is asked for, as systems may.
            let count = buffer.len().min(50_000);
            let count = count.min(self.ends_at.saturating_sub(offset) as usize);
            for (at, byte) in (offset..).zip(&mut buffer[..count]) {
                *byte = byte_at(at);
            }
            self.read_bytes.fetch_add(count as u64, Ordering::Relaxed);
            Ok(count)
        }
    }

    fn file(ends_at: u64) -> (Arc<Counted>, Source) {
        let counted = Arc::new(Counted {
            read_bytes: AtomicU64::new(0),
            ends_at,
        });
        (counted.clone(), Source::positioned(counted))
    }

    #[test]
    fn a_file_passes_once_through_a_small_buffer_that_is_charged_and_given_back() {
        let (counted, source) = file(LENGTH);
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let mut pieces = Pieces::of(&source, &limits, &budget);
        let mut seen = 0;
        loop {
            let offset = pieces.offset();
            let piece = pieces.piece().unwrap();
            let Some(count) = piece.len().checked_sub(1) else {
                break;
            };
            assert!(piece.len() <= PIECE_BYTES);
            assert!((offset..).zip(piece).all(|(at, byte)| *byte == byte_at(at)));
            // What is not taken comes again.
            let count = count.max(1);
            seen += count as u64;
            pieces.consume(count);
        }
        assert_eq!((seen, pieces.left_bytes()), (LENGTH, 0));
        assert_eq!(counted.read_bytes.load(Ordering::Relaxed), LENGTH);
        assert_eq!(
            budget.left_bytes(),
            limits.memory_bytes - PIECE_BYTES as u64
        );
        drop(pieces);
        assert_eq!(budget.left_bytes(), limits.memory_bytes);
    }

    #[test]
    fn what_is_skipped_is_not_read() {
        let (counted, source) = file(LENGTH);
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let part = source.part(100, LENGTH);
        let mut pieces = Pieces::of(&part, &limits, &budget);
        assert_eq!(pieces.at_least(4).unwrap()[..4], [100, 101, 102, 103]);
        assert!(pieces.skip(900_000));
        assert_eq!(pieces.piece().unwrap()[0], byte_at(900_100));
        assert_eq!(pieces.offset(), 900_000);
        assert!(!pieces.skip(LENGTH));
        assert!(pieces.piece().unwrap().is_empty());
        let read_bytes = counted.read_bytes.load(Ordering::Relaxed);
        assert!(read_bytes <= 2 * PIECE_BYTES as u64, "{read_bytes}");
    }

    #[test]
    fn all_that_is_left_can_be_had_together_within_the_limits() {
        let (_, source) = file(LENGTH);
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let mut pieces = Pieces::of(&source, &limits, &budget);
        pieces.piece().unwrap();
        pieces.consume(7);
        let rest = pieces.rest().unwrap();
        assert!((7..).zip(rest).all(|(at, byte)| *byte == byte_at(at)));
        assert_eq!(rest.len() as u64, LENGTH - 7);
        for (name, limits) in [
            (
                "file_bytes",
                Limits {
                    file_bytes: 999_999,
                    ..Limits::default()
                },
            ),
            (
                "memory_bytes",
                Limits {
                    memory_bytes: 999_999,
                    ..Limits::default()
                },
            ),
        ] {
            let budget = Budget::new(&limits);
            let error = Pieces::of(&source, &limits, &budget).rest().unwrap_err();
            assert_eq!(error.field(), name);
            assert_eq!(budget.left_bytes(), limits.memory_bytes);
        }
    }

    #[test]
    fn a_file_that_is_shorter_than_it_was_gives_an_error_that_is_remembered() {
        let (_, source) = file(300_000);
        let limits = Limits::default();
        let budget = Budget::new(&limits);
        let mut pieces = Pieces::of(&source, &limits, &budget);
        let mut read = Vec::new();
        let error = pieces.read_to_end(&mut read).unwrap_err();
        assert!(read.len() <= 300_000);
        let text = "file at 0x";
        assert!(error.to_string().starts_with(text), "{error}");
        assert!(pieces.failure().unwrap().to_string().starts_with(text));
    }
}
