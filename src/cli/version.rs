//! `--version --verbose`: what this program was built from and with, and the VMMs that it knows.

use super::Exit;
use super::output::print as show;
use kelpie_check::printable::Printable;
use kelpie_check::vmm::TARGETS;
use std::ffi::OsString;
use std::fmt::Write;

/// Returns true if the arguments are only `--version` and `--verbose`.
pub fn is_asked_for() -> bool {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let has = |long: &str, short: &str| words.iter().any(|word| word == long || word == short);
    words.len() == 2 && has("--version", "-V") && has("--verbose", "-v")
}

/// Prints them.
pub fn print() -> Exit {
    let mut text = format!("kelpie-check {}\n", env!("CARGO_PKG_VERSION"));
    let mut entry = |label: &str, value: &str| writeln!(text, "{label:<10} {value}").ok();
    let commit = option_env!("KELPIE_CHECK_COMMIT").filter(|commit| !commit.is_empty());
    entry("commit", commit.unwrap_or("not recorded"));
    let features = [
        ("boot", cfg!(feature = "boot")),
        ("cli", cfg!(feature = "cli")),
        ("fetch", cfg!(feature = "fetch")),
        ("native-codecs", cfg!(feature = "native-codecs")),
        ("pure-codecs", cfg!(feature = "pure-codecs")),
    ];
    let built: Vec<&str> = features
        .iter()
        .filter(|(_, is_built)| *is_built)
        .map(|(name, _)| *name)
        .collect();
    entry("features", &built.join(", "));
    for (name, version) in backends() {
        let label = name.to_owned();
        entry(&label, &version);
    }
    let targets = TARGETS.map(|target| target.name);
    entry("targets", &targets.join(", "));
    show(&Printable::lines(&text), Exit::Clean)
}

/// The VMMs that this host has, with their versions.
#[cfg(unix)]
fn backends() -> Vec<(&'static str, String)> {
    kelpie_check::boot::versions()
}

#[cfg(not(unix))]
fn backends() -> Vec<(&'static str, String)> {
    Vec::new()
}
