//! How a report is written: for people, and for machines.

mod brief;
#[cfg(all(unix, feature = "machines"))]
pub mod doctor;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod ndjson;
mod rows;
mod sarif;
#[cfg(all(unix, feature = "machines"))]
pub mod started;
mod statistics;
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
    /// Facts and decisions that are usually left out.
    pub verbose: bool,
}

/// What a run found, whichever kind of run it was.
#[derive(Debug, Clone, Copy)]
pub enum Document<'a> {
    /// Files, and boots that were predicted from them.
    Report(&'a Report),
    /// A log.
    Diagnosis(&'a Diagnosis),
    /// A boot that was started.
    #[cfg(all(unix, feature = "machines"))]
    Started(&'a crate::boot::Outcome),
}

impl Document<'_> {
    /// Writes it in a format.
    pub fn write(self, format: &Format, style: Style) -> Result<Printable> {
        match self {
            Self::Report(report) => (format.write)(report, style),
            Self::Diagnosis(diagnosis) => (format.write_diagnosis)(diagnosis, style),
            #[cfg(all(unix, feature = "machines"))]
            Self::Started(outcome) => match format.write_started {
                Some(write) => write(outcome, style),
                None => Err(Error::unsupported("format", format.name)),
            },
        }
    }

    /// Writes only the verdicts that are no success, with their findings, a line each.
    pub fn write_problems(self) -> Printable {
        brief::problems(&self.rows())
    }

    /// Writes how often each cause was found.
    pub fn write_statistics(self) -> Printable {
        statistics::page(&self.rows())
    }

    fn rows(&self) -> Vec<rows::Row<'_>> {
        match self {
            Self::Report(report) => rows::of_report(report),
            Self::Diagnosis(diagnosis) => rows::of_diagnosis(diagnosis),
            #[cfg(all(unix, feature = "machines"))]
            Self::Started(outcome) => vec![rows::of_started(outcome)],
        }
    }
}

/// One way to write a report.
#[derive(Debug)]
pub struct Format {
    /// The name in options.
    pub name: &'static str,
    /// The endings of file names that stand for it.
    pub extensions: &'static [&'static str],
    /// Writes the whole report.
    pub write: fn(&Report, Style) -> Result<Printable>,
    /// Writes what a log tells.
    pub write_diagnosis: fn(&Diagnosis, Style) -> Result<Printable>,
    /// Writes a real boot, if this format can show one.
    #[cfg(all(unix, feature = "machines"))]
    pub write_started: Option<fn(&crate::boot::Outcome, Style) -> Result<Printable>>,
}

/// Every format; the first is the default.
pub static FORMATS: [&Format; 9] = [
    &human::HUMAN,
    &brief::BRIEF,
    &json::JSON,
    &ndjson::NDJSON,
    &sarif::SARIF,
    &github::GITHUB,
    &gitlab::GITLAB,
    &junit::JUNIT,
    &html::HTML,
];

/// The format of that name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// The format of a file with that name, by its ending.
pub fn by_file_name(name: &str) -> Option<&'static Format> {
    let (_, extension) = name.rsplit_once('.')?;
    FORMATS.into_iter().find(|format| {
        let mut extensions = format.extensions.iter();
        extensions.any(|known| known.eq_ignore_ascii_case(extension))
    })
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
