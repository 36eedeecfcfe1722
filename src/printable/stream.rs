//! Bytes that arrive in pieces: a file's content, and a console while its machine runs.
//!
//! Sources: ECMA-48, 5.4 (control sequences), ECMA-35, 13.2 (escape sequences).

use super::{Notation, Printable, steers};

/// The longest control sequence that is dropped. Longer ones are shown.
const SEQUENCE_BYTES: usize = 32;

/// The content of a file. Newlines and tabs stay; a character may be split between two pieces.
#[derive(Debug, Default)]
pub struct Content {
    /// The beginning of a character whose end has not arrived.
    open: Vec<u8>,
}

impl Content {
    /// The next piece.
    pub fn push(&mut self, piece: &[u8]) -> Printable {
        self.open.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.open);
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Some(chunk) = rest.utf8_chunks().next() {
            show(chunk.valid(), &mut text);
            let taken = chunk.valid().len().saturating_add(chunk.invalid().len());
            rest = rest.get(taken..).unwrap_or_default();
            if rest.is_empty() && may_go_on(chunk.invalid()) {
                self.open = chunk.invalid().to_vec();
            } else {
                show_bytes(chunk.invalid(), &mut text);
            }
        }
        printable(text)
    }

    /// The end of it.
    pub fn finish(&mut self) -> Printable {
        let mut text = String::new();
        show_bytes(&std::mem::take(&mut self.open), &mut text);
        printable(text)
    }
}

fn show(valid: &str, text: &mut String) {
    for letter in valid.chars() {
        if steers(letter) && !matches!(letter, '\n' | '\t') {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
}

fn show_bytes(invalid: &[u8], text: &mut String) {
    for byte in invalid {
        text.push_str(&format!("\\x{byte:02x}"));
    }
}

fn printable(text: String) -> Printable {
    Printable {
        text,
        notation: Notation::Text,
    }
}

/// Returns true if the bytes are the beginning of a character of UTF-8.
fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// A console. As [`Content`], but the sequences that colour a console or clear its screen are
/// dropped, and so are carriage returns at the end of a line.
///
/// Strings for the terminal (titles, links, files: OSC, DCS, APC, PM, SOS) are not dropped but shown,
/// as one without an end would swallow all that follows.
#[derive(Debug, Default)]
pub struct Console {
    content: Content,
    /// The beginning of a sequence, or the carriage returns before a newline.
    held: Vec<u8>,
}

/// What a sequence turned out to be.
enum Sequence {
    Open,
    Complete,
    Other,
}

impl Console {
    /// The next piece.
    pub fn push(&mut self, piece: &[u8]) -> Printable {
        let mut plain = Vec::with_capacity(piece.len());
        for byte in piece {
            self.take(*byte, &mut plain);
        }
        self.content.push(&plain)
    }

    /// The end of it.
    pub fn finish(&mut self) -> Printable {
        let held = std::mem::take(&mut self.held);
        self.content.push(&held).with(self.content.finish())
    }

    fn take(&mut self, byte: u8, plain: &mut Vec<u8>) {
        match self.held.first() {
            None => {}
            Some(b'\r') => match byte {
                b'\n' => self.held.clear(),
                b'\r' if self.held.len() < SEQUENCE_BYTES => {}
                _ => plain.append(&mut self.held),
            },
            Some(_) => {
                self.held.push(byte);
                match sequence(&self.held) {
                    Sequence::Open => return,
                    Sequence::Complete => {
                        self.held.clear();
                        return;
                    }
                    Sequence::Other => {
                        self.held.pop();
                        plain.append(&mut self.held);
                    }
                }
            }
        }
        if matches!(byte, b'\r' | 0x1b) {
            self.held.push(byte);
        } else {
            plain.push(byte);
        }
    }
}

/// `ESC [ parameters intermediates final`, or `ESC intermediates final`.
fn sequence(bytes: &[u8]) -> Sequence {
    let body = match bytes {
        [0x1b, b'[', body @ ..] => body,
        [0x1b, body @ ..] => {
            let (last, intermediates) = match body.split_last() {
                Some(split) => split,
                None => return Sequence::Open,
            };
            let is_short = bytes.len() <= SEQUENCE_BYTES;
            return match last {
                _ if !intermediates.iter().all(|byte| matches!(byte, 0x20..=0x2f)) => {
                    Sequence::Other
                }
                0x20..=0x2f if is_short => Sequence::Open,
                // These begin a string.
                b'P' | b'X' | b']' | b'^' | b'_' if intermediates.is_empty() => Sequence::Other,
                0x30..=0x7e => Sequence::Complete,
                _ => Sequence::Other,
            };
        }
        _ => return Sequence::Other,
    };
    match body.last() {
        None => Sequence::Open,
        Some(0x40..=0x7e) => Sequence::Complete,
        Some(0x20..=0x3f) if bytes.len() <= SEQUENCE_BYTES => Sequence::Open,
        Some(_) => Sequence::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The console as a whole, and byte by byte: the same.
    #[track_caller]
    fn assert_console(bytes: &[u8], shown: &str) {
        let mut console = Console::default();
        let whole = console.push(bytes).with(console.finish());
        assert_eq!(whole.as_str(), shown);
        let mut console = Console::default();
        let mut text = String::new();
        for byte in bytes {
            text += &console.push(&[*byte]);
        }
        text += &console.finish();
        assert_eq!(text, shown);
    }

    #[test]
    fn colours_and_line_ends_of_a_console_are_dropped() {
        assert_console(b"[\x1b[0;32m  OK  \x1b[0m] a\r\nb\r\r\n", "[  OK  ] a\nb\n");
        assert_console(b"\x1bc\x1b[?7l\x1b[2J\x1b(Bx", "x");
    }

    #[test]
    fn what_is_no_complete_sequence_is_shown() {
        assert_console(b"a\x1b]0;t\x07b", "a\\u{1b}]0;t\\u{7}b");
        assert_console(b"a\x1b[3\x1b[1mb\x1b", "a\\u{1b}[3b\\u{1b}");
        assert_console(b"a\rb\x08c\x00", "a\\rb\\u{8}c\\u{0}");
        assert_console(b"\x1bPq\x1b_x\x1b\\", "\\u{1b}Pq\\u{1b}_x");
        let long = [b"\x1b[".as_slice(), &[b'1'; 40], b"m"].concat();
        assert_console(&long, &format!("\\u{{1b}}[{}m", "1".repeat(40)));
    }

    #[test]
    fn c1_controls_are_shown_in_both_spellings() {
        assert_console(b"\x9b31m\xc2\x9b31m", "\\x9b31m\\u{9b}31m");
    }

    #[test]
    fn a_character_may_be_split() {
        assert_console("ä✔\u{202e}😀".as_bytes(), "ä✔\\u{202e}😀");
        assert_console(b"\xe2\x9c", "\\xe2\\x9c");
        assert_console(b"\xf0\x9f\x98a\xe2\xe2\x9c\x94", "\\xf0\\x9f\\x98a\\xe2✔");
    }

    #[test]
    fn content_keeps_tabs_and_shows_the_rest() {
        let mut content = Content::default();
        let shown = content.push(b"a\tb\r\n\x1b[1m\xff").with(content.finish());
        assert_eq!(shown.as_str(), "a\tb\\r\n\\u{1b}[1m\\xff");
    }
}
