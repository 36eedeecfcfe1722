//! What was seen of a boot beside what was predicted of it.

use kelpie_check::boot::{Accelerator, Ending, Observation, Outcome, Started};
use kelpie_check::check::{Artifact, Boot, Facts, Report, Verdict};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::finding::Code;
use kelpie_check::limits::Limits;
use kelpie_check::report::{self, Style};
use kelpie_check::role::Role;
use kelpie_check::stage::Stage;
use std::time::Duration;

fn predicted(verdict: Verdict) -> Report {
    Report {
        target: "qemu",
        artifacts: vec![Artifact {
            path: "vmlinuz".to_owned(),
            role: Role::Kernel,
            facts: Facts::none(Role::Kernel),
            ladder: Vec::new(),
            verdict: verdict.clone(),
            unreadable: None,
        }],
        boots: vec![Boot {
            name: String::new(),
            target: "qemu",
            target_title: "QEMU",
            artifacts: Vec::new(),
            ladder: Vec::new(),
            verdict,
            trail: Vec::new(),
        }],
        findings: Vec::new(),
        checks: Vec::new(),
    }
}

fn observed(console: &str, ending: Ending, end: EndKind) -> Observation {
    let mut watch = Watch::new(&Limits::default()).unwrap();
    watch.push(console.as_bytes());
    watch.finish(end);
    Observation {
        ending,
        reached: Vec::new(),
        observed: watch.current().unwrap().clone(),
        elapsed: Duration::from_secs(1),
        console_bytes: console.len() as u64,
        log: Vec::new(),
    }
}

fn outcome(verdict: Verdict, console: &str, ending: Ending) -> Outcome {
    ended(verdict, console, ending, EndKind::Exited)
}

fn ended(verdict: Verdict, console: &str, ending: Ending, end: EndKind) -> Outcome {
    let started = Started {
        backend: "qemu",
        title: "QEMU",
        version: None,
        accelerator: Accelerator::Tcg,
        notes: Vec::new(),
        untested: false,
    };
    Outcome::of(
        started,
        String::new(),
        predicted(verdict),
        observed(console, ending, end),
        Stage::Userspace,
    )
}

fn fails(stage: Stage, code: u16, missing: &[&str]) -> Verdict {
    Verdict::Fails {
        stage,
        code: Code(code),
        missing: missing.iter().map(ToString::to_string).collect(),
    }
}

fn codes(outcome: &Outcome) -> Vec<String> {
    let codes = outcome.findings.iter();
    codes.map(|finding| finding.code.to_string()).collect()
}

const NO_ROOT: &str = "Linux version 6.1.0 (x)\n\
    Kernel command line: console=ttyS0\n\
    VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6\n\
    Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";

#[test]
fn a_failure_that_was_predicted_agrees() {
    let verdict = fails(Stage::RootDevice, 403, &[]);
    let outcome = outcome(verdict, NO_ROOT, Ending::Failed);
    assert_eq!(outcome.code, Some(Code(403)));
    assert_eq!(outcome.agrees(), Some(true));
    assert_eq!(codes(&outcome), ["KC403"]);
}

#[test]
fn a_failure_by_another_cause_or_at_none_differs() {
    let wrong = fails(Stage::Init, 601, &[]);
    for verdict in [wrong, Verdict::Boots] {
        let outcome = outcome(verdict, NO_ROOT, Ending::Failed);
        assert_eq!(outcome.agrees(), Some(false));
        assert_eq!(codes(&outcome), ["KC403", "KC912"]);
    }
}

#[test]
fn a_failure_before_the_one_that_is_certain_differs_unless_that_was_left_open() {
    let before = |missing: &[&str]| {
        let verdict = fails(Stage::Init, 601, missing);
        outcome(verdict, NO_ROOT, Ending::Failed)
    };
    assert_eq!(before(&[]).agrees(), Some(false));
    let open = before(&["the number of the disk"]);
    assert_eq!(open.agrees(), None);
    assert_eq!(codes(&open), ["KC403"]);
    let shown = report::started::end(&open, Style::default());
    assert!(
        shown.contains("; predicted was that it fails at init (KC601), if not before"),
        "{shown}"
    );
    // At the stage itself, or behind it, it is no excuse.
    let missing = ["the number of the disk"];
    for (stage, code) in [(Stage::RootDevice, 404), (Stage::Initramfs, 301)] {
        let verdict = fails(stage, code, &missing);
        let outcome = outcome(verdict, NO_ROOT, Ending::Failed);
        assert_eq!(outcome.agrees(), Some(false));
    }
    let reached = fails(Stage::Init, 601, &missing);
    let reached = outcome(reached, "Linux version 6.1.0 (x)\n", Ending::Reached);
    assert_eq!(reached.agrees(), Some(false));
}

#[test]
fn a_boot_that_was_to_fail_and_did_not_differs() {
    let verdict = fails(Stage::Init, 601, &[]);
    let outcome = outcome(verdict, "Linux version 6.1.0 (x)\n", Ending::Reached);
    assert_eq!(outcome.agrees(), Some(false));
    assert_eq!(codes(&outcome), ["KC912"]);
}

#[test]
fn what_is_not_known_neither_agrees_nor_differs() {
    let verdict = Verdict::Unknown {
        missing: vec!["the root".to_owned()],
    };
    let unknown = outcome(verdict, NO_ROOT, Ending::Failed);
    assert_eq!(unknown.agrees(), None);
    assert_eq!(codes(&unknown), ["KC403"]);
    let host = Ending::Host {
        code: Code(905),
        why: "the hypervisor gave up".to_owned(),
        fix: None,
    };
    let host = outcome(Verdict::Boots, NO_ROOT, host);
    assert_eq!(host.agrees(), None);
    assert_eq!((host.stage, host.code), (None, Some(Code(905))));
    assert_eq!(codes(&host), ["KC905"]);
}

#[test]
fn a_console_without_a_word_of_the_kernels_says_nothing_against_a_boot() {
    let boots = |console: &str, end| ended(Verdict::Boots, console, Ending::Failed, end);
    for unseen in [
        boots("hello from init\n", EndKind::Deadline),
        boots("", EndKind::Exited),
    ] {
        assert_eq!(unseen.agrees(), None);
        assert!(!codes(&unseen).contains(&"KC912".to_owned()));
    }
    // Where nothing comes at all, something keeps it from being seen.
    assert_eq!(boots("", EndKind::Deadline).agrees(), Some(false));
    let differs = ended(
        fails(Stage::Init, 601, &[]),
        "hello\n",
        Ending::Failed,
        EndKind::Deadline,
    );
    assert_eq!(differs.agrees(), Some(false));
}

#[test]
fn what_helps_against_the_hosts_trouble_is_said_instead_of_the_causes_fix() {
    let fix = |fix| {
        let host = Ending::Host {
            code: Code(905),
            why: "the host is too busy".to_owned(),
            fix,
        };
        outcome(Verdict::Boots, NO_ROOT, host).findings[0]
            .fix
            .clone()
    };
    assert_eq!(fix(Some("Wait.")), "Wait.");
    assert!(fix(None).contains("--backend qemu"));
}
