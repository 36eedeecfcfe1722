//! The ladder of a report: for each stage, how it stands and what decides it.

pub(super) mod boot;
pub(super) mod kernel;

use super::Check;
use super::run::lacks;
use crate::finding::{Finding, Severity};
use crate::stage::Stage;

/// How a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everything that the kernel can contribute is there.
    Passed,
    /// A fatal finding stops the boot here.
    Failed,
    /// It goes on, and a finding says what hurts.
    Warned,
    /// A fact is missing.
    Unknown,
    /// There is nothing to do at this stage.
    None,
    /// It depends on artefacts that were not given.
    Open,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Passed,
        Self::Failed,
        Self::Warned,
        Self::Unknown,
        Self::None,
        Self::Open,
    ];

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warned => "warned",
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Open => "open",
        }
    }
}

/// One stage of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// The stage.
    pub stage: Stage,
    /// How it stands.
    pub standing: Standing,
    /// What decides it, in a few words.
    pub text: String,
    /// The options of the kernel that were asked for.
    pub options: Vec<&'static str>,
}

/// Findings outrank what the facts suggest, and so does a check that could not be made.
fn settle(stage: Stage, standing: Standing, findings: &[Finding], checks: &[Check]) -> Standing {
    let worst = findings
        .iter()
        .filter(|finding| finding.stage == stage)
        .map(|finding| finding.severity)
        .max();
    let mut here = checks.iter().filter(|check| check.stage == stage);
    let undecided = here.any(|check| lacks(check).is_some());
    match worst {
        Some(Severity::Fatal) => Standing::Failed,
        Some(Severity::Warn) => Standing::Warned,
        _ if undecided && standing == Standing::Passed => Standing::Unknown,
        _ => standing,
    }
}
