//! Exit statuses: each is documented, and each is met.

use super::forge::good;
use super::{Folder, assert_says, cut, run};

#[test]
fn every_exit_status_is_documented() {
    let help = run(&["--help"]);
    assert_eq!(help.status, 0);
    assert_says(
        &help.stdout,
        &[
            "Exit status:",
            "0  no result that --fail-on names",
            "1  findings",
            "2  wrong usage",
            "3  an artefact could not be read, a limit was reached, or the verdict is unknown",
        ],
    );
    for subcommand in ["kernel", "extract", "explain", "causes", "schema"] {
        assert_eq!(run(&[subcommand, "--help"]).status, 0, "{subcommand}");
    }
}

#[test]
fn a_kernel_without_findings_gives_0() {
    let folder = Folder::new().with("Image", super::good());
    let run = folder.run(&["kernel", "Image"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_says(
        &run.stdout,
        &["Image\n", "✔ load", "verdict: no problem found"],
    );
    assert_eq!(run.stderr, "");
}

#[test]
fn a_fatal_finding_gives_1() {
    let folder = Folder::new().with("vmlinuz", cut());
    let run = folder.run(&["kernel", "vmlinuz"]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert_says(
        &run.stdout,
        &[
            "✘ read         KC002",
            "fatal: KC002 truncated-kernel at 0x200",
            "fix:",
            "verdict: fails at read (KC002)",
        ],
    );
}

#[test]
fn warnings_give_1_only_where_they_are_asked_for() {
    let folder = Folder::new().with("vmlinuz", good::bzimage(&["KVM_GUEST"]));
    let run = folder.run(&["kernel", "vmlinuz"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_says(&run.stdout, &["! start        KC205", "warn: KC205"]);
    for (severity, status) in [("warn", 1), ("fatal", 0)] {
        let run = folder.run(&["kernel", "--fail-on", severity, "vmlinuz"]);
        assert_eq!(run.status, status, "{severity}");
    }
}

#[test]
fn wrong_usage_gives_2_and_names_what_is_right() {
    for (arguments, says) in [
        (vec![], "Usage: kelpie-check"),
        (vec!["kernel"], "<PATH>"),
        (vec!["kernel", "--nonsense", "x"], "--nonsense"),
        (vec!["kernel", "--target", "xen", "x"], "firecracker"),
        (vec!["kernel", "--arch", "vax", "x"], "aarch64"),
        (vec!["kernel", "--format", "yaml", "x"], "human, brief"),
        (vec!["kernel", "--select", "KC999", "x"], "causes"),
        (vec!["kernel", "--ignore", "no-such-cause", "x"], "causes"),
        (
            vec!["kernel", "--fail-on", "info", "x"],
            "fatal, unknown, warn",
        ),
        (
            vec!["kernel", "--limit", "patience=1", "x"],
            "decoded_bytes",
        ),
        (
            vec!["kernel", "--limit", "symbols=many", "x"],
            "not a number",
        ),
        (
            vec!["kernel", "--limit", "symbols=99999999999G", "x"],
            "not a number",
        ),
        (vec!["extract", "x"], "--to"),
        (vec!["extract", "x", "--to", "bzip"], "vmlinux, image"),
        (vec!["explain", "KC999"], "kelpie-check causes"),
        (vec!["causes", "--stage", "lunch"], "no such stage"),
        (vec!["boil"], "boil"),
    ] {
        let run = run(&arguments);
        assert_eq!(run.status, 2, "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{arguments:?}");
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn what_cannot_be_read_gives_3() {
    let run = run(&["kernel", "/no/such/file"]);
    assert_eq!(run.status, 3);
    assert_says(&run.stdout, &["cannot read /no/such/file: No such file"]);
    assert!(!run.stdout.contains("load"), "{}", run.stdout);
}

#[test]
fn a_needed_fact_that_is_missing_gives_3() {
    // Neither configuration nor symbols.
    let folder = Folder::new().with(
        "Image",
        super::forge::arm64::Arm64 {
            body: super::forge::BANNER.into(),
            ..Default::default()
        }
        .build(),
    );
    let run = folder.run(&["kernel", "Image"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert_says(&run.stdout, &["verdict: no problem found", "kallsyms"]);
    // What was not asked for is not missing.
    assert_eq!(folder.run(&["kernel", "--quick", "Image"]).status, 0);
}

#[test]
fn findings_outrank_what_cannot_be_read() {
    let folder = Folder::new().with("cut", cut()).with("good", super::good());
    assert_eq!(folder.run(&["kernel", "good", "absent"]).status, 3);
    assert_eq!(folder.run(&["kernel", "absent", "cut"]).status, 1);
}

#[test]
fn the_manual_explains_by_code_and_by_name() {
    let by_code = run(&["explain", "kc002"]);
    let by_name = run(&["explain", "truncated-kernel"]);
    assert_eq!((by_code.status, by_name.status), (0, 0));
    assert_eq!(by_code.stdout, by_name.stdout);
    assert_says(
        &by_code.stdout,
        &["KC002 truncated-kernel", "Fix", "How it shows", "Sources"],
    );
    let read = run(&["causes", "--stage", "read"]);
    assert_eq!(read.status, 0);
    assert!(read.stdout.lines().all(|line| line.contains(" read ")));
    assert!(run(&["causes"]).stdout.len() > read.stdout.len());
}

const PROJECT: &str = "[[image]]\nkernel = \"vmlinuz\"\n";

#[test]
fn check_gives_3_whenever_its_verdict_is_unknown() {
    let folder = super::boot::folder();
    let kernel = ["check", "--kernel", "vmlinuz"];
    let folders = Folder::new().with("vmlinuz", super::good());
    let projects = super::boot::folder().with("kelpie-check.toml", PROJECT);
    for run in [
        folder.run(&kernel),
        folders.run(&["check", "."]),
        projects.run(&["check"]),
    ] {
        assert_says(&run.stdout, &["verdict: unknown"]);
        assert_eq!(run.status, 3, "{}", run.stdout);
    }
    // A boot that fails outranks one that is unknown.
    let project = format!("{PROJECT}[[image]]\nkernel = \"cut\"\n");
    let both = folder.with("cut", cut()).with("kelpie-check.toml", project);
    assert_eq!(both.run(&["check"]).status, 1);
}

#[test]
fn fail_on_decides_whether_an_unknown_verdict_fails_the_run() {
    let folder = super::boot::folder();
    for (level, status) in [("fatal", 0), ("unknown", 3), ("warn", 3)] {
        let run = folder.run(&["check", "--kernel", "vmlinuz", "--fail-on", level]);
        assert_eq!(run.status, status, "{level}: {}", run.stdout);
    }
    // What cannot be read is no matter of levels.
    let absent = ["check", "--kernel", "absent", "--fail-on", "fatal"];
    assert_eq!(folder.run(&absent).status, 3);
    // The verdict on a single artefact is never "boots": its statuses stay.
    for level in ["fatal", "unknown"] {
        let run = folder.run(&["kernel", "vmlinuz", "--fail-on", level]);
        assert_eq!(run.status, 0, "{level}: {}", run.stdout);
    }
}

#[test]
fn check_of_a_folder_lists_what_it_uses_and_what_it_leaves_out() {
    let folder = Folder::new()
        .with("vmlinuz-aarch64", super::good())
        .with("one.ext4", "x")
        .with("two.ext4", "x");
    let run = folder.run(&["check", "."]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    let left_out = "left out:\n  ./one.ext4: there are several roots";
    assert_says(&run.stdout, &["kernel       ./vmlinuz-aarch64", left_out]);
    let report = folder.run(&["check", ".", "--format", "json"]).json();
    assert_eq!(report["artifacts"][0]["role"], "kernel");
    assert_eq!(report["left_out"][1]["path"], "./two.ext4");
    assert!(
        report["left_out"][1]["why"]
            .as_str()
            .unwrap()
            .contains("--rootfs")
    );
}
