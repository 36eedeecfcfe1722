//! What a cause says when it holds: code, severity, place, and three sentences.

use crate::error::Error;
use crate::role::Role;
use crate::stage::Stage;
use std::fmt;

/// The number of a cause. Never reused, never renumbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl Code {
    /// The code in `KC102` or `102`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = match text.get(..2) {
            Some(prefix) if prefix.eq_ignore_ascii_case("kc") => text.get(2..)?,
            _ => text,
        };
        (digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())
            .flatten()
            .map(Self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KC{:03}", self.0)
    }
}

/// How much a finding hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It boots, but hurts.
    Warn,
    /// It stops the boot at its stage.
    Fatal,
}

impl Severity {
    /// The name in options and machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Fatal => "fatal",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

/// Where in an artefact.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The absolute offset in the file, or in `member`.
    pub offset: Option<u64>,
    /// The layer or member that the offset counts in; `None` is the file itself.
    pub member: Option<String>,
}

impl From<&Error> for Place {
    fn from(error: &Error) -> Self {
        Self {
            offset: error.offset(),
            member: error.layer().map(str::to_owned),
        }
    }
}

/// One cause that holds, in one artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The cause.
    pub code: Code,
    /// The cause's name.
    pub name: &'static str,
    /// How much it hurts here.
    pub severity: Severity,
    /// The stage that it belongs to.
    pub stage: Stage,
    /// The part that the artefact plays.
    pub role: Role,
    /// Which artefact of the run.
    pub artifact: usize,
    /// What is true.
    pub message: String,
    /// What will happen.
    pub consequence: String,
    /// What to change.
    pub fix: String,
    /// Where.
    pub place: Place,
}

impl Finding {
    /// The same finding at a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<Place>) -> Self {
        self.place = place.into();
        self
    }

    /// The same finding, about another artefact of the boot.
    #[must_use]
    pub fn about(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// The same finding, as bad as `severity`.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_they_are_written() {
        assert_eq!(Code::parse("KC001"), Some(Code(1)));
        assert_eq!(Code::parse("kc702"), Some(Code(702)));
        assert_eq!(Code::parse("115").unwrap().to_string(), "KC115");
        for wrong in ["", "KC", "KC12", "KC1234", "KCabc", "ÄÖ1", "1", "+12"] {
            assert_eq!(Code::parse(wrong).map(|code| code.0), None, "{wrong}");
        }
    }
}
