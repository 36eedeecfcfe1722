//! The README shows real commands and what they really print.
#![cfg(feature = "cli")]

mod support;

use std::process::Command;

const PROMPT: &str = "$ cargo run --release -- ";

#[test]
fn the_first_command_prints_what_the_readme_shows() {
    let readme = std::fs::read_to_string(support::repository("README.md")).unwrap();
    let (_, rest) = readme.split_once(PROMPT).unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    let (arguments, shown) = block.split_once('\n').unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(arguments.split(' '))
        .current_dir(support::repository(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.trim_end(), shown.trim_end());
}

#[test]
fn the_second_command_is_the_one_that_runs_these_tests() {
    let readme = std::fs::read_to_string(support::repository("README.md")).unwrap();
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .collect();
    assert_eq!(commands.get(1), Some(&"cargo test"));
}

#[test]
fn every_command_of_the_table_exists() {
    let output = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let readme = std::fs::read_to_string(support::repository("README.md")).unwrap();
    for name in [
        "kernel", "boot", "doctor", "diagnose", "extract", "explain", "causes", "schema",
    ] {
        assert!(
            readme.contains(&format!("| `kelpie-check {name}")),
            "{name}"
        );
        assert!(help.contains(&format!("  {name} ")), "{name}: {help}");
    }
}
