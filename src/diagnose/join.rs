//! What a log shows, joined to what the files tell: among the causes that end in the same lines, the
//! one that the files show is named.

use super::judge;
use super::observed::Observed;
use crate::cause;
use crate::check::{Facts, Report, Verdict};
use crate::console::EndKind;
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

impl Observed {
    /// Joins what the files of this boot come to. How it ended stays what the log says; which of the
    /// causes that end so it was, the files decide.
    pub fn join(&mut self, predicted: &Report) {
        self.notes.extend(self.other_kernel(predicted));
        let mut fatal: Vec<&Finding> = predicted
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Fatal)
            .collect();
        // At one stage, the cause that the boot meets first comes first.
        let first = match predicted.verdict() {
            Verdict::Fails { code, .. } => Some(code),
            _ => None,
        };
        fatal.sort_by_key(|finding| (finding.stage, Some(finding.code) != first, finding.code));
        // A boot that nobody sees looks the same whatever keeps it from being seen.
        let unseen = fatal
            .first()
            .filter(|first| first.stage <= Stage::Console && self.clues.is_empty());
        if let Some(first) = unseen
            && self.end.is_some()
        {
            self.decide(first);
            return;
        }
        let Some(code) = self.code() else {
            if let Some(first) = fatal.first() {
                self.notes.push(format!(
                    "the files predict a failure by {} {}, but the boot did not fail: please \
                        report a bug, unless the log belongs to other files",
                    first.code, first.name
                ));
            }
            return;
        };
        let told = judge::told_of(self);
        // What fails first is what the others follow from.
        let found = fatal.iter().find(|finding| {
            let is_told = told.contains(&finding.code)
                || self.may_be_unseen(finding.stage)
                || self.is_lost_in_initramfs(code, finding.stage);
            finding.code == code || (is_told && !judge::is_behind(finding.stage, &self.clues))
        });
        if let Some(found) = found {
            self.decide(found);
            return;
        }
        match (&predicted.verdict(), fatal.first()) {
            (_, Some(first)) => self.notes.push(format!(
                "the files predict a failure by {} {}, but the log shows another cause: please \
                    report a bug, unless the log belongs to other files",
                first.code, first.name
            )),
            (Verdict::Boots, None)
                if cause::by_code(code).is_some_and(|cause| cause.is_predicted()) =>
            {
                self.notes.push(
                    "the files predict that this boot succeeds: check that the log belongs to the \
                        same files and the same target"
                        .to_owned(),
                );
            }
            _ => {}
        }
    }

    /// The warning that the log is of another kernel than the file.
    fn other_kernel(&self, predicted: &Report) -> Option<String> {
        let logged = self.clues.kernel.as_deref()?;
        let mut releases =
            predicted
                .artifacts
                .iter()
                .filter_map(|artifact| match &artifact.facts {
                    Facts::Kernel(kernel) => kernel.release.as_deref(),
                    _ => None,
                });
        let given = releases.next().filter(|given| *given != logged)?;
        Some(format!(
            "warning: the log is of Linux {logged}, but the kernel that was given is Linux {given}: what the files \
             tell is of another boot"
        ))
    }

    /// Whether what fails at a stage may have been passed over before the first line that came: a
    /// console that registers late, or shows errors alone, has nothing of the initramfs that the
    /// kernel did without.
    fn may_be_unseen(&self, stage: Stage) -> bool {
        let clues = &self.clues;
        stage == Stage::Initramfs
            && clues.kernel.is_none()
            && !clues.has_initramfs
            && clues.root_panic.is_some()
    }

    /// Returns true if the init of the initramfs gave up, and the log does not say for certain why: it failed at the initramfs,
    /// at the root, or as it handed over.
    fn is_lost_in_initramfs(&self, code: Code, stage: Stage) -> bool {
        let clues = &self.clues;
        let is_unexplained = cause::by_code(code).is_some_and(|cause| !cause.is_predicted())
            || !judge::is_certain(self, code);
        let is_early = clues.ran_initramfs || clues.has_reached(Stage::Initramfs);
        let gave_up = clues.init_ended.is_some()
            || self.end.as_ref().is_some_and(|end| {
                matches!(
                    end.kind,
                    EndKind::EmergencyShell
                        | EndKind::Deadline
                        | EndKind::LogEnds
                        | EndKind::Frozen
                )
            });
        is_unexplained
            && is_early
            && gave_up
            && !clues.switched_root
            && !clues.has_reached(Stage::Init)
            && !clues.has_reached(Stage::Userspace)
            && (Stage::Initramfs..=Stage::Init).contains(&stage)
    }

    /// Names a cause that the files show.
    fn decide(&mut self, found: &Finding) {
        let said = self.findings.first().map(|first| first.consequence.clone());
        let mut finding = found.clone();
        finding.artifact = 0;
        if let Some(said) = said {
            finding.consequence = said;
        }
        if let Some(end) = &mut self.end {
            end.code = Some(finding.code);
            end.stage = finding.stage;
        }
        self.possible.clear();
        self.notes.retain(|note| !judge::is_about_others(note));
        if self.findings.is_empty() {
            self.findings.push(finding);
        } else if let Some(first) = self.findings.first_mut() {
            *first = finding;
        }
    }
}
