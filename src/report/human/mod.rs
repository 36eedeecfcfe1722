//! The report for people: the facts in a few aligned lines, the ladder, the findings, the verdict.

mod boot;
mod cmdline;
mod diagnosis;
mod init;
mod initramfs;
mod kernel;
mod machine;
mod page;
mod rootfs;
#[cfg(all(unix, feature = "machines"))]
mod started;

#[cfg(all(unix, feature = "machines"))]
pub(super) use boot::write_block;
#[cfg(all(unix, feature = "machines"))]
pub use started::{end, head, reach, verdict_words as started_verdict, write_jail};

use super::text::{shown_place, wrap};
use super::{Format, Style};
use crate::cause;
use crate::check::{
    Artifact, Check, CheckOutcome, Facts, LeftOut, Report, Rung, Standing, Verdict,
};
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::printable::Printable;
use boot::{on_target, unless};
pub(super) use machine::write as write_machine;
pub(super) use page::{Colour, Entries, Page};
use page::{LABEL, WIDTH};

/// The format.
pub static HUMAN: Format = Format {
    name: "human",
    extensions: &["txt"],
    write,
    write_diagnosis: diagnosis::write,
    #[cfg(all(unix, feature = "machines"))]
    write_started: Some(|outcome, style| Ok(started::end(outcome, style))),
};

fn write(report: &Report, style: Style) -> Result<Printable> {
    let mut page = Page::new(style);
    for (number, boot) in report.boots.iter().enumerate() {
        if number > 0 {
            page.line("");
        }
        boot::write_boot(&mut page, report, boot, style);
    }
    // What boots together is told together.
    for number in report.alone() {
        let Some(artifact) = report.artifacts.get(number) else {
            continue;
        };
        if number > 0 {
            page.line("");
        }
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.artifact == number)
            .collect();
        write_artifact(&mut page, report.target, artifact, &findings, style);
        if style.verbose && artifact.unreadable.is_none() {
            page.line("");
            page.line("causes:");
            let checks = report.checks.iter();
            for check in checks.filter(|check| check.artifact == number) {
                let label = check.code.to_string();
                page.entry(&label, &outcome(check, &findings));
            }
        }
    }
    write_left_out(&mut page, &report.left_out);
    Ok(page.finish())
}

/// What became of a cause, in words.
fn outcome(check: &Check, findings: &[&Finding]) -> String {
    let name = cause::by_code(check.code).map_or("", |cause| cause.name);
    let found = findings.iter().any(|finding| finding.code == check.code);
    let outcome = match &check.outcome {
        CheckOutcome::Ran if found => "found".to_owned(),
        CheckOutcome::Ran => "does not apply".to_owned(),
        CheckOutcome::Blocked {
            by: Some(code),
            why,
        } => format!("blocked by {code}: {why}"),
        CheckOutcome::Blocked { by: None, why } => format!("undecided: {why}"),
        CheckOutcome::Skipped { why } => format!("skipped: {why}"),
        CheckOutcome::NotGiven { role } => format!("needs the {role}, which was not given"),
    };
    format!("{name}: {outcome}")
}

/// The most files that are named as left out. JSON names them all.
const LEFT_OUT_NAMES: usize = 20;

/// What a folder holds beside the artefacts that were judged.
fn write_left_out(page: &mut Page, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    page.line("");
    page.line("left out:");
    for left_out in left_out.iter().take(LEFT_OUT_NAMES) {
        page.line(format!("  {}: {}", left_out.path, left_out.why));
    }
    if let Some(more @ 1..) = left_out.len().checked_sub(LEFT_OUT_NAMES) {
        page.line(format!("  and {more} more (--format json has them all)"));
    }
}

fn write_artifact(
    page: &mut Page,
    target: &str,
    artifact: &Artifact,
    findings: &[&Finding],
    style: Style,
) {
    let path = page.paint(Colour::Bold, &artifact.path);
    page.line(path);
    if let Some(error) = &artifact.unreadable {
        let error = page.paint(Colour::Red, &error.to_string());
        page.line(Printable::from("  ").with(error));
        return;
    }
    // Of what is something else, neither facts nor a ladder are worth a line.
    let recognised = artifact.facts.are_recognised();
    if recognised {
        write_facts(page, &artifact.facts);
        if !artifact.ladder.is_empty() {
            page.line("");
            write_ladder(page, artifact, findings, style);
        }
    }
    for (number, finding) in findings.iter().enumerate() {
        if number > 0 || recognised {
            page.line("");
        }
        write_finding(page, finding);
    }
    page.line("");
    let verdict = verdict(page, target, artifact, style);
    page.line(verdict);
}

/// Writes the facts of an artefact.
pub(super) fn write_facts(entries: &mut dyn Entries, facts: &Facts) {
    match facts {
        Facts::Kernel(facts) => kernel::write_facts(entries, facts),
        Facts::Initramfs(facts) => initramfs::write_facts(entries, facts),
        Facts::Rootfs(facts) => rootfs::write_facts(entries, facts),
        Facts::Cmdline(facts) => cmdline::write_facts(entries, facts),
    }
}

/// Returns the sign of a stage, and its colour.
pub(super) fn mark(standing: Standing) -> (&'static str, Colour) {
    match standing {
        Standing::Passed => ("✔", Colour::Green),
        Standing::Failed => ("✘", Colour::Red),
        Standing::Warned => ("!", Colour::Yellow),
        Standing::Unknown => ("?", Colour::Yellow),
        Standing::None => ("–", Colour::Dim),
        Standing::Open => ("·", Colour::Dim),
    }
}

fn write_ladder(page: &mut Page, artifact: &Artifact, findings: &[&Finding], style: Style) {
    // Without its options, nothing is known of the stages behind the last that was decided.
    let decided = |rung: &Rung| {
        matches!(
            rung.standing,
            Standing::Passed | Standing::Failed | Standing::Warned
        )
    };
    let optionless = |facts: &Facts| facts.kernel().is_some_and(|facts| facts.options.is_empty());
    let shown = if optionless(&artifact.facts) {
        let last = artifact.ladder.iter().rposition(decided);
        // Headers alone say already whether the target takes the kernel.
        let least = if style.quick { 2 } else { 1 };
        last.map_or(least, |last| last.saturating_add(1).max(least))
    } else {
        artifact.ladder.len()
    };
    for rung in artifact.ladder.iter().take(shown) {
        let (mark, colour) = mark(rung.standing);
        let here: Vec<String> = findings
            .iter()
            .filter(|finding| finding.stage == rung.stage && rung.standing != Standing::Passed)
            .map(|finding| format!("{} {}", finding.code, finding.name))
            .collect();
        let text = if here.is_empty() {
            rung.text.clone()
        } else {
            here.join(", ")
        };
        let mark = page.paint(colour, mark);
        page.line(mark.with(format!(" {:<LABEL$}{text}", rung.stage)));
    }
    if shown < artifact.ladder.len() {
        let mark = page.paint(Colour::Yellow, "?");
        let why = if style.quick {
            "not read: --quick reads only headers"
        } else {
            "unknown: the kernel's options are unreadable"
        };
        page.line(mark.with(format!(" {:<LABEL$}{why}", "the rest")));
    }
}

/// The severity, code and name of a finding, in colour.
fn head_of(page: &Page, finding: &Finding) -> Printable {
    let colour = match finding.severity {
        Severity::Fatal => Colour::Red,
        Severity::Warn => Colour::Yellow,
        Severity::Info => Colour::Dim,
    };
    let head = format!("{}: {} {}", finding.severity, finding.code, finding.name);
    page.paint(colour, &head)
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let head = head_of(page, finding);
    page.line(head.with(shown_place(&finding.place)));
    for (label, text) in [
        ("", &finding.message),
        ("", &finding.consequence),
        ("fix: ", &finding.fix),
    ] {
        for (number, part) in wrap(text, WIDTH.saturating_sub(7)).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            page.line(format!("  {label}{part}"));
        }
    }
}

fn verdict(page: &Page, target: &str, artifact: &Artifact, style: Style) -> Printable {
    match &artifact.verdict {
        Verdict::Boots => on_target(page, Colour::Green, "boots", target),
        Verdict::Fails {
            stage,
            code,
            missing,
        } => {
            let end = format!("fails at {stage} ({code})");
            on_target(page, Colour::Red, &end, target).with(unless(missing, "not seen", ", "))
        }
        Verdict::Unknown { missing } => {
            let facts = &artifact.facts;
            let said = if facts.are_whole() || (style.quick && facts.are_recognised()) {
                "no problem found"
            } else {
                "unknown"
            };
            on_target(page, Colour::Yellow, said, target)
                .with(format!(" (not seen: {})", missing.join(", ")))
        }
    }
}
