//! What a boot came to, beside what was predicted of it.

use super::plan::Accelerator;
use super::run::{Ending, Observation};
use crate::cause;
use crate::check::{Report, Verdict};
use crate::diagnose::Observed;
use crate::finding::{Code, Finding};
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
    /// What was found: of the boot itself first, then of the files.
    pub findings: Vec<Finding>,
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
            findings: report.findings,
        }
    }

    /// A boot that was started.
    pub fn of(
        started: Started,
        command_line: String,
        report: Report,
        mut observation: Observation,
        until: Stage,
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
        if let Some(difference) = difference(&predicted, &observation, stage, code, until) {
            findings.push(difference);
        }
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
            findings,
        }
    }

    /// Whether what was seen is what was predicted; `None` where one of the two is not known.
    pub fn agrees(&self) -> Option<bool> {
        let observation = self.observation.as_ref()?;
        let is_known = matches!(
            observation.ending,
            Ending::Reached | Ending::Failed | Ending::Denied
        );
        let is_foreseen = match self.predicted {
            Verdict::Boots => !shows_nothing(observation, self.code),
            Verdict::Fails { .. } => !self.may_end_here(),
            Verdict::Unknown { .. } => false,
        };
        let differs = self
            .findings
            .iter()
            .any(|finding| finding.code == PREDICTION_DIFFERS);
        (is_known && is_foreseen).then_some(!differs)
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

/// The finding that prediction and boot differ, where they do.
fn difference(
    predicted: &Verdict,
    observation: &Observation,
    stage: Option<Stage>,
    code: Option<Code>,
    until: Stage,
) -> Option<Finding> {
    let was = match (&observation.ending, predicted) {
        (Ending::Reached, Verdict::Fails { stage, .. }) if *stage <= until => {
            format!("it came as far as {until}")
        }
        (Ending::Failed, Verdict::Boots) => {
            // What init does once it runs is not predicted.
            let is_inits = stage == Some(Stage::Userspace);
            if is_inits || shows_nothing(observation, code) {
                return None;
            }
            failed_at(stage, code)
        }
        (
            Ending::Failed,
            Verdict::Fails {
                stage: at,
                code: by,
                ..
            },
        ) => {
            let is_same = Some(*at) == stage && Some(*by) == code;
            if is_same || is_left_open(predicted, stage) {
                return None;
            }
            failed_at(stage, code)
        }
        _ => return None,
    };
    let predicted = match predicted {
        Verdict::Boots => "that it boots".to_owned(),
        Verdict::Fails { stage, code, .. } => format!("that it fails at {stage} ({code})"),
        Verdict::Unknown { .. } => return None,
    };
    let cause = cause::by_code(PREDICTION_DIFFERS)?;
    Some(cause.finding(
        format!("The files say {predicted}; {was}."),
        "One of the two is wrong, and it is a fault of kelpie-check's if it is the prediction.",
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
