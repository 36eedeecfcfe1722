//! What `fetch` and `compat` say, beside the report of the causes.

use super::Style;
use super::human::Page;
use super::json;
use super::text::bytes;
use crate::check::Report;
use crate::compat::Compatibility;
use crate::error::Result;
use crate::metadata::Metadata;
use crate::printable::Printable;
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

/// The result of a run of `fetch`.
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
    /// The version on the mirror, if it was asked.
    pub newest: Option<String>,
    /// The age of the index that names that version.
    pub index: Option<IndexAge>,
    /// Bytes of files from servers.
    pub received_bytes: u64,
}

/// The age of an index. An index that does not change for long may be held back by the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexAge {
    /// When its newest package was built, `2026-11-25T20:15:00Z`.
    pub built_at: String,
    /// How long ago that was.
    pub seconds: u64,
}

impl IndexAge {
    /// The largest whole unit: `3 days`.
    fn text(&self) -> String {
        let (unit_seconds, name) = match self.seconds {
            0..3_600 => (60, "minute"),
            3_600..86_400 => (3_600, "hour"),
            _ => (86_400, "day"),
        };
        let count = self.seconds.checked_div(unit_seconds).unwrap_or(0);
        let ending = if count == 1 { "" } else { "s" };
        format!("{count} {name}{ending}")
    }
}

/// The summary for people.
pub fn fetch_text(summary: &FetchSummary) -> Printable {
    let mut page = Page::new(Style::default());
    let kernel = &summary.kernel;
    let mut line = |label: &str, value: String| {
        page.line(format!("  {label:LABEL$} {value}"));
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
        (FetchOutcome::Current, _) => write!(package, ", the newest one").ok(),
        _ => None,
    };
    line(label, package);
    if let Some(index) = &summary.index {
        let age = index.text();
        line("index", format!("built {}, {age} ago", index.built_at));
    }
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
    page.finish()
}

/// The summary for machines, with the report on what was written.
pub fn fetch_json(summary: &FetchSummary, report: &Report) -> Result<Printable> {
    json::with_fetch(summary, report)
}

/// Whether kernel and root go together, for people.
pub fn compat_text(compatibility: &Compatibility, _style: Style) -> Printable {
    let mut page = Page::new(Style::default());
    for point in &compatibility.points {
        page.line(format!(
            "  {:14} {:8} {}",
            point.question,
            point.answer.name(),
            point.why
        ));
    }
    page.line("");
    page.line(format!("compatible: {}", compatibility.answer().name()));
    page.finish()
}

/// The same for machines, with the report on both.
pub fn compat_json(compatibility: &Compatibility, report: &Report) -> Result<Printable> {
    json::with_compat(compatibility, report)
}
