//! Text that cannot steer what shows it: the only type that the command prints.
//!
//! A [`Printable`] holds no control character but the newlines and tabs that its constructor allows,
//! no character that is invisible or changes the direction of writing, and no colour but those of
//! [`Printable::painted`]. Everything else becomes an escape such as `\u{1b}`.
//!
//! Sources: Unicode 16.0, `DerivedCoreProperties.txt` (`Default_Ignorable_Code_Point`); UAX #9
//! (bidirectional controls); ECMA-48 (C0 and C1).

mod annotation;
mod runner;
pub mod shell;
mod stream;

pub use annotation::Annotation;
pub use runner::Runner;
pub use stream::{Console, Content};

use std::borrow::Cow;
use std::ops::Deref;

/// Returns true if a character could steer a terminal or hide from its reader.
///
/// These are all control characters (C0, DEL and C1), the bidirectional controls, the separators of
/// lines and paragraphs, interlinear annotations, and every character that Unicode calls ignorable,
/// which draws nothing: zero-width characters, tags, variation selectors, fillers, soft hyphens.
pub fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text as one line, with an escape for each character that [`steers`].
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.contains(steers) {
        Cow::Owned(escaped(text, |_| false))
    } else {
        Cow::Borrowed(text)
    }
}

fn escaped(text: &str, keeps: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if steers(letter) && !keeps(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// A colour of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Bold, in the terminal's own colour.
    Bold,
    /// Faint.
    Dim,
    /// What fails.
    Red,
    /// What is unknown or may fail.
    Yellow,
    /// What is good.
    Green,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::Yellow => "33",
            Self::Green => "32",
        }
    }
}

/// How a character is escaped: as Rust does, or as in a string of JSON. Annotations are commands to a CI
/// runner on purpose, with all foreign text escaped already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Notation {
    #[default]
    Text,
    Json,
    Annotations,
}

/// Text that cannot steer a terminal. A string that is turned into one becomes one line.
///
/// There is no `Display`: text is joined by [`Printable::with`], which escapes what is added, and never by
/// `format!`, which would lose the difference between a colour and an artefact's bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printable {
    text: String,
    notation: Notation,
}

impl Printable {
    /// Text of several lines: its newlines stay.
    pub fn lines(text: &str) -> Self {
        Self {
            text: escaped(text, |letter| letter == '\n'),
            notation: Notation::Text,
        }
    }

    /// A document of JSON. The escapes are JSON's own, so that its values stay the same.
    pub fn json(document: &str) -> Self {
        let mut text = String::with_capacity(document.len());
        let mut units = [0; 2];
        for letter in document.chars() {
            // Outside strings JSON has no such characters but newlines.
            if steers(letter) && letter != '\n' {
                for unit in letter.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                text.push(letter);
            }
        }
        Self {
            text,
            notation: Notation::Json,
        }
    }

    /// One line in a colour.
    pub fn painted(colour: Colour, text: &str) -> Self {
        Self {
            text: format!("\u{1b}[{}m{}\u{1b}[0m", colour.code(), escape(text)),
            notation: Notation::Text,
        }
    }

    /// The text with a newline at its end and no blanks before it.
    pub fn into_line(mut self) -> Self {
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
        self
    }

    /// Returns the text with more at its end.
    pub fn with(mut self, more: impl Into<Self>) -> Self {
        self.push(&more.into());
        self
    }

    /// Adds text at the end.
    pub fn push(&mut self, more: &Self) {
        self.text.push_str(&more.text);
    }

    /// The text, with the colours.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Printable {
    fn from(text: &str) -> Self {
        Self {
            text: escape(text).into_owned(),
            notation: Notation::Text,
        }
    }
}

impl From<&String> for Printable {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Printable {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Self> for Printable {
    fn from(text: &Self) -> Self {
        text.clone()
    }
}

impl Deref for Printable {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in [
            "vmlinuz-6.1 ä",
            "a\\u{1b}",
            "日本語 — “x” ✔ → ‹…›",
            "naïve é",
        ] {
            assert_eq!(Printable::from(text).as_str(), text);
            assert_eq!(Printable::json(text).as_str(), text);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        for (text, shown) in [
            ("a\u{1b}[31m\nb", "a\\u{1b}[31m\\nb"),
            ("\u{9b}\u{7f}\u{0}", "\\u{9b}\\u{7f}\\u{0}"),
            (
                "\u{202e}\u{2066}\u{200f}\u{61c}",
                "\\u{202e}\\u{2066}\\u{200f}\\u{61c}",
            ),
            (
                "\u{200b}\u{feff}\u{ad}\u{180e}",
                "\\u{200b}\\u{feff}\\u{ad}\\u{180e}",
            ),
            ("\u{2028}\u{2029}\u{fff9}", "\\u{2028}\\u{2029}\\u{fff9}"),
            (
                "\u{e0041}\u{fe0f}\u{e0100}",
                "\\u{e0041}\\u{fe0f}\\u{e0100}",
            ),
        ] {
            assert_eq!(Printable::from(text).as_str(), shown);
        }
    }

    #[test]
    fn only_text_of_several_lines_keeps_newlines() {
        assert_eq!(Printable::lines("a\n\tb\r\n").as_str(), "a\n\\tb\\r\n");
        assert_eq!(Printable::from("a\nb").as_str(), "a\\nb");
    }

    #[test]
    fn a_document_of_json_keeps_its_values() {
        let value = "a\u{202e}\u{e0041}\u{85}\u{7f}ä\n";
        let document = serde_json::to_string_pretty(&[value]).unwrap();
        let shown = Printable::json(&document);
        assert_eq!(
            shown.as_str(),
            "[\n  \"a\\u202e\\udb40\\udc41\\u0085\\u007fä\\n\"\n]"
        );
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&shown).unwrap(),
            [value]
        );
    }

    #[test]
    fn a_colour_ends_with_its_text() {
        let line = Printable::painted(Colour::Red, "\u{1b}[0mx").with(" y\u{1b}[1m  ");
        assert_eq!(
            line.into_line().as_str(),
            "\u{1b}[31m\\u{1b}[0mx\u{1b}[0m y\\u{1b}[1m\n"
        );
    }
}
