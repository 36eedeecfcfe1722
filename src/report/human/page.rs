//! The page that a report for people is written on: aligned entries, colours where they are wanted.

use super::super::Style;
use super::super::text::wrap;
pub use crate::printable::Colour;
use crate::printable::{Printable, escape};

/// Width of the first column.
pub const LABEL: usize = 13;
/// Where long sentences break.
pub const WIDTH: usize = 100;

/// Takes facts as labels with texts.
pub trait Entries {
    /// Takes one fact. An empty text is left out.
    fn entry(&mut self, label: &str, text: &str);
}

/// The text so far. All of it is [`Printable`]: no line can steer a terminal, whoever writes it.
pub struct Page {
    text: Printable,
    colour: bool,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self {
            text: Printable::default(),
            colour: style.colour,
        }
    }

    /// Writes one line.
    pub fn line(&mut self, text: impl Into<Printable>) {
        self.text.push(&text.into().into_line());
    }

    /// Returns the text in a colour, where colours are wanted.
    pub fn paint(&self, colour: Colour, text: &str) -> Printable {
        if self.colour {
            Printable::painted(colour, text)
        } else {
            text.into()
        }
    }

    /// Returns what was written.
    pub fn finish(self) -> Printable {
        self.text
    }

    /// A label and its text, broken at [`WIDTH`] and indented under itself.
    pub fn entry(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let indent = " ".repeat(LABEL.saturating_add(2));
        for (number, part) in wrap(text, WIDTH.saturating_sub(indent.len()))
            .iter()
            .enumerate()
        {
            if number == 0 {
                let mut label = format!("{:<LABEL$}", escape(label));
                if !label.ends_with(' ') {
                    label.push(' ');
                }
                let label = self.paint(Colour::Dim, &label);
                self.line(Printable::from("  ").with(label).with(part));
            } else {
                self.line(format!("{indent}{part}"));
            }
        }
    }
}

impl Entries for Page {
    fn entry(&mut self, label: &str, text: &str) {
        Self::entry(self, label, text);
    }
}
