//! One boot, as its console tells of it.

use crate::cause::{Cause, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Finding};
use crate::stage::Stage;

/// How much of a line is shown.
const SHOWN_BYTES: usize = 240;

/// A boot that was read off a console.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The facts in its lines: kernel, command line, stages reached.
    pub clues: Clues,
    /// Its first line.
    pub first_line: u64,
    /// How it ended; `None` while it goes on, and where nothing is wrong.
    pub end: Option<End>,
    /// The lines that decide, in their order.
    pub lines: Vec<Shown>,
    /// The cause first, then what hurts besides.
    pub findings: Vec<Finding>,
    /// Other causes for which the log says as much as for the one that is named.
    pub possible: Vec<Code>,
    /// What the numbers in the lines mean.
    pub notes: Vec<String>,
    /// True if anything readable came.
    pub has_text: bool,
    /// The tells that were seen.
    pub(super) evidence: Vec<Evidence>,
    /// The line of the strongest end.
    pub(super) end_line: Option<Shown>,
    /// The kind of end that somebody told of who is not in the log.
    pub(super) told: Option<EndKind>,
}

/// A line that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number, from one.
    pub number: u64,
    /// Its message.
    pub text: String,
}

/// The end of a boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// What kind of end.
    pub kind: EndKind,
    /// The stage that it did not reach, or the last one where it ended in order.
    pub stage: Stage,
    /// The cause; none where it ended in order.
    pub code: Option<Code>,
    /// The line that ends it; none where nothing was said.
    pub line: Option<Shown>,
}

/// A tell that was seen.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub(super) cause: &'static Cause,
    pub(super) tell: &'static Tell,
    pub(super) line: Shown,
}

impl Shown {
    pub(super) fn new(number: u64, text: &[u8]) -> Self {
        let kept = text.get(..SHOWN_BYTES).unwrap_or(text);
        Self {
            number,
            text: String::from_utf8_lossy(kept).trim().to_owned(),
        }
    }
}

impl Observed {
    /// The highest stage that was reached.
    pub fn stage(&self) -> Option<Stage> {
        self.clues.stage()
    }

    /// The cause by which it failed.
    pub fn code(&self) -> Option<Code> {
        self.end.as_ref()?.code
    }

    /// Whether nothing more can come of it.
    pub fn has_ended(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.kind.is_final())
    }

    /// Whether its own lines have told its end, be it drawn up yet or not.
    pub(super) fn has_told_its_end(&self) -> bool {
        self.clues.init_ended.is_some() || self.clues.end.is_some_and(EndKind::is_final)
    }

    /// The causes of which some line tells, each with its line: what the log has, whatever the
    /// verdict makes of it.
    pub fn tells(&self) -> impl Iterator<Item = (Code, &Shown)> {
        let evidence = self.evidence.iter();
        evidence.map(|seen| (seen.cause.code, &seen.line))
    }
}

/// A log that was read to its end.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The log as it was named.
    pub log: String,
    /// How many lines it has.
    pub lines: u64,
    /// Boots before the first of `boots` that are not told of: there were more than the limit.
    pub dropped: u64,
    /// The boots in it, in their order.
    pub boots: Vec<Observed>,
    /// Why the log could not be read, if it could not.
    pub unread: Option<String>,
}

impl Diagnosis {
    /// A log that could not be read.
    pub fn unread(why: String) -> Self {
        Self {
            log: String::new(),
            lines: 0,
            dropped: 0,
            boots: Vec::new(),
            unread: Some(why),
        }
    }

    /// Whether some boot failed.
    pub fn has_failure(&self) -> bool {
        self.boots.iter().any(|boot| boot.code().is_some())
    }
}
