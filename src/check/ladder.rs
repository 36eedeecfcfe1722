//! The ladder of a report: what is known of each stage, and how it stands after the findings.

use super::run::undecided;
use crate::finding::{Finding, Severity};
use crate::predict::{Boot, Rung, Standing, Trace, outline};

/// The ladder of a whole boot, or of a kernel alone, from the bottom.
pub(super) fn climb(
    (boot, is_kernel_alone): (&Boot<'_>, bool),
    findings: &[Finding],
    trace: &Trace,
) -> Vec<Rung> {
    let mut rungs = outline(boot, is_kernel_alone);
    for rung in &mut rungs {
        settle(rung, findings, trace);
    }
    rungs
}

/// Findings outrank what the facts suggest, and so does a check that could not be made.
fn settle(rung: &mut Rung, findings: &[Finding], trace: &Trace) {
    let here = findings.iter().filter(|found| found.stage == rung.stage);
    let worst = here.map(|finding| finding.severity).max();
    let here = trace.steps.iter().filter(|step| step.stage == rung.stage);
    rung.standing = match worst {
        Some(Severity::Fatal) => Standing::Failed,
        Some(Severity::Warn) => Standing::Warned,
        _ if rung.standing == Standing::Passed && !undecided(here).is_empty() => Standing::Unknown,
        _ => rung.standing,
    };
}
