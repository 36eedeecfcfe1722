//! A real boot for machines.

use super::machine::MachineJson;
use super::{FindingJson, SCHEMA, VerdictJson, values};
use crate::boot::jail::Layer;
use crate::boot::{Ending, Outcome, Reach};
use schemars::JsonSchema;
use serde::Serialize;

/// A boot that was started, or refused.
#[derive(Serialize, JsonSchema)]
pub struct StartedJson {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    /// The backend that started it; null if it was not started.
    backend: Option<BackendJson>,
    /// The command line that the guest received.
    cmdline: String,
    /// The machine, or null if the target has no machine for the kernel.
    machine: Option<MachineJson>,
    predicted: VerdictJson,
    /// The observation; null if it was not started.
    observed: Option<SeenJson>,
    /// Whether prediction and boot agree; null if neither confirms nor contradicts the other.
    agrees: Option<bool>,
    /// The stages that were reached, in order.
    stages: Vec<ReachJson>,
    /// The findings of the boot first, then those of the files.
    findings: Vec<FindingJson>,
    /// The last lines of the VMM's own output.
    log: Vec<String>,
    /// The layers of the jail around the VMM; empty if it was not started.
    jail: Vec<LayerJson>,
}

/// A layer of the jail.
#[derive(Serialize, JsonSchema)]
pub struct LayerJson {
    layer: String,
    in_force: bool,
    /// Its contents on this host, or the reason why it is missing.
    detail: String,
}

impl LayerJson {
    pub fn of(layer: &Layer) -> Self {
        Self {
            layer: layer.name.clone(),
            in_force: layer.is_in_force,
            detail: layer.detail.clone(),
        }
    }
}

#[derive(Serialize, JsonSchema)]
struct BackendJson {
    name: &'static str,
    version: Option<String>,
    /// kvm, hvf or tcg.
    accelerator: &'static str,
    /// True if this backend is untested and was written from its documentation.
    untested: bool,
    /// The reason for this choice.
    notes: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct SeenJson {
    /// reached, failed, denied, interrupted, or host: the host could not run it.
    #[schemars(extend("enum" = ["reached", "failed", "denied", "interrupted", "host"]))]
    outcome: &'static str,
    /// The stage of the failure, or the last reached stage.
    #[schemars(extend("enum" = values::or_null(values::stages())))]
    stage: Option<&'static str>,
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: Option<String>,
    /// The line that ended it.
    line: Option<String>,
    /// The duration of the run.
    elapsed_ms: u64,
    console_bytes: u64,
    /// The release that the kernel prints.
    kernel: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct ReachJson {
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    /// Since the order to start.
    at_ms: u64,
    /// The line that shows it.
    line: String,
}

impl StartedJson {
    pub fn of(outcome: &Outcome) -> Self {
        let observation = outcome.observation.as_ref();
        Self {
            schema: SCHEMA,
            backend: outcome.started.as_ref().map(|started| BackendJson {
                name: started.backend,
                version: started.version.clone(),
                accelerator: started.accelerator.name(),
                untested: started.untested,
                notes: started.notes.clone(),
            }),
            cmdline: outcome.command_line.clone(),
            machine: outcome.machine.as_ref().map(MachineJson::of),
            predicted: VerdictJson::of(&outcome.predicted),
            observed: observation.map(|observation| {
                let end = observation.observed.end.as_ref();
                let stage = outcome.stage.or_else(|| observation.stage());
                SeenJson {
                    outcome: name(&observation.ending),
                    stage: stage.map(crate::stage::Stage::name),
                    code: outcome.code.map(|code| code.to_string()),
                    line: match &observation.ending {
                        Ending::Host { why, .. } => Some(why.clone()),
                        _ => end
                            .and_then(|end| end.line.as_ref())
                            .map(|line| line.text.clone()),
                    },
                    elapsed_ms: millis(observation.elapsed),
                    console_bytes: observation.console_bytes,
                    kernel: observation.observed.clues.kernel.clone(),
                }
            }),
            agrees: outcome.agrees(),
            stages: observation
                .map(|observation| observation.reached.iter().map(ReachJson::of).collect())
                .unwrap_or_default(),
            findings: outcome.findings.iter().map(FindingJson::of).collect(),
            log: observation
                .map(|observation| observation.log.clone())
                .unwrap_or_default(),
            jail: observation
                .map(|observation| observation.jail.iter().map(LayerJson::of).collect())
                .unwrap_or_default(),
        }
    }
}

impl ReachJson {
    fn of(reach: &Reach) -> Self {
        Self {
            stage: reach.stage.name(),
            at_ms: millis(reach.at),
            line: reach.text.clone(),
        }
    }
}

fn name(ending: &Ending) -> &'static str {
    match ending {
        Ending::Reached => "reached",
        Ending::Failed => "failed",
        Ending::Denied => "denied",
        Ending::Host { .. } => "host",
        Ending::Interrupted => "interrupted",
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
