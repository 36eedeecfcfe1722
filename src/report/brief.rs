//! One line for each verdict, then two for each finding that is more than a note: the finding and its fix.

use super::rows::{self, Outcome, Row};
use super::{Format, Style};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::finding::Severity;
use crate::printable::Printable;

/// The format.
pub static BRIEF: Format = Format {
    name: "brief",
    extensions: &[],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

fn write(report: &Report, _style: Style) -> Result<Printable> {
    Ok(page(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    Ok(page(&rows::of_diagnosis(diagnosis)))
}

/// Returns the lines of the verdicts that are no success, and of those with warnings.
pub(super) fn problems(rows: &[Row<'_>]) -> Printable {
    let is_warned = |row: &Row<'_>| {
        let mut entries = row.entries.iter();
        entries.any(|entry| entry.finding.severity > Severity::Info)
    };
    page(
        rows.iter()
            .filter(|row| row.outcome != Outcome::Passed || is_warned(row)),
    )
}

fn page<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Printable {
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
