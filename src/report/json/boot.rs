//! A whole boot for machines.

use super::{VerdictJson, values};
use crate::check::{Boot, Rung};
use schemars::JsonSchema;
use serde::Serialize;

/// Artefacts that boot together.
#[derive(Serialize, JsonSchema)]
pub struct BootJson {
    /// What the project calls it; empty where there is only one.
    name: String,
    target: &'static str,
    /// Indices into `artifacts`.
    artifacts: Vec<usize>,
    verdict: VerdictJson,
    ladder: Vec<RungJson>,
}

/// A stage.
#[derive(Serialize, JsonSchema)]
struct RungJson {
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    /// passed, failed, warned, unknown, none (nothing to do there) or open (not looked at).
    #[schemars(extend("enum" = values::standings()))]
    standing: &'static str,
    /// What decides it.
    text: String,
}

impl BootJson {
    pub fn of(boot: &Boot) -> Self {
        Self {
            name: boot.name.clone(),
            target: boot.target,
            artifacts: boot.artifacts.clone(),
            verdict: VerdictJson::of(&boot.verdict),
            ladder: boot.ladder.iter().map(RungJson::of).collect(),
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
