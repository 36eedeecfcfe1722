//! What `fetch` and `compat` say, beside the report of the causes.

use super::Style;
use super::json;
use super::text::{bytes, plain};
use crate::check::Report;
use crate::compat::Compatibility;
use crate::error::Result;
use crate::metadata::Metadata;
use std::fmt::Write;

/// Before each value, as wide as the labels of other reports.
const LABEL: usize = 12;

/// How a run of `fetch` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchOutcome {
    /// The files were written.
    Written,
    /// The same files were there already.
    Unchanged,
    /// Asked whether there is anything newer: no.
    Current,
    /// Asked whether there is anything newer: yes.
    Newer,
}

impl FetchOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Written, Self::Unchanged, Self::Current, Self::Newer];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::Current => "current",
            Self::Newer => "newer",
        }
    }
}

/// What a run of `fetch` did.
#[derive(Debug, Clone)]
pub struct FetchSummary {
    /// How it ended.
    pub outcome: FetchOutcome,
    /// The folder, as it was given.
    pub folder: String,
    /// What kernel-metadata.json says of the kernel.
    pub kernel: Metadata,
    /// The files, with their lengths.
    pub files: Vec<(String, u64)>,
    /// The version that the mirror has, where it was asked.
    pub newest: Option<String>,
    /// Bytes of files that came from servers.
    pub received_bytes: u64,
}

/// The summary for people.
pub fn fetch_text(summary: &FetchSummary) -> String {
    let mut text = String::new();
    let kernel = &summary.kernel;
    let mut line = |label: &str, value: String| {
        writeln!(text, "  {label:LABEL$} {}", plain(&value)).ok();
    };
    let release = kernel.kernel_version.clone().unwrap_or_default();
    let architecture = kernel.architecture.clone().unwrap_or_default();
    line("kernel", format!("Linux {release}, {architecture}"));
    let (label, mut package) = match (&kernel.package, &kernel.package_version) {
        (Some(name), Some(version)) => ("package", format!("{name} {version}")),
        (Some(name), None) => ("package", name.clone()),
        _ => ("source", kernel.source.clone().unwrap_or_default()),
    };
    match (summary.outcome, &summary.newest) {
        (FetchOutcome::Newer, Some(newest)) => write!(package, "; newer: {newest}").ok(),
        (FetchOutcome::Newer, None) => write!(package, "; there is a newer one").ok(),
        (FetchOutcome::Current, _) => write!(package, ", the newest there is").ok(),
        _ => None,
    };
    line(label, package);
    for source in &kernel.sources {
        line("from", source.name.clone());
    }
    if let Some(verified) = &kernel.verified {
        line("verified", verified.clone());
    }
    for (name, length) in &summary.files {
        let mut value = format!("{}/{name}, {}", summary.folder, bytes(*length));
        if kernel.kernel_file.as_ref() == Some(name)
            && let Some(target) = &kernel.target
        {
            write!(value, ", converted for {target}").ok();
        }
        line(summary.outcome.name(), value);
    }
    text
}

/// The summary for machines, with the report on what was written.
pub fn fetch_json(summary: &FetchSummary, report: &Report) -> Result<String> {
    json::with_fetch(summary, report)
}

/// Whether kernel and root go together, for people.
pub fn compat_text(compatibility: &Compatibility, _style: Style) -> String {
    let mut text = String::new();
    for point in &compatibility.points {
        writeln!(
            text,
            "  {:14} {:8} {}",
            point.question,
            point.answer.name(),
            plain(&point.why)
        )
        .ok();
    }
    writeln!(text, "\ncompatible: {}", compatibility.answer().name()).ok();
    text
}

/// The same for machines, with the report on both.
pub fn compat_json(compatibility: &Compatibility, report: &Report) -> Result<String> {
    json::with_compat(compatibility, report)
}
