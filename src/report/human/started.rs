//! A real boot for people: what starts it, the ladder as it is climbed, and what it came to.

use super::super::Style;
use super::boot::{write_block, write_cause};
use super::page::{Colour, LABEL, Page};
use crate::boot::jail::Layer;
use crate::boot::{Ending, Observation, Outcome, Reach, Started};
use crate::check::Verdict;
use crate::console::EndKind;
use crate::finding::{Finding, Severity};
use crate::machine::Machine;
use crate::printable::Printable;
use crate::role::Role;
use crate::stage::Stage;
use std::time::Duration;

/// The head: the parts, what starts them, the machine if it is shown, the command line.
pub fn head(
    parts: &[(Role, String)],
    started: &Started,
    command_line: &str,
    timeout: Duration,
    machine: Option<&Machine>,
    style: Style,
) -> Printable {
    let mut page = Page::new(style);
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
    if let Some(machine) = machine {
        super::machine::write(&mut page, machine);
    }
    page.entry("cmdline", command_line);
    page.entry("deadline", &format!("{} s", timeout.as_secs()));
    page.line("");
    page.finish()
}

/// A stage that was reached, and the line that shows it where the stage before it did not show the
/// same.
pub fn reach(reach: &Reach, is_same_line: bool, style: Style) -> Printable {
    let mut page = Page::new(style);
    let mark = page.paint(Colour::Green, "✔");
    let head = mark.with(format!(" {:<LABEL$}", reach.stage));
    let line = if is_same_line { "" } else { &reach.text };
    write_block(&mut page, head, &format!("{}  {line}", seconds(reach.at)));
    page.finish()
}

/// What it came to.
pub fn end(outcome: &Outcome, style: Style) -> Printable {
    let mut page = Page::new(style);
    let fatal = |finding: &&Finding| Some(finding.code) == outcome.code;
    if let Some(finding) = outcome.findings.iter().find(fatal) {
        let mark = page.paint(Colour::Red, "✘");
        let label = outcome
            .stage
            .map_or_else(|| "host".to_owned(), |stage| stage.to_string());
        write_cause(&mut page, mark.with(format!(" {label:<LABEL$}")), finding);
        let observed = outcome.observation.as_ref().map(|seen| &seen.observed);
        for line in observed
            .map(|seen| seen.lines.as_slice())
            .unwrap_or_default()
        {
            write_block(&mut page, indented("│ "), &line.text);
        }
        for note in observed
            .map(|seen| seen.notes.as_slice())
            .unwrap_or_default()
        {
            write_block(&mut page, indented(""), &format!("{note}."));
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
            mark.with(format!(" {:<LABEL$}", finding.stage)),
            finding,
        );
    }
    if let Some(observation) = &outcome.observation
        && matches!(observation.ending, Ending::Host { .. })
    {
        for line in observation.log.iter().rev().take(5).rev() {
            write_block(&mut page, indented("│ "), line);
        }
    }
    if let Some(observation) = &outcome.observation {
        write_jail(&mut page, &observation.jail);
    }
    page.line("");
    let verdict = verdict(&page, outcome);
    page.line(verdict);
    page.finish()
}

/// The layers in force in one entry, and each missing one.
pub fn write_jail(page: &mut Page, layers: &[Layer]) {
    let in_force: Vec<String> = layers
        .iter()
        .filter(|layer| layer.is_in_force)
        .map(|layer| format!("{} ({})", layer.name, layer.detail))
        .collect();
    if !in_force.is_empty() {
        page.entry("jail", &in_force.join(", "));
    }
    for layer in layers.iter().filter(|layer| !layer.is_in_force) {
        let mark = page.paint(Colour::Yellow, "!");
        let head = mark.with(format!(" {:<LABEL$}", layer.name));
        write_block(page, &head, &layer.detail);
    }
}

fn verdict(page: &Page, outcome: &Outcome) -> Printable {
    let (colour, text, beside) = verdict_parts(outcome);
    Printable::from("verdict: ")
        .with(page.paint(colour, &text))
        .with(beside)
}

/// Returns the verdict in words, and the prediction beside it.
pub fn verdict_words(outcome: &Outcome) -> String {
    let (_, text, beside) = verdict_parts(outcome);
    text + &beside
}

fn verdict_parts(outcome: &Outcome) -> (Colour, String, String) {
    let Some(observation) = &outcome.observation else {
        let text = match (outcome.stage, outcome.code) {
            (Some(stage), Some(code)) => format!("not started: fails at {stage} ({code})"),
            _ => "not started".to_owned(),
        };
        return (Colour::Red, text, String::new());
    };
    let time = seconds(observation.elapsed);
    let reached = observation
        .stage()
        .map_or_else(|| "nothing".to_owned(), |stage| stage.to_string());
    let (colour, text) = match &observation.ending {
        Ending::Reached => (Colour::Green, format!("reached {reached} in {time}")),
        Ending::Denied => (
            Colour::Red,
            format!("the --deny text appeared after {time}"),
        ),
        Ending::Failed => (
            Colour::Red,
            format!("failed at {} after {time}", failed_at(outcome)),
        ),
        Ending::Host { code, .. } => (
            Colour::Yellow,
            format!("unknown: the host could not run it ({code})"),
        ),
        Ending::Interrupted => (
            Colour::Yellow,
            format!("interrupted after {time}, {reached} was reached"),
        ),
    };
    let beside = match (outcome.agrees(), &outcome.predicted) {
        (Some(true), _) => ", as predicted".to_owned(),
        (Some(false), Verdict::Boots) => "; predicted: boots".to_owned(),
        (Some(false), Verdict::Fails { stage, code, .. }) => {
            format!("; predicted: fails at {stage} ({code})")
        }
        (None, Verdict::Fails { stage, code, .. }) if outcome.may_end_here() => {
            format!("; predicted: fails at {stage} ({code}), if not before")
        }
        (_, Verdict::Unknown { missing }) => {
            format!("; not predicted (missing: {})", missing.join("; "))
        }
        (None, predicted) => undecided(observation, outcome.stage, predicted),
    };
    (colour, text, beside)
}

/// What was predicted of a boot that neither confirms nor contradicts it, and why not.
fn undecided(observation: &Observation, stage: Option<Stage>, predicted: &Verdict) -> String {
    let end = observation.observed.end.as_ref();
    let is_late =
        stage == Some(Stage::Userspace) && end.is_some_and(|end| end.kind == EndKind::Deadline);
    let why = match &observation.ending {
        Ending::Host { .. } | Ending::Interrupted => return String::new(),
        _ if observation.is_cut_short => "the deadline is too short for a conclusion",
        Ending::Failed if is_late => "the deadline passed before init was up",
        Ending::Failed if stage == Some(Stage::Userspace) => {
            "the prediction does not cover what this init does"
        }
        Ending::Failed => "the console output is inconclusive",
        Ending::Denied => "the boot was stopped at that text",
        Ending::Reached => "the boot was stopped at what --expect or --until names",
    };
    match predicted {
        Verdict::Fails { stage, code, .. } => {
            format!("; predicted: fails at {stage} ({code}); {why}")
        }
        _ => format!("; predicted: boots; {why}"),
    }
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

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
