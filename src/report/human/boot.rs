//! A whole boot for people: what is booted, the ladder with what decides each stage, the verdict.

use super::super::Style;
use super::super::text::wrap;
use super::mark;
use super::page::{Colour, LABEL, Page, WIDTH};
use crate::check::{Boot, Report, Verdict};
use crate::finding::{Finding, Severity};
use crate::printable::Printable;
use crate::stage::Stage;

pub(super) fn write_boot(page: &mut Page, report: &Report, boot: &Boot, style: Style) {
    let head = match boot.name.as_str() {
        "" => boot.target_title.to_owned(),
        name => format!("{name} on {}", boot.target_title),
    };
    let head = page.paint(Colour::Bold, &head);
    page.line(head);
    for artifact in boot
        .artifacts
        .iter()
        .filter_map(|number| report.artifacts.get(*number))
    {
        page.entry(artifact.role.name(), &artifact.path);
        if let Some(error) = &artifact.unreadable {
            page.entry("", &error.to_string());
        }
        if style.verbose && artifact.facts.are_recognised() {
            super::write_facts(page, &artifact.facts);
            page.line("");
        }
    }
    if let Some(machine) = boot
        .machine
        .as_ref()
        .filter(|_| boot.shows_machine || style.verbose)
    {
        super::machine::write(page, machine);
    }
    page.line("");
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| boot.artifacts.contains(&finding.artifact))
        .collect();
    let failed = match &boot.verdict {
        Verdict::Fails { stage, .. } => Some(*stage),
        _ => None,
    };
    for rung in &boot.ladder {
        let here: Vec<&Finding> = findings
            .iter()
            .copied()
            .filter(|finding| finding.stage == rung.stage && finding.severity > Severity::Info)
            .collect();
        let beyond = failed.is_some_and(|stage| rung.stage > stage);
        let (mark, colour) = match beyond {
            true => ("·", Colour::Dim),
            false => mark(rung.standing),
        };
        let mark = page.paint(colour, mark);
        let head = mark.with(format!(" {:<LABEL$}", rung.stage));
        if beyond {
            let text = not_reached(&here);
            write_block(page, head, &text);
            continue;
        }
        let fatal = here
            .iter()
            .any(|finding| finding.severity == Severity::Fatal);
        if !fatal {
            write_block(page, head, &rung.text);
            for finding in &here {
                write_cause(page, indent(), finding);
            }
            continue;
        }
        // The verdict's own cause comes first; what else is fatal at this stage follows.
        let mut order = here.clone();
        order.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        for (number, finding) in order.iter().enumerate() {
            let head = if number == 0 {
                head.clone()
            } else {
                indent().into()
            };
            write_cause(page, head, finding);
        }
    }
    if !boot.trail.is_empty() {
        page.line("");
        for line in &boot.trail {
            write_block(page, "  ", line);
        }
    }
    write_notes(page, &findings, failed);
    page.line("");
    let verdict = verdict(page, boot);
    page.line(verdict);
}

/// Advice on what is no problem of this boot. It stands apart from the ladder: a step that passed needs no fix.
fn write_notes(page: &mut Page, findings: &[&Finding], failed: Option<Stage>) {
    let notes: Vec<&&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Info)
        .filter(|finding| failed.is_none_or(|stage| finding.stage <= stage))
        .collect();
    if notes.is_empty() {
        return;
    }
    page.line("");
    page.line("notes:");
    for note in notes {
        let text = [&note.message, &note.consequence, &note.fix].map(String::as_str);
        let head = Printable::from("  ").with(page.paint(Colour::Dim, &note.code.to_string()));
        write_block(
            page,
            head.with(format!("{:1$}", "", LABEL.saturating_sub(5))),
            &text.join(" "),
        );
    }
}

fn indent() -> String {
    " ".repeat(LABEL.saturating_add(2))
}

pub(super) fn write_cause(page: &mut Page, head: impl Into<Printable>, finding: &Finding) {
    let colour = match finding.severity {
        Severity::Fatal => Colour::Red,
        Severity::Warn => Colour::Yellow,
        Severity::Info => Colour::Dim,
    };
    let code = page.paint(colour, &finding.code.to_string());
    write_block(page, head.into().with(code).with(" "), &finding.message);
    write_block(page, indent(), &finding.consequence);
    write_block(page, indent(), &format!("fix: {}", finding.fix));
}

/// Text behind a head, broken and indented under the second column.
pub fn write_block(page: &mut Page, head: impl Into<Printable>, text: &str) {
    let head = head.into();
    let indent = indent();
    for (number, part) in wrap(text, WIDTH.saturating_sub(indent.len()))
        .iter()
        .enumerate()
    {
        if number == 0 {
            page.line(head.clone().with(part));
        } else {
            page.line(format!("{indent}{part}"));
        }
    }
}

fn not_reached(findings: &[&Finding]) -> String {
    let fatal: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fatal)
        .map(|finding| format!("{} would follow: {}", finding.code, finding.message))
        .collect();
    if fatal.is_empty() {
        "not reached".to_owned()
    } else {
        format!("not reached; {}", fatal.join(" "))
    }
}

fn verdict(page: &Page, boot: &Boot) -> Printable {
    let target = boot.target;
    match &boot.verdict {
        Verdict::Boots => on_target(page, Colour::Green, "boots", target),
        Verdict::Fails {
            stage,
            code,
            missing,
        } => {
            let end = format!("fails at {stage} ({code})");
            on_target(page, Colour::Red, &end, target).with(unless(missing, "missing", "; "))
        }
        Verdict::Unknown { missing } => on_target(page, Colour::Yellow, "unknown", target)
            .with(format!(" (missing: {})", missing.join("; "))),
    }
}

/// The verdict in a colour, with the target that it is about.
pub(super) fn on_target(page: &Page, colour: Colour, verdict: &str, target: &str) -> Printable {
    Printable::from("verdict: ")
        .with(page.paint(colour, verdict))
        .with(format!(" on {target}"))
}

/// What is not known of the stages before the one at which a boot fails for certain.
pub(super) fn unless(missing: &[String], what: &str, between: &str) -> String {
    if missing.is_empty() {
        return String::new();
    }
    format!(", if not before ({what}: {})", missing.join(between))
}
