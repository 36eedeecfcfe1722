//! GitLab's report of code quality.
//!
//! Source: GitLab documentation, "Code Quality", "Code Quality report format".

use super::rows::{self, Outcome, Row};
use super::{Format, Style, digest, json};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::finding::Severity;
use crate::printable::Printable;
use serde_json::{Value, json};

/// The format.
pub static GITLAB: Format = Format {
    name: "gitlab",
    extensions: &[],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

fn write(report: &Report, _style: Style) -> Result<Printable> {
    json::document(&issues(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    json::document(&issues(&rows::of_diagnosis(diagnosis)))
}

fn issues(rows: &[Row<'_>]) -> Vec<Value> {
    let mut issues: Vec<Value> = Vec::new();
    for row in rows {
        for entry in &row.entries {
            let finding = entry.finding;
            let code = finding.code.to_string();
            let text = format!("{code} {}: {}", finding.name, entry.description());
            let target = row.target.unwrap_or_default();
            let place = format!("{:?}", finding.place);
            let issue = json!({
                "description": text,
                "check_name": code,
                "fingerprint": digest(&[&code, entry.path, &row.subject, target, &place]),
                "severity": severity(finding.severity),
                "location": {"path": entry.path, "lines": {"begin": entry.line.unwrap_or(1)}},
            });
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
        if row.outcome == Outcome::Unknown {
            issues.push(json!({
                "description": format!("{}: {}", row.subject, row.verdict),
                "check_name": "unknown-verdict",
                "fingerprint": digest(&["unknown-verdict", &row.subject, row.target.unwrap_or_default()]),
                "severity": "major",
                "location": {"path": row.subject, "lines": {"begin": 1}},
            }));
        }
    }
    issues
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "critical",
        Severity::Warn => "minor",
        Severity::Info => "info",
    }
}
