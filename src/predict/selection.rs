//! Which causes are asked for, and how severe their findings are.

use crate::finding::{Code, Severity};

/// Which causes are run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these, if there are any.
    pub select: Vec<Code>,
    /// Never these.
    pub ignore: Vec<Code>,
    /// The severity of the findings of these causes.
    pub severities: Vec<(Code, Severity)>,
}

impl Selection {
    /// Returns the reason why a cause is left out, if it is.
    pub(crate) fn skips(&self, code: Code) -> Option<&'static str> {
        if self.ignore.contains(&code) {
            return Some("--ignore names it");
        }
        (!self.select.is_empty() && !self.select.contains(&code))
            .then_some("--select leaves it out")
    }

    /// Returns the severity that the user set for a cause.
    pub(super) fn severity(&self, code: Code) -> Option<Severity> {
        self.severities
            .iter()
            .find(|(of, _)| *of == code)
            .map(|(_, severity)| *severity)
    }
}
