//! Decisions that a fuzzer takes: a byte each, the first of everything when the bytes are used up.
//!
//! Each part of an input has bytes of its own (a lane), so that another decision in one part leaves
//! the other parts as they were: what is nearly valid stays so.

/// What is left of some bytes.
pub struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `length` bytes, for decisions of one part.
    pub fn lane(&mut self, length: usize) -> Self {
        Self(self.bytes(length))
    }

    /// At most `most` bytes, as they are.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// A number below `limit`, of two bytes.
    pub fn below(&mut self, limit: usize) -> usize {
        let number = usize::from(self.byte()) << 8 | usize::from(self.byte());
        number % limit.max(1)
    }

    /// The first by default.
    pub fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()].clone()
    }

    /// One time in two; not by default.
    pub fn often(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// One time in eight; not by default.
    pub fn rarely(&mut self) -> bool {
        self.byte() >= 0xe0
    }

    /// `what`, one time in eight.
    pub fn rare<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.rarely().then(|| what(self))
    }

    /// How often something is done: mostly not at all, at most `most` times.
    pub fn few(&mut self, most: usize) -> usize {
        usize::from(self.byte() & 0x7f) * (most + 1) / 0x80
    }
}
