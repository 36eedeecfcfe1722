//! What a log tells, for people: each boot with its kernel, the stages it reached, the lines that
//! decide, and the cause.

use super::super::Style;
use super::super::text::wrap;
use super::head_of;
use super::page::{Colour, LABEL, Page, WIDTH};
use crate::diagnose::{Diagnosis, Observed};
use crate::error::Result;
use crate::finding::Finding;
use crate::printable::{Printable, escape};

pub(super) fn write(diagnosis: &Diagnosis, style: Style) -> Result<Printable> {
    let mut page = Page::new(style);
    let count = diagnosis.boots.len();
    let head = page.paint(Colour::Bold, &diagnosis.log);
    page.line(head);
    if let Some(why) = &diagnosis.unread {
        let why = page.paint(Colour::Red, why);
        page.line(Printable::from("  ").with(why));
    }
    if diagnosis.dropped > 0 {
        page.entry(
            "boots",
            &format!("{} earlier boots are not shown", diagnosis.dropped),
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
            page.line(head);
        }
        write_boot(&mut page, boot);
    }
    Ok(page.finish())
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
        page.line(mark.with(format!(" {:<LABEL$}{text}", reached.stage)));
    }
    let failed = boot.end.as_ref().filter(|end| end.code.is_some());
    if let Some(end) = failed {
        let mark = page.paint(Colour::Red, "✘");
        page.line(mark.with(format!(" {:<LABEL$}{}", end.stage, end.kind)));
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
            page.line(format!("  {:>wide$}  {}", line.number, line.text));
        }
    }
    for note in &boot.notes {
        let mark = page.paint(Colour::Dim, "·");
        block(page, Printable::from("  ").with(mark).with(" "), 4, note);
    }
    for finding in &boot.findings {
        page.line("");
        write_finding(page, finding);
    }
    page.line("");
    let verdict = verdict(page, boot);
    page.line(verdict);
}

fn write_finding(page: &mut Page, finding: &Finding) {
    let head = head_of(page, finding);
    page.line(head);
    block(page, "  ", 2, &finding.message);
    block(page, "  ", 2, &finding.consequence);
    block(page, "  ", 2, &format!("fix: {}", finding.fix));
}

/// Text behind a head, broken, and indented from the second line on.
fn block(page: &mut Page, head: impl Into<Printable>, indent: usize, text: &str) {
    let head = head.into();
    for (number, part) in wrap(text, WIDTH.saturating_sub(indent)).iter().enumerate() {
        if number == 0 {
            page.line(head.clone().with(part));
        } else {
            page.line(format!("{}{part}", " ".repeat(indent)));
        }
    }
}

/// As much of a line as stands in one beside its stage.
fn shortened(text: &str) -> String {
    const ROOM: usize = WIDTH - LABEL - 2;
    let text = escape(text);
    if text.chars().count() <= ROOM {
        return text.into_owned();
    }
    let kept: String = text.chars().take(ROOM.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn verdict(page: &Page, boot: &Observed) -> Printable {
    let end = boot.end.as_ref();
    let failed = end.and_then(|end| Some((end.stage, end.code?)));
    let said = match (failed, boot.stage()) {
        (Some((stage, code)), _) => page.paint(Colour::Red, &format!("failed at {stage} ({code})")),
        (None, Some(stage)) => page.paint(Colour::Green, &format!("reached {stage}")),
        (None, None) => page.paint(Colour::Yellow, "nothing was reached"),
    };
    Printable::from("verdict: ").with(said)
}
