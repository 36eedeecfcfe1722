//! Bytes in any pieces become numbered lines.
//!
//! A line ends at LF. What steers a terminal is taken out; what a line is longer than the limit is
//! passed over, so that a flood without an end costs no memory.

use super::line::Line;
use memchr::memchr;

/// Cuts a stream of bytes into lines.
#[derive(Debug)]
pub struct Lines {
    line_bytes: usize,
    /// The beginning of a line whose end has not come.
    held: Vec<u8>,
    /// Lines that ended so far.
    count: u64,
    clean: Vec<u8>,
}

impl Lines {
    /// Lines of which at most `line_bytes` are kept.
    pub fn new(line_bytes: u64) -> Self {
        Self {
            line_bytes: usize::try_from(line_bytes).unwrap_or(usize::MAX).max(1),
            held: Vec::new(),
            count: 0,
            clean: Vec::new(),
        }
    }

    /// How many lines have ended.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Hands every line that ends in these bytes to `each`.
    pub fn push(&mut self, bytes: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let mut rest = bytes;
        while let Some(at) = memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(at);
            rest = tail.get(1..).unwrap_or_default();
            self.count = self.count.saturating_add(1);
            if self.held.is_empty() {
                let head = head.get(..self.line_bytes).unwrap_or(head);
                each(tidy(head, self.count, &mut self.clean));
            } else {
                self.hold(head);
                each(tidy(&self.held, self.count, &mut self.clean));
                self.held.clear();
            }
        }
        self.hold(rest);
    }

    /// The line that has begun and not ended, as far as it came: a prompt has no end.
    pub fn begun(&mut self) -> Option<Line<'_>> {
        if self.held.is_empty() {
            return None;
        }
        let number = self.count.saturating_add(1);
        Some(tidy(&self.held, number, &mut self.clean))
    }

    /// Hands over a last line without an end.
    pub fn finish(&mut self, each: &mut impl FnMut(Line<'_>)) {
        if self.held.is_empty() {
            return;
        }
        self.count = self.count.saturating_add(1);
        each(tidy(&self.held, self.count, &mut self.clean));
        self.held.clear();
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = self.line_bytes.saturating_sub(self.held.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        self.held.extend_from_slice(kept);
    }
}

/// The line without what steers a terminal. A line that has nothing of that is not copied.
fn tidy<'a>(line: &'a [u8], number: u64, clean: &'a mut Vec<u8>) -> Line<'a> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Without a branch: this is looked at for every line of a gigabyte.
    let steers = line
        .iter()
        .fold(false, |found, byte| found | is_control(*byte));
    if steers {
        clean.clear();
        strip(line, clean);
        Line::new(number, clean)
    } else {
        Line::new(number, line)
    }
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}

/// Takes out ANSI escapes (ECMA-48: CSI, OSC and the short ones), and what else is no text. A
/// carriage return inside a line becomes a blank: two texts stood there one after the other.
fn strip(line: &[u8], clean: &mut Vec<u8>) {
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            0x1b => match bytes.next() {
                Some(b'[') => {
                    // Parameters, then one final byte.
                    for byte in bytes.by_ref() {
                        if (0x40..=0x7e).contains(&byte) {
                            break;
                        }
                    }
                }
                Some(b']' | b'P' | b'X' | b'^' | b'_') => {
                    while let Some(byte) = bytes.next() {
                        if byte == 0x07 {
                            break;
                        }
                        if byte == 0x1b {
                            bytes.next_if_eq(&b'\\');
                            break;
                        }
                    }
                }
                Some(b'(' | b')' | b'#' | b'%' | b' ') => {
                    bytes.next();
                }
                _ => {}
            },
            b'\r' => clean.push(b' '),
            byte if is_control(byte) => {}
            byte => clean.push(byte),
        }
    }
    let kept = clean
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(0, |last| last.saturating_add(1));
    // A prompt ends in one blank, and is known by it.
    if kept.saturating_add(1) < clean.len() {
        clean.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(48);
        let mut found = Vec::new();
        let mut keep = |line: Line<'_>| {
            found.push((
                line.number,
                String::from_utf8_lossy(line.bytes).into_owned(),
            ));
        };
        for piece in pieces {
            lines.push(piece, &mut keep);
        }
        lines.finish(&mut keep);
        found
    }

    #[test]
    fn pieces_are_put_together_and_carriage_returns_taken_off() {
        let found = lines(&[b"on", b"e\r", b"\ntwo\n\n", b"four"]);
        let expected = [(1, "one"), (2, "two"), (3, ""), (4, "four")];
        assert_eq!(found, expected.map(|(number, text)| (number, text.into())));
    }

    #[test]
    fn what_steers_a_terminal_is_taken_out() {
        let text =
            b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07and\0 \x1b(Bwhite\x1b[K\nold\rnew\n\x1b[\n";
        assert_eq!(
            lines(&[text]),
            [
                (1, "red and white".to_owned()),
                (2, "old new".to_owned()),
                (3, String::new())
            ]
        );
    }

    #[test]
    fn no_more_of_a_line_is_kept_than_the_limit() {
        let long = [b'x'; 1000];
        let found = lines(&[&long, &long, b"\nshort\n", &long, b"\n"]);
        let lengths: Vec<usize> = found.iter().map(|(_, text)| text.len()).collect();
        assert_eq!(lengths, [48, 5, 48]);
    }
}
