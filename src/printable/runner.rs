//! What CI runners take for commands in the output of a step, made harmless.
//!
//! Sources: actions/runner `src/Runner.Common/ActionCommand.cs` (`TryParseV2` takes `::` after any
//! leading white space, `TryParse` finds `##[` anywhere in a line); microsoft/azure-pipelines-agent
//! `src/Agent.Sdk/Command.cs` (`##vso[` anywhere in a line); TeamCity, "Service Messages"
//! (`##teamcity[`). GitLab's markers of sections need the control sequence `ESC [ 0 K`.

use super::{Notation, Printable};

/// Breaks the commands of runners in everything that is written to one stream. It remembers how the
/// line began, as one line may be written in pieces.
#[derive(Debug, Clone, Copy, Default)]
pub struct Runner {
    start: Start,
    marker: Marker,
}

/// How the line began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    /// With nothing but white space so far.
    #[default]
    Blank,
    /// With white space and one colon.
    Colon,
    /// With something else.
    Other,
}

/// How much of `##name[` stands at the end of what was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Marker {
    #[default]
    None,
    Hash,
    Hashes,
    /// `##` and letters.
    Name,
}

impl Runner {
    /// The text with a backslash in each command; in JSON, with an escape.
    pub fn break_commands(&mut self, text: &Printable) -> Printable {
        if text.notation == Notation::Annotations {
            return text.clone();
        }
        let mut shown = String::with_capacity(text.len());
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter == '\u{1b}' {
                // One of the report's own colours: a runner may look past it.
                shown.push(letter);
                for letter in letters.by_ref() {
                    shown.push(letter);
                    if letter == 'm' {
                        break;
                    }
                }
                continue;
            }
            if self.completes_command(letter) {
                match text.notation {
                    Notation::Text | Notation::Annotations => shown.extend(['\\', letter]),
                    Notation::Json => shown.push_str(&format!("\\u{:04x}", u32::from(letter))),
                }
            } else {
                shown.push(letter);
            }
        }
        Printable {
            text: shown,
            notation: text.notation,
        }
    }

    /// Takes the next character, and returns true if a command's start ends with it.
    fn completes_command(&mut self, letter: char) -> bool {
        if letter == '\n' {
            *self = Self::default();
            return false;
        }
        let ends_marker = letter == '[' && matches!(self.marker, Marker::Hashes | Marker::Name);
        self.marker = match (self.marker, letter) {
            (Marker::None | Marker::Name, '#') => Marker::Hash,
            (Marker::Hash | Marker::Hashes, '#') => Marker::Hashes,
            (Marker::Hashes | Marker::Name, 'a'..='z' | 'A'..='Z') => Marker::Name,
            _ => Marker::None,
        };
        let ends_start = letter == ':' && self.start == Start::Colon;
        self.start = match (self.start, letter) {
            (Start::Blank, letter) if letter.is_whitespace() => Start::Blank,
            (Start::Blank, ':') => Start::Colon,
            _ => Start::Other,
        };
        ends_marker || ends_start
    }
}

#[cfg(test)]
mod tests {
    use super::super::Colour;
    use super::*;

    fn broken(text: &str) -> String {
        Runner::default()
            .break_commands(&Printable::lines(text))
            .as_str()
            .to_owned()
    }

    #[test]
    fn commands_of_runners_are_broken() {
        for (text, shown) in [
            ("::error::x", ":\\:error::x"),
            ("a\n  \u{3000}::error::x", "a\n  \u{3000}:\\:error::x"),
            ("a ##[error]b", "a ##\\[error]b"),
            ("###[group]", "###\\[group]"),
            ("##vso[task]", "##vso\\[task]"),
            ("####a#b##teamcity[x]", "####a#b##teamcity\\[x]"),
        ] {
            assert_eq!(broken(text), shown);
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "a::b",
            "kelpie: ::x",
            "# [x]",
            "## [x]",
            ":a:",
            "#a[b]",
            "C::D\n a ::",
        ] {
            assert_eq!(broken(text), text);
        }
    }

    #[test]
    fn a_line_in_pieces_is_one_line() {
        let mut runner = Runner::default();
        let mut shown = String::new();
        for piece in [" ", ":", ":error::", "\n##", "vso", "[x"] {
            shown += &runner.break_commands(&Printable::lines(piece));
        }
        assert_eq!(shown, " :\\:error::\n##vso\\[x");
    }

    #[test]
    fn colours_do_not_hide_a_command() {
        let text = Printable::painted(Colour::Red, ":").with(Printable::painted(Colour::Dim, ":x"));
        assert_eq!(
            Runner::default().break_commands(&text).as_str(),
            "\u{1b}[31m:\u{1b}[0m\u{1b}[2m\\:x\u{1b}[0m"
        );
    }

    #[test]
    fn a_document_of_json_keeps_its_values() {
        let document = Printable::json("[\n  \"##vso[x\",\n  \"::y\"\n]");
        let shown = Runner::default().break_commands(&document);
        assert_eq!(shown.as_str(), "[\n  \"##vso\\u005bx\",\n  \"::y\"\n]");
    }
}
