//! Bytes of an artefact that could steer a terminal or a CI runner never reach the output.

mod artefacts;
mod cases;
mod hostile;
mod pty;
mod server;

use super::command;
use cases::{Case, Stage};
use hostile::{commands_for_runners, steering};
use std::collections::BTreeSet;
use std::process::Command;

/// The program with no CI variable of the caller, in the folder of the artefacts.
fn program(stage: &Stage, case: &Case) -> Command {
    let mut command = command();
    for name in [
        "CI",
        "GITHUB_ACTIONS",
        "TF_BUILD",
        "GITLAB_CI",
        "TEAMCITY_VERSION",
        "JENKINS_URL",
    ] {
        command.env_remove(name);
    }
    command
        .current_dir(stage.folder())
        .env("PATH", stage.programs())
        .args(&case.arguments);
    command
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}

#[test]
fn no_command_writes_a_byte_that_steers_a_terminal() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    for case in cases::all(&stage) {
        let written = pty::run(&mut program(&stage, &case));
        if let Some(what) = steering(&written, case.keeps_tabs) {
            wrong.push(format!("{}: {what}: {}", case.name(), shown(&written)));
        }
        if !case.is_seen_in(&written) {
            wrong.push(format!("{}: not quoted: {}", case.name(), shown(&written)));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_command_writes_a_line_that_a_ci_runner_obeys() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    for variable in ["GITHUB_ACTIONS", "TF_BUILD"] {
        let cases = cases::all(&stage);
        for case in cases.iter().filter(|case| !case.is_content) {
            let mut program = program(&stage, case);
            program.env(variable, "true");
            let output = program.output().unwrap();
            for written in [&output.stdout, &output.stderr] {
                for line in commands_for_runners(written) {
                    wrong.push(format!("{}: {}", case.name(), shown(line.as_bytes())));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_command_has_a_case() {
    let stage = Stage::new();
    let cases = cases::all(&stage);
    let tried: BTreeSet<String> = cases.iter().map(|case| case.command.to_owned()).collect();
    let known: BTreeSet<String> = visible(&[]).into_iter().chain(helpers()).collect();
    assert_eq!(tried, known);
}

/// The commands that `--help` lists, with the commands below them: `initramfs`, `initramfs build`.
fn visible(path: &[&str]) -> Vec<String> {
    let output = command().args(path).arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let Some((_, list)) = text.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let names = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    let mut found = Vec::new();
    for name in names {
        let path: Vec<&str> = path.iter().copied().chain([name]).collect();
        found.push(path.join(" "));
        found.extend(visible(&path));
    }
    found
}

/// The helpers of `boot`: the program takes their words, although no help lists them.
fn helpers() -> Vec<String> {
    use kelpie_check::boot::{guard::GUARD, leash};
    let source = include_str!("../../../src/cli/helper.rs");
    let helpers = [GUARD, leash::LEASH, leash::INNER];
    assert_eq!(source.matches("] => ").count(), helpers.len());
    helpers.map(str::to_owned).to_vec()
}
