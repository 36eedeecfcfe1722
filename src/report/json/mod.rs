//! The report for machines: `kelpie-check/1`, one JSON document. Later releases only add keys.

mod boot;
mod cmdline;
mod compat;
mod diagnosis;
mod fetch;
mod init;
mod initramfs;
mod kernel;
mod machine;
mod rootfs;
#[cfg(all(unix, feature = "machines"))]
mod started;

#[cfg(all(unix, feature = "machines"))]
pub use started::{LayerJson, StartedJson};

use super::ndjson::RowJson;
use super::summary::FetchSummary;
use super::{Format, Style, unwritable, values};
use crate::check::{Artifact, Check, CheckOutcome, Facts, LeftOut, Report, Verdict};
use crate::compat::Compatibility;
use crate::error::Result;
use crate::finding::Finding;
use crate::printable::Printable;
use boot::BootJson;
use cmdline::CmdlineJson;
use compat::CompatJson;
use diagnosis::DiagnosisJson;
use fetch::FetchJson;
use initramfs::InitramfsJson;
use kernel::KernelJson;
use rootfs::RootfsJson;
use schemars::JsonSchema;
use serde::Serialize;

/// The format.
pub static JSON: Format = Format {
    name: "json",
    extensions: &["json"],
    write,
    write_diagnosis: diagnosis::write,
    #[cfg(all(unix, feature = "machines"))]
    write_started: Some(|outcome, _| document(&StartedJson::of(outcome))),
};

pub(super) const SCHEMA: &str = "kelpie-check/1";

/// The JSON Schema of the document, as published in `schema/`.
pub fn schema() -> Result<Printable> {
    let mut schema = schemars::schema_for!(AnyDocument);
    schema.insert(
        "title".to_owned(),
        serde_json::Value::String(format!("{SCHEMA} report")),
    );
    document(&schema)
}

/// A report of kelpie-check, or its diagnosis of a log.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum AnyDocument {
    Report(Box<Document>),
    Diagnosis(DiagnosisJson),
    /// A line of `--format ndjson`.
    Row(Box<RowJson>),
    #[cfg(all(unix, feature = "machines"))]
    Started(Box<StartedJson>),
    #[cfg(all(unix, feature = "machines"))]
    Doctor(super::doctor::DoctorJson),
}

fn write(report: &Report, _style: Style) -> Result<Printable> {
    document(&Document::of(report))
}

/// The report with what `fetch` did.
pub(super) fn with_fetch(summary: &FetchSummary, report: &Report) -> Result<Printable> {
    document(&Document {
        fetch: Some(FetchJson::of(summary)),
        ..Document::of(report)
    })
}

/// The report with whether kernel and root go together.
pub(super) fn with_compat(compatibility: &Compatibility, report: &Report) -> Result<Printable> {
    document(&Document {
        compat: Some(CompatJson::of(compatibility)),
        ..Document::of(report)
    })
}

/// Writes a document.
pub(super) fn document(content: &impl Serialize) -> Result<Printable> {
    serde_json::to_string_pretty(content)
        .map(|text| Printable::json(&(text + "\n")))
        .map_err(|error| unwritable(&error))
}

/// A report of kelpie-check.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    /// The VMM of the prediction.
    target: &'static str,
    verdict: VerdictJson,
    artifacts: Vec<ArtifactJson>,
    /// Whole boots, if artefacts were checked together.
    boots: Vec<BootJson>,
    findings: Vec<FindingJson>,
    checks: Vec<CheckJson>,
    /// The other files of a folder; only `check` of a folder fills it.
    left_out: Vec<LeftOutJson>,
    /// The result of `fetch`, in its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    fetch: Option<FetchJson>,
    /// The answer of `compat`, in its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    compat: Option<CompatJson>,
}

/// A file or folder that no boot uses.
#[derive(Serialize, JsonSchema)]
struct LeftOutJson {
    path: String,
    why: String,
}

/// The outcome of the boot.
#[derive(Serialize, JsonSchema)]
struct VerdictJson {
    outcome: OutcomeName,
    /// The stage of the failure.
    #[schemars(extend("enum" = values::or_null(values::stages())))]
    stage: Option<&'static str>,
    /// The cause of the failure.
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: Option<String>,
    /// The missing facts; for a boot that fails, the facts without which it may fail earlier.
    missing: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OutcomeName {
    Boots,
    Fails,
    Unknown,
}

/// A file that was read.
#[derive(Serialize, JsonSchema)]
struct ArtifactJson {
    /// The path as it was given.
    path: String,
    /// The role in the boot: kernel, initramfs, rootfs or cmdline.
    role: &'static str,
    verdict: VerdictJson,
    /// Why it could not be read.
    error: Option<String>,
    facts: FactsJson,
}

/// The facts of an artefact, by its role; null if one is unreadable.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum FactsJson {
    Kernel(Box<KernelJson>),
    Initramfs(Box<InitramfsJson>),
    Rootfs(Box<RootfsJson>),
    Cmdline(Box<CmdlineJson>),
}

/// A cause that applies.
#[derive(Serialize, JsonSchema)]
pub(super) struct FindingJson {
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: String,
    name: &'static str,
    #[schemars(extend("enum" = values::severities()))]
    severity: &'static str,
    #[schemars(extend("enum" = values::stages()))]
    stage: &'static str,
    /// Index into `artifacts`.
    artifact: usize,
    message: String,
    consequence: String,
    fix: String,
    place: PlaceJson,
}

/// The place in the artefact.
#[derive(Serialize, JsonSchema)]
struct PlaceJson {
    offset: Option<u64>,
    /// The layer or member that the offset counts in; null is the file itself.
    member: Option<String>,
}

/// The outcome of a cause.
#[derive(Serialize, JsonSchema)]
struct CheckJson {
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: String,
    /// Index into `artifacts`.
    artifact: usize,
    outcome: CheckOutcomeName,
    /// The cause that blocks it.
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    by: Option<String>,
    why: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum CheckOutcomeName {
    Ran,
    Blocked,
    Skipped,
}

impl Document {
    fn of(report: &Report) -> Self {
        Self {
            schema: SCHEMA,
            target: report.target,
            verdict: VerdictJson::of(&report.verdict()),
            artifacts: report.artifacts.iter().map(ArtifactJson::of).collect(),
            boots: report.boots.iter().map(BootJson::of).collect(),
            findings: report.findings.iter().map(FindingJson::of).collect(),
            checks: report.checks.iter().map(CheckJson::of).collect(),
            left_out: report.left_out.iter().map(LeftOutJson::of).collect(),
            fetch: None,
            compat: None,
        }
    }
}

impl LeftOutJson {
    fn of(left_out: &LeftOut) -> Self {
        Self {
            path: left_out.path.clone(),
            why: left_out.why.clone(),
        }
    }
}

impl VerdictJson {
    fn of(verdict: &Verdict) -> Self {
        let (outcome, stage, code, missing) = match verdict {
            Verdict::Boots => (OutcomeName::Boots, None, None, Vec::new()),
            Verdict::Fails {
                stage,
                code,
                missing,
            } => (
                OutcomeName::Fails,
                Some(stage.name()),
                Some(code.to_string()),
                missing.clone(),
            ),
            Verdict::Unknown { missing } => (OutcomeName::Unknown, None, None, missing.clone()),
        };
        Self {
            outcome,
            stage,
            code,
            missing,
        }
    }
}

impl ArtifactJson {
    fn of(artifact: &Artifact) -> Self {
        Self {
            path: artifact.path.clone(),
            role: artifact.role.name(),
            verdict: VerdictJson::of(&artifact.verdict),
            error: artifact.unreadable.as_ref().map(ToString::to_string),
            facts: FactsJson::of(&artifact.facts),
        }
    }
}

impl FactsJson {
    fn of(facts: &Facts) -> Self {
        match facts {
            Facts::Kernel(facts) => Self::Kernel(Box::new(KernelJson::of(facts))),
            Facts::Initramfs(facts) => Self::Initramfs(Box::new(InitramfsJson::of(facts))),
            Facts::Rootfs(facts) => Self::Rootfs(Box::new(RootfsJson::of(facts))),
            Facts::Cmdline(facts) => Self::Cmdline(Box::new(CmdlineJson::of(facts))),
        }
    }
}

impl FindingJson {
    pub(super) fn of(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            name: finding.name,
            severity: finding.severity.name(),
            stage: finding.stage.name(),
            artifact: finding.artifact,
            message: finding.message.clone(),
            consequence: finding.consequence.clone(),
            fix: finding.fix.clone(),
            place: PlaceJson {
                offset: finding.place.offset,
                member: finding.place.member.clone(),
            },
        }
    }
}

impl CheckJson {
    fn of(check: &Check) -> Self {
        let (outcome, by, why) = match &check.outcome {
            CheckOutcome::Ran => (CheckOutcomeName::Ran, None, None),
            CheckOutcome::Blocked { by, why } => (
                CheckOutcomeName::Blocked,
                by.map(|code| code.to_string()),
                Some(why.clone()),
            ),
            CheckOutcome::Skipped { why } => (CheckOutcomeName::Skipped, None, Some(why.clone())),
            CheckOutcome::NotGiven { role } => (
                CheckOutcomeName::Skipped,
                None,
                Some(format!("no {role} was given")),
            ),
        };
        Self {
            code: check.code.to_string(),
            artifact: check.artifact,
            outcome,
            by,
            why,
        }
    }
}
