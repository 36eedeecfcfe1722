//! Real systems: Debian's roots with systemd, its kernels, and the archives of its generators, on q35.
//!
//! `make.sh` makes roots, archives and disks once, in the folder that `KELPIE_CHECK_SYSTEMS` names. A
//! case is a system with one change (`cases`). `kelpie-check check` predicts it, QEMU boots it without
//! `kelpie-check boot` (`machine`), and tables of their own read the console (`consoles`).
//!
//! The truth of a case depends on nothing in src/. Its console is kept, and
//! `KELPIE_CHECK_TRUTH_REPLAY=1` judges predictions by the consoles that are kept without a boot;
//! `KELPIE_CHECK_TRUTH_REPLAY=missing` boots those of which no console is kept.

mod cases;
mod consoles;
mod files;
mod machine;

use crate::judge::Judgement;
use crate::support::{program, say, skip};
use cases::Case;
use consoles::End;
use files::Files;
use serde_json::Value as Json;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many machines run at once.
const AT_ONCE: usize = 2;
/// The machine that `check` judges.
const TARGET: &str = "qemu-q35";

/// A case with its prediction and its end.
pub struct Outcome {
    pub title: String,
    pub predicted: Json,
    pub judgement: Judgement,
    /// The line of the console that decides.
    pub line: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            title,
            judgement,
            line,
            ..
        } = self;
        let (name, detail) = (judgement.name(), judgement.detail());
        write!(formatter, "{name}: {title}\n    {detail}\n    {line}")
    }
}

/// Boots the cases whose titles have one of these texts, or all; none where a tool is missing. Begins
/// no case after `most`.
pub fn run(only: Option<&str>, most: Option<Duration>) -> Vec<Outcome> {
    let started = Instant::now();
    let is_late = || most.is_some_and(|most| started.elapsed() > most);
    for name in ["debootstrap", "debugfs", "sgdisk", "mksquashfs"] {
        if program(name, "systems").is_none() {
            return Vec::new();
        }
    }
    let is_wanted =
        |case: &Case| only.is_none_or(|text| text.split('|').any(|part| case.title.contains(part)));
    let cases: Vec<Case> = cases::all().into_iter().filter(is_wanted).collect();
    say(&format!("{} real systems", cases.len()));
    let mut order: Vec<(usize, &Case)> = cases.iter().enumerate().collect();
    if most.is_some() {
        // A run that ends early has booted some of every system.
        order.sort_by_key(|(number, _)| (number * 89) % 233);
    }
    let next = Mutex::new(order.into_iter());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap().next().filter(|_| !is_late());
                    let Some((number, case)) = taken else { break };
                    let outcome = one(case);
                    say(&outcome.to_string());
                    done.lock().unwrap().push((number, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Fails if a verdict contradicts its boot.
pub fn assert_agreement(outcomes: &[Outcome]) {
    let wrong = outcomes
        .iter()
        .filter(|outcome| outcome.judgement.is_wrong());
    let wrong: Vec<String> = wrong.map(Outcome::to_string).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn one(case: &Case) -> Outcome {
    let outcome = |predicted, judgement, line| Outcome {
        title: case.title.clone(),
        predicted,
        judgement,
        line,
    };
    let files = match Files::of(case) {
        Ok(files) => files,
        Err(why) => {
            skip("systems", &why);
            return outcome(Json::Null, Judgement::NotRun(why), String::new());
        }
    };
    let predicted = predicted(case, &files);
    match console(case, &files) {
        Ok(console) => {
            let (judgement, line) = judged(&predicted, &console);
            outcome(predicted, judgement, line)
        }
        Err(why) => {
            let why = format!("{why}; predicted {}", words(&predicted));
            outcome(predicted, Judgement::NotRun(why), String::new())
        }
    }
}

/// The console of a case: booted, or kept from an earlier boot.
fn console(case: &Case, files: &Files) -> Result<String, String> {
    let kept = kept(case);
    let replay = std::env::var("KELPIE_CHECK_TRUTH_REPLAY").unwrap_or_default();
    match (replay.as_str(), fs::read_to_string(&kept)) {
        ("1" | "missing", Ok(console)) => return Ok(console),
        ("1", Err(_)) => return Err("no console is kept".to_owned()),
        _ => {}
    }
    let console = machine::boot(case, files)?;
    fs::write(kept, &console).map_err(|error| error.to_string())?;
    Ok(console)
}

/// Where the console of a case is kept. A case that is changed has another name.
fn kept(case: &Case) -> PathBuf {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    format!("{case:?}").hash(&mut hasher);
    let title: String = case
        .title
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .take(80)
        .collect();
    let folder = files::cache().join("consoles");
    fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{title}-{:08x}.log", hasher.finish() >> 32))
}

/// The verdict of `kelpie-check check` on the machine that is started here.
fn predicted(case: &Case, files: &Files) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.args(["check", "--target", TARGET, "--format", "json"]);
    command.args(["--ram-mib", machine::RAM_MIB, "--cmdline", &case.line]);
    command.arg("--kernel").arg(&files.kernel);
    if let Some(archive) = &files.archive {
        command.arg("--initramfs").arg(archive);
    }
    if let Some(disk) = &files.disk {
        command.arg("--rootfs").arg(disk);
    }
    if case.cpu != "max" {
        command.args(["--cpu-level", "1"]);
    }
    if case.is_read_only {
        command.arg("--read-only");
    }
    let output = command.output().unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let mut verdict = report["verdict"].clone();
    let findings = report["findings"].as_array().into_iter().flatten();
    let message = findings
        .filter(|finding| finding["severity"] == "fatal")
        .find_map(|finding| finding["message"].as_str());
    if let Some(message) = message {
        verdict["message"] = message.into();
    }
    verdict
}

fn words(predicted: &Json) -> String {
    let word = |key: &str| predicted[key].as_str().unwrap_or("-");
    let missing = predicted["missing"].as_array().into_iter().flatten();
    let missing: Vec<&str> = missing.filter_map(Json::as_str).collect();
    let told = [word("outcome"), word("stage"), word("code")].join(" ");
    let rest = [word("message"), &missing.join("; ")].join(" ");
    format!("{told} {rest}")
}

/// Compares a prediction with a console.
fn judged(predicted: &Json, console: &str) -> (Judgement, String) {
    let Some((end, line)) = consoles::end(console) else {
        let last = console.lines().rev().find(|line| !line.trim().is_empty());
        let last = last.unwrap_or_default().trim().to_owned();
        let why = format!("the console shows no end; predicted {}", words(predicted));
        return (Judgement::NotRun(why), last);
    };
    let differ = || format!("predicted {}, and it {end:?}", words(predicted));
    let outcome = predicted["outcome"].as_str().unwrap_or_default();
    let stage = predicted["stage"].as_str().unwrap_or_default();
    let judgement = match (outcome, &end) {
        ("unknown", _) => Judgement::Unknown(differ()),
        ("boots", End::Boots) => Judgement::Agrees,
        ("boots", _) => Judgement::FalseBoots(differ()),
        ("fails", End::Boots) => Judgement::FalseFails(differ()),
        ("fails", End::Fails(stages)) if !stages.iter().any(|at| at.name() == stage) => {
            Judgement::OtherStage(differ())
        }
        ("fails", _) => Judgement::Agrees,
        _ => Judgement::NotRun(format!("check gives no verdict: {predicted}")),
    };
    (judgement, line)
}

#[test]
fn titles_of_real_systems_are_unique() {
    let mut titles: Vec<String> = cases::all().into_iter().map(|case| case.title).collect();
    let count = titles.len();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), count);
}

#[test]
fn a_boot_that_ends_elsewhere_contradicts_the_prediction_that_it_boots() {
    let console = "You are in rescue mode. After logging in, type \"journalctl -xb\"";
    let judgement = |outcome: &str, console| {
        let predicted = serde_json::json!({"outcome": outcome, "stage": "userspace"});
        judged(&predicted, console).0
    };
    assert!(matches!(
        judgement("boots", console),
        Judgement::FalseBoots(_)
    ));
    assert_eq!(judgement("fails", console), Judgement::Agrees);
    assert!(matches!(
        judgement("fails", "kelpie login: "),
        Judgement::FalseFails(_)
    ));
    assert!(matches!(
        judgement("unknown", console),
        Judgement::Unknown(_)
    ));
}
