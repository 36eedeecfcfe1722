//! A hostile init under Linux: it looks for the host on every bus, by mounts and by sockets.

use super::DONE;
use super::attempts::Console;
use super::boot::Boot;
use super::compile::compile;
use crate::runs::{Bench, has_qemu, kernel, text};
use crate::support::libkrun::{Host, host};
use crate::support::{corpus_file, say};
use kelpie_check::initramfs::Writer;
use std::path::{Path, PathBuf};

const SECRET: &str = "a-secret-of-the-host";

fn archive(bench: &Bench) -> Option<PathBuf> {
    let init = std::fs::read(compile(bench, "init")?).unwrap();
    let mut archive = Writer::new();
    for folder in ["dev", "proc", "sys", "mnt"] {
        archive.directory(folder, 0o755).unwrap();
    }
    archive
        .character_device("dev/console", 0o600, 5, 1)
        .unwrap();
    archive.file("init", 0o755, &init).unwrap();
    Some(bench.write("initramfs", archive.finish().unwrap()))
}

/// Boots the test init on a Linux kernel. Returns its console.
fn boot(bench: &Bench, backend: &str, kernel: &Path) -> Option<Console> {
    let archive = archive(bench)?;
    let boot = Boot {
        backend,
        initramfs: Some(&archive),
        root: None,
        // No message of the kernel comes into a line of the init.
        parameters: "loglevel=1",
        timeout_seconds: 120,
        environment: &[("KELPIE_REACH_SECRET", SECRET)],
    };
    let (console, json) = boot.run(bench, kernel);
    assert_eq!(
        json["observed"]["outcome"], "reached",
        "{json:#}\n{console}"
    );
    assert!(console.lines().any(|line| line == DONE), "{console}");
    Some(console)
}

/// Each attempt was made, and none succeeded.
fn reaches_nothing(bench: &Bench, console: &Console) {
    for (kind, least) in [("device ", 16), ("mount ", 28), ("connect ", 11)] {
        let attempts: Vec<_> = console.attempts(kind).collect();
        assert!(attempts.len() >= least, "{console}");
        for attempt in attempts {
            assert!(attempt.failed(), "{} succeeded:\n{console}", attempt.what);
        }
    }
    for bus in ["pci", "usb", "firmware"] {
        let entry = format!("{bus} entry ");
        assert_eq!(console.after(&entry).next(), None, "{console}");
    }
    for interface in console.after("network entry ") {
        assert_eq!(interface, "lo", "{console}");
    }
    for variable in console.after("environment ") {
        assert!(["HOME=/", "TERM=linux"].contains(&variable), "{console}");
    }
    console.outcome("file /proc/cmdline");
    let received = console.received();
    for word in [SECRET, text(&bench.path("")), "kelpie-check-boot"] {
        assert!(!received.contains(word), "{word}:\n{console}");
    }
}

#[test]
fn an_init_of_the_minimal_kernel_in_qemu_reaches_nothing() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(console) = boot(&bench, "qemu", Path::new(&kernel("x86_64"))) else {
        return;
    };
    reaches_nothing(&bench, &console);
}

/// This kernel has a network stack, so that each connection fails for want of a way out.
#[test]
fn an_init_of_alpines_kernel_in_qemu_reaches_nothing() {
    const NO_SYSTEM_CALL: &str = "-38";
    if !has_qemu("x86_64") {
        return;
    }
    let Some(kernel) = corpus_file("alpine/x86_64/vmlinuz-virt") else {
        return;
    };
    let bench = Bench::new();
    let Some(console) = boot(&bench, "qemu", &kernel) else {
        return;
    };
    reaches_nothing(&bench, &console);
    assert_ne!(
        console.outcome("connect tcp-10.0.2.2"),
        NO_SYSTEM_CALL,
        "{console}"
    );
    assert_eq!(console.after("network entry ").count(), 1, "{console}");
}

#[test]
fn an_init_of_the_minimal_kernel_in_libkrun_reaches_nothing() {
    match host() {
        Some(Host::Runs) => {}
        Some(Host::Emulates) => return say("skipped: this host runs no program under libkrun"),
        None => return,
    }
    let bench = Bench::new();
    let Some(console) = boot(&bench, "libkrun", Path::new(&kernel("x86_64"))) else {
        return;
    };
    reaches_nothing(&bench, &console);
}
