//! KC0xx: the artefact cannot be read.

pub(super) mod checksum_mismatch;
pub(super) mod corrupt_payload;
pub(super) mod not_a_kernel;
pub(super) mod over_limit;
pub(super) mod truncated_kernel;
pub(super) mod unknown_codec;

use super::Cause;
use crate::bundle::Bundle;
use crate::error::{Error, Kind, Result};
use crate::finding::Finding;

/// What reading the kernel ran into, of these kinds. The header alone is judged where that shows
/// something; else the whole kernel is decoded.
fn troubles(bundle: &Bundle, kinds: &[Kind]) -> Result<Vec<Error>> {
    let wanted = |error: &&Error| kinds.contains(&error.kind());
    let header = match bundle.kernel()?.header() {
        Ok(header) => header,
        Err(error) if kinds.contains(&error.kind()) => return Ok(vec![error]),
        Err(error) => return Err(error),
    };
    let shown: Vec<Error> = header.problems.iter().filter(wanted).cloned().collect();
    if !shown.is_empty() {
        return Ok(shown);
    }
    let chain = bundle.kernel()?.chain()?;
    let problems = chain.layers.iter().flat_map(|layer| &layer.header.problems);
    Ok(problems
        .chain(chain.end.as_ref().err())
        .filter(wanted)
        .cloned()
        .collect())
}

/// One finding for the troubles of these kinds: the first has the place, its fix is `fix`.
fn report(
    cause: &Cause,
    bundle: &Bundle,
    kinds: &[Kind],
    consequence: &str,
    fix: &str,
) -> Result<Vec<Finding>> {
    let troubles = troubles(bundle, kinds)?;
    Ok(troubles
        .first()
        .map(|error| {
            cause
                .finding(sentence(&error.to_string()), consequence, fix)
                .at(error)
        })
        .into_iter()
        .collect())
}

/// The text with a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim_end_matches('.');
    format!("{text}.")
}
