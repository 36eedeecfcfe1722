//! From what a log shows to the cause: the one for which the log says the most.

use super::observed::{End, Evidence, Observed, Shown};
use crate::cause::{self, Belief, Cause, capital};
use crate::console::{Clues, EndKind, Ended, block_device, errno, root_driver};
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

/// How many of the lines that decide are shown.
const SHOWN_LINES: usize = 12;

/// How the note begins that names other causes.
const OTHERS: &str = "the log says as much for";

const INIT_EXITS: Code = Code(611);
const KERNEL_PANIC: Code = Code(901);
const SILENCE: Code = Code(907);
const DEADLINE: Code = Code(908);
const NO_DRIVER: Code = Code(401);
const ROOT_NEVER_APPEARS: Code = Code(315);
const UNCLEAN_EXIT: Code = Code(910);
const MARKER_MISSING: Code = Code(911);

/// A cause that the log speaks for.
struct Candidate<'a> {
    cause: &'static Cause,
    belief: Belief,
    lines: Vec<&'a Shown>,
}

/// Draws what follows from all that was seen of a boot so far.
pub(super) fn settle(boot: &mut Observed) {
    let kind = kind(boot);
    let candidates = candidates(&boot.clues, &boot.evidence);
    let mut findings = Vec::new();
    let mut lines: Vec<Shown> = Vec::new();
    let mut possible = Vec::new();
    let mut end = None;
    if let Some(kind) = kind {
        let failed = fails(boot, kind);
        let chosen = failed
            .then(|| choose(&candidates, kind, &boot.clues))
            .flatten();
        let code =
            failed.then(|| chosen.map_or_else(|| fallback(boot, kind), |found| found.cause.code));
        let line = boot
            .end_line
            .clone()
            .filter(|_| boot.clues.end == Some(kind));
        if let Some(chosen) = chosen {
            lines.extend(chosen.lines.iter().map(|line| (*line).clone()));
            possible = equals(&candidates, chosen, &boot.clues);
        }
        lines.extend(line.clone());
        let stage = stage(&boot.clues, code, failed);
        if let Some(cause) = code.and_then(cause::by_code) {
            findings.push(told(cause, stage, kind, line.as_ref(), &boot.clues));
        }
        end = Some(End {
            kind,
            stage,
            code,
            line,
        });
    }
    let has_failed = end.as_ref().is_some_and(|end| end.code.is_some());
    for candidate in &candidates {
        let is_named = findings
            .iter()
            .any(|finding| finding.code == candidate.cause.code);
        // What only a running machine shows is there wherever its line is.
        let is_fact =
            candidate.belief == Belief::Certain || (!has_failed && !candidate.cause.is_predicted());
        if is_named || !is_fact {
            continue;
        }
        let said = quoted(candidate.lines.first().copied());
        let hurts = candidate.cause.severity < Severity::Fatal;
        let consequence = if hurts {
            format!("The log shows it{said}.")
        } else if !has_failed {
            format!("The log shows it{said}. It did not stop this boot.")
        } else {
            continue;
        };
        lines.extend(candidate.lines.iter().map(|line| (*line).clone()));
        let finding =
            candidate
                .cause
                .finding(candidate.cause.summary, consequence, candidate.cause.fix);
        let severity = finding.severity.min(Severity::Warn);
        findings.push(finding.with_severity(severity));
    }
    lines.sort_by_key(|line| line.number);
    lines.dedup();
    lines.truncate(SHOWN_LINES);
    boot.notes = notes(&boot.clues, &possible);
    let is_open = end.as_ref().is_some_and(|end| end.kind == EndKind::LogEnds);
    if boot.clues.is_excerpt() && is_open && has_failed {
        let note = "neither the beginning nor the end of this boot is in the log: what is named is the first that \
                    went wrong in it";
        boot.notes.insert(0, note.to_owned());
    } else if is_open && has_failed {
        let note = "the end of this boot is not in the log: what is named is the first that went wrong in it";
        boot.notes.insert(0, note.to_owned());
    }
    boot.end = end;
    boot.findings = findings;
    boot.possible = possible;
    boot.lines = lines;
}

/// The end that counts: what the log shows, unless it is weaker than what others know.
fn kind(boot: &Observed) -> Option<EndKind> {
    let shown = match boot.clues.init_ended {
        Some(_) => Some(EndKind::Panic),
        None => boot.clues.end,
    };
    let clues = &boot.clues;
    let is_up = clues.has_reached(Stage::Userspace);
    match (shown, boot.told) {
        // What a system that is up gets over did not stop its boot.
        (Some(shown), told) if is_up && !shown.is_final() => told.filter(|told| !is_cut(*told)),
        (None, Some(told)) if is_cut(told) && (is_up || is_left_with_init(boot)) => None,
        // Nobody asked for that shell: the initramfs gave up.
        (None, Some(EndKind::Deadline | EndKind::LogEnds))
            if clues.has_prompt && clues.is_in_initramfs() =>
        {
            Some(EndKind::EmergencyShell)
        }
        (None, told) => told,
        (shown, _) => shown,
    }
}

/// Returns true if the log ends and the boot may go on.
fn is_cut(kind: EndKind) -> bool {
    matches!(kind, EndKind::LogEnds | EndKind::Reset)
}

/// Returns true if the log ends after init was started, and no line says that init failed. In a system that lives in
/// its initramfs, that is the init of the initramfs.
fn is_left_with_init(boot: &Observed) -> bool {
    let clues = &boot.clues;
    // Without the command line, a shell may be the emergency shell of an initramfs.
    let is_system = clues
        .is_system_in_initramfs()
        .unwrap_or(!clues.has_prompt && clues.init_failures.is_empty());
    (clues.has_reached(Stage::Init) || is_system)
        && candidates(&boot.clues, &boot.evidence)
            .iter()
            .all(|candidate| is_behind(candidate.cause.stage, &boot.clues))
}

fn fails(boot: &Observed, kind: EndKind) -> bool {
    let clues = &boot.clues;
    let has_init = clues.stage() >= Some(Stage::Init)
        || clues
            .is_system_in_initramfs()
            .unwrap_or(clues.ran_initramfs);
    !kind.is_in_order() || (!has_init && !clues.is_excerpt())
}

fn candidates<'a>(clues: &Clues, evidence: &'a [Evidence]) -> Vec<Candidate<'a>> {
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    for seen in evidence {
        let belief = seen.tell.says.belief(clues);
        if belief == Belief::No {
            continue;
        }
        let known = candidates
            .iter_mut()
            .find(|candidate| candidate.cause.code == seen.cause.code);
        match known {
            Some(candidate) => {
                candidate.belief = candidate.belief.max(belief);
                candidate.lines.push(&seen.line);
            }
            None => candidates.push(Candidate {
                cause: seen.cause,
                belief,
                lines: vec![&seen.line],
            }),
        }
    }
    candidates.sort_by_key(|candidate| candidate.cause.code);
    candidates
}

/// Every cause for which the log says anything.
pub(super) fn told_of(boot: &Observed) -> Vec<Code> {
    candidates(&boot.clues, &boot.evidence)
        .iter()
        .map(|candidate| candidate.cause.code)
        .collect()
}

/// Returns true if a line says for certain that it is this cause.
pub(super) fn is_certain(boot: &Observed, code: Code) -> bool {
    candidates(&boot.clues, &boot.evidence)
        .iter()
        .any(|candidate| candidate.cause.code == code && candidate.belief == Belief::Certain)
}

/// Whether a note names other causes, which the files have decided between.
pub(super) fn is_about_others(note: &str) -> bool {
    note.starts_with(OTHERS)
}

/// What orders causes: those of stages that the boot got over come last, then what the log says for
/// them, then the stage.
fn rank(candidate: &Candidate<'_>, clues: &Clues) -> (bool, std::cmp::Reverse<Belief>, bool) {
    (
        is_behind(candidate.cause.stage, clues) && candidate.cause.is_predicted(),
        std::cmp::Reverse(candidate.belief),
        !candidate.cause.is_predicted(),
    )
}

/// Whether the boot got over what fails at a stage. A disk that is seen, or an initramfs that runs,
/// may still be lacking: a mounted root is not.
pub(super) fn is_behind(stage: Stage, clues: &Clues) -> bool {
    clues
        .stage()
        .is_some_and(|reached| reached >= Stage::RootMount && stage < reached)
}

fn choose<'c, 'a>(
    candidates: &'c [Candidate<'a>],
    kind: EndKind,
    clues: &Clues,
) -> Option<&'c Candidate<'a>> {
    candidates
        .iter()
        .filter(|candidate| {
            can_be_fatal(candidate, clues)
                && can_be_last(candidate, kind, clues)
                && !is_got_over(candidate, clues)
        })
        .min_by_key(|candidate| {
            // What went wrong first is what the rest follows from.
            let first = candidate.lines.first().map(|line| line.number);
            let first = first.filter(|_| !candidate.cause.is_predicted());
            (rank(candidate, clues), candidate.cause.stage, first)
        })
}

/// What a kernel may fail at before it runs anything did not stop one whose initramfs or init runs.
fn is_got_over(candidate: &Candidate<'_>, clues: &Clues) -> bool {
    candidate.belief == Belief::Possible
        && candidate.cause.stage <= Stage::Console
        && clues.stage() >= Some(Stage::Initramfs)
}

/// What newer kernels get over by mounting read-only, older ones panicked over.
fn can_be_fatal(candidate: &Candidate<'_>, clues: &Clues) -> bool {
    let was_killed = matches!(clues.init_ended, Some(Some(Ended::Killed(_))));
    candidate.cause.severity == Severity::Fatal
        // What init can mostly do without ended it here.
        || (candidate.cause.stage == Stage::Init && candidate.belief >= Belief::Likely && was_killed)
        || (candidate.cause.stage == Stage::RootMount
            && candidate.belief == Belief::Certain
            && clues.root_panic.is_some())
}

/// A boot that the clock ended, and not a line of its own, got over what failed before. So did one whose root gives
/// up.
fn can_be_last(candidate: &Candidate<'_>, kind: EndKind, clues: &Clues) -> bool {
    let gave_up = matches!(kind, EndKind::EmergencyShell | EndKind::Frozen);
    let is_late = kind == EndKind::Deadline || (gave_up && clues.has_reached(Stage::Init));
    !is_late || !candidate.cause.is_predicted() || !is_behind(candidate.cause.stage, clues)
}

/// The other causes for which the log says as much.
fn equals(candidates: &[Candidate<'_>], chosen: &Candidate<'_>, clues: &Clues) -> Vec<Code> {
    if chosen.belief == Belief::Certain {
        return Vec::new();
    }
    candidates
        .iter()
        .filter(|other| {
            other.cause.code != chosen.cause.code
                && other.cause.severity == Severity::Fatal
                && rank(other, clues) == rank(chosen, clues)
        })
        .map(|other| other.cause.code)
        .collect()
}

/// The cause where no line tells of one.
fn fallback(boot: &Observed, kind: EndKind) -> Code {
    let clues = &boot.clues;
    match kind {
        _ if clues.init_ended.is_some() => INIT_EXITS,
        EndKind::Panic => KERNEL_PANIC,
        EndKind::Exited | EndKind::Reset | EndKind::Restart | EndKind::PowerOff => UNCLEAN_EXIT,
        EndKind::LogEnds if is_silent(clues) => SILENCE,
        EndKind::Deadline if clues.is_empty() && !boot.has_text => SILENCE,
        EndKind::EmergencyShell if clues.is_in_initramfs() => ROOT_NEVER_APPEARS,
        _ if clues.has_reached(Stage::Init) => MARKER_MISSING,
        EndKind::EmergencyShell | EndKind::FallbackShell | EndKind::Frozen => MARKER_MISSING,
        _ => DEADLINE,
    }
}

/// Returns true if a VMM or a firmware spoke at most.
fn is_silent(clues: &Clues) -> bool {
    let reached = clues.stage().is_none_or(|stage| stage == Stage::Start);
    reached && clues.kernel.is_none() && !clues.has_kernel_lines && clues.end.is_none()
}

/// The stage at which it failed: the cause's own, else the one behind the last that was reached.
fn stage(clues: &Clues, code: Option<Code>, failed: bool) -> Stage {
    let reached = clues.stage();
    if !failed {
        return reached.unwrap_or(Stage::Start);
    }
    // What can happen at any stage happened behind the last that was reached.
    let of_cause = code
        .and_then(cause::by_code)
        .filter(|cause| cause.is_predicted() || reached.is_none())
        .map(|cause| cause.stage);
    of_cause.unwrap_or_else(|| {
        Stage::ALL
            .into_iter()
            .find(|stage| Some(*stage) > reached)
            .unwrap_or(Stage::Userspace)
    })
}

fn told(
    cause: &'static Cause,
    stage: Stage,
    kind: EndKind,
    line: Option<&Shown>,
    clues: &Clues,
) -> Finding {
    let driver = clues
        .root_failure
        .as_ref()
        .filter(|_| cause.code == NO_DRIVER)
        .and_then(|failure| Some((failure, root_driver(&failure.named)?)));
    let message = match driver {
        Some((failure, (kind, _))) => format!(
            "The kernel found no driver for root={}, which is {kind}, when it mounted the root.",
            failure.named
        ),
        None => cause.summary.to_owned(),
    };
    let fix = match (cause.code, kind, driver) {
        (DEADLINE, EndKind::LogEnds, _) => "The end of this boot is not in the log, and nothing in it went wrong: \
            save the console to its end, without quiet and with ignore_loglevel on the command line."
            .to_owned(),
        (MARKER_MISSING, EndKind::EmergencyShell, _) => "In the rescue shell, run `systemctl --failed` and \
            `journalctl -xb -p err`: the first unit that failed is the reason."
            .to_owned(),
        (_, _, Some((_, (_, options)))) => format!("Build with {options}, or give an initramfs with these drivers."),
        _ => cause.fix.to_owned(),
    };
    let mut finding = cause.finding(message, capital(&format!("{kind}{}.", quoted(line))), fix);
    finding.stage = stage;
    finding.with_severity(Severity::Fatal)
}

fn quoted(line: Option<&Shown>) -> String {
    match line {
        Some(line) => {
            let text = line.text.trim_end_matches('.');
            format!(", line {}: \"{text}\"", line.number)
        }
        None => String::new(),
    }
}

/// What the numbers mean, and what the log leaves open.
fn notes(clues: &Clues, possible: &[Code]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(failure) = &clues.root_failure {
        let block = failure.block;
        notes.push(format!(
            "unknown-block({},{}) is {}",
            block.major,
            block.minor,
            block_device(block.major, block.minor)
        ));
        notes.extend(failure.error.and_then(error));
    } else if let Some(block) = clues.root_panic {
        notes.push(format!(
            "unknown-block({},{}) is {}",
            block.major,
            block.minor,
            block_device(block.major, block.minor)
        ));
    }
    for failure in &clues.init_failures {
        if let Some(note) = failure.error.and_then(error)
            && !notes.contains(&note)
        {
            notes.push(note);
        }
    }
    if let Some(Some(ended)) = clues.init_ended {
        notes.push(format!("init {}", Ended::describe(ended)));
    }
    if !possible.is_empty() {
        let names: Vec<String> = possible
            .iter()
            .filter_map(|code| cause::by_code(*code))
            .map(|cause| format!("{} {}", cause.code, cause.name))
            .collect();
        notes.push(format!(
            "{OTHERS} {}: give the files with --kernel, --initramfs and --rootfs",
            names.join(", ")
        ));
    }
    notes
}

fn error(number: i32) -> Option<String> {
    let (name, meaning) = errno(number)?;
    Some(format!("error {number} is {name}: {meaning}"))
}
