//! One line for each verdict, then two for each finding that is more than a note: the finding and its fix.

use super::rows::{self, Row};
use super::{Format, Style};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::finding::Severity;
use crate::printable::Printable;

/// The format.
pub static BRIEF: Format = Format {
    name: "brief",
    write,
    write_diagnosis,
};

fn write(report: &Report, _style: Style) -> Result<Printable> {
    Ok(page(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    Ok(page(&rows::of_diagnosis(diagnosis)))
}

fn page(rows: &[Row<'_>]) -> Printable {
    let mut page = Printable::default();
    for row in rows {
        let line = Printable::from(&row.subject).with(": ").with(&row.verdict);
        page.push(&line.into_line());
        let entries = row.entries.iter();
        for entry in entries.filter(|entry| entry.finding.severity > Severity::Info) {
            let finding = entry.finding;
            let head = format!("  {} {}: ", finding.severity, finding.code);
            let line = Printable::from(head).with(&finding.message);
            page.push(&line.into_line());
            let line = Printable::from("    fix: ").with(&finding.fix);
            page.push(&line.into_line());
        }
    }
    page
}
