//! A real boot: for people line by line as it goes on, for machines whole.

use super::json::StartedJson;
use super::unwritable;
use crate::boot::Outcome;
use crate::error::Result;

pub use super::human::{end, head, reach};

/// The document for machines.
pub fn json(outcome: &Outcome) -> Result<String> {
    serde_json::to_string_pretty(&StartedJson::of(outcome))
        .map(|text| text + "\n")
        .map_err(|error| unwritable(&error))
}
