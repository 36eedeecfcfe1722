//! The command line as a user meets it: the real binary, its words and its exit status.

mod boot;
#[cfg(unix)]
mod commands;
mod compat;
mod cut_short;
mod diagnose;
mod extract;
#[path = "../forge/mod.rs"]
mod forge;
mod formats;
mod html;
mod inputs;
mod inspect;
#[allow(dead_code)]
#[path = "../forge/kallsyms.rs"]
mod kallsyms;
mod limits;
mod manners;
mod options;
mod output;
mod outputs;
mod real;
mod references;
mod schema;
#[cfg(unix)]
mod special_files;
mod status;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod terminal;

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What one run said, and how it ended.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

/// The binary, with nothing of the caller's environment that changes what it prints.
fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

impl Run {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let run = Self {
            status: output.status.code().expect("it was not killed"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }
}

/// Runs the binary in `folder` with these arguments.
fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    Run::of(
        &command()
            .current_dir(folder)
            .args(arguments)
            .output()
            .unwrap(),
    )
}

fn run(arguments: &[&str]) -> Run {
    run_in(Path::new("."), arguments)
}

/// Runs the binary with these bytes on its standard input.
fn run_fed(arguments: &[&str], input: &[u8]) -> Run {
    let mut child = command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have said no before it read all.
    child.stdin.take().unwrap().write_all(input).ok();
    Run::of(&child.wait_with_output().unwrap())
}

/// A folder with kernels in it, gone at the end of the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(self, name: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.0.path().join(name.as_ref())
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run_in(self.0.path(), arguments)
    }

    /// The names of everything in it.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// A kernel that nothing is wrong with, on libkrun.
fn good() -> Vec<u8> {
    forge::good::arm64(&[])
}

/// A kernel whose end is missing.
fn cut() -> Vec<u8> {
    let mut image = forge::good::bzimage(&[]);
    image.truncate(image.len() - 600);
    image
}

/// Asserts that `text` has each of `parts`, in their order.
#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            panic!("no {part:?} where it should be in:\n{text}");
        };
        rest = behind;
    }
}
