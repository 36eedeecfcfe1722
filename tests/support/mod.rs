//! What a test needs beyond Rust and a C compiler: there, skipped with a word, or demanded.

#![allow(dead_code)]

pub mod libkrun;

use std::io::Write;
use std::path::{Path, PathBuf};

/// Says that a test is skipped; fails instead where `KELPIE_CHECK_REQUIRE` lists `what`.
pub fn skip(what: &str, why: &str) {
    let required = std::env::var("KELPIE_CHECK_REQUIRE").unwrap_or_default();
    assert!(
        !required.split(',').any(|name| name.trim() == what),
        "KELPIE_CHECK_REQUIRE asks for {what}: {why}"
    );
    say(&format!("skipped: {why}"));
}

/// Prints a line. Not by println!: what a passing test prints is not shown.
pub fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Returns the target of QEMU's machine with virtio over MMIO: the minimal kernels have no PCI.
pub fn mmio_target(architecture: &str) -> &'static str {
    match architecture {
        "x86_64" => "qemu-microvm",
        _ => "qemu-virt-mmio",
    }
}

/// The folder of real kernels that `KELPIE_CHECK_CORPUS` names.
pub fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("KELPIE_CHECK_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        skip("corpus", "KELPIE_CHECK_CORPUS names no folder of kernels");
    }
    folder
}

/// A file of the corpus.
pub fn corpus_file(name: &str) -> Option<PathBuf> {
    let path = corpus()?.join(name);
    if path.is_file() {
        return Some(path);
    }
    skip("corpus", &format!("the corpus has no {name}"));
    None
}

/// Debian's libkrunfw for that architecture of Debian, as `corpus/fetch-libkrunfw.sh` leaves it.
pub fn libkrunfw(architecture: &str) -> Option<PathBuf> {
    let path = corpus()?.join(format!("libkrunfw/{architecture}/libkrunfw.so.5"));
    if path.is_file() {
        return Some(path);
    }
    skip(
        "libkrunfw",
        &format!("the corpus has no libkrunfw for {architecture}"),
    );
    None
}

/// Every file of the corpus whose name `wanted` takes, in order; none, with a word, where there is
/// no corpus.
pub fn corpus_files(wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = corpus().into_iter().collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && wanted(&entry.file_name().to_string_lossy()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// A program on PATH.
pub fn program(name: &str, what: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        skip(what, &format!("{name} is not installed"));
    }
    found
}

/// A file of this repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
