//! Annotations of a GitHub workflow.
//!
//! Source: GitHub documentation, "Workflow commands"; actions/toolkit `packages/core/src/command.ts`
//! (`escapeData`, `escapeProperty`).

use super::rows::{self, Outcome, Row};
use super::{Format, Style};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::finding::Severity;
use crate::printable::{Annotation, Printable};

/// The format.
pub static GITHUB: Format = Format {
    name: "github",
    extensions: &[],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

fn write(report: &Report, _style: Style) -> Result<Printable> {
    Ok(annotations(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    Ok(annotations(&rows::of_diagnosis(diagnosis)))
}

fn annotations(rows: &[Row<'_>]) -> Printable {
    let mut all = Vec::new();
    for row in rows {
        for entry in &row.entries {
            let finding = entry.finding;
            all.push(Annotation {
                command: command(finding.severity),
                file: entry.path.to_owned(),
                line: entry.line,
                title: format!("{} {}", finding.code, finding.name),
                message: format!("{}\nFix: {}", entry.description(), finding.fix),
            });
        }
        // A failure has its finding; a file that passed needs no word.
        if row.outcome == Outcome::Unknown {
            all.push(Annotation {
                command: "warning",
                file: String::new(),
                line: None,
                title: row.subject.clone(),
                message: row.verdict.clone(),
            });
        }
    }
    Printable::annotations(&all)
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "error",
        Severity::Warn => "warning",
        Severity::Info => "notice",
    }
}
