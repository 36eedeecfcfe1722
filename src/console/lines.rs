//! Bytes in any pieces become numbered lines.
//!
//! A line ends at LF. What steers a terminal is taken out; what a line is longer than the limit is
//! passed over, so that a flood without an end costs no memory. Quotes, dashes and blanks that a word
//! processor or a web page exchanged become those that the kernel prints.
//!
//! Source: HTML 4.01 section 24, the entities of ISO 8859-1 and markup; Unicode 15, general punctuation.

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
        .fold(false, |found, byte| found | is_unusual(*byte));
    if steers {
        clean.clear();
        strip(line, clean);
        if clean.iter().any(|byte| *byte >= 0x80 || *byte == b'&') {
            restore(clean);
        }
        Line::new(number, clean)
    } else {
        Line::new(number, line)
    }
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}

/// Returns true for what a console does not print as such, or a paste may have put in.
fn is_unusual(byte: u8) -> bool {
    is_control(byte) || byte >= 0x80 || byte == b'&'
}

/// What stands in pasted text for what was printed. `&amp;` comes last: what it hides is no entity.
const PASTED: [(&[u8], &[u8]); 21] = [
    ("\u{a0}".as_bytes(), b" "),
    ("\u{2009}".as_bytes(), b" "),
    ("\u{202f}".as_bytes(), b" "),
    ("\u{feff}".as_bytes(), b""),
    ("\u{200b}".as_bytes(), b""),
    ("\u{2018}".as_bytes(), b"'"),
    ("\u{2019}".as_bytes(), b"'"),
    ("\u{201a}".as_bytes(), b"'"),
    ("\u{b4}".as_bytes(), b"'"),
    ("\u{201c}".as_bytes(), b"\""),
    ("\u{201d}".as_bytes(), b"\""),
    ("\u{201e}".as_bytes(), b"\""),
    ("\u{2010}".as_bytes(), b"-"),
    ("\u{2013}".as_bytes(), b"-"),
    ("\u{2212}".as_bytes(), b"-"),
    (b"&quot;", b"\""),
    (b"&#39;", b"'"),
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&nbsp;", b" "),
    (b"&amp;", b"&"),
];

/// Puts back what a paste exchanged. Every replacement is shorter than what it replaces.
fn restore(line: &mut Vec<u8>) {
    let text = std::mem::take(line);
    let mut rest = text.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        let is_pasted = *first >= 0x80 || *first == b'&';
        let found = PASTED
            .iter()
            .filter(|_| is_pasted)
            .find_map(|(pasted, printed)| Some((rest.strip_prefix(*pasted)?, *printed)));
        if let Some((after, printed)) = found {
            line.extend_from_slice(printed);
            rest = after;
        } else {
            line.push(*first);
            rest = behind;
        }
    }
}

/// Takes out ANSI escapes (ECMA-48: CSI, OSC and the short ones), what a cleared screen hides, and what else is no
/// text. A
/// carriage return inside a line becomes a blank: two texts stood there one after the other.
fn strip(line: &[u8], clean: &mut Vec<u8>) {
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            0x1b => match bytes.next() {
                Some(b'[') => {
                    // Parameters, then one final byte.
                    let mut parameter = 0;
                    for byte in bytes.by_ref() {
                        if (0x40..=0x7e).contains(&byte) {
                            if byte == b'J' && matches!(parameter, b'2' | b'3') {
                                clean.clear();
                            }
                            break;
                        }
                        parameter = byte;
                    }
                }
                // Firmware clears the screen in the middle of a line, and the kernel starts there.
                Some(b'c') => clean.clear(),
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
    fn what_a_paste_exchanged_is_put_back() {
        let text = "root device \u{201c}vda\u{201d} \u{2013} a\u{a0}b\n\
                    &quot;x&quot; &lt;y&gt; &amp;lt; &\n● Unit · é\n";
        assert_eq!(
            lines(&[text.as_bytes()]),
            [
                (1, "root device \"vda\" - a b".to_owned()),
                (2, "\"x\" <y> &lt; &".to_owned()),
                (3, "● Unit · é".to_owned())
            ]
        );
    }

    #[test]
    fn a_cleared_screen_begins_a_line() {
        let text = b"Probing EDD... o\x1bc\x1b[?7l\x1b[2JLinux version 6.1\nrest\x1b[Jof it\n";
        assert_eq!(
            lines(&[text]),
            [
                (1, "Linux version 6.1".to_owned()),
                (2, "restof it".to_owned())
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
