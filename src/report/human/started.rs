//! A real boot for people: what starts it, the ladder as it is climbed, and what it came to.

use super::super::Style;
use super::super::text::plain;
use super::boot::{write_block, write_cause};
use super::page::{Colour, LABEL, Page};
use crate::boot::{Ending, Outcome, Reach, Started};
use crate::check::Verdict;
use crate::finding::{Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use std::time::Duration;

/// The head: the parts, what starts them, the command line.
pub fn head(
    parts: &[(Role, String)],
    started: &Started,
    command_line: &str,
    timeout: Duration,
    style: Style,
) -> String {
    let mut page = page(style);
    for (role, name) in parts.iter().filter(|(role, _)| *role != Role::Cmdline) {
        page.entry(role.name(), name);
    }
    let untested = if started.untested { ", untested" } else { "" };
    let mut backend = format!(
        "{} ({}{untested})",
        started.title,
        started.accelerator.name()
    );
    for note in &started.notes {
        backend.push_str("; ");
        backend.push_str(note);
    }
    page.entry("backend", &backend);
    page.entry("cmdline", command_line);
    page.entry("deadline", &format!("{} s", timeout.as_secs()));
    page.line("");
    page.text
}

/// A stage that was reached, and the line that shows it where the stage before it did not show the
/// same.
pub fn reach(reach: &Reach, is_same_line: bool, style: Style) -> String {
    let mut page = page(style);
    let mark = page.paint(Colour::Green, "✔");
    let head = format!("{mark} {:<LABEL$}", reach.stage);
    let line = if is_same_line { "" } else { &reach.text };
    write_block(&mut page, &head, &format!("{}  {line}", seconds(reach.at)));
    page.text
}

/// What it came to.
pub fn end(outcome: &Outcome, style: Style) -> String {
    let mut page = page(style);
    let fatal = |finding: &&Finding| Some(finding.code) == outcome.code;
    if let Some(finding) = outcome.findings.iter().find(fatal) {
        let mark = page.paint(Colour::Red, "✘");
        let label = outcome
            .stage
            .map_or_else(|| "host".to_owned(), |stage| stage.to_string());
        write_cause(&mut page, &format!("{mark} {label:<LABEL$}"), finding);
        let observed = outcome.observation.as_ref().map(|seen| &seen.observed);
        for line in observed
            .map(|seen| seen.lines.as_slice())
            .unwrap_or_default()
        {
            write_block(&mut page, &indented("│ "), &line.text);
        }
        for note in observed
            .map(|seen| seen.notes.as_slice())
            .unwrap_or_default()
        {
            write_block(&mut page, &indented(""), &format!("{note}."));
        }
    }
    let is_whole = outcome.observation.is_some();
    let others = outcome
        .findings
        .iter()
        .filter(|finding| Some(finding.code) != outcome.code)
        .filter(|finding| finding.severity >= Severity::Warn || !is_whole);
    for finding in others {
        let (mark, colour) = match finding.severity {
            Severity::Fatal => ("✘", Colour::Red),
            _ => ("!", Colour::Yellow),
        };
        let mark = page.paint(colour, mark);
        write_cause(
            &mut page,
            &format!("{mark} {:<LABEL$}", finding.stage),
            finding,
        );
    }
    if let Some(observation) = &outcome.observation
        && matches!(observation.ending, Ending::Host { .. })
    {
        for line in observation.log.iter().rev().take(5).rev() {
            write_block(&mut page, &indented("│ "), line);
        }
    }
    page.line("");
    let verdict = verdict(&page, outcome);
    page.line(&verdict);
    page.text
}

fn verdict(page: &Page, outcome: &Outcome) -> String {
    let Some(observation) = &outcome.observation else {
        let text = match (outcome.stage, outcome.code) {
            (Some(stage), Some(code)) => format!("not started: fails at {stage} ({code})"),
            _ => "not started".to_owned(),
        };
        return format!("verdict: {}", page.paint(Colour::Red, &text));
    };
    let time = seconds(observation.elapsed);
    let reached = observation
        .stage()
        .map_or_else(|| "nothing".to_owned(), |stage| stage.to_string());
    let (colour, text) = match &observation.ending {
        Ending::Reached => (Colour::Green, format!("reached {reached} in {time}")),
        Ending::Denied => (
            Colour::Red,
            format!("the text that may not come came, after {time}"),
        ),
        Ending::Failed => (
            Colour::Red,
            format!("failed at {} after {time}", failed_at(outcome)),
        ),
        Ending::Host { code, .. } => (
            Colour::Yellow,
            format!("not known: the host could not run it ({code})"),
        ),
        Ending::Interrupted => (
            Colour::Yellow,
            format!("interrupted after {time}, {reached} was reached"),
        ),
    };
    let beside = match (outcome.agrees(), &outcome.predicted) {
        (Some(true), _) => ", as predicted".to_owned(),
        (Some(false), Verdict::Boots) => "; predicted was that it boots".to_owned(),
        (Some(false), Verdict::Fails { stage, code, .. }) => {
            format!("; predicted was that it fails at {stage} ({code})")
        }
        (None, Verdict::Fails { stage, code, .. }) if outcome.may_end_here() => {
            format!("; predicted was that it fails at {stage} ({code}), if not before")
        }
        (_, Verdict::Unknown { missing }) => {
            format!("; not predicted (missing: {})", plain(&missing.join("; ")))
        }
        (None, Verdict::Boots) if matches!(observation.ending, Ending::Failed) => {
            "; predicted was that it boots, which this console neither shows nor denies".to_owned()
        }
        _ => String::new(),
    };
    format!("verdict: {}{beside}", page.paint(colour, &text))
}

fn failed_at(outcome: &Outcome) -> String {
    let stage = outcome.stage.unwrap_or(Stage::Start);
    match outcome.code {
        Some(code) => format!("{stage} ({code})"),
        None => stage.to_string(),
    }
}

fn indented(text: &str) -> String {
    format!("{}{text}", " ".repeat(LABEL.saturating_add(2)))
}

fn page(style: Style) -> Page {
    Page {
        text: String::new(),
        colour: style.colour,
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
