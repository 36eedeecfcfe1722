//! A whole boot for machines.

use super::machine::MachineJson;
use super::{VerdictJson, values};
use crate::check::{Boot, Rung};
use crate::predict::{Step, StepOutcome};
use schemars::JsonSchema;
use serde::Serialize;

/// Artefacts that boot together.
#[derive(Serialize, JsonSchema)]
pub struct BootJson {
    /// The name in the project; empty if there is only one.
    name: String,
    target: &'static str,
    /// Indices into `artifacts`.
    artifacts: Vec<usize>,
    /// The machine, or null if the target has no machine for the kernel.
    machine: Option<MachineJson>,
    verdict: VerdictJson,
    ladder: Vec<RungJson>,
    /// The steps of the boot, in the kernel's order. After a stop they show what would fail next.
    trace: Vec<StepJson>,
}

/// One decision of the boot.
#[derive(Serialize, JsonSchema)]
struct StepJson {
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    /// The function that takes the decision, of the VMM, the kernel, a script or a loader; absent if
    /// nothing models it.
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<&'static str>,
    /// The decision, or the missing fact.
    decision: String,
    /// The facts that decide it: options of the kernel with their values, places in an artefact.
    evidence: Vec<String>,
    /// passed, stopped, degraded (the boot passes with a loss) or unknown.
    #[schemars(extend("enum" = StepOutcome::NAMES))]
    outcome: &'static str,
    /// The cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// A stage.
#[derive(Serialize, JsonSchema)]
struct RungJson {
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    /// passed, failed, warned, unknown, none (nothing to do) or open (not checked).
    #[schemars(extend("enum" = values::standings()))]
    standing: &'static str,
    /// The facts that decide.
    text: String,
}

impl BootJson {
    pub fn of(boot: &Boot) -> Self {
        Self {
            name: boot.name.clone(),
            target: boot.target,
            artifacts: boot.artifacts.clone(),
            machine: boot.machine.as_ref().map(MachineJson::of),
            verdict: VerdictJson::of(&boot.verdict),
            ladder: boot.ladder.iter().map(RungJson::of).collect(),
            trace: boot.trace.steps.iter().map(StepJson::of).collect(),
        }
    }
}

impl RungJson {
    fn of(rung: &Rung) -> Self {
        Self {
            stage: rung.stage.name(),
            standing: rung.standing.name(),
            text: rung.text.clone(),
        }
    }
}

impl StepJson {
    fn of(step: &Step) -> Self {
        Self {
            stage: step.stage.name(),
            follows: Some(step.follows).filter(|follows| !follows.is_empty()),
            decision: step.decision.clone(),
            evidence: step.evidence.clone(),
            outcome: step.outcome.name(),
            code: step.code.map(|code| code.to_string()),
        }
    }
}
