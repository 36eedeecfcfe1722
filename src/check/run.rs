//! Runs every cause over a bundle, and draws the verdict from what they found.

use super::{Check, CheckOutcome, Selection, Verdict, left_open};
use crate::bundle::Bundle;
use crate::cause::{self, CAUSES, Cause, Outcome};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;

/// What every cause comes to; `place` gives the number of the artefact that plays a part.
pub(super) fn judge(
    bundle: &Bundle,
    selection: &Selection,
    place: &dyn Fn(Role) -> usize,
) -> (Vec<Finding>, Vec<Check>) {
    let mut findings = Vec::new();
    let mut checks = Vec::new();
    for cause in CAUSES.into_iter().filter(|cause| cause.check.is_some()) {
        let outcome = match selection.skips(cause.code) {
            Some(why) => CheckOutcome::Skipped {
                why: why.to_owned(),
            },
            None => run(cause, bundle, place, &selection.severities, &mut findings),
        };
        checks.push(Check {
            code: cause.code,
            stage: cause.stage,
            artifact: place(cause.role),
            outcome,
        });
    }
    name_only_what_tells(&mut checks, &findings);
    (findings, checks)
}

fn run(
    cause: &Cause,
    bundle: &Bundle,
    place: &dyn Fn(Role) -> usize,
    severities: &[(Code, Severity)],
    findings: &mut Vec<Finding>,
) -> CheckOutcome {
    match cause.run(bundle) {
        Outcome::Ran(found) => {
            let set = severities.iter().find(|(code, _)| *code == cause.code);
            findings.extend(found.into_iter().map(|finding| Finding {
                artifact: place(finding.role),
                severity: set.map_or(finding.severity, |(_, severity)| *severity),
                ..finding
            }));
            CheckOutcome::Ran
        }
        Outcome::Blocked { by, why } => CheckOutcome::Blocked {
            by,
            why: why.to_string(),
        },
        Outcome::Skipped { why } => CheckOutcome::Skipped { why },
        Outcome::NotGiven { role } => CheckOutcome::NotGiven { role },
    }
}

/// A blocked check names the cause that tells why. One that was run and tells nothing has not: what
/// is broken is then something beside the kernel, such as a named configuration.
fn name_only_what_tells(checks: &mut [Check], findings: &[Finding]) {
    let silent: Vec<Code> = checks
        .iter()
        .filter(|check| check.outcome == CheckOutcome::Ran)
        .map(|check| check.code)
        .filter(|code| !findings.iter().any(|finding| finding.code == *code))
        .collect();
    for check in checks {
        if let CheckOutcome::Blocked { by, .. } = &mut check.outcome {
            *by = by.filter(|code| !silent.contains(code));
        }
    }
}

/// The first stage with a fatal finding, unless a word before it leaves open how the boot goes on; where
/// there is none, *boots* or *unknown*. Beside it stands what would have to be known to say that nothing
/// ends the boot before. What only hurts is not waited for.
pub(super) fn verdict(bundle: &Bundle, findings: &[Finding], checks: &[Check]) -> Verdict {
    let fatal = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Fatal)
        .min_by_key(|finding| (finding.stage, finding.code));
    let open = left_open::all(bundle);
    let first = open.iter().map(|open| open.behind).min();
    let comes_first = |finding: &&Finding| first.is_none_or(|behind| finding.stage <= behind);
    if let Some(finding) = fatal.filter(comes_first) {
        return Verdict::Fails {
            stage: finding.stage,
            code: finding.code,
            missing: undecided(checks.iter().filter(|check| check.stage < finding.stage)),
        };
    }
    let mut missing = undecided(checks.iter());
    missing.extend(open.into_iter().map(|open| open.what));
    missing.extend(bundle.not_told().iter().map(ToString::to_string));
    if missing.is_empty() {
        Verdict::Boots
    } else {
        Verdict::Unknown { missing }
    }
}

/// The facts for want of which one of these could not be decided, in the order of the ladder.
fn undecided<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<String> {
    let mut ordered: Vec<&Check> = checks.collect();
    ordered.sort_by_key(|check| (check.stage, check.code));
    let mut missing: Vec<String> = Vec::new();
    for why in ordered.into_iter().filter_map(lacks) {
        if !missing.iter().any(|told| told == why) {
            missing.push(why.to_owned());
        }
    }
    missing
}

/// The fact for want of which a cause that can stop a boot could not be decided.
pub(super) fn lacks(check: &Check) -> Option<&str> {
    match &check.outcome {
        CheckOutcome::Blocked { why, .. } | CheckOutcome::Skipped { why } => {
            can_stop(check.code).then_some(why)
        }
        CheckOutcome::Ran | CheckOutcome::NotGiven { .. } => None,
    }
}

/// Whether a cause can stop a boot: what only hurts decides no stage.
fn can_stop(code: Code) -> bool {
    cause::by_code(code).is_some_and(|cause| cause.severity == Severity::Fatal)
}
