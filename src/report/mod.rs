//! How a report is written: for people, and for machines.

mod brief;
#[cfg(all(unix, feature = "machines"))]
pub mod doctor;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod ndjson;
mod rows;
mod sarif;
#[cfg(all(unix, feature = "machines"))]
pub mod started;
mod summary;
mod text;
mod values;

use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::{Error, Result};
use crate::printable::Printable;
use sha2::{Digest, Sha256};

pub use json::schema;
pub use summary::{
    FetchOutcome, FetchSummary, IndexAge, compat_json, compat_text, fetch_json, fetch_text,
};

/// What a writer may do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// No decoding was asked for.
    pub quick: bool,
}

/// One way to write a report.
#[derive(Debug)]
pub struct Format {
    /// The name in options.
    pub name: &'static str,
    /// Writes the whole report.
    pub write: fn(&Report, Style) -> Result<Printable>,
    /// Writes what a log tells.
    pub write_diagnosis: fn(&Diagnosis, Style) -> Result<Printable>,
}

/// Every format; the first is the default.
pub static FORMATS: [&Format; 8] = [
    &human::HUMAN,
    &brief::BRIEF,
    &json::JSON,
    &ndjson::NDJSON,
    &sarif::SARIF,
    &github::GITHUB,
    &gitlab::GITLAB,
    &junit::JUNIT,
];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// A value that serde refuses to write.
fn unwritable(error: &serde_json::Error) -> Error {
    Error::unsupported("report", error.to_string())
}

/// A digest of words, by which other programs know a finding again.
fn digest(words: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.as_bytes());
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
