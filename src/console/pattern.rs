//! The pattern of a line: its text, with `‹…›` for what varies.
//!
//! A paste loses blanks and changes quotes: one blank of a pattern stands for one or more of a line, and
//! any quote for any other.

/// A pattern, taken apart into what stands in every line of its kind.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The fixed parts, and whether something varies before each.
    parts: Vec<(bool, &'static [u8])>,
    /// Whether something varies behind the last part.
    is_open: bool,
    needle: &'static [u8],
}

impl Pattern {
    /// Takes a text apart.
    pub fn parse(text: &'static str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        let mut varies = false;
        loop {
            let (fixed, behind) = match rest.split_once('‹') {
                Some((fixed, behind)) => (fixed, Some(behind)),
                None => (rest, None),
            };
            if !fixed.is_empty() {
                parts.push((varies, fixed.as_bytes()));
                varies = false;
            }
            let Some(behind) = behind else { break };
            varies = true;
            rest = behind.split_once('›').map_or("", |(_, behind)| behind);
        }
        let pieces = parts
            .iter()
            .flat_map(|(_, part)| part.split(|byte| is_quote(*byte)));
        let needle = pieces.max_by_key(|piece| piece.len()).unwrap_or_default();
        Self {
            parts,
            is_open: varies,
            needle,
        }
    }

    /// The longest piece without quotes that does not vary: no line of this kind is without it, but for the number
    /// of its blanks.
    pub fn needle(&self) -> &'static [u8] {
        self.needle
    }

    /// Returns true if the text begins with the needle, whatever the number of its blanks.
    pub fn has_needle_at_start(&self, text: &[u8]) -> bool {
        let same = text
            .iter()
            .zip(self.needle)
            .take_while(|(found, wanted)| found == wanted)
            .count();
        if same == self.needle.len() {
            return true;
        }
        // A run of blanks may have another length: it goes on with the first difference on one side, or is a tab.
        let is_blank = |byte: Option<&u8>| byte.is_some_and(|byte| b" \t".contains(byte));
        let here = (is_blank(text.get(same)), is_blank(self.needle.get(same)));
        let is_run = same
            .checked_sub(1)
            .is_some_and(|last| is_blank(self.needle.get(last)));
        let may_match = here == (true, true) || (here != (false, false) && is_run);
        may_match && length_of(text, self.needle).is_some()
    }

    /// What stands for the varying parts of a line of this kind; `None` for other lines.
    pub fn find<'a>(&self, line: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let mut varying = Vec::new();
        let mut rest = line;
        for (number, (varies, part)) in self.parts.iter().enumerate() {
            let (at, length) = place_of(rest, part)?;
            // Only the first part may have anything before it that is not said to vary.
            if at > 0 && number > 0 && !varies {
                return None;
            }
            let (before, behind) = rest.split_at(at);
            if *varies {
                varying.push(before.trim_ascii_start());
            }
            // What varies may be empty: then the blanks before it and behind it are one run.
            let next = self.parts.get(number.saturating_add(1));
            let shares =
                part.ends_with(b" ") && next.is_some_and(|(_, next)| next.starts_with(b" "));
            let taken = behind.get(..length)?;
            let length = match taken {
                [.., b' ', b' '] if shares => length.saturating_sub(1),
                _ => length,
            };
            rest = behind.get(length..)?;
        }
        if self.is_open {
            varying.push(rest);
        }
        Some(varying)
    }
}

/// Where a part stands in a line, and how long it is there.
fn place_of(line: &[u8], part: &[u8]) -> Option<(usize, usize)> {
    let first = *part.first()?;
    let is_plain = first != b' ' && !is_quote(first);
    let mut from = 0_usize;
    loop {
        let rest = line.get(from..)?;
        if is_plain {
            from = from.checked_add(memchr::memchr(first, rest)?)?;
        }
        let rest = line.get(from..).filter(|rest| !rest.is_empty())?;
        if let Some(length) = length_of(rest, part) {
            return Some((from, length));
        }
        from = from.checked_add(1)?;
    }
}

/// How much of the line the part takes up, if the line begins with it.
fn length_of(line: &[u8], part: &[u8]) -> Option<usize> {
    let mut rest = line;
    let mut after_blank = false;
    for byte in part {
        match *byte {
            b' ' if after_blank => continue,
            b' ' => {
                let blanks = rest.iter().take_while(|byte| b" \t".contains(byte)).count();
                if blanks == 0 {
                    return None;
                }
                rest = rest.get(blanks..)?;
            }
            byte if is_quote(byte) => {
                // In a structured log it is escaped.
                let quoted = rest.strip_prefix(b"\\").unwrap_or(rest);
                let (first, behind) = quoted.split_first()?;
                if !is_quote(*first) {
                    return None;
                }
                rest = behind;
            }
            byte => rest = rest.strip_prefix(&[byte])?,
        }
        after_blank = *byte == b' ';
    }
    line.len().checked_sub(rest.len())
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(pattern: &'static str, line: &str) -> Option<Vec<String>> {
        let found = Pattern::parse(pattern).find(line.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(found.into_iter().map(text).collect())
    }

    #[test]
    fn what_varies_is_told() {
        let pattern = "Cannot open root device \"‹vda›\" or unknown-block(‹0,0›): error ‹-6›";
        let line = "VFS: Cannot open root device \"\" or unknown-block(254,1): error -19";
        assert_eq!(find(pattern, line).unwrap(), ["", "254,1", "-19"]);
        assert_eq!(find(pattern, "Cannot open root device"), None);
        assert_eq!(find("‹a› not found", "x not found").unwrap(), ["x"]);
        assert_eq!(find("plain", "it is plain text").unwrap(), [""; 0]);
        assert_eq!(
            Pattern::parse(pattern).needle(),
            b"Cannot open root device "
        );
    }

    #[test]
    fn what_varies_may_be_empty_between_blanks() {
        let pattern = "Requested init ‹path› failed (error ‹-2›)";
        let line = "Kernel panic - not syncing: Requested init  failed (error -13).";
        assert_eq!(find(pattern, line).unwrap(), ["", "-13"]);
        let line = "Requested  init   /sbin/init  failed (error -2)";
        assert_eq!(find(pattern, line).unwrap(), ["/sbin/init", "-2"]);
        assert_eq!(find("Run ‹/init› as init", "Run  as init").unwrap(), [""]);
        assert_eq!(find("Run ‹/init› as init", "Run as init"), None);
    }

    #[test]
    fn blanks_and_quotes_may_be_others() {
        let pattern = "ALERT!  ‹name› does not exist.  Dropping";
        let line = "ALERT! UUID=1 does   not exist. Dropping to a shell!";
        assert_eq!(find(pattern, line).unwrap(), ["UUID=1"]);
        assert_eq!(find(pattern, "ALERT!UUID=1 does not exist. Dropping"), None);
        let pattern = "device '‹name›' not found";
        for line in ["device `x\" not found", "device \\\"x\\\" not found"] {
            assert!(find(pattern, line).unwrap()[0].starts_with('x'), "{line}");
        }
    }
}
