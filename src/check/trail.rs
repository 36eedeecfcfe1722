//! How a verdict was come to: stage by stage the facts that were asked for, with what says so, and the
//! causes with what became of them.

use super::{Check, CheckOutcome, Rung};
use crate::bundle::Bundle;
use crate::cause;
use crate::finding::Finding;
use crate::predict;

pub(super) fn of(
    bundle: &Bundle,
    ladder: &[Rung],
    findings: &[Finding],
    checks: &[Check],
) -> Vec<String> {
    let mut lines = Vec::new();
    for rung in ladder {
        lines.push(format!("{}: {}", rung.stage, rung.text));
        let options = predict::evidence(bundle, &rung.options);
        lines.extend(options.iter().map(|option| format!("  {option}")));
        for check in checks.iter().filter(|check| check.stage == rung.stage) {
            lines.push(format!("  {} {}", name(check), outcome(check, findings)));
        }
    }
    lines
}

fn name(check: &Check) -> String {
    let name = cause::by_code(check.code).map_or("", |cause| cause.name);
    format!("{} {name}", check.code)
}

fn outcome(check: &Check, findings: &[Finding]) -> String {
    match &check.outcome {
        CheckOutcome::Ran => {
            let here: Vec<String> = findings
                .iter()
                .filter(|finding| finding.code == check.code)
                .map(|finding| format!("{}: {}", finding.severity, finding.message))
                .collect();
            if here.is_empty() {
                "does not apply".to_owned()
            } else {
                here.join(" ")
            }
        }
        CheckOutcome::Blocked {
            by: Some(code),
            why,
        } => format!("is blocked by {code}: {why}"),
        CheckOutcome::Blocked { by: None, why } => format!("cannot be decided: {why}"),
        CheckOutcome::Skipped { why } => format!("is skipped: {why}"),
        CheckOutcome::NotGiven { role } => format!("needs the {role}, which was not given"),
    }
}
