//! SARIF 2.1.0, for code scanning.
//!
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0": `kind` and `level`
//! (3.27.9, 3.27.10), messages with embedded links and placeholders (3.11.5, 3.11.6), fingerprints
//! (3.27.17), URIs (3.4.3), byte regions (3.30.11).

use super::rows::{self, Entry, Outcome, Row};
use super::{Format, Style, digest, json};
use crate::cause::{self, Cause};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::finding::Severity;
use crate::printable::Printable;
use serde_json::{Value, json};

/// The format.
pub static SARIF: Format = Format {
    name: "sarif",
    extensions: &["sarif"],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

/// The rule of verdicts for which facts are missing.
const UNKNOWN: &str = "unknown-verdict";

fn write(report: &Report, _style: Style) -> Result<Printable> {
    json::document(&document(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    json::document(&document(&rows::of_diagnosis(diagnosis)))
}

fn document(rows: &[Row<'_>]) -> Value {
    let mut rules: Vec<&Cause> = Vec::new();
    for entry in rows.iter().flat_map(|row| &row.entries) {
        let cause = cause::by_code(entry.finding.code);
        if let Some(cause) = cause.filter(|cause| !rules.iter().any(|rule| rule.code == cause.code))
        {
            rules.push(cause);
        }
    }
    let mut descriptions: Vec<Value> = rules.iter().map(|cause| rule(cause)).collect();
    if rows.iter().any(|row| row.outcome == Outcome::Unknown) {
        descriptions.push(json!({
            "id": UNKNOWN,
            "name": "UnknownVerdict",
            "shortDescription": {"text": "The files lack a fact that decides how the boot ends."},
            "help": {"text": "The message names the missing facts. Give the files that have them."},
            "defaultConfiguration": {"level": "none"},
        }));
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "kelpie-check",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": descriptions,
            }},
            "results": rows.iter().flat_map(results).collect::<Vec<Value>>(),
        }],
    })
}

fn rule(cause: &Cause) -> Value {
    let help = format!("{}\n\nFix: {}", cause.explanation, cause.fix);
    json!({
        "id": cause.code.to_string(),
        "name": cause.name,
        "shortDescription": {"text": message(cause.summary)},
        "fullDescription": {"text": message(cause.explanation)},
        "help": {"text": message(&help)},
        "defaultConfiguration": {"level": level(cause.severity)},
    })
}

fn results(row: &Row<'_>) -> Vec<Value> {
    let mut results: Vec<Value> = row.entries.iter().map(|entry| result(row, entry)).collect();
    if row.outcome == Outcome::Unknown {
        let text = format!("{}: {}", row.subject, row.verdict);
        results.push(json!({
            "ruleId": UNKNOWN,
            "kind": "open",
            "level": "none",
            "message": {"text": message(&text)},
        }));
    }
    results
}

fn result(row: &Row<'_>, entry: &Entry<'_>) -> Value {
    let finding = entry.finding;
    let code = finding.code.to_string();
    let text = format!("{} Fix: {}", entry.description(), finding.fix);
    let artifact = json!({"uri": uri(entry.path)});
    // An offset in a decoded layer is none in the file.
    let region = match (entry.line, finding.place.offset, &finding.place.member) {
        (Some(line), _, _) => Some(json!({"startLine": line})),
        (None, Some(offset), None) => Some(json!({"byteOffset": offset, "byteLength": 1})),
        _ => None,
    };
    let location = match region {
        Some(region) => json!({"artifactLocation": artifact, "region": region}),
        None => json!({"artifactLocation": artifact}),
    };
    let place = format!("{:?}", finding.place);
    let fingerprint = digest(&[&code, entry.path, row.target.unwrap_or_default(), &place]);
    json!({
        "ruleId": code,
        "level": level(finding.severity),
        "message": {"text": message(&text)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"kelpieCheck/v1": fingerprint},
        "properties": {
            "stage": finding.stage.name(),
            "boot": row.subject,
            "target": row.target,
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "error",
        Severity::Warn => "warning",
        Severity::Info => "note",
    }
}

/// Text of a message. A reader takes `[text](target)` for a link and `{0}` for a placeholder.
fn message(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '[' | ']' | '\\' => shown.extend(['\\', letter]),
            '{' | '}' => shown.extend([letter, letter]),
            _ => shown.push(letter),
        }
    }
    shown
}

/// A path as a URI reference: an absolute one is a `file` URI.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_placeholders_are_only_text() {
        assert_eq!(message("[a](b) {0} \\"), "\\[a\\](b) {{0}} \\\\");
    }

    #[test]
    fn a_path_is_a_uri_reference() {
        assert_eq!(uri("a b/ä:%.img"), "a%20b/%C3%A4%3A%25.img");
        assert_eq!(uri("/boot/vmlinuz"), "file:///boot/vmlinuz");
    }
}
