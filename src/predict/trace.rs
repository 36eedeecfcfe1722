//! What following a boot gives: its steps in the kernel's order, and the outcome of each cause.

use crate::cause::Outcome;
use crate::finding::{Code, Finding};
use crate::stage::Stage;

/// The steps of one boot.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The steps, in the kernel's order.
    pub steps: Vec<Step>,
    pub(super) outcomes: Vec<(Code, Outcome)>,
}

/// One decision of the boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The stage to which it belongs.
    pub stage: Stage,
    /// The function that takes the decision: of the VMM, the kernel, a script or a loader.
    pub follows: &'static str,
    /// What is decided.
    pub decision: String,
    /// The facts that decide it: options of the kernel, places in an artefact.
    pub evidence: Vec<String>,
    /// What comes of it.
    pub outcome: StepOutcome,
    /// The cause that it is about.
    pub code: Option<Code>,
}

/// What comes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// The boot passes.
    Passed,
    /// The boot ends here.
    Stopped,
    /// The boot passes, and something is lost.
    Degraded,
    /// A fact is missing.
    Unknown(Unknown),
}

/// Why the outcome of a decision is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// A cause lacks a fact. The boot ends here, or passes.
    Fact,
    /// Nothing models what happens here, so nothing after it is certain.
    Model,
    /// An artefact was not given.
    Artefact,
}

impl StepOutcome {
    /// Every name in machine formats.
    pub const NAMES: [&'static str; 4] = ["passed", "stopped", "degraded", "unknown"];

    /// The name in machine formats.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Stopped => "stopped",
            Self::Degraded => "degraded",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Trace {
    /// Returns the outcome of a cause; `None` if nothing before a boot shows it.
    pub(crate) fn outcome(&self, code: Code) -> Option<&Outcome> {
        self.outcomes
            .iter()
            .find(|(of, _)| *of == code)
            .map(|(_, outcome)| outcome)
    }

    /// Returns the findings of every cause, in the order of the steps.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.outcomes.iter().flat_map(|(_, outcome)| match outcome {
            Outcome::Ran(findings) => findings.as_slice(),
            _ => &[],
        })
    }
}
