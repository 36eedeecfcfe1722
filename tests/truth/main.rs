//! The truth matrix: what is predicted from the files, beside what a real machine does with them.
//!
//! A *space* is a system that boots, and what may be otherwise about it, by dimension. A *case* is
//! that system with up to three values changed, chosen so that as many pairs of values as the number
//! of cases allows stand together once. Each case is checked and booted on QEMU by
//! `kelpie-check boot`, which tells both; they have to agree on the outcome, on the stage, and on the
//! cause of a failure. The stage has to be one that the console itself shows (`marks`).
//!
//! `cargo test --test truth` boots a sample, with `KELPIE_CHECK_TRUTH=full` all, with `off` none, and with
//! `wild` what nobody thought of ([`wild`]), with `systems` real systems alone ([`systems`]);
//! `KELPIE_CHECK_TRUTH_SEED=N` chooses others, `KELPIE_CHECK_TRUTH_ONLY=TEXT` boots those whose title has
//! the text, or one of several with `|` between them, and any at all by its whole title;
//! `KELPIE_CHECK_TRUTH_BEFORE=PROGRAM` boots none, and shows which of them that older kelpie-check predicts
//! otherwise; `KELPIE_CHECK_TRUTH_KEEP=FOLDER` keeps the boots, and uses those that it has ([`kept`]);
//! `KELPIE_CHECK_TRUTH_MINUTES=N` begins no case after that time;
//! `KELPIE_CHECK_TRUTH_LOGS=FOLDER` keeps their files, what each printed and what was said of it. After a full run
//! `KELPIE_CHECK_WRITE_DOCS=1` writes docs/TRUTH.md.

#![cfg(all(feature = "cli", unix))]

mod alpine;
mod alpine_archives;
mod archives;
mod choose;
mod debian;
#[path = "../observed/decisive.rs"]
mod decisive;
mod disks;
mod disks_made;
mod dracut;
mod excerpts;
#[path = "../forge/mod.rs"]
mod forge;
mod initramfs_tools;
mod judge;
mod kept;
mod kernels;
mod known;
mod marks;
mod page;
#[allow(dead_code, reason = "shared with tests/observed")]
#[path = "../observed/programs.rs"]
mod programs;
mod run;
mod side_by_side;
mod space;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod systems;
mod trees;
mod wild;
mod words;

use choose::Case;
use judge::{Booted, Judgement};
use kelpie_check::diagnose::Observed;
use serde_json::json;
use space::Space;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The seed where none is named.
const SEED: u64 = 6;
/// How many cases a full run has of each space, beyond each value alone.
const MINIMAL_CASES: usize = 60;
const ALPINE_CASES: usize = 6;
/// How many of them the sample has.
const SAMPLE: usize = 100;
/// How many of these may have to wait until nothing comes.
const SLOW_IN_SAMPLE: usize = 4;
/// How many damages and lines a wild run has, where no number is given.
const WILD: u64 = 100;
/// How many cases a full run has at the least.
const FEWEST: usize = 400;
/// How many percent may be neither right nor wrong.
const UNKNOWN_PERCENT: usize = 5;

#[test]
fn what_is_predicted_is_what_the_machine_does() {
    for name in ["qemu-system-x86_64", "qemu-system-aarch64"] {
        if support::program(name, "qemu").is_none() {
            return;
        }
    }
    let seed = number("KELPIE_CHECK_TRUTH_SEED").unwrap_or(SEED);
    let only = std::env::var("KELPIE_CHECK_TRUTH_ONLY").ok();
    let extent = std::env::var("KELPIE_CHECK_TRUTH").unwrap_or_default();
    if extent == "off" && only.is_none() {
        support::skip("truth", "KELPIE_CHECK_TRUTH asks for no boots");
        return;
    }
    let most =
        number("KELPIE_CHECK_TRUTH_MINUTES").map(|minutes| Duration::from_secs(minutes * 60));
    if extent == "systems" {
        systems::assert_agreement(&systems::run(only.as_deref(), most));
        return;
    }
    let is_full = extent == "full";
    let is_wild = extent == "wild";
    let wild = number("KELPIE_CHECK_TRUTH_COUNT").unwrap_or(WILD);
    let wild_count = usize::try_from(wild).unwrap();
    let spaces = if is_wild {
        let wild = |architecture| wild::spaces(architecture, seed, wild_count);
        programs::BOTH.into_iter().flat_map(wild).collect()
    } else {
        spaces()
    };
    let of = |space| {
        let together = if is_wild { wild_count } else { together(space) };
        choose::all(space, seed, together)
    };
    let all: Vec<Case> = spaces.iter().flat_map(of).collect();
    let cases = match &only {
        Some(text) => {
            let parts = || text.split('|');
            let mut cases: Vec<Case> = all
                .iter()
                .filter(|case| parts().any(|part| case.title().contains(part)))
                .cloned()
                .collect();
            let titles: Vec<String> = cases.iter().map(Case::title).collect();
            let others = parts().filter(|part| !titles.contains(&(*part).to_owned()));
            cases.extend(others.flat_map(|part| {
                let of = |space| choose::titled(space, part);
                spaces.iter().filter_map(of).collect::<Vec<Case>>()
            }));
            cases
        }
        None if is_full || is_wild => all.clone(),
        None => {
            let mistaken = mistaken();
            let shows_one = |case: &Case| mistaken.contains(&case.title());
            let (pinned, others): (Vec<Case>, Vec<Case>) = all.iter().cloned().partition(shows_one);
            let count = SAMPLE - pinned.len();
            let others = choose::sample(&others, seed, count, SLOW_IN_SAMPLE);
            [pinned, others].concat()
        }
    };
    support::say(&format!(
        "{} of {} cases, seed {seed}",
        cases.len(),
        all.len()
    ));
    if let Some(before) = std::env::var_os("KELPIE_CHECK_TRUTH_BEFORE") {
        let found = side_by_side::differences(&cases, before.as_ref());
        support::say(&format!("{} differ\n{}", found.len(), found.join("\n")));
        return;
    }
    let results = run::all(&cases, only.is_some(), most);
    let wrong = judge::wrong(&results, &known::DIFFERENCES);
    let counted = count(&results);
    support::say(&format!("{counted:?}"));
    if is_full && only.is_none() {
        // A run that ended early has boots of neither all cases nor real systems.
        let systems = match results.len() == cases.len() {
            true => systems::run(None, most),
            false => Vec::new(),
        };
        page::compare(&spaces, &results, &systems, (cases.len(), seed));
        systems::assert_agreement(&systems);
        assert!(results.len() >= FEWEST, "only {} cases", results.len());
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(!results.is_empty(), "no case has that in its title");
    let unknown = counted.get("unknown").copied().unwrap_or_default();
    assert!(
        only.is_some() || is_wild || unknown * 100 <= results.len() * UNKNOWN_PERCENT,
        "{unknown} of {} are not known",
        results.len()
    );
}

/// The cases by which the mistakes of tests/truth/mistakes/ are found: every sample has them.
fn mistaken() -> Vec<String> {
    let folder = support::repository("tests/truth/mistakes");
    let mut titles = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let patch = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let case = patch.lines().find_map(|line| line.strip_prefix("Case: "));
        titles.push(case.expect("a patch names its case").to_owned());
    }
    titles
}

/// What can be booted here.
fn spaces() -> Vec<Space> {
    let mut spaces: Vec<Space> = programs::BOTH.into_iter().map(space::minimal).collect();
    spaces.extend(programs::BOTH.map(space::archive_alone));
    spaces.extend(alpine::spaces());
    spaces.extend(debian::spaces());
    spaces.extend(dracut::space());
    spaces.extend(initramfs_tools::space());
    spaces
}

/// How many cases with several changes.
fn together(space: &Space) -> usize {
    if space.is_minimal {
        MINIMAL_CASES
    } else {
        ALPINE_CASES
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("the seed is a number"))
}

fn count(results: &[Booted]) -> BTreeMap<&'static str, usize> {
    let mut counted = BTreeMap::new();
    for result in results {
        *counted.entry(result.judgement.name()).or_default() += 1;
    }
    counted
}

#[test]
fn the_choice_is_the_same_for_a_seed_and_another_for_another() {
    let space = space::minimal(programs::X86_64);
    let titles = |seed| -> Vec<String> {
        let cases = choose::all(&space, seed, 30);
        cases.iter().map(Case::title).collect()
    };
    assert_eq!(titles(1), titles(1));
    assert_ne!(titles(1), titles(2));
}

#[test]
fn every_value_comes_alone_and_no_case_comes_twice() {
    for space in programs::BOTH.map(space::minimal) {
        let cases = choose::all(&space, SEED, MINIMAL_CASES);
        let mut titles: Vec<String> = cases.iter().map(Case::title).collect();
        for (dimension, values) in space.dimensions.iter() {
            for value in values.iter().skip(1) {
                let alone = format!("{}: {dimension} {}", space.name, value.name);
                assert!(titles.contains(&alone), "{alone} does not come");
            }
        }
        let count = titles.len();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), count);
    }
}

#[test]
fn what_can_not_stand_together_does_not() {
    let space = space::minimal(programs::X86_64);
    for case in choose::all(&space, SEED, MINIMAL_CASES) {
        assert!(case.changed().count() <= 3, "{}", case.title());
        assert!(case.stands(), "{}", case.title());
    }
}

#[test]
fn a_difference_that_is_not_listed_is_told_and_so_is_a_listed_one_that_is_gone() {
    let space = space::minimal(programs::X86_64);
    let case = choose::all(&space, SEED, 0).remove(1);
    let of = |judgement| Booted::without_a_boot(&case, judgement);
    let differs = [of(Judgement::FalseBoots("it failed".to_owned()))];
    let agrees = [of(Judgement::Agrees)];
    let title = case.title();
    let value = title.split_once(": ").unwrap().1;
    let listed = [(value, "the reason")];
    assert_eq!(judge::wrong(&differs, &[]).len(), 1);
    assert_eq!(judge::wrong(&differs, &listed).len(), 0);
    assert_eq!(judge::wrong(&agrees, &listed).len(), 1);
    assert_eq!(judge::wrong(&agrees, &[]).len(), 0);
}

#[test]
fn a_stage_that_both_tell_is_another_where_the_console_shows_another() {
    let space = space::minimal(programs::X86_64);
    let case = choose::all(&space, SEED, 0).remove(0);
    let console = "EXT4-fs (vda): bad geometry: block count 80 exceeds size of device (48 blocks)\n\
                   Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(254,0)\n";
    let judged = |stage, console, log: &[&str]| {
        let end = json!({"outcome": "fails", "stage": stage, "code": "KC011"});
        let mut seen = end.clone();
        seen["outcome"] = "failed".into();
        let line = "root=/dev/vda";
        let report = json!({"predicted": end, "observed": seen, "cmdline": line, "log": log});
        Booted::of(&case, &report, &Observed::default(), console).judgement
    };
    let judgement = |stage, console| judged(stage, console, &[]);
    assert_eq!(judgement("root-mount", console), Judgement::Agrees);
    let Judgement::OtherStage(told) = judgement("init", console) else {
        panic!("the console is not asked")
    };
    assert!(told.contains("the console tells of root-mount: Kernel panic"));
    let Judgement::OtherStage(told) = judgement("init", "") else {
        panic!("silence is not heard")
    };
    assert!(told.ends_with("the console tells of read or load or start or console: nothing"));
    // The other console is heard too.
    let log: Vec<&str> = console.lines().collect();
    assert_eq!(judged("root-mount", "", &log), Judgement::Agrees);
    // What tells of no stage says nothing against one.
    assert_eq!(judgement("init", "Linux version 6.1\n"), Judgement::Agrees);
}

#[test]
fn what_was_left_open_before_the_end_that_is_predicted_is_unknown() {
    let space = space::minimal(programs::X86_64);
    let case = choose::all(&space, SEED, 0).remove(0);
    let judged = |missing: &[&str], outcome: &str, stage: &str| {
        let predicted =
            json!({"outcome": "fails", "stage": "init", "code": "KC601", "missing": missing});
        let seen = json!({"outcome": outcome, "stage": stage, "code": "KC404"});
        let report = json!({"predicted": predicted, "observed": seen, "cmdline": "", "log": []});
        Booted::of(&case, &report, &Observed::default(), "").judgement
    };
    let open = ["the number of the disk"];
    let Judgement::Unknown(told) = judged(&open, "failed", "root-device") else {
        panic!("it is held to what it left open")
    };
    assert!(told.starts_with("the number of the disk; observed failed at root-device"));
    assert!(matches!(
        judged(&[], "failed", "root-device"),
        Judgement::OtherStage(_)
    ));
    assert!(matches!(
        judged(&open, "failed", "userspace"),
        Judgement::OtherStage(_)
    ));
    assert!(matches!(
        judged(&open, "reached", "userspace"),
        Judgement::FalseFails(_)
    ));
}

#[test]
fn every_mistake_has_a_case_of_its_own() {
    let space = space::minimal(programs::X86_64);
    let cases = choose::all(&space, SEED, 0);
    let titles: Vec<String> = cases.iter().map(Case::title).collect();
    let mut mistaken = mistaken();
    assert!(mistaken.iter().all(|case| titles.contains(case)));
    mistaken.sort();
    mistaken.dedup();
    assert_eq!(mistaken.len(), 10);
}

/// A mistake whose lines are gone from the source would never be tried.
#[test]
fn every_mistake_can_still_be_made() {
    for entry in std::fs::read_dir(support::repository("tests/truth/mistakes")).unwrap() {
        let path = entry.unwrap().path();
        let patch = std::fs::read_to_string(&path).unwrap();
        let file = patch.lines().find_map(|line| line.strip_prefix("+++ b/"));
        let source = std::fs::read_to_string(support::repository(file.unwrap())).unwrap();
        // The lines before the change, as one block.
        let (_, hunk) = patch.split_once("\n@@").unwrap();
        let lines = hunk.lines().skip(1);
        let before: Vec<&str> = lines
            .filter(|line| !line.starts_with('+'))
            .map(|line| line.get(1..).unwrap_or_default())
            .collect();
        let block = before.join("\n");
        assert!(source.contains(block.trim_end()), "{}", path.display());
    }
}

#[test]
fn every_case_is_found_by_its_title() {
    for space in spaces() {
        for case in choose::all(&space, SEED, 30) {
            let found = choose::titled(&space, &case.title());
            let expected = case.title() != format!("{}: as it boots", space.name);
            assert_eq!(found.is_some(), expected, "{}", case.title());
            assert!(
                found.is_none_or(|found| found.picks == case.picks),
                "{}",
                case.title()
            );
        }
        assert!(choose::titled(&space, "nothing: of the kind").is_none());
    }
}

/// The sentences of the README about the page, with its numbers.
fn headline(page: &str) -> String {
    let count = |name: &str| -> usize {
        let row = format!("| {name} | ");
        let rest = page.split(row.as_str()).nth(1).expect(name);
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    let all = count("in all") - count("not run");
    let agree = count("agree") + count("agree, and init ended");
    let undecided = count("not known");
    let elsewhere = count("another stage") + count("another cause");
    let (false_boots, false_fails) = (count("false “boots”"), count("false “fails”"));
    assert_eq!(
        all,
        agree + undecided + elsewhere + false_boots + false_fails,
        "the headline omits boots"
    );
    let versions: BTreeSet<(u32, u32)> = page
        .lines()
        .filter_map(|line| {
            let release = line.strip_prefix("| it boots | ")?;
            let mut numbers = release.split('.').map_while(|number| number.parse().ok());
            Some((numbers.next()?, numbers.next()?))
        })
        .collect();
    let mut versions: Vec<String> = versions
        .iter()
        .map(|(major, minor)| format!("{major}.{minor}"))
        .collect();
    let last = versions.pop().unwrap();
    let versions = format!("{} and {last}", versions.join(", "));
    format!(
        "In {all} real boots (QEMU; x86_64 and aarch64; Linux {versions}), kelpie-check predicted the right \
         outcome, stage and cause for {agree}. Of the others, {undecided} were undecided, {elsewhere} got a \
         wrong stage or cause, {false_boots} a false “boots” and {false_fails} a false “fails”."
    )
}

#[test]
fn the_readme_gives_the_result_of_the_last_full_run() {
    let read = |name: &str| std::fs::read_to_string(support::repository(name)).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let headline = headline(&read("docs/TRUTH.md"));
    assert!(
        words(&read("README.md")).contains(&headline),
        "README.md lacks: {headline}"
    );
}
