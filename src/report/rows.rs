//! A report as rows, one per verdict: what the formats for other programs have in common.

use super::text::shown_place;
use crate::check::{Artifact, Report, Verdict};
use crate::diagnose::{Diagnosis, Observed};
use crate::finding::{Finding, Severity};

/// How a verdict counts in a format that knows success and failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It boots, or the file has no problem.
    Passed,
    /// It fails.
    Failed,
    /// Facts are missing.
    Unknown,
}

impl Outcome {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict, with its findings.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// The boot, the file or the log.
    pub subject: String,
    /// The target; `None` for a log.
    pub target: Option<&'static str>,
    pub outcome: Outcome,
    /// The verdict in words.
    pub verdict: String,
    pub entries: Vec<Entry<'a>>,
}

/// A finding, with the file that it is about.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub finding: &'a Finding,
    pub path: &'a str,
    /// The line of a log, from one.
    pub line: Option<u64>,
}

impl Entry<'_> {
    /// What is wrong and what will happen, with the offset if the finding has one.
    pub(super) fn description(&self) -> String {
        let finding = self.finding;
        let place = shown_place(&finding.place);
        let sentences = [finding.message.as_str(), finding.consequence.as_str()];
        let text = sentences.join(" ");
        match place.trim_start() {
            "" => text,
            place => format!("{text} ({place})"),
        }
    }
}

/// Returns the whole boots of a report, then the files that were judged alone.
pub(super) fn of_report(report: &Report) -> Vec<Row<'_>> {
    let boots = report.boots.iter().map(|boot| {
        let paths = || {
            boot.artifacts
                .iter()
                .filter_map(|at| report.artifacts.get(*at))
        };
        let unread = paths().find_map(|artifact| artifact.unreadable.as_ref());
        let subject = match boot.name.as_str() {
            "" => paths()
                .map(|artifact| artifact.path.as_str())
                .collect::<Vec<_>>()
                .join(" + "),
            name => name.to_owned(),
        };
        let (outcome, verdict) = match unread {
            Some(error) => (Outcome::Unknown, format!("unreadable: {error}")),
            None => judged(&boot.verdict, report, &boot.artifacts),
        };
        Row {
            subject,
            target: Some(boot.target),
            outcome,
            verdict: format!("{verdict} on {}", boot.target),
            entries: entries(report, &boot.artifacts),
        }
    });
    let alone = report
        .alone()
        .filter_map(|at| Some((at, report.artifacts.get(at)?)));
    let alone = alone.map(|(at, artifact)| {
        let (outcome, verdict) = judged_alone(artifact, report, at);
        Row {
            subject: artifact.path.clone(),
            target: Some(report.target),
            outcome,
            verdict,
            entries: entries(report, &[at]),
        }
    });
    boots.chain(alone).collect()
}

/// Returns the boots of a log.
pub(super) fn of_diagnosis(diagnosis: &Diagnosis) -> Vec<Row<'_>> {
    let log = diagnosis.log.as_str();
    let count = diagnosis.boots.len();
    let rows = diagnosis.boots.iter().enumerate().map(|(at, boot)| Row {
        subject: match count {
            1 => log.to_owned(),
            _ => format!("{log}, boot {} of {count}", at.saturating_add(1)),
        },
        target: None,
        outcome: match boot.code() {
            Some(_) => Outcome::Failed,
            None => Outcome::Passed,
        },
        verdict: observed(boot),
        entries: boot
            .findings
            .iter()
            .map(|finding| Entry {
                finding,
                path: log,
                line: boot.lines.first().map(|line| line.number),
            })
            .collect(),
    });
    let mut rows: Vec<Row<'_>> = rows.collect();
    if rows.is_empty() {
        rows.push(Row {
            subject: log.to_owned(),
            target: None,
            outcome: Outcome::Unknown,
            verdict: match &diagnosis.unread {
                Some(why) => format!("unreadable: {why}"),
                None => "unknown: the log shows no boot".to_owned(),
            },
            entries: Vec::new(),
        });
    }
    rows
}

/// Returns a boot that was started, or refused.
#[cfg(all(unix, feature = "machines"))]
pub(super) fn of_started(outcome: &crate::boot::Outcome) -> Row<'_> {
    use crate::boot::Ending;
    let ending = outcome.observation.as_ref().map(|seen| &seen.ending);
    let started = outcome.started.as_ref();
    Row {
        subject: started.map_or_else(|| "boot".to_owned(), |started| started.title.to_owned()),
        target: None,
        outcome: match ending {
            Some(Ending::Reached) => Outcome::Passed,
            Some(Ending::Failed | Ending::Denied) | None => Outcome::Failed,
            Some(Ending::Host { .. } | Ending::Interrupted) => Outcome::Unknown,
        },
        verdict: super::human::started_verdict(outcome),
        entries: outcome
            .findings
            .iter()
            .map(|finding| Entry {
                finding,
                path: "",
                line: None,
            })
            .collect(),
    }
}

fn observed(boot: &Observed) -> String {
    let failed = boot
        .end
        .as_ref()
        .and_then(|end| Some((end.stage, end.code?)));
    match (failed, boot.stage()) {
        (Some((stage, code)), _) => {
            let finding = boot.findings.iter().find(|finding| finding.code == code);
            let name = finding.map_or("", |finding| finding.name);
            format!("failed at {stage} ({code} {name})")
        }
        (None, Some(stage)) => format!("reached {stage}"),
        (None, None) => "unknown: no stage was reached".to_owned(),
    }
}

fn entries<'a>(report: &'a Report, artifacts: &[usize]) -> Vec<Entry<'a>> {
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| artifacts.contains(&finding.artifact));
    findings
        .map(|finding| Entry {
            finding,
            path: report
                .artifacts
                .get(finding.artifact)
                .map_or("", |artifact| artifact.path.as_str()),
            line: None,
        })
        .collect()
}

fn judged(verdict: &Verdict, report: &Report, artifacts: &[usize]) -> (Outcome, String) {
    match verdict {
        Verdict::Boots => (Outcome::Passed, "boots".to_owned()),
        Verdict::Fails { stage, code, .. } => {
            let found = report
                .findings
                .iter()
                .find(|finding| finding.code == *code && artifacts.contains(&finding.artifact));
            let name = found.map_or("", |finding| finding.name);
            (Outcome::Failed, format!("fails at {stage} ({code} {name})"))
        }
        Verdict::Unknown { missing } => (
            Outcome::Unknown,
            format!("unknown (missing: {})", missing.join("; ")),
        ),
    }
}

/// The verdict on one file is never *boots*: a file without a fatal finding has passed.
fn judged_alone(artifact: &Artifact, report: &Report, at: usize) -> (Outcome, String) {
    if let Some(error) = &artifact.unreadable {
        return (Outcome::Unknown, format!("unreadable: {error}"));
    }
    match &artifact.verdict {
        Verdict::Unknown { .. } if artifact.facts.are_whole() => {
            let findings = report
                .findings
                .iter()
                .filter(|finding| finding.artifact == at);
            let warnings = findings
                .filter(|finding| finding.severity == Severity::Warn)
                .count();
            let verdict = match warnings {
                0 => "no problem found".to_owned(),
                1 => "1 warning".to_owned(),
                count => format!("{count} warnings"),
            };
            (Outcome::Passed, verdict)
        }
        verdict => judged(verdict, report, &[at]),
    }
}
