//! Paths without a subcommand: each file is what its first bytes say.

use super::forge::good;
use super::{Folder, assert_says};
use std::io::Write;

/// A cpio archive with only its trailer.
fn archive() -> Vec<u8> {
    let mut bytes = b"070701".to_vec();
    let fields = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 11, 0];
    for field in fields {
        write!(bytes, "{field:08x}").unwrap();
    }
    bytes.extend(b"TRAILER!!!\0\0\0\0");
    bytes
}

fn folder() -> Folder {
    let log = "[    0.000000] Linux version 6.1.0 (a@b)\n[    1.0] Kernel panic - not syncing: x\n";
    Folder::new()
        .with("a kernel", good::bzimage(&[]))
        .with("b", archive())
        .with("c", log)
}

#[test]
fn a_file_is_reported_as_what_it_is() {
    let folder = folder();
    let roles = |paths: &[&str]| -> Vec<String> {
        let report = folder.run(&[&["--format", "json"][..], paths].concat());
        let report = report.json();
        let artifacts = report["artifacts"].as_array().unwrap();
        artifacts
            .iter()
            .map(|artifact| artifact["role"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(roles(&["a kernel"]), ["kernel"]);
    assert_eq!(roles(&["b"]), ["initramfs"]);
}

#[test]
fn a_path_needs_no_subcommand() {
    let folder = folder();
    for path in ["a kernel", "./a kernel"] {
        let run = folder.run(&[path, "--target", "qemu"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_says(&run.stdout, &["bzImage", "verdict: no problem found"]);
    }
    let run = folder.run(&["missing/file"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert_says(&run.stdout, &["missing/file", "No such file"]);
    // What is no path is a misspelt subcommand.
    let run = folder.run(&["kernle", "a kernel"]);
    assert_eq!(run.status, 2);
    assert_says(&run.stderr, &["unrecognized subcommand", "kernel"]);
}

#[test]
fn a_kernel_and_an_initramfs_are_one_boot() {
    let run = folder().run(&["a kernel", "b", "--target", "qemu", "--format", "json"]);
    let report = run.json();
    assert_eq!(report["boots"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(report["boots"][0]["target"], "qemu");
}

#[test]
fn a_log_is_diagnosed_and_joined() {
    let folder = folder();
    let run = folder.run(&["c"]);
    assert_says(&run.stdout, &["Kernel panic", "verdict: failed"]);
    let run = folder.run(&["c", "a kernel", "--target", "qemu"]);
    assert_says(&run.stdout, &["verdict: failed"]);
    let run = folder.run(&["c", "./c"]);
    assert_eq!(run.status, 2, "{}", run.stdout);
}

#[test]
fn check_of_a_file_says_what_to_do() {
    let run = folder().run(&["check", "b"]);
    assert_eq!(run.status, 2);
    assert_says(&run.stderr, &["b is a file", "--kernel", "kelpie-check b"]);
}

#[test]
fn completions_know_subcommands_and_values() {
    for (shell, words) in [
        ("bash", "cloud-hypervisor"),
        ("zsh", "#compdef kelpie-check"),
        ("fish", "complete -c kelpie-check"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let run = folder().run(&["completions", shell]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_says(&run.stdout, &[words, "initramfs"]);
        // The helpers of `boot` are no subcommands.
        for helper in ["boot-guard", "boot-leash"] {
            assert!(!run.stdout.contains(helper), "{shell} offers {helper}");
        }
    }
}

/// What bash offers for a line whose last word is begun.
#[test]
fn bash_completes_the_options_of_a_subcommand() {
    let Some(bash) = super::support::program("bash", "tools") else {
        return;
    };
    let script = folder().run(&["completions", "bash"]).stdout;
    for (line, offered) in [
        ("bo", "boot"),
        ("check --tar", "--target"),
        ("check --target fire", "firecracker"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let last = words[words.len() - 1];
        let before = words.iter().rev().nth(1).unwrap_or(&"kelpie-check");
        let ask = format!(
            "{script}\nCOMP_WORDS=(kelpie-check {line})\nCOMP_CWORD={}\n\
             _kelpie__check kelpie-check '{last}' '{before}'\necho \"${{COMPREPLY[@]}}\"",
            words.len()
        );
        let output = std::process::Command::new(&bash)
            .args(["-c", &ask])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.trim(), offered, "{line}");
    }
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = Folder::new();
    let pages = folder.path("man");
    std::fs::create_dir(&pages).unwrap();
    let run = folder.run(&["man", "man"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for page in [
        "kelpie-check.1",
        "kelpie-check-kernel.1",
        "kelpie-check-initramfs-build.1",
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    for entry in std::fs::read_dir(&pages).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_helper = name.contains("boot-guard") || name.contains("boot-leash");
        assert!(!is_helper && !name.contains("help"), "{name}");
    }
}
