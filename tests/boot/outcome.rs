//! What was seen of a boot beside what was predicted of it.

use kelpie_check::boot::{Accelerator, Ending, Observation, Outcome, Started};
use kelpie_check::check::{Artifact, Boot, Facts, Report, Verdict};
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::finding::Code;
use kelpie_check::limits::Limits;
use kelpie_check::predict::Trace;
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
            trace: Trace::default(),
            machine: None,
            shows_machine: false,
        }],
        findings: Vec::new(),
        checks: Vec::new(),
        left_out: Vec::new(),
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
        is_cut_short: false,
        log: Vec::new(),
        jail: Vec::new(),
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
        Some(Stage::Userspace),
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
        shown.contains("; predicted: fails at init (KC601), if not before"),
        "{}",
        shown.as_str()
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
    // A quiet kernel leaves a failure as open as a boot.
    let quiet = ended(
        fails(Stage::Init, 601, &[]),
        "hello\n",
        Ending::Failed,
        EndKind::Deadline,
    );
    assert_eq!(quiet.agrees(), None);
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

const INIT_RUNS: &str = "Linux version 6.1.0 (x)\n\
    VFS: Mounted root (ext4 filesystem) on device 254:0.\n\
    Run /sbin/init as init process\n";

fn compared(verdict: Verdict, seen: Observation, until: Option<Stage>) -> Outcome {
    let started = Started {
        backend: "qemu",
        title: "QEMU",
        version: None,
        accelerator: Accelerator::Tcg,
        notes: Vec::new(),
        untested: false,
    };
    Outcome::of(started, String::new(), predicted(verdict), seen, until)
}

#[test]
fn an_init_that_ends_is_neither_as_predicted_nor_a_bug() {
    let ended = format!(
        "{INIT_RUNS}Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n"
    );
    let outcome = outcome(Verdict::Boots, &ended, Ending::Failed);
    assert_eq!(outcome.code, Some(Code(611)));
    assert_eq!(outcome.agrees(), None);
    assert!(!codes(&outcome).contains(&"KC912".to_owned()));
    let shown = report::started::end(&outcome, Style::default());
    assert!(!shown.contains("as predicted"), "{}", shown.as_str());
}

#[test]
fn a_systemd_that_freezes_or_ends_in_emergency_mode_differs() {
    for end in [
        "[!!!!!!] Failed to allocate manager object.\n",
        "You are in emergency mode. After logging in, type \"journalctl -xb\" to view\n",
    ] {
        let console = format!("{INIT_RUNS}systemd[1]: systemd 252 running in system mode\n{end}");
        let outcome = outcome(Verdict::Boots, &console, Ending::Failed);
        assert_eq!(outcome.stage, Some(Stage::Userspace), "{end}");
        assert_eq!(outcome.agrees(), Some(false), "{end}");
    }
}

#[test]
fn a_text_that_is_denied_or_awaited_decides_nothing_about_the_prediction() {
    let ended = |ending| observed(INIT_RUNS, ending, EndKind::Deadline);
    let denied = compared(
        Verdict::Boots,
        ended(Ending::Denied),
        Some(Stage::Userspace),
    );
    assert_eq!(denied.agrees(), None);
    let awaited = compared(Verdict::Boots, ended(Ending::Failed), None);
    assert_eq!(awaited.agrees(), None);
    assert!(!codes(&awaited).contains(&"KC912".to_owned()));
    // The banner is there before anything can fail.
    let fails = fails(Stage::Init, 601, &[]);
    let banner = observed(
        "Linux version 6.1.0 (x)\n",
        Ending::Reached,
        EndKind::LogEnds,
    );
    assert_eq!(compared(fails, banner, None).agrees(), None);
}

#[test]
fn a_short_deadline_decides_nothing_about_the_prediction() {
    for console in ["", "Linux version 6.1.0 (x)\n"] {
        for verdict in [Verdict::Boots, fails(Stage::Init, 601, &[])] {
            let mut seen = observed(console, Ending::Failed, EndKind::Deadline);
            seen.is_cut_short = true;
            let outcome = compared(verdict, seen, Some(Stage::Userspace));
            assert_eq!(outcome.agrees(), None, "{console:?}");
            assert!(!codes(&outcome).contains(&"KC912".to_owned()));
        }
    }
    // What a line decides is decided.
    let mut seen = observed(NO_ROOT, Ending::Failed, EndKind::Exited);
    seen.is_cut_short = true;
    let outcome = compared(
        fails(Stage::RootDevice, 403, &[]),
        seen,
        Some(Stage::Userspace),
    );
    assert_eq!(outcome.agrees(), Some(true));
}
