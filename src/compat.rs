//! Whether a system that was made for one kernel can go on with another: the release of Alpine, the
//! modules, and how kernel and modules fit together.
//!
//! The knowledge is that of the causes; this asks those of them that are about a kernel and a root,
//! and gives their answers as yes or no.

use crate::bundle::Bundle;
use crate::check::{self, CheckOutcome, Selection};
use crate::finding::Code;
use crate::role::Role;
use crate::userland::modules;
use crate::userland::system::alpine_release;

/// What is asked, and the cause that knows.
const QUESTIONS: [(&str, Code); 4] = [
    ("architecture", Code(604)),
    ("alpine release", Code(701)),
    ("modules", Code(703)),
    ("version magic", Code(705)),
];

/// An answer to one question, or to all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They go together.
    Yes,
    /// They do not.
    No,
    /// Files do not tell.
    Unknown,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Unknown];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// One question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What was asked.
    pub question: &'static str,
    /// The cause that knows.
    pub code: Code,
    /// The answer.
    pub answer: Answer,
    /// Why.
    pub why: String,
}

/// Whether a kernel and a root go together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatibility {
    /// The kernel's release, where it is known.
    pub kernel: Option<String>,
    /// The root's release of Alpine, where it is one.
    pub alpine: Option<String>,
    /// The releases that the root has modules for.
    pub releases: Vec<String>,
    /// Each question with its answer.
    pub points: Vec<Point>,
}

impl Compatibility {
    /// The answer over all points: no where one is, else unknown where one is.
    pub fn answer(&self) -> Answer {
        let has = |answer: Answer| self.points.iter().any(|point| point.answer == answer);
        if has(Answer::No) {
            Answer::No
        } else if has(Answer::Unknown) {
            Answer::Unknown
        } else {
            Answer::Yes
        }
    }
}

/// Compares the kernel and the root of a bundle, which has both, no initramfs, and an assumed command
/// line.
pub fn compare(bundle: &Bundle) -> Compatibility {
    let selection = Selection {
        select: QUESTIONS.map(|(_, code)| code).to_vec(),
        ..Selection::default()
    };
    let report = check::alone(Role::Rootfs, "", bundle, &selection);
    let overrun = bundle.overruns().into_iter().next();
    let points = QUESTIONS
        .into_iter()
        .map(|(question, code)| {
            let finding = report.findings.iter().find(|finding| finding.code == code);
            let outcome = report.checks.iter().find(|check| check.code == code);
            let (answer, why) = match (finding, outcome.map(|check| &check.outcome)) {
                // What a reader did not find after its limit may be there.
                _ if overrun.is_some() => {
                    let why = overrun.as_ref().map(ToString::to_string);
                    (Answer::Unknown, why.unwrap_or_default())
                }
                (Some(finding), _) => (Answer::No, finding.message.clone()),
                (None, Some(CheckOutcome::Ran)) => (Answer::Yes, good(bundle, question)),
                (None, Some(CheckOutcome::Blocked { why, .. })) => (Answer::Unknown, why.clone()),
                _ => (Answer::Unknown, "no cause checks it".to_owned()),
            };
            Point {
                question,
                code,
                answer,
                why,
            }
        })
        .collect();
    let tree = match bundle.root() {
        Ok(Some(root)) => root.tree().ok(),
        _ => None,
    };
    Compatibility {
        kernel: bundle.kernel().and_then(|kernel| kernel.release()).ok(),
        alpine: tree
            .and_then(|tree| alpine_release(tree).ok().flatten())
            .map(|release| release.text),
        releases: tree
            .and_then(|tree| modules::releases(tree).ok())
            .unwrap_or_default(),
        points,
    }
}

/// What a yes rests on.
fn good(bundle: &Bundle, question: &str) -> String {
    let release = bundle
        .kernel()
        .and_then(|kernel| kernel.release())
        .unwrap_or_default();
    let tree = match bundle.root() {
        Ok(Some(root)) => root.tree().ok(),
        _ => None,
    };
    let has_modules = || {
        tree.and_then(|tree| modules::releases(tree).ok())
            .is_some_and(|releases| releases.contains(&release))
    };
    match question {
        "architecture" => "The kernel runs the programs of the root.".to_owned(),
        "alpine release" => match tree.and_then(|tree| alpine_release(tree).ok().flatten()) {
            Some(found) => format!(
                "The root is Alpine {}; there is no known problem with Linux {release}.",
                found.text
            ),
            None => "The root is not Alpine, so no rule of Alpine applies.".to_owned(),
        },
        "modules" if has_modules() => format!("The root has /lib/modules/{release}."),
        "modules" => "The kernel has no driver as a module.".to_owned(),
        _ if has_modules() => {
            "The modules of the root were built for this kernel, by the same settings.".to_owned()
        }
        _ => format!("The root has no module for {release} that could differ."),
    }
}
