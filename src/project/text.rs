//! The text of a project file: where in it a mistake is, and what was meant.

use crate::error::Error;
use crate::similar::nearest;
use std::ops::Range;
use std::path::Path;

/// The most letters of a line that a message quotes.
const WIDTH: usize = 100;

/// The text, with its path.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Text<'_> {
    /// An error at these bytes: file, line and column, the line itself, and a caret under the place.
    pub(super) fn mistake(self, span: Range<usize>, message: impl Into<String>) -> Error {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let number = before.matches('\n').count().saturating_add(1);
        let skipped = before.get(start..).map_or(0, |text| text.chars().count());
        let marked = self.text.get(span).map_or(1, |text| {
            let line = text.lines().next().unwrap_or_default();
            line.chars().count().max(1)
        });
        let place = format!(
            "{}:{number}:{}",
            self.path.display(),
            skipped.saturating_add(1)
        );
        Error::invalid_text(place, message).quoting(quote(number, line, skipped, marked))
    }

    /// An error that the parser found. Its message names unknown keys and the known ones in backticks.
    pub(super) fn refused(self, error: &toml::de::Error) -> Error {
        let message = error.message().lines().next().unwrap_or_default();
        let span = error.span().unwrap_or(0..0);
        self.mistake(span, format!("{message}{}", meant(message)))
    }
}

/// The line with a caret under each letter that is wrong.
fn quote(number: usize, line: &str, skipped: usize, marked: usize) -> String {
    let margin = " ".repeat(number.to_string().len());
    // Of a long line, the part around the place.
    let from = skipped.saturating_sub(WIDTH / 2);
    let shown: String = line.chars().skip(from).take(WIDTH).collect();
    let shown = shown.replace('\t', " ");
    let blank = " ".repeat(skipped.saturating_sub(from));
    let room = WIDTH.saturating_sub(blank.len());
    let carets = "^".repeat(marked.min(room).max(1));
    format!("{margin} |\n{number} | {shown}\n{margin} | {blank}{carets}\n")
}

/// What was meant by an unknown key, as the end of a message.
fn meant(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(written) = words
        .next()
        .filter(|_| message.starts_with("unknown field"))
    else {
        return String::new();
    };
    match nearest(written, words) {
        Some(known @ ("image" | "ignore")) => format!("; did you mean `[[{known}]]`?"),
        Some(known) => format!("; did you mean `{known}`?"),
        None => String::new(),
    }
}
