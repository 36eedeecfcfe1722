//! The report for machines: `kelpie-check/1`, one JSON document. Later releases only add keys.

use super::{Format, Style, unwritable, values};
use crate::check::{Artifact, BannerFacts, Check, CheckOutcome, KernelFacts, Report, Verdict};
use crate::error::Result;
use crate::finding::Finding;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The format.
pub static JSON: Format = Format {
    name: "json",
    write,
};

const SCHEMA: &str = "kelpie-check/1";

/// The JSON Schema of the document, as published in `schema/`.
pub fn schema() -> Result<String> {
    let mut schema = schemars::schema_for!(Document);
    schema.insert(
        "title".to_owned(),
        serde_json::Value::String(format!("{SCHEMA} report")),
    );
    serde_json::to_string_pretty(&schema)
        .map(|text| text + "\n")
        .map_err(|error| unwritable(&error))
}

fn write(report: &Report, _style: Style) -> Result<String> {
    serde_json::to_string_pretty(&Document::of(report))
        .map(|text| text + "\n")
        .map_err(|error| unwritable(&error))
}

/// A report of kelpie-check.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The version of this format.
    #[schemars(extend("const" = "kelpie-check/1"))]
    schema: &'static str,
    /// The VMM that was judged for.
    target: &'static str,
    verdict: VerdictJson,
    artifacts: Vec<ArtifactJson>,
    findings: Vec<FindingJson>,
    checks: Vec<CheckJson>,
}

/// What the boot comes to.
#[derive(Serialize, JsonSchema)]
struct VerdictJson {
    outcome: OutcomeName,
    /// Where it fails.
    #[schemars(extend("enum" = values::or_null(values::stages())))]
    stage: Option<&'static str>,
    /// The cause by which it fails.
    #[schemars(extend("pattern" = values::CODE_PATTERN))]
    code: Option<String>,
    /// What would have to be known to say more.
    missing: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OutcomeName {
    Boots,
    Fails,
    Unknown,
}

/// A file that was looked at.
#[derive(Serialize, JsonSchema)]
struct ArtifactJson {
    /// The path as it was given.
    path: String,
    /// What it is in the boot: kernel.
    role: &'static str,
    verdict: VerdictJson,
    /// Why it could not be read.
    error: Option<String>,
    facts: FactsJson,
}

/// The facts of a kernel image; null where one could not be had.
#[derive(Serialize, JsonSchema)]
struct FactsJson {
    file_bytes: Option<u64>,
    container: Option<&'static str>,
    /// Containers and codecs, outermost first.
    layers: Vec<&'static str>,
    /// Whether `layers` reaches the kernel itself.
    layers_whole: bool,
    architecture: Option<&'static str>,
    bits: Option<u8>,
    #[schemars(extend("enum" = values::or_null(values::byte_orders())))]
    endianness: Option<&'static str>,
    page_size_bytes: Option<u64>,
    relocatable: Option<bool>,
    kaslr: Option<bool>,
    release: Option<String>,
    banner: Option<String>,
    version: Option<VersionJson>,
    codec: Option<&'static str>,
    compressed_bytes: Option<u64>,
    decoded_bytes: Option<u64>,
    stated_decoded_bytes: Option<u64>,
    load_address: Option<u64>,
    entry: Option<u64>,
    image_size_bytes: Option<u64>,
    init_size_bytes: Option<u64>,
    memory_bytes: Option<u64>,
    boot_protocol: Option<String>,
    cmdline_max_bytes: Option<u64>,
    efi_stub: Option<bool>,
    signed: Option<bool>,
    pvh: Option<bool>,
    kernel_64: Option<bool>,
    efi_handover: Option<bool>,
    above_4g: Option<bool>,
    /// The number of symbols, where the symbol table was read.
    symbols: Option<u64>,
    /// The configuration that options are known from: the one inside the kernel, a file, or none.
    #[schemars(extend("enum" = values::or_null(values::config_sources())))]
    config_source: Option<&'static str>,
    options: BTreeMap<&'static str, OptionJson>,
    sections: Vec<SectionJson>,
}

/// What the banner says.
#[derive(Serialize, JsonSchema)]
struct VersionJson {
    major: u32,
    minor: u32,
    local_version: String,
    builder: String,
    compiler: String,
    build_number: u64,
    flags: Vec<&'static str>,
    date: String,
}

/// One Kconfig option.
#[derive(Serialize, JsonSchema)]
struct OptionJson {
    /// not-y is not built in: a module or absent.
    #[schemars(extend("enum" = values::states()))]
    state: &'static str,
    /// What says so.
    evidence: &'static str,
}

/// A named part of a container.
#[derive(Serialize, JsonSchema)]
struct SectionJson {
    name: String,
    offset: u64,
    bytes: u64,
}

/// A cause that holds.
#[derive(Serialize, JsonSchema)]
struct FindingJson {
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

/// Where in the artefact.
#[derive(Serialize, JsonSchema)]
struct PlaceJson {
    offset: Option<u64>,
    /// The layer or member that the offset counts in; null is the file itself.
    member: Option<String>,
}

/// What became of a cause.
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
            findings: report.findings.iter().map(FindingJson::of).collect(),
            checks: report.checks.iter().map(CheckJson::of).collect(),
        }
    }
}

impl VerdictJson {
    fn of(verdict: &Verdict) -> Self {
        let (outcome, stage, code, missing) = match verdict {
            Verdict::Boots => (OutcomeName::Boots, None, None, Vec::new()),
            Verdict::Fails { stage, code } => (
                OutcomeName::Fails,
                Some(stage.name()),
                Some(code.to_string()),
                Vec::new(),
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
            role: "kernel",
            verdict: VerdictJson::of(&artifact.verdict),
            error: artifact.unreadable.as_ref().map(ToString::to_string),
            facts: FactsJson::of(&artifact.facts),
        }
    }
}

impl FactsJson {
    fn of(facts: &KernelFacts) -> Self {
        Self {
            file_bytes: facts.file_bytes,
            container: facts.container,
            layers: facts.layers.clone(),
            layers_whole: facts.layers_whole,
            architecture: facts.architecture,
            bits: facts.bits,
            endianness: facts.endianness,
            page_size_bytes: facts.page_size_bytes,
            relocatable: facts.relocatable,
            kaslr: facts.kaslr,
            release: facts.release.clone(),
            banner: facts.banner.as_ref().map(|banner| banner.text.clone()),
            version: facts.banner.as_ref().map(VersionJson::of),
            codec: facts.codec,
            compressed_bytes: facts.compressed_bytes,
            decoded_bytes: facts.decoded_bytes,
            stated_decoded_bytes: facts.stated_decoded_bytes,
            load_address: facts.load_address,
            entry: facts.entry,
            image_size_bytes: facts.image_size_bytes,
            init_size_bytes: facts.init_size_bytes,
            memory_bytes: facts.memory_bytes,
            boot_protocol: facts.boot_protocol.clone(),
            cmdline_max_bytes: facts.cmdline_max_bytes,
            efi_stub: facts.efi_stub,
            signed: facts.signed,
            pvh: facts.pvh,
            kernel_64: facts.kernel_64,
            efi_handover: facts.efi_handover,
            above_4g: facts.above_4g,
            symbols: facts.symbols,
            config_source: facts.config_source,
            options: facts
                .options
                .iter()
                .map(|option| {
                    (
                        option.name,
                        OptionJson {
                            state: option.state,
                            evidence: option.evidence,
                        },
                    )
                })
                .collect(),
            sections: facts
                .sections
                .iter()
                .map(|section| SectionJson {
                    name: section.name.clone(),
                    offset: section.offset,
                    bytes: section.bytes,
                })
                .collect(),
        }
    }
}

impl VersionJson {
    fn of(banner: &BannerFacts) -> Self {
        Self {
            major: banner.major,
            minor: banner.minor,
            local_version: banner.local_version.clone(),
            builder: banner.builder.clone(),
            compiler: banner.compiler.clone(),
            build_number: banner.build_number,
            flags: banner.flags.clone(),
            date: banner.date.clone(),
        }
    }
}

impl FindingJson {
    fn of(finding: &Finding) -> Self {
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
