//! A whole boot for people: what is booted, the ladder with what decides each stage, the verdict.

use super::super::text::{plain, wrap};
use super::page::{Colour, LABEL, Page, WIDTH};
use crate::check::{Boot, Report, Standing, Verdict};
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

pub(super) fn write_boot(page: &mut Page, report: &Report, boot: &Boot) {
    let mut head = match boot.name.as_str() {
        "" => boot.target_title.to_owned(),
        name => format!("{name} on {}", boot.target_title),
    };
    head = page.paint(Colour::Bold, &plain(&head));
    page.line(&head);
    for artifact in boot
        .artifacts
        .iter()
        .filter_map(|number| report.artifacts.get(*number))
    {
        page.entry(artifact.role.name(), &artifact.path);
        if let Some(error) = &artifact.unreadable {
            page.entry("", &error.to_string());
        }
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
            .filter(|finding| finding.stage == rung.stage)
            .collect();
        let beyond = failed.is_some_and(|stage| rung.stage > stage);
        let (mark, colour) = match rung.standing {
            _ if beyond => ("·", Colour::Dim),
            Standing::Passed => ("✔", Colour::Green),
            Standing::Failed => ("✘", Colour::Red),
            Standing::Warned => ("!", Colour::Yellow),
            Standing::Unknown => ("?", Colour::Yellow),
            Standing::None => ("–", Colour::Dim),
            Standing::Open => ("·", Colour::Dim),
        };
        let mark = page.paint(colour, mark);
        let label = format!("{:<LABEL$}", rung.stage);
        if beyond {
            let text = not_reached(&here);
            write_block(page, &format!("{mark} {label}"), &text);
            continue;
        }
        let fatal = here
            .iter()
            .any(|finding| finding.severity == Severity::Fatal);
        if !fatal {
            write_block(page, &format!("{mark} {label}"), &rung.text);
            for finding in &here {
                write_cause(page, &indent(), finding);
            }
            continue;
        }
        // The verdict's own cause comes first; what else is fatal at this stage follows.
        let mut order = here.clone();
        order.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.code));
        for (number, finding) in order.iter().enumerate() {
            let head = if number == 0 {
                format!("{mark} {label}")
            } else {
                indent()
            };
            write_cause(page, &head, finding);
        }
    }
    if !boot.trail.is_empty() {
        page.line("");
        for line in &boot.trail {
            write_block(page, "  ", line);
        }
    }
    page.line("");
    let verdict = verdict(page, &boot.verdict);
    page.line(&verdict);
}

fn indent() -> String {
    " ".repeat(LABEL.saturating_add(2))
}

pub(super) fn write_cause(page: &mut Page, head: &str, finding: &Finding) {
    let colour = match finding.severity {
        Severity::Fatal => Colour::Red,
        Severity::Warn => Colour::Yellow,
        Severity::Info => Colour::Dim,
    };
    let code = page.paint(colour, &finding.code.to_string());
    write_block(page, &format!("{head}{code} "), &finding.message);
    write_block(page, &indent(), &finding.consequence);
    write_block(page, &indent(), &format!("fix: {}", finding.fix));
}

/// Text behind a head, broken and indented under the second column.
pub fn write_block(page: &mut Page, head: &str, text: &str) {
    let indent = indent();
    for (number, part) in wrap(text, WIDTH.saturating_sub(indent.len()))
        .iter()
        .enumerate()
    {
        if number == 0 {
            page.line(&format!("{head}{part}"));
        } else {
            page.line(&format!("{indent}{part}"));
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

fn verdict(page: &Page, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Boots => format!("verdict: {}", page.paint(Colour::Green, "boots")),
        Verdict::Fails {
            stage,
            code,
            missing,
        } => fails(page, *stage, *code, &unless(missing, "missing", "; ")),
        Verdict::Unknown { missing } => format!(
            "verdict: {} (missing: {})",
            page.paint(Colour::Yellow, "unknown"),
            plain(&missing.join("; "))
        ),
    }
}

/// The verdict on what fails for certain, unless what `unless` tells ends it before.
pub(super) fn fails(page: &Page, stage: Stage, code: Code, unless: &str) -> String {
    let end = format!("fails at {stage} ({code})");
    format!("verdict: {}{unless}", page.paint(Colour::Red, &end))
}

/// What is not known of the stages before the one at which a boot fails for certain.
pub(super) fn unless(missing: &[String], what: &str, between: &str) -> String {
    if missing.is_empty() {
        return String::new();
    }
    let missing = missing.join(between);
    format!(", if not before ({what}: {})", plain(&missing))
}
