//! The page of a log: what each boot reached, the lines that decide, and the cause.

use super::markup::Markup;
use super::parts::{self, List, Rung};
use crate::diagnose::{Diagnosis, Observed};
use crate::error::Result;
use crate::finding::Finding;
use crate::printable::Printable;
use crate::report::Style;
use crate::report::human::Entries;
use crate::report::rows;

pub(super) fn write(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    let rows = rows::of_diagnosis(diagnosis);
    Ok(super::page(&rows, |page, number| {
        if let Some(boot) = diagnosis.boots.get(number) {
            write_boot(page, boot);
        }
    }))
}

fn write_boot(page: &mut Markup, boot: &Observed) {
    let clues = &boot.clues;
    parts::open_ladder(page, "What the console shows");
    for reached in &clues.reached {
        parts::rung(
            page,
            &Rung {
                standing: "passed",
                mark: "✔",
                stage: reached.stage.to_string(),
                text: format!("line {}: {}", reached.line, reached.text),
                findings: Vec::new(),
            },
        );
    }
    if let Some(end) = boot.end.as_ref().filter(|end| end.code.is_some()) {
        let cause = boot
            .findings
            .iter()
            .filter(|finding| Some(finding.code) == end.code);
        parts::rung(
            page,
            &Rung {
                standing: "failed",
                mark: "✘",
                stage: end.stage.to_string(),
                text: end.kind.to_string(),
                findings: cause.collect(),
            },
        );
    }
    page.raw("</ol>\n");
    write_log(page, boot);
    let findings: Vec<&Finding> = boot.findings.iter().collect();
    parts::findings(page, &findings, |_| String::new());
    page.raw(
        "<h3>Facts</h3>\n<div class=\"facts\">\n<details open><summary><b>kernel</b></summary>\n",
    );
    let mut list = List::new(page);
    let mut kernel = clues.kernel.clone().unwrap_or_default();
    if let Some(machine) = clues.architecture {
        kernel = format!("{kernel} ({machine})");
    }
    list.entry("release", &kernel);
    list.entry("cmdline", clues.command_line.as_deref().unwrap_or_default());
    list.finish();
    page.raw("</details>\n</div>\n");
}

/// The lines that decide, with what their numbers mean.
pub(super) fn write_log(page: &mut Markup, boot: &Observed) {
    if !boot.lines.is_empty() {
        page.raw("<h3>Log</h3>\n");
        let lines = boot.lines.iter();
        parts::log(
            page,
            lines.map(|line| (line.number.to_string(), line.text.as_str())),
        );
    }
    parts::notes(page, &boot.notes);
}
