//! The pattern of a line: its text, with `‹…›` for what varies.

use memchr::memmem;

/// A pattern, taken apart into what stands in every line of its kind.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The fixed parts, and whether something varies before each.
    parts: Vec<(bool, &'static [u8])>,
    /// Whether something varies behind the last part.
    is_open: bool,
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
        Self {
            parts,
            is_open: varies,
        }
    }

    /// The longest part that does not vary: no line of this kind is without it.
    pub fn needle(&self) -> &'static [u8] {
        self.parts
            .iter()
            .map(|(_, part)| *part)
            .max_by_key(|part| part.len())
            .unwrap_or_default()
    }

    /// What stands for the varying parts of a line of this kind; `None` for other lines.
    pub fn find<'a>(&self, line: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let mut varying = Vec::new();
        let mut rest = line;
        for (number, (varies, part)) in self.parts.iter().enumerate() {
            let at = memmem::find(rest, part)?;
            // Only the first part may have anything before it that is not said to vary.
            if at > 0 && number > 0 && !varies {
                return None;
            }
            let (before, behind) = rest.split_at(at);
            if *varies {
                varying.push(before);
            }
            rest = behind.get(part.len()..)?;
        }
        if self.is_open {
            varying.push(rest);
        }
        Some(varying)
    }
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
            b"Cannot open root device \""
        );
    }
}
