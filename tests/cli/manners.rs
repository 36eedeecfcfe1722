//! `init`, `--version --verbose`, ignores, standard input, and what a missing file says in each format.

use super::forge::good;
use super::support::repository;
use super::{Folder, assert_says, cut, run, run_fed, run_in};

#[test]
fn init_writes_what_it_finds_and_check_reads_it() {
    let folder = Folder::new()
        .with("vmlinuz-6.1", good::bzimage(&[]))
        .with("initramfs-6.1.img", "070701");
    let run = folder.run(&["init"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_says(&run.stdout, &["kelpie-check.toml with 1 image"]);
    let text = String::from_utf8(folder.read("kelpie-check.toml")).unwrap();
    assert_says(
        &text,
        &[
            "kernel = \"vmlinuz-6.1\"",
            "initramfs = \"initramfs-6.1.img\"",
            "# rootfs",
            "# [[ignore]]",
        ],
    );
    let run = folder.run(&["check", "--target", "qemu"]);
    assert_says(&run.stdout, &["vmlinuz-6.1", "KC020"]);
}

/// With the marks of the comments removed, the examples are a project, too.
#[test]
fn the_examples_of_init_are_valid() {
    let folder = Folder::new();
    let run = folder.run(&["init", "."]);
    assert_says(&run.stdout, &["with an example"]);
    let text = String::from_utf8(folder.read("kelpie-check.toml")).unwrap();
    let is_example = |line: &str| line.contains(" = ") || line.starts_with("# [");
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|_| is_example(line))
                .unwrap_or(line)
        })
        .collect();
    let text = lines.join("\n").replace("\nimages = [\"NAME\"]", "");
    std::fs::write(folder.path("kelpie-check.toml"), &text).unwrap();
    let run = folder.run(&["check"]);
    assert!(
        run.stderr
            .lines()
            .all(|line| !line.contains(".toml:") || line.contains("is unused")),
        "{}\n{text}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new().with("kelpie-check.toml", "mine");
    let run = folder.run(&["init"]);
    assert_eq!(run.status, 2);
    assert_says(&run.stderr, &["exists already"]);
    assert_eq!(folder.read("kelpie-check.toml"), b"mine");
    let folder = Folder::new();
    std::os::unix::fs::symlink("elsewhere", folder.path("kelpie-check.toml")).unwrap();
    assert_eq!(folder.run(&["init"]).status, 2);
    assert!(!folder.names().contains(&"elsewhere".to_owned()));
}

#[test]
fn a_verbose_version_names_features_and_targets() {
    for words in [["--version", "--verbose"], ["-v", "-V"]] {
        let run = run(&words);
        assert_eq!(run.status, 0);
        assert_says(
            &run.stdout,
            &[
                "kelpie-check ",
                "commit",
                "features",
                "cli",
                "targets",
                "libkrun",
            ],
        );
    }
    assert_eq!(run(&["--version"]).stdout.lines().count(), 1);
}

fn project(ignore: &str) -> Folder {
    let toml = format!(
        "[[image]]\nname = \"a\"\nkernel = \"vmlinuz\"\ncmdline = \"console=ttyS0 quiet\"\ntargets = \"qemu\"\n\
         [[image]]\nname = \"b\"\nkernel = \"vmlinuz\"\ncmdline = \"console=ttyS0 quiet\"\ntargets = \"qemu\"\n\
         [[ignore]]\ncode = \"quiet-hides-panic\"\nreason = \"on purpose\"\n{ignore}"
    );
    Folder::new()
        .with("vmlinuz", good::bzimage(&[]))
        .with("kelpie-check.toml", toml)
}

fn quiet_findings(folder: &Folder) -> (usize, String) {
    let run = folder.run(&["check", "--format", "json"]);
    let report = run.json();
    let findings = report["findings"].as_array().unwrap();
    let count = findings
        .iter()
        .filter(|finding| finding["code"] == "KC204")
        .count();
    (count, run.stderr)
}

#[test]
fn an_ignore_may_be_about_one_image() {
    assert_eq!(quiet_findings(&project("")), (0, String::new()));
    assert_eq!(
        quiet_findings(&project("images = \"b\"\n")),
        (1, String::new())
    );
}

#[test]
fn an_ignore_expires() {
    let (count, told) = quiet_findings(&project("until = 2020-02-29\n"));
    assert_eq!(count, 2);
    assert_says(
        &told,
        &["kelpie-check.toml:11: ", "KC204 expired on 2020-02-29"],
    );
    assert_eq!(
        quiet_findings(&project("until = 9999-12-31\n")),
        (0, String::new())
    );
}

#[test]
fn an_ignore_that_nothing_needs_is_told() {
    let folder = project("[[ignore]]\ncode = \"KC102\"\nreason = \"r\"\n");
    let (_, told) = quiet_findings(&folder);
    assert_says(
        &told,
        &["kelpie-check.toml:14: ", "KC102 is unused", "remove it"],
    );
    assert!(!told.contains("KC204"), "{told}");
}

#[test]
fn a_mistake_in_the_project_is_shown_with_a_caret() {
    let folder = Folder::new().with("kelpie-check.toml", "[[images]]\nkernel = \"k\"\n");
    let run = folder.run(&["check"]);
    assert_eq!(run.status, 2);
    assert_says(
        &run.stderr,
        &[
            "kelpie-check.toml:1:3: unknown field `images`",
            "did you mean `[[image]]`?\n",
            "  |\n1 | [[images]]\n  |   ^^^^^^\n",
        ],
    );
}

/// A project file may be hostile, too.
#[test]
fn what_a_project_quotes_steers_no_terminal() {
    let folder = Folder::new().with(
        "kelpie-check.toml",
        "[[image]]\n\"\u{202e}x\" = \"\u{9b}31m\"\n",
    );
    let run = folder.run(&["check"]);
    assert_eq!(run.status, 2);
    assert!(
        !run.stderr.contains(['\u{202e}', '\u{9b}']),
        "{:?}",
        run.stderr
    );
}

#[test]
fn a_kernel_an_initramfs_and_a_root_come_from_standard_input() {
    let kernel = good::bzimage(&[]);
    let archive = b"0707010000000100000000000000000000000000000001000000000000000000000000000000000000000000000000\
                    0000000b00000000TRAILER!!!\0\0\0\0";
    let root = vec![0; 65536];
    for (words, input, said) in [
        (
            &["kernel", "-", "--target", "qemu"][..],
            &kernel[..],
            "bzImage",
        ),
        (
            &["check", "--kernel", "-", "--target", "qemu"],
            &kernel,
            "bzImage",
        ),
        (&["-", "--target", "qemu"], &kernel, "bzImage"),
        (&["initramfs", "-"], archive, "entries"),
        (
            &["check", "--initramfs", "-", "--target", "qemu"],
            archive,
            "initramfs",
        ),
        (&["rootfs", "-"], &root, "nothing but zeros"),
        (&["rootfs", "-", "ls"], &root, ""),
    ] {
        let run = run_fed(words, input);
        assert!(
            run.stdout.contains(said),
            "{words:?}: {}{}",
            run.stdout,
            run.stderr
        );
        assert!(
            !run.stderr.contains("No such file"),
            "{words:?}: {}",
            run.stderr
        );
    }
    let log =
        b"[    0.000000] Linux version 6.1.0 (a@b)\n[    1.000000] Kernel panic - not syncing: x\n";
    assert_says(&run_fed(&["-"], log).stdout, &["verdict: failed"]);
    let twice = run_fed(&["check", "--kernel", "-", "--rootfs", "-"], &kernel);
    assert_eq!(twice.status, 2);
    assert_says(&twice.stderr, &["only once"]);
    let over = run_fed(&["rootfs", "-", "--limit", "file_bytes=1K"], &root);
    assert_eq!(over.status, 3, "{}", over.stdout);
}

#[test]
fn an_empty_file_and_zeros_are_no_message_of_a_server() {
    let folder = Folder::new()
        .with("empty", "")
        .with("zeros", [0; 4096])
        .with("page", "<!DOCTYPE html>");
    for (name, said) in [
        ("empty", "no content"),
        ("zeros", "only zeros"),
        ("page", "server sent a message"),
    ] {
        let run = folder.run(&["kernel", name]);
        assert_says(&run.stdout, &["KC001", said]);
    }
}

#[test]
fn a_partition_of_a_disk_without_partitions_is_told() {
    let mut image = vec![0; 65536];
    image[1024 + 56] = 0x53;
    image[1024 + 57] = 0xef;
    let folder = Folder::new().with("root.img", image);
    let run = folder.run(&["rootfs", "root.img", "--partition", "3"]);
    assert_eq!(run.status, 3);
    assert_says(
        &run.stdout,
        &[
            "root.img",
            "no partition 3",
            "no partition table",
            "name no partition",
        ],
    );
}

#[test]
fn a_missing_log_is_told_in_every_format() {
    let folder = Folder::new();
    for (format, said) in [
        ("human", "cannot read log"),
        ("brief", "log: unreadable"),
        ("json", "\"error\": \"cannot read log"),
        ("ndjson", "\"outcome\":\"unknown\""),
        ("sarif", "cannot read log"),
        ("github", "cannot read log"),
        ("gitlab", "["),
        ("junit", "errors=\"1\""),
        ("html", "cannot read log"),
    ] {
        let run = run_in(folder.0.path(), &["diagnose", "log", "--format", format]);
        assert_eq!(run.status, 3, "{format}");
        assert!(run.stdout.contains(said), "{format}: {}", run.stdout);
        assert_says(&run.stderr, &["cannot read log"]);
    }
}

#[test]
fn a_misspelt_parameter_is_a_warning_that_leaves_the_verdict() {
    let folder = Folder::new()
        .with("vmlinuz", good::bzimage(&[]))
        .with("cut", cut());
    let run = |line: &str| {
        let words = [
            "check",
            "--kernel",
            "vmlinuz",
            "--target",
            "qemu",
            "--format",
            "json",
            "--cmdline",
            line,
        ];
        let report = folder.run(&words).json();
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings
            .iter()
            .any(|finding| finding["code"] == "KC210" && finding["severity"] == "warn");
        (report["verdict"].clone(), found)
    };
    let (before, found) = run("console=ttyS0");
    assert!(!found);
    let (after, found) = run("console=ttyS0 rootfstyp=ext4");
    assert!(found);
    assert_eq!(before, after);
}

#[test]
fn a_kernel_says_which_targets_take_it() {
    let kernel = repository("kernel/vmlinuz-aarch64").display().to_string();
    let report = run(&["kernel", &kernel, "--format", "json"]).json();
    let facts = &report["artifacts"][0]["facts"];
    let names = |key: &str| -> Vec<String> {
        let list = facts[key].as_array().unwrap().iter();
        list.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    assert!(
        names("taken_by").contains(&"libkrun".to_owned()),
        "{facts:#}"
    );
    assert!(
        names("taken_after_conversion").contains(&"firecracker".to_owned()),
        "{facts:#}"
    );
    let shown = run(&["kernel", &kernel]).stdout;
    assert_says(
        &shown,
        &[
            "  targets      libkrun, qemu",
            "after conversion:",
            "firecracker",
        ],
    );
}
