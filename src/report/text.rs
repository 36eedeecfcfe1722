//! Pieces of text for people: sizes, and lines of bounded width.

use crate::finding::Place;
use crate::printable::escape;

/// A size as people say it, with one decimal above a kilobyte.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if count < 1024 {
        return format!("{count} bytes");
    }
    let mut tenths = (count / 1024)
        .saturating_mul(10)
        .saturating_add((count % 1024).saturating_mul(10) / 1024);
    for unit in UNITS {
        if tenths < 10_240 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        tenths /= 1024;
    }
    format!("{} PiB", tenths / 10)
}

/// Where a finding is, with a blank before it; empty if it has no place.
pub(super) fn shown_place(place: &Place) -> String {
    match (place.offset, &place.member) {
        (None, None) => String::new(),
        (Some(offset), None) => format!(" at {offset:#x}"),
        (None, Some(member)) => format!(" in the {member}"),
        (Some(offset), Some(member)) => format!(" at {offset:#x} of the {member}"),
    }
}

/// The text in lines of at most `width` characters, broken at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in escape(text).split_whitespace() {
        let longer = line.chars().count().saturating_add(word.chars().count());
        if !line.is_empty() && longer >= width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_the_next_unit() {
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(57 * 1024 * 1024), "57.0 MiB");
        assert_eq!(bytes(u64::MAX), "16383 PiB");
    }

    #[test]
    fn long_sentences_break_at_spaces() {
        assert_eq!(wrap("aa bb cc", 6), ["aa bb", "cc"]);
        assert_eq!(wrap("unbreakable", 3), ["unbreakable"]);
        assert!(wrap("", 3).is_empty());
    }
}
