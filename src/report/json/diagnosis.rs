//! What a log tells, for machines.

use super::super::{Style, values};
use super::SCHEMA;
use super::document;
use crate::console::Reached;
use crate::diagnose::{Diagnosis, End, Observed, Shown};
use crate::error::Result;
use crate::finding::Finding;
use crate::printable::Printable;
use schemars::JsonSchema;
use serde::Serialize;

/// The diagnosis of a log.
#[derive(Serialize, JsonSchema)]
pub struct DiagnosisJson {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    /// The log as it was named.
    log: String,
    /// The number of lines.
    line_count: u64,
    /// The number of boots before the first of `boots` that are not listed.
    dropped_boots: u64,
    boots: Vec<ObservedJson>,
    /// The reason why the log could not be read; null if it was read.
    error: Option<String>,
}

/// A boot as the console shows it.
#[derive(Serialize, JsonSchema)]
struct ObservedJson {
    /// The kernel's release.
    kernel: Option<String>,
    architecture: Option<&'static str>,
    /// The command line as the kernel prints it.
    cmdline: Option<String>,
    /// The number of its first line.
    first_line: u64,
    /// The stage of the failure; the highest reached stage if it did not fail.
    #[schemars(extend("enum" = values::or_null(values::stages())))]
    stage: Option<&'static str>,
    /// The cause of the failure; null if the boot did not fail.
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: Option<String>,
    end: Option<EndJson>,
    stages: Vec<ReachedJson>,
    /// The lines that decide.
    lines: Vec<LineJson>,
    findings: Vec<ObservedFindingJson>,
    /// Causes that the log supports as well as `code`.
    possible: Vec<String>,
    /// The meaning of the numbers in the lines.
    notes: Vec<String>,
}

/// How it ended.
#[derive(Serialize, JsonSchema)]
struct EndJson {
    #[schemars(extend("enum" = values::ends()))]
    kind: &'static str,
    line: Option<LineJson>,
}

/// A stage that was reached.
#[derive(Serialize, JsonSchema)]
struct ReachedJson {
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    line: LineJson,
}

/// A line of the log.
#[derive(Serialize, JsonSchema)]
struct LineJson {
    /// Counted from one.
    number: u64,
    text: String,
}

/// A cause that a log shows.
#[derive(Serialize, JsonSchema)]
struct ObservedFindingJson {
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: String,
    name: &'static str,
    #[schemars(extend("enum" = values::severities()))]
    severity: &'static str,
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    message: String,
    consequence: String,
    fix: String,
}

pub(super) fn write(diagnosis: &Diagnosis, _style: Style) -> Result<Printable> {
    document(&DiagnosisJson::of(diagnosis))
}

impl DiagnosisJson {
    fn of(diagnosis: &Diagnosis) -> Self {
        Self {
            schema: SCHEMA,
            log: diagnosis.log.clone(),
            line_count: diagnosis.lines,
            dropped_boots: diagnosis.dropped,
            boots: diagnosis.boots.iter().map(ObservedJson::of).collect(),
            error: diagnosis.unread.clone(),
        }
    }
}

impl ObservedJson {
    fn of(boot: &Observed) -> Self {
        let clues = &boot.clues;
        let stage = match &boot.end {
            Some(end) => Some(end.stage),
            None => boot.stage(),
        };
        Self {
            kernel: clues.kernel.clone(),
            architecture: clues.architecture.map(|machine| machine.name()),
            cmdline: clues.command_line.clone(),
            first_line: boot.first_line,
            stage: stage.map(|stage| stage.name()),
            code: boot.code().map(|code| code.to_string()),
            end: boot.end.as_ref().map(EndJson::of),
            stages: clues.reached.iter().map(ReachedJson::of).collect(),
            lines: boot.lines.iter().map(LineJson::of).collect(),
            findings: boot.findings.iter().map(ObservedFindingJson::of).collect(),
            possible: boot.possible.iter().map(ToString::to_string).collect(),
            notes: boot.notes.clone(),
        }
    }
}

impl EndJson {
    fn of(end: &End) -> Self {
        Self {
            kind: end.kind.name(),
            line: end.line.as_ref().map(LineJson::of),
        }
    }
}

impl ReachedJson {
    fn of(reached: &Reached) -> Self {
        Self {
            stage: reached.stage.name(),
            line: LineJson {
                number: reached.line,
                text: reached.text.clone(),
            },
        }
    }
}

impl LineJson {
    fn of(line: &Shown) -> Self {
        Self {
            number: line.number,
            text: line.text.clone(),
        }
    }
}

impl ObservedFindingJson {
    fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            name: finding.name,
            severity: finding.severity.name(),
            stage: finding.stage.name(),
            message: finding.message.clone(),
            consequence: finding.consequence.clone(),
            fix: finding.fix.clone(),
        }
    }
}
