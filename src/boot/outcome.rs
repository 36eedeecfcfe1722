//! What a boot came to, beside what was predicted of it.

use super::plan::Accelerator;
use super::run::{Ending, Observation};
use crate::cause;
use crate::check::{Report, Verdict};
use crate::console::EndKind;
use crate::diagnose::Observed;
use crate::finding::{Code, Finding};
use crate::machine::Machine;
use crate::stage::Stage;

/// The cause of a boot that went otherwise than was predicted.
const PREDICTION_DIFFERS: Code = Code(912);

/// The machine is gone, and nobody said why.
const UNCLEAN_EXIT: Code = Code(910);

/// What started it.
#[derive(Debug, Clone)]
pub struct Started {
    /// The backend's name.
    pub backend: &'static str,
    /// The backend's name for people.
    pub title: &'static str,
    /// Its version, where it says.
    pub version: Option<String>,
    /// How instructions were run.
    pub accelerator: Accelerator,
    /// Why by this one.
    pub notes: Vec<String>,
    /// Whether nobody has tried this backend.
    pub untested: bool,
}

/// A boot, predicted and observed.
#[derive(Debug)]
pub struct Outcome {
    /// What started it; none where it was not started.
    pub started: Option<Started>,
    /// The command line as the guest got it.
    pub command_line: String,
    /// What the files say.
    pub predicted: Verdict,
    /// What was seen; none where it was not started.
    pub observation: Option<Observation>,
    /// The cause by which it failed, as the console and the files tell together.
    pub code: Option<Code>,
    /// The stage at which it failed.
    pub stage: Option<Stage>,
    /// The machine; `None` if the target has no machine for the kernel.
    pub machine: Option<Machine>,
    /// What was found: of the boot itself first, then of the files.
    pub findings: Vec<Finding>,
    agreement: Option<bool>,
}

fn machine(report: &Report) -> Option<Machine> {
    report.boots.first()?.machine.clone()
}

impl Outcome {
    /// A boot that was not started, since it would end, or hang, before its kernel runs.
    pub fn refused(command_line: String, report: Report) -> Self {
        let predicted = report.verdict();
        let (stage, code) = match &predicted {
            Verdict::Fails { stage, code, .. } => (Some(*stage), Some(*code)),
            _ => (None, None),
        };
        Self {
            started: None,
            command_line,
            predicted,
            observation: None,
            code,
            stage,
            machine: machine(&report),
            findings: report.findings,
            agreement: None,
        }
    }

    /// A boot that was started. `until` is the stage that was asked for, `None` if a text on the console was.
    pub fn of(
        started: Started,
        command_line: String,
        report: Report,
        mut observation: Observation,
        until: Option<Stage>,
    ) -> Self {
        let predicted = report.verdict();
        let mut findings = Vec::new();
        let (stage, code) = match &observation.ending {
            Ending::Host { code, why, fix } => {
                findings.extend(told_by_host(*code, why, *fix));
                (None, Some(*code))
            }
            Ending::Failed => {
                let observed = &mut observation.observed;
                join(observed, &report);
                findings.clone_from(&observed.findings);
                let end = observed.end.as_ref();
                (end.map(|end| end.stage), end.and_then(|end| end.code))
            }
            _ => (None, None),
        };
        let agreement = agreement(&predicted, &observation, stage, code, until);
        if agreement == Some(false) {
            findings.extend(difference(&predicted, &observation, stage, code));
        }
        let machine = machine(&report);
        for finding in report.findings {
            if !findings.iter().any(|told| told.code == finding.code) {
                findings.push(finding);
            }
        }
        Self {
            started: Some(started),
            command_line,
            predicted,
            observation: Some(observation),
            code,
            stage,
            machine,
            findings,
            agreement,
        }
    }

    /// Whether the boot went as predicted; `None` if the prediction or the boot leaves that open.
    pub fn agrees(&self) -> Option<bool> {
        self.agreement
    }

    /// Whether it failed before the stage at which the files have it fail, where they left that open.
    pub fn may_end_here(&self) -> bool {
        is_left_open(&self.predicted, self.stage)
    }
}

/// Whether a failure at this stage is one that the files do not tell: they know of a later one for certain,
/// and lack a fact before it.
fn is_left_open(predicted: &Verdict, stage: Option<Stage>) -> bool {
    matches!(predicted, Verdict::Fails { stage: at, missing, .. }
        if !missing.is_empty() && stage.is_some_and(|stage| stage < *at))
}

/// Has the files decide among the causes that the console leaves.
fn join(observed: &mut Observed, report: &Report) {
    let own_notes = observed.notes.len();
    observed.join(report);
    // What it says of a log that may be of other files is not said of these.
    observed.notes.truncate(own_notes);
}

fn told_by_host(code: Code, why: &str, fix: Option<&'static str>) -> Option<Finding> {
    let cause = cause::by_code(code)?;
    Some(cause.finding(
        format!("{why}."),
        "The boot was not seen to its end.",
        fix.unwrap_or(cause.fix),
    ))
}

/// Compares a boot with what was predicted of it. `stage` and `code` tell where and why it failed; `until` is the
/// stage that was asked for, `None` if a text on the console was.
fn agreement(
    predicted: &Verdict,
    observation: &Observation,
    stage: Option<Stage>,
    code: Option<Code>,
    until: Option<Stage>,
) -> Option<bool> {
    let seen = observation.stage();
    let reached = match observation.ending {
        Ending::Reached => until.max(seen),
        _ => seen,
    };
    match (&observation.ending, predicted) {
        (_, Verdict::Unknown { .. }) | (Ending::Host { .. }, _) => None,
        (
            Ending::Failed,
            Verdict::Fails {
                stage: at,
                code: by,
                ..
            },
        ) if (stage, code) == (Some(*at), Some(*by)) => Some(true),
        (_, Verdict::Fails { .. }) if is_left_open(predicted, stage) => None,
        (Ending::Failed, _) if is_undecided(observation, code) => None,
        (Ending::Failed, Verdict::Fails { .. }) => Some(false),
        // A boot that gets past a stage does not fail there.
        (_, Verdict::Fails { stage: at, .. }) => (reached >= Some(*at)).then_some(false),
        (Ending::Reached, Verdict::Boots) => {
            (until.is_some() || reached >= Some(Stage::Init)).then_some(true)
        }
        (Ending::Failed, Verdict::Boots) => {
            // A prediction covers an init until its first target. What other programs do is their own.
            let gave_up = matches!(
                end_kind(observation),
                Some(EndKind::Frozen | EndKind::EmergencyShell)
            );
            (stage != Some(Stage::Userspace) || gave_up).then_some(false)
        }
        (Ending::Denied | Ending::Interrupted, Verdict::Boots) => None,
    }
}

fn end_kind(observation: &Observation) -> Option<EndKind> {
    Some(observation.observed.end.as_ref()?.kind)
}

/// Returns true if a boot that did not come as far as it should leaves open how far it would have come: its
/// deadline was short, it was alive until then, or its console shows nothing of it.
fn is_undecided(observation: &Observation, code: Option<Code>) -> bool {
    let is_late = end_kind(observation) == Some(EndKind::Deadline);
    let runs_init = observation.observed.stage() >= Some(Stage::Init);
    (is_late && (observation.is_cut_short || runs_init)) || shows_nothing(observation, code)
}

/// The finding that prediction and boot differ.
fn difference(
    predicted: &Verdict,
    observation: &Observation,
    stage: Option<Stage>,
    code: Option<Code>,
) -> Option<Finding> {
    let was = match &observation.ending {
        Ending::Failed => failed_at(stage, code),
        _ => match observation.stage() {
            Some(stage) => format!("it reached {stage}"),
            None => "it went further".to_owned(),
        },
    };
    let predicted = match predicted {
        Verdict::Boots => "that it boots".to_owned(),
        Verdict::Fails { stage, code, .. } => format!("that it fails at {stage} ({code})"),
        Verdict::Unknown { .. } => return None,
    };
    let cause = cause::by_code(PREDICTION_DIFFERS)?;
    Some(cause.finding(
        format!("The files say {predicted}; {was}."),
        "Prediction and boot contradict each other. If the prediction is wrong, kelpie-check has a bug.",
        cause.fix,
    ))
}

/// Whether a boot that failed leaves open how far it came: what is on its console is nobody's that is known
/// here, as with `quiet`, or it was gone without a word.
fn shows_nothing(observation: &Observation, code: Option<Code>) -> bool {
    matches!(observation.ending, Ending::Failed)
        && observation.observed.clues.is_empty()
        && (observation.console_bytes > 0 || code == Some(UNCLEAN_EXIT))
}

fn failed_at(stage: Option<Stage>, code: Option<Code>) -> String {
    let stage = stage.map_or_else(|| "an unknown stage".to_owned(), |stage| stage.to_string());
    let code = code.map_or_else(|| "no known cause".to_owned(), |code| code.to_string());
    format!("it failed at {stage} ({code})")
}
