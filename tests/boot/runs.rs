//! Runs of the binary, each with a folder for temporary files of its own.

use super::support::{mmio_target, program, repository};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A folder for what a test makes, and one for what the binary makes.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// A file of the test's.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Where the binary puts temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// `kelpie-check boot` with these arguments. QEMU starts a machine for the minimal kernels, unless
    /// a target is named.
    pub fn boot(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
        let has = |word: &str| arguments.iter().any(|argument| argument.contains(word));
        if has("qemu") && !has("--target") {
            let architecture = if has("aarch64") { "aarch64" } else { "x86_64" };
            command.args(["boot", "--target", mmio_target(architecture)]);
        } else {
            command.arg("boot");
        }
        command
            .args(arguments)
            .env("TMPDIR", self.temporary())
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    /// What it says for machines, and its exit status. Nothing may be left of it.
    pub fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self
            .boot(arguments)
            .args(["--format", "json"])
            .output()
            .unwrap();
        self.is_empty();
        let text = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", stderr(&output)));
        (json, output.status.code().unwrap())
    }

    /// Starts it, and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.boot(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Neither files nor processes are left.
    pub fn is_empty(&self) {
        let left: Vec<_> = std::fs::read_dir(self.temporary())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let processes = self.processes();
        assert!(processes.is_empty(), "still running: {processes:?}");
    }

    /// The processes that have this bench's folder in their environment.
    pub fn processes(&self) -> Vec<String> {
        let wanted = format!("TMPDIR={}", self.temporary().display());
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter(|entry| {
                std::fs::read(entry.path().join("environ")).is_ok_and(|environment| {
                    environment
                        .windows(wanted.len())
                        .any(|part| part == wanted.as_bytes())
                })
            })
            .filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
            .filter(|line| !line.is_empty())
            .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
            .collect()
    }
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The minimal kernel of an architecture.
pub fn kernel(architecture: &str) -> String {
    repository(&format!("kernel/vmlinuz-{architecture}"))
        .to_str()
        .unwrap()
        .to_owned()
}

/// Whether QEMU for an architecture is there; skips with a word otherwise.
pub fn has_qemu(architecture: &str) -> bool {
    program(&format!("qemu-system-{architecture}"), "qemu").is_some()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The command line of a boot by hand on the serial console of QEMU's machine.
pub fn console(architecture: &str) -> &'static str {
    match architecture {
        "aarch64" => "ttyAMA0",
        _ => "ttyS0",
    }
}
