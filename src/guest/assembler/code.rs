//! Machine code while it is written, with the distances that are not known yet.

use super::program::{Datum, Label};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// What an instruction points at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Label(Label),
    Datum(Datum),
}

/// Writes a distance, counted from the first of these bytes, into the instruction that they begin
/// with; `None` where it is too far.
pub(super) type Reach = fn(&mut [u8], i64) -> Option<()>;

struct Reference {
    at: usize,
    target: Target,
    reach: Reach,
}

/// Instructions, the places in them, and what they point at.
#[derive(Default)]
pub(super) struct Code {
    bytes: Vec<u8>,
    places: BTreeMap<usize, usize>,
    references: Vec<Reference>,
}

impl Code {
    /// Appends bytes as they are.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends an instruction of 32 bits.
    pub fn word(&mut self, instruction: u32) {
        self.push(&instruction.to_le_bytes());
    }

    /// Appends bytes in which `reach` will write the distance to `target`.
    pub fn refer(&mut self, bytes: &[u8], target: Target, reach: Reach) {
        let at = self.bytes.len();
        self.references.push(Reference { at, target, reach });
        self.push(bytes);
    }

    /// Puts a label here; `None` if it lies somewhere already.
    pub fn place(&mut self, label: Label) -> Option<()> {
        let before = self.places.insert(label.index(), self.bytes.len());
        before.is_none().then_some(())
    }

    pub fn len(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// Fills up to a boundary.
    pub fn align(&mut self, boundary: u64) {
        while !self.len().is_multiple_of(boundary) {
            self.bytes.push(0);
        }
    }

    /// Writes every distance; `data` has the offset of each datum.
    pub fn resolve(&mut self, data: &[u64]) -> Result<()> {
        for reference in &self.references {
            let target = match reference.target {
                Target::Label(label) => self.places.get(&label.index()).copied(),
                Target::Datum(datum) => data
                    .get(datum.index())
                    .and_then(|offset| usize::try_from(*offset).ok()),
            };
            let distance = target
                .and_then(|target| i64::try_from(target).ok())
                .zip(i64::try_from(reference.at).ok())
                .map(|(target, at)| target.wrapping_sub(at));
            self.bytes
                .get_mut(reference.at..)
                .zip(distance)
                .and_then(|(bytes, distance)| (reference.reach)(bytes, distance))
                .ok_or_else(|| {
                    let at = u64::try_from(reference.at).unwrap_or(u64::MAX);
                    let found = format!("{:?}", reference.target);
                    Error::invalid("guest program", at, "a place within reach", found)
                })?;
        }
        Ok(())
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Replaces the instruction of 32 bits at the beginning of `bytes`.
pub(super) fn patch(bytes: &mut [u8], change: impl FnOnce(u32) -> u32) -> Option<()> {
    let word = bytes.first_chunk_mut::<4>()?;
    *word = change(u32::from_le_bytes(*word)).to_le_bytes();
    Some(())
}

/// The low `bits` of a signed number that fits in as many.
pub(super) fn signed_field(value: i64, bits: u32) -> Option<u32> {
    let half = 1_i64.checked_shl(bits.checked_sub(1)?)?;
    let fits = value >= half.checked_neg()? && value < half;
    let mask = half.checked_mul(2)?.checked_sub(1)?;
    fits.then_some(value & mask)
        .and_then(|field| u32::try_from(field).ok())
}
