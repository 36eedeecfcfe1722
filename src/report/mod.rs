//! How a report is written: for people, and for machines.

#[cfg(all(unix, feature = "machines"))]
pub mod doctor;
mod human;
mod json;
#[cfg(all(unix, feature = "machines"))]
pub mod started;
mod summary;
mod text;
mod values;

use crate::check::Report;
use crate::diagnose::Diagnosis;
use crate::error::{Error, Result};

pub use json::schema;
pub use summary::{FetchOutcome, FetchSummary, compat_json, compat_text, fetch_json, fetch_text};

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
    pub write: fn(&Report, Style) -> Result<String>,
    /// Writes what a log tells.
    pub write_diagnosis: fn(&Diagnosis, Style) -> Result<String>,
}

/// Every format; the first is the default.
pub static FORMATS: [&Format; 2] = [&human::HUMAN, &json::JSON];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// A value that serde refuses to write.
fn unwritable(error: &serde_json::Error) -> Error {
    Error::unsupported("report", error.to_string())
}
