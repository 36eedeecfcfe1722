//! Runs the causes over a bundle and says what follows: findings and a verdict.

mod facts;
mod ladder;
mod run;
mod trail;

pub use crate::predict::{Rung, Selection, Standing};
pub use facts::{
    BannerFacts, CmdlineFacts, ExtFacts, Facts, InitFacts, InitramfsFacts, KernelFacts,
    ModulesFacts, OptionFact, ParameterFacts, PartitionFacts, RootfsFacts, SectionFact,
    SegmentFacts,
};

use crate::bundle::Bundle;
use crate::cause::{OVER_LIMIT, over_limit};
use crate::error::{Error, Kind};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::predict::{self, Trace};
use crate::role::Role;
use crate::stage::Stage;
use run::{judge, verdict};

/// What became of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The cause's number.
    pub code: Code,
    /// The cause's stage.
    pub stage: Stage,
    /// Which artefact of the run it looked at.
    pub artifact: usize,
    /// What became of it; the findings are in [`Report::findings`].
    pub outcome: CheckOutcome,
}

/// What became of one cause, without its findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It was decided.
    Ran,
    /// A fact that it needs could not be had.
    Blocked {
        /// The cause that tells why; none where the system refused to read.
        by: Option<Code>,
        /// The fact and the reason.
        why: String,
    },
    /// It was not asked for.
    Skipped {
        /// By what.
        why: String,
    },
    /// It is about an artefact that was not given.
    NotGiven {
        /// The part that is missing.
        role: Role,
    },
}

/// What the boot will come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The init asked for is started.
    Boots,
    /// It ends at this stage, by this cause.
    Fails {
        /// The first stage with a fatal finding.
        stage: Stage,
        /// The first fatal finding of that stage.
        code: Code,
        /// The facts that are missing to say that it does not end before; empty where it can't.
        missing: Vec<String>,
    },
    /// These facts are missing to say more.
    Unknown {
        /// The facts, in the order of the ladder.
        missing: Vec<String>,
    },
}

/// One artefact that was looked at.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The path as it was given.
    pub path: String,
    /// The part that it plays.
    pub role: Role,
    /// What is known of it.
    pub facts: Facts,
    /// The ladder, as far as it alone tells.
    pub ladder: Vec<Rung>,
    /// What it alone comes to.
    pub verdict: Verdict,
    /// Why it could not be read at all, where the system refused.
    pub unreadable: Option<Error>,
}

/// Artefacts that were judged as one boot.
#[derive(Debug, Clone)]
pub struct Boot {
    /// What the project calls it; empty where there is only one.
    pub name: String,
    /// The target's name.
    pub target: &'static str,
    /// The target's name for people.
    pub target_title: &'static str,
    /// Its artefacts, as numbers in [`Report::artifacts`].
    pub artifacts: Vec<usize>,
    /// The ladder.
    pub ladder: Vec<Rung>,
    /// What it comes to.
    pub verdict: Verdict,
    /// The facts and causes that led to the verdict, in order; empty where nobody asked.
    pub trail: Vec<String>,
    /// The steps of the boot, in the kernel's order.
    pub trace: Trace,
    /// The machine; `None` if the target has no machine for the kernel.
    pub machine: Option<Machine>,
    /// Whether a report for people shows the machine.
    pub shows_machine: bool,
}

/// A file or folder beside the artefacts that takes no part in any boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path as it is shown.
    pub path: String,
    /// Why it is not used.
    pub why: String,
}

/// Everything that one run found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The name of the target that it was judged for.
    pub target: &'static str,
    /// The artefacts, in the order in which they were given.
    pub artifacts: Vec<Artifact>,
    /// The whole boots, where artefacts were judged together.
    pub boots: Vec<Boot>,
    /// What fired, by artefact, then in the order of the registry.
    pub findings: Vec<Finding>,
    /// What became of every cause.
    pub checks: Vec<Check>,
    /// What a folder holds beside the artefacts.
    pub left_out: Vec<LeftOut>,
}

impl Report {
    /// A report on nothing yet.
    pub fn empty(target: &'static str) -> Self {
        Self {
            target,
            artifacts: Vec::new(),
            boots: Vec::new(),
            findings: Vec::new(),
            checks: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// The verdict over all artefacts: the first that fails, else what is not known.
    pub fn verdict(&self) -> Verdict {
        let alone = self.artifacts.iter().map(|artifact| &artifact.verdict);
        let together = self.boots.iter().map(|boot| &boot.verdict);
        let verdicts = || alone.clone().chain(together.clone());
        if let Some(fails) = verdicts().find(|verdict| matches!(verdict, Verdict::Fails { .. })) {
            return fails.clone();
        }
        let mut all: Vec<String> = Vec::new();
        for verdict in verdicts() {
            if let Verdict::Unknown { missing } = verdict {
                for fact in missing {
                    if !all.contains(fact) {
                        all.push(fact.clone());
                    }
                }
            }
        }
        if all.is_empty() && !self.artifacts.is_empty() {
            Verdict::Boots
        } else {
            Verdict::Unknown { missing: all }
        }
    }

    /// The numbers of the artefacts that belong to no boot of the report.
    pub fn alone(&self) -> impl Iterator<Item = usize> {
        let is_alone = |at: &usize| !self.boots.iter().any(|boot| boot.artifacts.contains(at));
        (0..self.artifacts.len()).filter(is_alone)
    }

    /// Whether some finding is at least as bad as `severity`.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity >= severity)
    }

    /// Returns true if a limit ended the reading of an artefact, and no verdict fails for another
    /// reason.
    pub fn is_cut_short(&self) -> bool {
        let is_limited = self
            .findings
            .iter()
            .any(|finding| finding.code == OVER_LIMIT);
        is_limited && !matches!(self.verdict(), Verdict::Fails { .. })
    }

    /// Returns true if the system refused to read an artefact.
    pub fn is_unread(&self) -> bool {
        self.artifacts
            .iter()
            .any(|artifact| artifact.unreadable.is_some())
    }

    /// Whether something that was asked could not be found out.
    pub fn is_incomplete(&self) -> bool {
        self.is_unread()
            || self
                .checks
                .iter()
                .any(|check| matches!(check.outcome, CheckOutcome::Blocked { .. }))
    }

    /// Puts another run's report behind this one.
    pub fn append(&mut self, other: Self) {
        let base = self.artifacts.len();
        self.artifacts.extend(other.artifacts);
        self.boots.extend(other.boots.into_iter().map(|mut boot| {
            for number in &mut boot.artifacts {
                *number = number.saturating_add(base);
            }
            boot
        }));
        self.findings
            .extend(other.findings.into_iter().map(|mut finding| {
                finding.artifact = finding.artifact.saturating_add(base);
                finding
            }));
        self.checks
            .extend(other.checks.into_iter().map(|mut check| {
                check.artifact = check.artifact.saturating_add(base);
                check
            }));
        self.left_out.extend(other.left_out);
    }
}

/// Judges one artefact alone, by all that needs no other. What boots is more than one artefact, so
/// the verdict is *fails* or *unknown*, never *boots*.
pub fn alone(role: Role, path: &str, bundle: &Bundle, selection: &Selection) -> Report {
    let boot = predict::Boot::new(bundle);
    let trace = predict::follow(&boot, selection);
    let (findings, checks) = judge(bundle, &trace, selection, &|_| 0);
    let facts = Facts::of(role, &boot);
    let ladder = match role {
        Role::Kernel => ladder::climb((&boot, true), &findings, &trace),
        Role::Initramfs | Role::Rootfs | Role::Cmdline => Vec::new(),
    };
    Report {
        target: bundle.target.name,
        artifacts: vec![Artifact {
            path: path.to_owned(),
            role,
            verdict: verdict(bundle, &trace),
            facts,
            ladder,
            unreadable: unreadable_part(role, bundle),
        }],
        boots: Vec::new(),
        findings,
        checks,
        left_out: Vec::new(),
    }
}

/// Judges a kernel alone.
pub fn kernel(path: &str, bundle: &Bundle, selection: &Selection) -> Report {
    alone(Role::Kernel, path, bundle, selection)
}

/// What fires of the causes selected, and nothing else: no more is read than these need.
pub fn findings(bundle: &Bundle, selection: &Selection) -> Vec<Finding> {
    let trace = predict::ask(&predict::Boot::new(bundle), selection);
    judge(bundle, &trace, selection, &|_| 0).0
}

/// Judges artefacts as one boot. They are read side by side.
pub fn together(
    name: &str,
    parts: &[(Role, String)],
    bundle: &Bundle,
    selection: &Selection,
    explain: bool,
) -> Report {
    read_ahead(bundle);
    let place = |role: Role| {
        let found = parts.iter().position(|(part, _)| *part == role);
        found.unwrap_or(0)
    };
    let boot = predict::Boot::new(bundle);
    let trace = predict::follow(&boot, selection);
    let (findings, checks) = judge(bundle, &trace, selection, &place);
    let verdict = verdict(bundle, &trace);
    let facts: Vec<Facts> = parts
        .iter()
        .map(|(role, _)| Facts::of(*role, &boot))
        .collect();
    let ladder = ladder::climb((&boot, false), &findings, &trace);
    let trail = if explain {
        trail::of(bundle, &ladder, &findings, &checks)
    } else {
        Vec::new()
    };
    Report {
        target: bundle.target.name,
        artifacts: parts
            .iter()
            .zip(facts)
            .map(|((role, path), facts)| Artifact {
                path: path.clone(),
                role: *role,
                facts,
                ladder: Vec::new(),
                verdict: verdict.clone(),
                unreadable: unreadable_part(*role, bundle),
            })
            .collect(),
        boots: vec![Boot {
            name: name.to_owned(),
            target: bundle.target.name,
            target_title: bundle.target.title,
            artifacts: (0..parts.len()).collect(),
            ladder,
            verdict,
            trail,
            trace,
            machine: bundle.machine().ok(),
            shows_machine: false,
        }],
        findings,
        checks,
        left_out: Vec::new(),
    }
}

/// Reads what costs time in every artefact at once: each fact is remembered, and found ready by
/// whoever asks for it.
fn read_ahead(bundle: &Bundle) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if let Ok(Some(initramfs)) = bundle.initramfs() {
                initramfs.archive().ok();
            }
        });
        scope.spawn(|| {
            if let Ok(Some(root)) = bundle.root() {
                root.tree().ok();
            }
        });
        if let Ok(kernel) = bundle.kernel() {
            kernel.release().ok();
            bundle.options().ok();
        }
    });
}

/// Why the system refused to read an artefact, if it did.
fn unreadable_part(role: Role, bundle: &Bundle) -> Option<Error> {
    let error = match role {
        Role::Kernel => bundle.kernel().and_then(Kernel::header).err(),
        Role::Initramfs => match bundle.initramfs() {
            Ok(Some(initramfs)) => initramfs.archive().err(),
            _ => None,
        },
        Role::Rootfs => match bundle.root() {
            Ok(Some(root)) => root.contents().err().or_else(|| root.tree().err()),
            _ => None,
        },
        Role::Cmdline => None,
    };
    let is_no_partition =
        |error: &Error| error.kind() == Kind::Absent && error.field().starts_with("partition ");
    error.filter(|error| error.kind() == Kind::Io || is_no_partition(error))
}

/// The report on a file that the system did not let us open, or that a limit kept from being read.
pub fn unreadable(path: &str, role: Role, target: &'static str, error: Error) -> Report {
    let limit = (error.kind() == Kind::Limit).then(|| over_limit(role, &error));
    Report {
        target,
        artifacts: vec![Artifact {
            path: path.to_owned(),
            role,
            facts: Facts::none(role),
            ladder: Vec::new(),
            verdict: Verdict::Unknown {
                missing: vec![error.to_string()],
            },
            unreadable: Some(error),
        }],
        boots: Vec::new(),
        findings: limit.into_iter().collect(),
        checks: Vec::new(),
        left_out: Vec::new(),
    }
}
