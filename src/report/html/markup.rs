//! HTML as it is written: markup only from string literals, everything else escaped.
//!
//! Source: HTML Living Standard, 13.1.2 (elements, attributes) and 13.1.4 (character references).

use crate::printable::{Printable, escape};

/// The text of a page so far.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
}

impl Markup {
    /// Writes markup.
    pub(super) fn raw(&mut self, markup: &'static str) {
        self.text.push_str(markup);
    }

    /// Writes text of a file or a log, as one line that cannot become markup.
    pub(super) fn text(&mut self, text: &str) {
        for letter in escape(text).chars() {
            match letter {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                _ => self.text.push(letter),
            }
        }
    }

    /// Writes a sentence. What stands between backticks is code.
    pub(super) fn prose(&mut self, text: &str) {
        let parts: Vec<&str> = text.split('`').collect();
        if parts.len().is_multiple_of(2) {
            self.text(text);
            return;
        }
        for (number, part) in parts.iter().enumerate() {
            if number.is_multiple_of(2) {
                self.text(part);
            } else {
                self.element("<code>", part, "</code>");
            }
        }
    }

    /// Writes text between two tags.
    pub(super) fn element(&mut self, open: &'static str, text: &str, close: &'static str) {
        self.raw(open);
        self.text(text);
        self.raw(close);
    }

    /// Writes a link to the section of that number.
    pub(super) fn link(&mut self, number: usize, text: &str) {
        self.text.push_str(&format!("<a href=\"#r{number}\">"));
        self.text(text);
        self.raw("</a>");
    }

    /// Opens the section of that number.
    pub(super) fn section(&mut self, number: usize) {
        self.text
            .push_str(&format!("<section id=\"r{number}\" class=\"result\">\n"));
    }

    /// Draws a span of time: where it starts and how long it is, in thousandths of the whole.
    #[cfg(all(unix, feature = "machines"))]
    pub(super) fn span(&mut self, from: u64, to: u64) {
        let long = to.saturating_sub(from).max(4);
        let percent = |thousandths: u64| format!("{}.{}%", thousandths / 10, thousandths % 10);
        self.text.push_str(&format!(
            "<i class=\"bar\"><i style=\"margin-left:{};width:{}\"></i></i>",
            percent(from.min(996)),
            percent(long.min(1000_u64.saturating_sub(from.min(996))))
        ));
    }

    /// Returns the page. No character in it hides or changes the direction of writing.
    pub(super) fn finish(self) -> Printable {
        Printable::lines(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_backticks_are_code() {
        let mut markup = Markup::default();
        markup.prose("Run `a <b>` or c.");
        markup.prose(" A lone ` stays.");
        assert_eq!(
            markup.finish().as_str(),
            "Run <code>a &lt;b&gt;</code> or c. A lone ` stays."
        );
    }

    #[test]
    fn text_is_never_markup() {
        let mut markup = Markup::default();
        markup.element("<b>", "<script>\"&'\u{202e}\n</b>", "</b>");
        assert_eq!(
            markup.finish().as_str(),
            "<b>&lt;script&gt;&quot;&amp;&#39;\\u{202e}\\n&lt;/b&gt;</b>"
        );
    }
}
