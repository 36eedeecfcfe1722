//! Boots a guest until it has tried everything.

use super::DONE;
use super::attempts::Console;
use crate::runs::{Bench, stderr, text};
use serde_json::Value;
use std::path::Path;

/// A boot of a test guest.
pub struct Boot<'a> {
    pub backend: &'a str,
    pub initramfs: Option<&'a Path>,
    pub root: Option<&'a Path>,
    /// Added to the command line.
    pub parameters: &'a str,
    pub timeout_seconds: u64,
    /// Variables in kelpie-check's environment.
    pub environment: &'a [(&'a str, &'a str)],
}

impl Boot<'_> {
    /// Boots until the guest has tried everything or the deadline ends it. Returns the console and
    /// what kelpie-check reports.
    pub fn run(&self, bench: &Bench, kernel: &Path) -> (Console, Value) {
        let log = bench.path("console.log");
        let line = format!("console=ttyS0 {}", self.parameters);
        let timeout = self.timeout_seconds.to_string();
        let mut arguments = vec![
            text(kernel),
            "--backend",
            self.backend,
            "--ram-mib=128",
            "--expect",
            DONE,
            "--timeout",
            &timeout,
            "--log",
            text(&log),
            "--cmdline",
            &line,
        ];
        if let Some(initramfs) = self.initramfs {
            arguments.extend(["--initramfs", text(initramfs)]);
        }
        if let Some(root) = self.root {
            arguments.extend(["--rootfs", text(root)]);
        }
        let output = bench
            .boot(&arguments)
            .args(["--format", "json"])
            .envs(self.environment.iter().copied())
            .output()
            .unwrap();
        bench.is_empty();
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        let console = std::fs::read(&log).unwrap_or_default();
        (Console::new(&console), json)
    }
}
