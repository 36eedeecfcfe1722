//! KC005: reading on would cost more than was allowed.

use super::super::Cause;
use super::troubles;
use crate::bundle::Bundle;
use crate::error::{Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static OVER_LIMIT: Cause = Cause {
    code: Code(5),
    name: "over-limit",
    stage: Stage::Read,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "A limit of the reader was met: decoded size, memory, layers, symbols or sections.",
    explanation: "Kernels decode to tens of megabytes. A few kilobytes that decode to gigabytes are \
        a decompression bomb, and a header that counts millions of sections is damaged or made to \
        hurt. The reader stops at its limits instead of at the machine's.",
    fix: "If the artefact is trusted and really that large, raise the limit: --limit NAME=VALUE.",
    tells: &[],
    sources: &["kelpie-check src/limits.rs"],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let troubles = troubles(bundle, &[Kind::Limit])?;
    Ok(troubles
        .first()
        .map(|error| {
            OVER_LIMIT
                .finding(
                    format!("Reading it takes more than is allowed ({error})."),
                    "What lies beyond the limit was not looked at, so whether this boots is not known.",
                    format!(
                        "If the file is trusted, raise it: --limit {}=VALUE.",
                        error.field()
                    ),
                )
                .at(error)
        })
        .into_iter()
        .collect())
}
