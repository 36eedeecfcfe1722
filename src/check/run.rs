//! Projects a trace on checks, findings and a verdict.

use super::{Check, CheckOutcome, Verdict};
use crate::bundle::Bundle;
use crate::cause::{self, CAUSES, OVER_LIMIT, Outcome, over_limit};
use crate::error::{Error, Kind};
use crate::finding::{Code, Finding, Severity};
use crate::predict::{Selection, Step, StepOutcome, Trace, Unknown};
use crate::role::Role;

/// Returns the findings and the outcome of every cause, in the order of the registry. `place` gives the
/// number of the artefact that plays a part.
pub(super) fn judge(
    bundle: &Bundle,
    trace: &Trace,
    selection: &Selection,
    place: &dyn Fn(Role) -> usize,
) -> (Vec<Finding>, Vec<Check>) {
    let mut findings = Vec::new();
    let mut checks = Vec::new();
    let mut limits_met: Vec<(Role, Error)> = Vec::new();
    for cause in CAUSES.into_iter().filter(|cause| cause.is_predicted()) {
        let outcome = match trace.outcome(cause.code) {
            Some(Outcome::Ran(found)) => {
                findings.extend(found.iter().cloned().map(|finding| Finding {
                    artifact: place(finding.role),
                    ..finding
                }));
                CheckOutcome::Ran
            }
            Some(Outcome::Blocked { by, why }) => {
                if why.kind() == Kind::Limit {
                    limits_met.push((why.role().unwrap_or(cause.role), why.clone()));
                }
                CheckOutcome::Blocked {
                    by: *by,
                    why: why.to_string(),
                }
            }
            Some(Outcome::Skipped { why }) => CheckOutcome::Skipped { why: why.clone() },
            Some(Outcome::NotGiven { role }) => CheckOutcome::NotGiven { role: *role },
            None => CheckOutcome::Ran,
        };
        checks.push(Check {
            code: cause.code,
            stage: cause.stage,
            artifact: place(cause.role),
            outcome,
        });
    }
    if selection.skips(OVER_LIMIT).is_none() {
        let overruns = bundle.overruns().into_iter();
        limits_met.extend(overruns.map(|error| (error.role().unwrap_or(Role::Kernel), error)));
        tell_limits(&limits_met, place, &mut findings);
    }
    name_only_what_tells(&mut checks, &findings);
    (findings, checks)
}

/// Adds the finding of a limit for each artefact that has none yet, in the order of the registry. An
/// error that names no artefact may have been reported already for another one.
fn tell_limits(
    limits_met: &[(Role, Error)],
    place: &dyn Fn(Role) -> usize,
    findings: &mut Vec<Finding>,
) {
    for (role, error) in limits_met {
        let finding = Finding {
            artifact: place(*role),
            ..over_limit(*role, error)
        };
        let is_told = |told: &Finding| {
            let is_same = error.role().is_none() && told.message == finding.message;
            told.code == OVER_LIMIT && (told.role == *role || is_same)
        };
        if !findings.iter().any(is_told) {
            let at = findings.partition_point(|told| told.code <= OVER_LIMIT);
            findings.insert(at, finding);
        }
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

/// Returns the first stop of the trace, unless something before it is not modelled. Beside it stand the
/// facts that would show that nothing ends the boot earlier.
///
/// After a limit of work or time nothing that was found is certain: the reader may have taken what it
/// did not read for absent. The verdict is then *unknown*.
pub(super) fn verdict(bundle: &Bundle, trace: &Trace) -> Verdict {
    let overruns = bundle.overruns();
    if !overruns.is_empty() {
        let mut missing: Vec<String> = overruns.iter().map(Error::to_string).collect();
        missing.dedup();
        return Verdict::Unknown { missing };
    }
    let steps = trace.steps.as_slice();
    let is_open = |step: &&Step| step.outcome == StepOutcome::Unknown(Unknown::Model);
    let open = steps.iter().find(is_open).map(|step| step.stage);
    let first = steps
        .iter()
        .filter(|step| step.outcome == StepOutcome::Stopped)
        .min_by_key(|step| step.stage)
        .and_then(|step| Some((step.stage, step.code?)))
        .filter(|(stage, _)| open.is_none_or(|open| *stage < open));
    if let Some((stage, code)) = first {
        let before = steps.iter().filter(|step| step.stage < stage);
        return Verdict::Fails {
            stage,
            code,
            missing: undecided(before),
        };
    }
    let mut missing = undecided(steps.iter());
    for kind in [Unknown::Model, Unknown::Artefact] {
        let of_kind = |step: &&Step| step.outcome == StepOutcome::Unknown(kind);
        missing.extend(
            steps
                .iter()
                .filter(of_kind)
                .map(|step| step.decision.clone()),
        );
    }
    if missing.is_empty() {
        Verdict::Boots
    } else {
        Verdict::Unknown { missing }
    }
}

/// Returns the facts that causes that can stop a boot lack, in the order of the ladder.
pub(super) fn undecided<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let lacks = |step: &&Step| {
        step.outcome == StepOutcome::Unknown(Unknown::Fact) && step.code.is_some_and(can_stop)
    };
    let mut lacking: Vec<&Step> = steps.filter(lacks).collect();
    lacking.sort_by_key(|step| (step.stage, step.code));
    let mut missing: Vec<String> = Vec::new();
    for step in lacking {
        if !missing.contains(&step.decision) {
            missing.push(step.decision.clone());
        }
    }
    missing
}

/// Whether a cause can stop a boot: what only hurts decides no stage.
fn can_stop(code: Code) -> bool {
    cause::by_code(code).is_some_and(|cause| cause.severity == Severity::Fatal)
}
