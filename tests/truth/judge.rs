//! What was predicted beside what was seen.

use super::choose::Case;
use super::decisive::decisive;
use super::marks::{self, End, Given};
use kelpie_check::diagnose::Observed;
use kelpie_check::finding::Code;
use kelpie_check::stage::Stage;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt;

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Outcome, stage and cause are the same.
    Agrees,
    /// It boots, and so the files say; what init did then is its own.
    InitsOwn,
    /// The files do not say, for want of this.
    Unknown(String),
    /// The host could not run it.
    NotRun(String),
    FalseBoots(String),
    FalseFails(String),
    OtherStage(String),
    OtherCode(String),
}

impl Judgement {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::InitsOwn => "init's own",
            Self::Unknown(_) => "unknown",
            Self::NotRun(_) => "not run",
            Self::FalseBoots(_) => "false boots",
            Self::FalseFails(_) => "false fails",
            Self::OtherStage(_) => "another stage",
            Self::OtherCode(_) => "another cause",
        }
    }

    pub fn is_wrong(&self) -> bool {
        matches!(
            self,
            Self::FalseBoots(_) | Self::FalseFails(_) | Self::OtherStage(_) | Self::OtherCode(_)
        )
    }

    /// The words behind its name.
    pub fn detail(&self) -> &str {
        match self {
            Self::Agrees | Self::InitsOwn => "",
            Self::Unknown(text)
            | Self::NotRun(text)
            | Self::FalseBoots(text)
            | Self::FalseFails(text)
            | Self::OtherStage(text)
            | Self::OtherCode(text) => text,
        }
    }
}

/// Who told of the cause of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The console alone.
    Console,
    /// The console leaves several; the files tell which.
    Files,
    /// Nobody sees such a boot: the files say why.
    Silence,
}

/// A case that was booted.
pub struct Booted<'a> {
    pub case: Case<'a>,
    pub judgement: Judgement,
    /// The code of the failure on which both agree.
    pub code: Option<Code>,
    pub by: Option<By>,
    /// What the console said of it.
    pub line: Option<String>,
    /// Causes that the files warn of and the console tells of.
    pub warned: BTreeSet<Code>,
    /// The release that the kernel told.
    pub kernel: Option<String>,
    pub qemu: Option<String>,
    elapsed_ms: u64,
    tail: Vec<String>,
}

/// The lines of a console that are shown of what does not agree.
const SHOWN_LINES: usize = 14;

impl<'a> Booted<'a> {
    pub fn without_a_boot(case: &Case<'a>, judgement: Judgement) -> Self {
        Self {
            case: case.clone(),
            judgement,
            code: None,
            by: None,
            line: None,
            warned: BTreeSet::new(),
            kernel: None,
            qemu: None,
            elapsed_ms: 0,
            tail: Vec::new(),
        }
    }

    /// Whether it was ended by the clock, whatever its console told before.
    pub fn met_the_deadline(&self, seconds: u32) -> bool {
        self.elapsed_ms >= u64::from(seconds) * 1000
    }

    pub fn of(case: &Case<'a>, report: &Json, seen: &Observed, console: &str) -> Self {
        let judgement = judged(case, report, console);
        let mut booted = Self::without_a_boot(case, judgement);
        let observed = &report["observed"];
        booted.kernel = observed["kernel"].as_str().map(str::to_owned);
        booted.qemu = report["backend"]["version"].as_str().map(str::to_owned);
        booted.elapsed_ms = observed["elapsed_ms"].as_u64().unwrap_or(0);
        booted.tail = tail(console);
        let agrees = booted.judgement == Judgement::Agrees;
        if agrees && let Some(code) = code(observed) {
            booted.code = Some(code);
            booted.by = Some(if seen.clues.is_empty() {
                By::Silence
            } else if seen.code() == Some(code) && seen.possible.is_empty() {
                By::Console
            } else {
                By::Files
            });
            booted.line = decisive(code, seen);
        }
        let told: BTreeSet<Code> = seen.tells().map(|(code, _)| code).collect();
        booted.warned = report["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finding| finding["severity"] != "fatal")
            .filter_map(|finding| Code::parse(finding["code"].as_str()?))
            .filter(|code| told.contains(code))
            .collect();
        booted
    }
}

impl fmt::Display for Booted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, judgement) = (self.case.title(), &self.judgement);
        write!(f, "{title}: {}", judgement.name())?;
        if let Some(code) = self.code {
            write!(f, " {code}")?;
        }
        if !judgement.detail().is_empty() {
            write!(f, ": {}", judgement.detail())?;
        }
        if judgement.is_wrong() {
            for line in &self.tail {
                write!(f, "\n    {line}")?;
            }
        }
        Ok(())
    }
}

fn code(told: &Json) -> Option<Code> {
    Code::parse(told["code"].as_str()?)
}

fn tail(console: &str) -> Vec<String> {
    let lines: Vec<&str> = console.lines().collect();
    let from = lines.len().saturating_sub(SHOWN_LINES);
    lines[from..].iter().map(ToString::to_string).collect()
}

fn judged(case: &Case, report: &Json, console: &str) -> Judgement {
    let (predicted, observed) = (&report["predicted"], &report["observed"]);
    let text = |told: &Json| {
        let word = |name: &str| told[name].as_str().unwrap_or("-").to_owned();
        format!(
            "{} at {} ({})",
            word("outcome"),
            word("stage"),
            word("code")
        )
    };
    let differ = || format!("predicted {}, observed {}", text(predicted), text(observed));
    let is_at = |stage: &str| observed["stage"] == stage;
    let missing = || {
        let missing = predicted["missing"].as_array().into_iter().flatten();
        missing.filter_map(Json::as_str)
    };
    let unknown = || {
        let missing: Vec<&str> = missing().collect();
        Judgement::Unknown(format!(
            "{}; observed {}",
            missing.join("; "),
            text(observed)
        ))
    };
    let outcomes = (
        predicted["outcome"].as_str().unwrap_or_default(),
        observed["outcome"].as_str().unwrap_or_default(),
    );
    match outcomes {
        (_, "host" | "interrupted" | "denied" | "") => {
            let line = observed["line"].as_str().unwrap_or("it was not started");
            Judgement::NotRun(line.to_owned())
        }
        ("unknown", _) => unknown(),
        // What the console itself tells outranks what `boot` made of it.
        ("boots", "reached") => match marks::end(console) {
            End::GaveUp(line) => Judgement::FalseBoots(format!("{}: {line}", differ())),
            End::Starting(line) => Judgement::NotRun(format!("it was stopped early, after {line}")),
            End::Up(_) | End::Open => Judgement::Agrees,
        },
        ("boots", "failed") if is_at("userspace") => match marks::end(console) {
            End::Starting(line) => Judgement::NotRun(format!("it was stopped early, after {line}")),
            // A prediction covers a known init until its first target.
            End::GaveUp(line) if !line.contains("Kernel panic") => {
                Judgement::FalseBoots(format!("{}: {line}", differ()))
            }
            _ => inits_own(case, report, differ),
        },
        ("boots", _) => Judgement::FalseBoots(differ()),
        ("fails", "reached") => Judgement::FalseFails(differ()),
        ("fails", _) if matches!(marks::end(console), End::Up(_)) => {
            Judgement::FalseFails(format!("{}, and it came up", differ()))
        }
        // It fails for certain where it is predicted, if not before for want of a fact.
        _ if missing().next().is_some() && is_before(&observed["stage"], &predicted["stage"]) => {
            unknown()
        }
        _ if predicted["stage"] != observed["stage"] => Judgement::OtherStage(differ()),
        _ => match shows_another(case, report, console) {
            Some(shown) => Judgement::OtherStage(format!("{}, {shown}", differ())),
            None if predicted["code"] != observed["code"] => Judgement::OtherCode(differ()),
            None => Judgement::Agrees,
        },
    }
}

fn is_before(one: &Json, other: &Json) -> bool {
    let stage = |told: &Json| Stage::ALL.into_iter().find(|stage| told == stage.name());
    matches!((stage(one), stage(other)), (Some(one), Some(other)) if one < other)
}

/// What the console shows where it isn't the stage that was predicted.
fn shows_another(case: &Case, report: &Json, console: &str) -> Option<String> {
    let has = |dimension| {
        let mut values = case.values();
        values.any(|(name, value)| name == dimension && value.name != "none")
    };
    let command_line = report["cmdline"].as_str().unwrap_or_default();
    let given = Given {
        has_initramfs: has("initramfs"),
        has_disk: has("disk"),
        command_line: command_line.to_owned(),
    };
    // Of two consoles one is read; what came on the other, and QEMU's own words, are beside it.
    let log = report["log"].as_array().into_iter().flatten();
    let mut lines: Vec<&str> = log.filter_map(Json::as_str).collect();
    lines.push(console);
    let told = marks::told(&lines.join("\n"), &given)?;
    let predicted = report["predicted"]["stage"].as_str().unwrap_or_default();
    if told.stages.iter().any(|stage| stage.name() == predicted) {
        return None;
    }
    let names: Vec<&str> = told.stages.iter().map(|stage| stage.name()).collect();
    let line = match told.line.as_str() {
        "" => "nothing",
        line => line,
    };
    Some(format!(
        "the console tells of {}: {line}",
        names.join(" or ")
    ))
}

/// That init ended is its own affair where it is the one that was asked for.
fn inits_own(case: &Case, report: &Json, differ: impl Fn() -> String) -> Judgement {
    let asked = case.values().find_map(|(_, value)| {
        let words = value.name.split(' ');
        words
            .filter_map(|word| word.strip_prefix("init=/"))
            .next_back()
    });
    let stages = report["stages"].as_array().into_iter().flatten();
    let mut lines = stages
        .filter(|reach| reach["stage"] == "init" || reach["stage"] == "initramfs")
        .filter_map(|reach| reach["line"].as_str());
    // An initramfs is asked for by its own name.
    let is_it = |line: &str| {
        line.contains("/init")
            || asked.is_none_or(|asked| line.contains(asked.trim_end_matches('/')))
    };
    if lines.any(is_it) {
        Judgement::InitsOwn
    } else {
        Judgement::FalseBoots(differ())
    }
}

/// Why a difference of this case is known, if it is.
pub fn reason<'a>(case: &Case, listed: &[(&str, &'a str)]) -> Option<&'a str> {
    let title = case.title();
    let entry = listed.iter().find(|(text, _)| title.contains(text));
    entry.map(|(_, reason)| *reason)
}

/// What has to be mended: cases that disagree and are not listed, and entries of the list that no
/// longer do. Beside other changes a listed value may agree for what comes before it.
pub fn wrong(booted: &[Booted], listed: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for booted in booted {
        let title = booted.case.title();
        let agrees = matches!(booted.judgement, Judgement::Agrees | Judgement::InitsOwn);
        let is_alone = listed.iter().any(|(text, _)| {
            title.strip_prefix(&booted.case.space.name) == Some(format!(": {text}").as_str())
        });
        if booted.judgement.is_wrong() && reason(&booted.case, listed).is_none() {
            wrong.push(booted.to_string());
        } else if agrees && is_alone {
            wrong.push(format!("{title}: listed as a difference, and agrees"));
        }
    }
    wrong
}
