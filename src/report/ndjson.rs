//! One JSON object for each verdict, a line each, for programs that read many.

use super::json::{FindingJson, SCHEMA};
use super::rows::{self, Row};
use super::{Format, Style, unwritable};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::printable::Printable;
use schemars::JsonSchema;
use serde::Serialize;

/// The format.
pub static NDJSON: Format = Format {
    name: "ndjson",
    extensions: &["ndjson", "jsonl"],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

/// A verdict: a line of `--format ndjson`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RowJson {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    /// The boot, the file or the log.
    subject: String,
    /// The target; null for a log.
    target: Option<&'static str>,
    #[schemars(extend("enum" = ["passed", "failed", "unknown"]))]
    outcome: &'static str,
    /// The verdict in words.
    summary: String,
    findings: Vec<RowFindingJson>,
}

/// A finding, with the file that it is about.
#[derive(Serialize, JsonSchema)]
struct RowFindingJson {
    path: String,
    /// The line of a log, from one.
    line: Option<u64>,
    #[serde(flatten)]
    finding: FindingJson,
}

fn write(report: &Report, _style: Style) -> Result<Printable> {
    lines(rows::of_report(report))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    lines(rows::of_diagnosis(diagnosis))
}

fn lines(rows: Vec<Row<'_>>) -> Result<Printable> {
    let mut text = String::new();
    for row in rows {
        let line = serde_json::to_string(&RowJson::of(row)).map_err(|error| unwritable(&error))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Printable::json(&text))
}

impl RowJson {
    fn of(row: Row<'_>) -> Self {
        let entries = row.entries.iter();
        Self {
            schema: SCHEMA,
            subject: row.subject,
            target: row.target,
            outcome: row.outcome.name(),
            summary: row.verdict,
            findings: entries
                .map(|entry| RowFindingJson {
                    path: entry.path.to_owned(),
                    line: entry.line,
                    finding: FindingJson::of(entry.finding),
                })
                .collect(),
        }
    }
}
