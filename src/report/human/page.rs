//! The page that a report for people is written on: aligned entries, colours where they are wanted.

use super::super::text::wrap;

/// Width of the first column.
pub const LABEL: usize = 13;
/// Where long sentences break.
pub const WIDTH: usize = 100;

/// A colour of the terminal.
#[derive(Clone, Copy)]
pub enum Colour {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

/// The text so far.
pub struct Page {
    pub text: String,
    pub colour: bool,
}

impl Page {
    /// One line.
    pub fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// The text in a colour, where colours are wanted.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Bold => "1",
            Colour::Dim => "2",
            Colour::Red => "31",
            Colour::Yellow => "33",
            Colour::Green => "32",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
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
                let label = self.paint(Colour::Dim, &format!("{label:<LABEL$}"));
                self.line(&format!("  {label}{part}"));
            } else {
                self.line(&format!("{indent}{part}"));
            }
        }
    }
}
