//! `--output` and what a report may say: formats by file name, files that are protected, `--quiet` and its kin.

use super::forge::good;
use super::{Folder, assert_says, cut};

fn folder() -> Folder {
    Folder::new()
        .with("good", good::bzimage(&[]))
        .with("cut", cut())
}

const FILES: [&str; 5] = ["kernel", "--target", "qemu", "good", "cut"];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&FILES[..], more].concat()
}

#[test]
fn the_ending_of_a_file_names_its_format_and_several_are_written_at_once() {
    let folder = folder();
    let run = folder.run(&words(&[
        "--output",
        "r.html",
        "--output",
        "r.sarif",
        "-o",
        "r.json",
        "-o",
        "r.ndjson",
        "-o",
        "r.xml",
        "-o",
        "r.txt",
        "-o",
        "gitlab=quality.json",
    ]));
    assert_eq!((run.status, run.stderr.as_str()), (1, ""));
    assert_says(&run.stdout, &["verdict: fails at read (KC002)"]);
    for (name, start) in [
        ("r.html", "<!DOCTYPE html>"),
        ("r.sarif", "{\n  \"$schema\""),
        ("r.json", "{\n  \"schema\": \"kelpie-check/1\""),
        ("r.ndjson", "{\"schema\":\"kelpie-check/1\",\"subject\""),
        ("r.xml", "<?xml"),
        ("r.txt", "good\n"),
        ("quality.json", "[\n"),
    ] {
        let text = String::from_utf8(folder.read(name)).unwrap();
        assert!(text.starts_with(start), "{name}: {text}");
        assert!(!text.contains('\u{1b}'), "{name}");
    }
}

#[test]
fn a_file_in_the_format_of_standard_output_takes_its_place() {
    let folder = folder();
    for name in ["report.sarif", "report.out"] {
        let run = folder.run(&words(&["--format", "sarif", "--output", name]));
        assert_eq!(
            (run.status, run.stdout.as_str(), run.stderr.as_str()),
            (1, "", "")
        );
        assert!(folder.read(name).starts_with(b"{\n  \"$schema\""));
    }
    let run = folder.run(&words(&["--format", "brief", "--output", "r.json"]));
    assert!(run.stdout.starts_with("good: "), "{}", run.stdout);
}

#[test]
fn a_log_is_written_to_files_too() {
    let log =
        "[    0.000000] Linux version 6.1.0 (a@b)\n[    1.000000] Kernel panic - not syncing: x\n";
    let folder = Folder::new().with("log", log);
    let run = folder.run(&["diagnose", "log", "-o", "r.html", "-o", "r.json"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(folder.read("r.html").starts_with(b"<!DOCTYPE"));
    assert!(folder.read("r.json").starts_with(b"{"));
}

#[cfg(unix)]
#[test]
fn an_output_is_never_an_input_nor_a_link_nor_shared() {
    let folder = folder()
        .with("kernel.json", good::bzimage(&[]))
        .with("elsewhere", "kept");
    std::fs::hard_link(folder.path("cut"), folder.path("twin.html")).unwrap();
    std::os::unix::fs::symlink(folder.path("elsewhere"), folder.path("link.html")).unwrap();
    let before = folder.read("cut");
    for (more, said) in [
        (&["--output", "twin.html"][..], "also the input cut"),
        (
            &["kernel.json", "--output", "kernel.json"],
            "also the input",
        ),
        (&["--output", "link.html"], "a symbolic link"),
        (
            &["--output", "r.html", "-o", "json=./r.html"],
            "cannot share a file",
        ),
        (&["--output", "report.out"], "write FORMAT=FILE"),
        (&["--output", "-"], "--format is for standard output"),
    ] {
        let run = folder.run(&words(more));
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{more:?}");
        assert_says(&run.stderr, &[said]);
    }
    assert_eq!(folder.read("cut"), before);
    assert_eq!(folder.read("elsewhere"), b"kept");
    assert!(!folder.names().contains(&"r.html".to_owned()));
}

#[cfg(unix)]
#[test]
fn a_project_file_and_the_files_beside_a_kernel_are_inputs() {
    let folder = Folder::new().with("vmlinuz", good::bzimage(&[])).with(
        "kelpie-check.toml",
        "[[image]]\nkernel = \"vmlinuz\"\ntargets = [\"qemu\"]\nmetadata = \"about.json\"\n",
    );
    let folder = folder.with("about.json", "{}");
    for output in ["json=kelpie-check.toml", "about.json"] {
        let run = folder.run(&["check", "--output", output]);
        assert_eq!(run.status, 2, "{}", run.stdout);
        assert_says(&run.stderr, &["also the input"]);
    }
}

#[test]
fn an_output_that_cannot_be_written_is_told() {
    let run = folder().run(&words(&["--output", "no/such/folder/r.html"]));
    assert_eq!(run.status, 3);
    assert_says(&run.stderr, &["no/such/folder/r.html", "cannot write"]);
}

#[test]
fn looking_inside_writes_no_report() {
    let folder = Folder::new().with("archive", "070701");
    let run = folder.run(&["initramfs", "archive", "ls", "--output", "r.html"]);
    assert_eq!(run.status, 2);
    assert_says(&run.stderr, &["remove --output"]);
}

#[test]
fn quiet_prints_only_problems() {
    let folder = folder();
    let run = folder.run(&["kernel", "--target", "qemu", "-q", "good"]);
    assert_eq!(
        (run.status, run.stdout.as_str(), run.stderr.as_str()),
        (0, "", "")
    );
    let run = folder.run(&words(&["--quiet"]));
    assert_eq!(run.status, 1);
    assert!(
        run.stdout.starts_with("cut: fails at read (KC002"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("good"), "{}", run.stdout);
    let run = folder.run(&words(&["--quiet", "--format", "json"]));
    assert_eq!(run.json()["artifacts"].as_array().unwrap().len(), 2);
}

#[test]
fn verbose_prints_facts_machine_and_causes() {
    let folder = folder();
    let words = ["check", "--target", "qemu", "--kernel", "good"];
    let plain = folder.run(&words).stdout;
    let run = folder.run(&[&words[..], &["-v"]].concat());
    for part in [
        "  machine ",
        "options  ",
        "KC002 truncated-kernel does not apply",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in {}", run.stdout);
        assert!(!plain.contains(part), "{part:?} in {plain}");
    }
    let run = folder.run(&["kernel", "--target", "qemu", "good", "--verbose"]);
    assert_says(&run.stdout, &["causes:", "KC002", "does not apply"]);
}

#[test]
fn statistics_count_each_cause_over_all_files() {
    let folder = folder().with("again", cut());
    let run = folder.run(&words(&["again", "--statistics"]));
    assert_eq!(run.status, 1);
    let first = run.stdout.lines().next().unwrap();
    assert_eq!(first, "2  KC002  fatal  truncated-kernel", "{}", run.stdout);
    assert!(!run.stdout.contains("verdict"), "{}", run.stdout);
    let run = folder.run(&words(&["--statistics", "--format", "json"]));
    assert_eq!(run.status, 2);
}

#[test]
fn exit_zero_accepts_every_verdict_but_no_unread_file() {
    let folder = folder();
    assert_eq!(folder.run(&words(&["--exit-zero"])).status, 0);
    let unknown = ["check", "--kernel", "good", "--target", "qemu"];
    assert_eq!(folder.run(&unknown).status, 3);
    assert_eq!(
        folder
            .run(&[&unknown[..], &["--exit-zero"]].concat())
            .status,
        0
    );
    assert_eq!(folder.run(&words(&["missing", "--exit-zero"])).status, 3);
    assert_eq!(
        folder
            .run(&words(&["--exit-zero", "--output", "x.y"]))
            .status,
        2
    );
}

#[test]
fn colours_are_forced_and_forbidden() {
    let folder = folder();
    let always = folder.run(&["--color", "always", "kernel", "cut"]).stdout;
    assert!(always.contains('\u{1b}'));
    for words in [
        &["kernel", "cut", "--color=never"][..],
        &["--color", "auto", "kernel", "cut"],
    ] {
        assert!(!folder.run(words).stdout.contains('\u{1b}'), "{words:?}");
    }
    // Before a path without a subcommand.
    let run = folder.run(&["--color", "always", "./cut"]);
    assert!(run.stdout.contains('\u{1b}'), "{}", run.stderr);
    assert_eq!(folder.run(&["kernel", "cut", "--color", "red"]).status, 2);
}
