//! Runs the causes over a bundle and says what follows: findings and a verdict.

mod facts;
mod ladder;
mod run;

pub use facts::{BannerFacts, Facts, KernelFacts, OptionFact, SectionFact};
pub use ladder::{Rung, Standing};

use crate::bundle::Bundle;
use crate::error::{Error, Kind};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::Kernel;
use crate::role::Role;
use crate::stage::Stage;
use run::{judge, verdict};

/// Which causes are run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// These alone, where there are any.
    pub select: Vec<Code>,
    /// These not.
    pub ignore: Vec<Code>,
}

impl Selection {
    /// Why a cause is left out, if it is.
    fn skips(&self, code: Code) -> Option<&'static str> {
        if self.ignore.contains(&code) {
            return Some("--ignore names it");
        }
        (!self.select.is_empty() && !self.select.contains(&code))
            .then_some("--select leaves it out")
    }
}

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

/// Everything that one run found.
#[derive(Debug, Clone)]
pub struct Report {
    /// The name of the target that it was judged for.
    pub target: &'static str,
    /// The artefacts, in the order in which they were given.
    pub artifacts: Vec<Artifact>,
    /// What fired, by artefact, then in the order of the registry.
    pub findings: Vec<Finding>,
    /// What became of every cause.
    pub checks: Vec<Check>,
}

impl Report {
    /// The verdict over all artefacts: the first that fails, else what is not known.
    pub fn verdict(&self) -> Verdict {
        let verdicts = || self.artifacts.iter().map(|artifact| &artifact.verdict);
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

    /// Whether some finding is at least as bad as `severity`.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity >= severity)
    }

    /// Whether something that was asked could not be found out.
    pub fn is_incomplete(&self) -> bool {
        self.artifacts
            .iter()
            .any(|artifact| artifact.unreadable.is_some())
            || self
                .checks
                .iter()
                .any(|check| matches!(check.outcome, CheckOutcome::Blocked { .. }))
    }

    /// Puts another run's report behind this one.
    pub fn append(&mut self, other: Self) {
        let base = self.artifacts.len();
        self.artifacts.extend(other.artifacts);
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
    }
}

/// Judges a kernel alone: what its header, its options and its target say. The rest of what boots
/// is not there, so the verdict is *fails* or *unknown*, never *boots*.
pub fn kernel(path: &str, bundle: &Bundle, selection: &Selection) -> Report {
    let (findings, checks) = judge(bundle, selection, &|_| 0);
    let facts = KernelFacts::of(bundle);
    let ladder = ladder::kernel::climb(bundle, &facts, &findings, &checks);
    let unreadable = bundle.kernel().and_then(Kernel::header).err();
    alone(
        bundle,
        Artifact {
            path: path.to_owned(),
            role: Role::Kernel,
            verdict: verdict(bundle, &findings, &checks),
            facts: Facts::Kernel(Box::new(facts)),
            ladder,
            unreadable: unreadable.filter(|error| error.kind() == Kind::Io),
        },
        findings,
        checks,
    )
}

fn alone(
    bundle: &Bundle,
    artifact: Artifact,
    findings: Vec<Finding>,
    checks: Vec<Check>,
) -> Report {
    Report {
        target: bundle.target.name,
        artifacts: vec![artifact],
        findings,
        checks,
    }
}

/// The report on a file that the system did not let us open.
pub fn unreadable(path: &str, facts: Facts, target: &'static str, error: Error) -> Report {
    Report {
        target,
        artifacts: vec![Artifact {
            path: path.to_owned(),
            role: facts.role(),
            facts,
            ladder: Vec::new(),
            verdict: Verdict::Unknown {
                missing: vec![error.to_string()],
            },
            unreadable: Some(error),
        }],
        findings: Vec::new(),
        checks: Vec::new(),
    }
}
