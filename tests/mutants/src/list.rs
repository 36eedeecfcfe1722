//! The mutants, as `cargo mutants --list --json` gives them.

use serde::Deserialize;
use std::ops::Range;

#[derive(Deserialize)]
pub struct Mutant {
    pub name: String,
    pub file: String,
    pub genre: Genre,
    pub replacement: String,
    span: Span,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
}

#[derive(Deserialize)]
struct Span {
    start: Position,
    end: Position,
}

/// Both count from one; columns are characters.
#[derive(Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

impl Mutant {
    /// The bytes of its file that it replaces.
    pub fn bytes(&self, text: &str) -> Range<usize> {
        let offset = |at: &Position| offset(text, at.line, at.column - 1);
        offset(&self.span.start)..offset(&self.span.end)
    }
}

/// Where a line (from one) and a column (from nought, in characters) begin.
pub fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let inside = text[start..].char_indices().nth(column);
    inside.map_or(text.len(), |(at, _)| start + at)
}
