//! A real boot: for people line by line as it goes on, for machines whole.

use super::json::{StartedJson, document};
use crate::boot::Outcome;
use crate::error::Result;
use crate::printable::Printable;

pub use super::human::{end, head, reach};

/// The document for machines.
pub fn json(outcome: &Outcome) -> Result<Printable> {
    document(&StartedJson::of(outcome))
}
