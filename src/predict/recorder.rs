//! Writes down a trace while a boot is followed.

use super::boot::Boot;
use super::flows::{FLOWS, Flow};
use super::gap::Gap;
use super::selection::Selection;
use super::trace::{Step, StepOutcome, Trace, Unknown};
use crate::bundle::Bundle;
use crate::cause::{self, Cause, Check, OVER_LIMIT, Outcome};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The trace as far as the boot was followed.
pub struct Recorder<'a> {
    bundle: &'a Bundle,
    selection: &'a Selection,
    trace: Trace,
    /// The function that is followed.
    flow: &'static Flow,
    /// Where its steps begin.
    entered: usize,
    /// The options that it asked for.
    asked: Vec<&'static str>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(bundle: &'a Bundle, selection: &'a Selection) -> Self {
        Self {
            bundle,
            selection,
            trace: Trace::default(),
            flow: &FLOWS[0],
            entered: 0,
            asked: Vec::new(),
        }
    }

    /// Follows one function, if a cause that it can end in is selected. A fact that it lacks blocks the
    /// causes that are still open.
    pub(super) fn follow(&mut self, boot: &Boot<'_>, flow: &'static Flow) {
        self.flow = flow;
        self.entered = self.trace.steps.len();
        self.asked.clear();
        self.bundle.take_asked();
        let is_followed = flow.codes.iter().any(|code| self.wants(Code(*code)));
        if is_followed && let Err(error) = (flow.run)(boot, self) {
            self.blocked(flow.codes.iter().copied(), &error);
        }
        self.leave(is_followed);
    }

    /// The function that is followed.
    pub(super) fn flow(&self) -> &'static Flow {
        self.flow
    }

    /// Returns true if the cause is selected.
    fn wants(&self, code: Code) -> bool {
        self.selection.skips(code).is_none()
    }

    /// Asks for one cause, unless it is decided. Nothing is asked that is not selected.
    pub(super) fn ask<F: IntoIterator<Item = Finding>>(
        &mut self,
        code: u16,
        question: impl FnOnce() -> Result<F>,
    ) {
        let Some(cause) = cause::by_code(Code(code)) else {
            return;
        };
        if self.wants(cause.code) && self.trace.outcome(cause.code).is_none() {
            let answer = question().map(|found| found.into_iter().collect());
            self.answer(cause, Outcome::of(cause, answer));
        }
    }

    /// Asks for causes that the facts decide, each on its own.
    pub(super) fn ask_facts(&mut self, codes: &[u16]) {
        let bundle = self.bundle;
        for code in codes {
            let check = cause::by_code(Code(*code)).map(|cause| cause.check);
            self.ask(*code, || match check {
                Some(Check::Facts(check)) => check(bundle),
                _ => Ok(Vec::new()),
            });
        }
    }

    /// Blocks causes that are still open for want of a fact.
    pub(super) fn blocked(&mut self, codes: impl IntoIterator<Item = u16>, error: &Error) {
        for code in codes {
            self.ask(code, || Err::<Option<Finding>, _>(error.clone()));
        }
    }

    fn answer(&mut self, cause: &'static Cause, outcome: Outcome) {
        let follows = self.flow.follows;
        let outcome = self.with_severity(cause.code, outcome);
        let asked = self.bundle.take_asked();
        let options = evidence(self.bundle, &asked);
        self.asked.extend(asked);
        let step = |decision: String, evidence: Vec<String>, outcome| Step {
            stage: cause.stage,
            follows,
            decision,
            evidence,
            outcome,
            code: Some(cause.code),
        };
        let steps = &mut self.trace.steps;
        match &outcome {
            Outcome::Ran(findings) => steps.extend(findings.iter().map(|finding| {
                let place = place(finding).into_iter();
                let evidence = options.iter().cloned().chain(place).collect();
                step(finding.message.clone(), evidence, of_severity(finding))
            })),
            Outcome::Blocked { why, .. } => steps.push(step(why.to_string(), options, FACT)),
            Outcome::Skipped { why } => steps.push(step(why.clone(), Vec::new(), FACT)),
            Outcome::NotGiven { .. } => {}
        }
        self.trace.outcomes.push((cause.code, outcome));
    }

    /// Gives the findings of a cause the severity that the user set. A limit never makes a boot fail.
    fn with_severity(&self, code: Code, outcome: Outcome) -> Outcome {
        match (self.selection.severity(code), outcome) {
            (Some(severity), Outcome::Ran(findings)) if code != OVER_LIMIT => {
                let set = findings
                    .into_iter()
                    .map(|finding| finding.with_severity(severity));
                Outcome::Ran(set.collect())
            }
            (_, outcome) => outcome,
        }
    }

    /// Ends a function: causes that it did not meet do not hold, and those that are not selected are
    /// skipped. A function without any other step has passed.
    fn leave(&mut self, is_followed: bool) {
        let flow = self.flow;
        for code in flow.codes.iter().map(|code| Code(*code)) {
            if self.trace.outcome(code).is_some() {
                continue;
            }
            let outcome = match self.selection.skips(code) {
                None => Outcome::Ran(Vec::new()),
                Some(why) => Outcome::Skipped {
                    why: why.to_owned(),
                },
            };
            if let Some(cause) = cause::by_code(code) {
                self.answer(cause, outcome);
            }
        }
        let is_silent = self.trace.steps.len() == self.entered;
        let is_given = flow.codes.iter().any(|code| {
            let outcome = self.trace.outcome(Code(*code));
            matches!(outcome, Some(Outcome::Ran(_)))
        });
        if is_followed && is_silent && is_given {
            self.trace.steps.push(Step {
                stage: flow.stage,
                follows: flow.follows,
                decision: flow.passes.to_owned(),
                evidence: evidence(self.bundle, &self.asked),
                outcome: StepOutcome::Passed,
                code: None,
            });
        }
    }

    /// Adds what of a gap this boot has.
    pub(super) fn unmodelled(&mut self, flow: &Flow, gap: &Gap, met: Vec<String>) {
        self.trace
            .steps
            .extend(met.into_iter().map(|decision| Step {
                stage: gap.from,
                follows: flow.follows,
                decision,
                evidence: Vec::new(),
                outcome: StepOutcome::Unknown(Unknown::Model),
                code: None,
            }));
    }

    /// Adds an artefact that was not given.
    pub(super) fn not_given(&mut self, role: Role) {
        let stage = match role {
            Role::Kernel => Stage::Read,
            Role::Cmdline => Stage::Load,
            Role::Initramfs => Stage::Initramfs,
            Role::Rootfs => Stage::RootDevice,
        };
        self.trace.steps.push(Step {
            stage,
            follows: "",
            decision: role.to_string(),
            evidence: Vec::new(),
            outcome: StepOutcome::Unknown(Unknown::Artefact),
            code: None,
        });
    }

    pub(super) fn finish(self) -> Trace {
        self.trace
    }
}

const FACT: StepOutcome = StepOutcome::Unknown(Unknown::Fact);

fn of_severity(finding: &Finding) -> StepOutcome {
    match finding.severity {
        Severity::Fatal => StepOutcome::Stopped,
        Severity::Warn => StepOutcome::Degraded,
        Severity::Info => StepOutcome::Passed,
    }
}

/// The options with their values and what shows them.
pub(crate) fn evidence(bundle: &Bundle, asked: &[&str]) -> Vec<String> {
    // Nothing is decoded for the sake of evidence.
    if asked.is_empty() {
        return Vec::new();
    }
    let Ok(known) = bundle.options() else {
        return Vec::new();
    };
    let judged = asked.iter().filter_map(|name| {
        known
            .options
            .iter()
            .find(|judged| judged.spec.name == *name)
    });
    judged
        .map(|judged| {
            let by = judged.evidence.name();
            format!(
                "CONFIG_{}={} (by {by})",
                judged.spec.name,
                judged.state.name()
            )
        })
        .collect()
}

/// The place in an artefact that a finding is about.
fn place(finding: &Finding) -> Option<String> {
    let offset = finding.place.offset?;
    let role = finding.role;
    Some(match &finding.place.member {
        None => format!("{role} at {offset:#x}"),
        Some(member) => format!("{role}, {member} at {offset:#x}"),
    })
}
