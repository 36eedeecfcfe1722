//! JUnit's XML, which most CI systems show as tests: a case for each verdict.
//!
//! Source: Apache Ant's `JUnitReport` task, and the schema that Jenkins' plug-in xunit publishes
//! (`junit-10.xsd`).

use super::rows::{self, Outcome, Row};
use super::{Format, Style};
use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::Result;
use crate::printable::Printable;

/// The format.
pub static JUNIT: Format = Format {
    name: "junit",
    extensions: &["xml"],
    write,
    write_diagnosis,
    #[cfg(all(unix, feature = "machines"))]
    write_started: None,
};

fn write(report: &Report, _style: Style) -> Result<Printable> {
    Ok(suite(&rows::of_report(report)))
}

fn write_diagnosis(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    Ok(suite(&rows::of_diagnosis(diagnosis)))
}

fn suite(rows: &[Row<'_>]) -> Printable {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n  <testsuite name=\"kelpie-check\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        rows.len(),
        count(Outcome::Failed),
        count(Outcome::Unknown),
    );
    for row in rows {
        text.push_str(&case(row));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    Printable::lines(&text)
}

fn case(row: &Row<'_>) -> String {
    let class = row.target.unwrap_or("log");
    let head = format!(
        "    <testcase name=\"{}\" classname=\"kelpie-check.{}\"",
        escaped(&row.subject),
        escaped(class)
    );
    let element = match row.outcome {
        Outcome::Failed => "failure",
        Outcome::Unknown => "error",
        Outcome::Passed if row.entries.is_empty() => return format!("{head}/>\n"),
        Outcome::Passed => "system-out",
    };
    let findings: Vec<String> = row
        .entries
        .iter()
        .map(|entry| {
            let finding = entry.finding;
            let head = format!("{}: {} {}", finding.severity, finding.code, finding.name);
            let text = format!("{head}\n{}\nFix: {}", entry.description(), finding.fix);
            escaped(&text)
        })
        .collect();
    let message = match row.outcome {
        Outcome::Passed => String::new(),
        Outcome::Failed | Outcome::Unknown => {
            format!(" message=\"{}\" type=\"verdict\"", escaped(&row.verdict))
        }
    };
    format!(
        "{head}>\n      <{element}{message}>{}</{element}>\n    </testcase>\n",
        findings.join("\n")
    )
}

/// Text for an element or an attribute. Newlines stay; what else XML does not allow is escaped as all
/// output is.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            // A parser makes a blank of a newline in an attribute.
            '\n' => shown.push_str("&#10;"),
            // U+FFFE and U+FFFF are no characters of XML.
            '\u{fffe}' | '\u{ffff}' => shown.extend(letter.escape_default()),
            _ => shown.push(letter),
        }
    }
    shown
}
