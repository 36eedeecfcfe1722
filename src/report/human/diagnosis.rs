//! What a log tells, for people: each boot with its kernel, the stages it reached, the lines that
//! decide, and the cause.

use super::super::Style;
use super::super::text::{plain, wrap};
use super::page::{Colour, LABEL, Page, WIDTH};
use crate::diagnose::{Diagnosis, Observed};
use crate::error::Result;
use crate::finding::{Finding, Severity};

pub(super) fn write(diagnosis: &Diagnosis, style: Style) -> Result<String> {
    let mut page = Page {
        text: String::new(),
        colour: style.colour,
    };
    let count = diagnosis.boots.len();
    let head = page.paint(Colour::Bold, &plain(&diagnosis.log));
    page.line(&head);
    if diagnosis.dropped > 0 {
        page.entry(
            "boots",
            &format!("{} earlier ones are not told of", diagnosis.dropped),
        );
    }
    for (number, boot) in diagnosis.boots.iter().enumerate() {
        if count > 1 {
            page.line("");
            let head = format!(
                "boot {} of {count}, from line {}",
                number.saturating_add(1),
                boot.first_line
            );
            let head = page.paint(Colour::Bold, &head);
            page.line(&head);
        }
        write_boot(&mut page, boot);
    }
    Ok(page.text)
}

fn write_boot(page: &mut Page, boot: &Observed) {
    let clues = &boot.clues;
    let mut kernel = clues.kernel.clone().unwrap_or_default();
    if let Some(machine) = clues.architecture {
        kernel = format!("{kernel} ({machine})");
    }
    page.entry("kernel", &kernel);
    page.entry("cmdline", clues.command_line.as_deref().unwrap_or_default());
    page.line("");
    for reached in &clues.reached {
        let mark = page.paint(Colour::Green, "✔");
        let text = shortened(&format!("line {}: {}", reached.line, reached.text));
        page.line(&format!("{mark} {:<LABEL$}{}", reached.stage, plain(&text)));
    }
    let failed = boot.end.as_ref().filter(|end| end.code.is_some());
    if let Some(end) = failed {
        let mark = page.paint(Colour::Red, "✘");
        page.line(&format!("{mark} {:<LABEL$}{}", end.stage, end.kind));
    }
    if !boot.lines.is_empty() {
        page.line("");
        let wide = boot
            .lines
            .iter()
            .map(|line| line.number.to_string().len())
            .max()
            .unwrap_or_default();
        for line in &boot.lines {
            page.line(&format!("  {:>wide$}  {}", line.number, plain(&line.text)));
        }
    }
    for note in &boot.notes {
        let mark = page.paint(Colour::Dim, "·");
        block(page, &format!("  {mark} "), 4, note);
    }
    for finding in &boot.findings {
        page.line("");
        write_finding(page, finding);
    }
    page.line("");
    let verdict = verdict(page, boot);
    page.line(&verdict);
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let colour = match finding.severity {
        Severity::Fatal => Colour::Red,
        Severity::Warn => Colour::Yellow,
        Severity::Info => Colour::Dim,
    };
    let head = format!("{}: {} {}", finding.severity, finding.code, finding.name);
    let head = page.paint(colour, &head);
    page.line(&head);
    block(page, "  ", 2, &finding.message);
    block(page, "  ", 2, &finding.consequence);
    block(page, "  ", 2, &format!("fix: {}", finding.fix));
}

/// Text behind a head, broken, and indented from the second line on.
fn block(page: &mut Page, head: &str, indent: usize, text: &str) {
    for (number, part) in wrap(text, WIDTH.saturating_sub(indent)).iter().enumerate() {
        if number == 0 {
            page.line(&format!("{head}{part}"));
        } else {
            page.line(&format!("{}{part}", " ".repeat(indent)));
        }
    }
}

/// As much of a line as stands in one beside its stage.
fn shortened(text: &str) -> String {
    const ROOM: usize = WIDTH - LABEL - 2;
    if text.chars().count() <= ROOM {
        return text.to_owned();
    }
    let kept: String = text.chars().take(ROOM.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn verdict(page: &Page, boot: &Observed) -> String {
    let end = boot.end.as_ref();
    let failed = end.and_then(|end| Some((end.stage, end.code?)));
    let said = match (failed, boot.stage()) {
        (Some((stage, code)), _) => page.paint(Colour::Red, &format!("failed at {stage} ({code})")),
        (None, Some(stage)) => page.paint(Colour::Green, &format!("reached {stage}")),
        (None, None) => page.paint(Colour::Yellow, "nothing was reached"),
    };
    format!("verdict: {said}")
}
