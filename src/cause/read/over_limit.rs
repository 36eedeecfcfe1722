//! KC005: a limit ended the reading of an artefact.

use super::super::{Cause, Check};
use super::troubles;
use crate::bundle::Bundle;
use crate::error::{Error, Kind, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static OVER_LIMIT: Cause = Cause {
    code: Code(5),
    name: "over-limit",
    stage: Stage::Read,
    role: Role::Kernel,
    // It says nothing of the boot, so it never makes a verdict *fails*.
    severity: Severity::Warn,
    summary: "A limit of the reader was reached: decoded size, memory, work, time, layers or \
        symbols.",
    explanation: "Kernels decode to tens of megabytes. A few kilobytes that decode to gigabytes \
        are a decompression bomb, and a header that counts millions of sections is damaged or \
        hostile. kelpie-check stops at its own limits before it exhausts the machine. The unread \
        part may be good or bad, so the verdict is unknown and the exit status is 3.",
    fix: "If you trust the artefact and it really is that large, raise the limit: --limit \
        NAME=VALUE.",
    tells: &[],
    sources: &["kelpie-check src/limits.rs"],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let troubles = troubles(bundle, &[Kind::Limit])?;
    let role = Role::Kernel;
    Ok(troubles
        .first()
        .map(|error| over_limit(role, error))
        .into_iter()
        .collect())
}

/// Returns the finding for a limit that ended the reading of the artefact of this role.
pub(crate) fn over_limit(role: Role, error: &Error) -> Finding {
    let finding = OVER_LIMIT
        .finding(
            format!("kelpie-check reached a limit and stopped reading this file ({error})."),
            "It read nothing beyond the limit, so the verdict is unknown.",
            format!(
                "If you trust the file, raise the limit: --limit {}=VALUE.",
                error.field()
            ),
        )
        .at(error);
    Finding { role, ..finding }
}
