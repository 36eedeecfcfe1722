//! A disk: reads and writes past its end, writes that must not reach the user's image, and
//! descriptor chains that break the rules.

use super::DONE;
use super::attempts::Console;
use super::boot::Boot;
use super::compile::compile;
use crate::runs::{Bench, has_qemu};
use crate::support::libkrun::host;
use std::path::PathBuf;

const FIRST_WORDS: &str = "the first words of the image";
/// What the guest prints of 32 bytes that are zero.
const ZEROES: &str = "................................";
/// What follows the image on the host's file system must not be read: the image is 1 MiB.
const IMAGE_BYTES: usize = 1024 * 1024;

/// An image that no reader of file systems takes for one.
fn image(bench: &Bench) -> (PathBuf, Vec<u8>) {
    let mut bytes = FIRST_WORDS.as_bytes().to_vec();
    bytes.resize(IMAGE_BYTES, 0);
    (bench.write("image", &bytes), bytes)
}

fn boot(
    backend: &str,
    parameters: &str,
    timeout_seconds: u64,
) -> Option<(Console, serde_json::Value)> {
    let bench = Bench::new();
    let kernel = compile(&bench, "kernel")?;
    let (path, bytes) = image(&bench);
    let boot = Boot {
        backend,
        initramfs: None,
        root: Some(&path),
        parameters,
        timeout_seconds,
        environment: &[],
    };
    let (console, json) = boot.run(&bench, &kernel);
    assert!(
        std::fs::read(&path).unwrap() == bytes,
        "the image changed:\n{console}"
    );
    Some((console, json))
}

/// The guest sees its own disk, and nothing beyond its end.
fn sees_its_disk_only(console: &Console) {
    let outcome = |what: &str| console.outcome(&format!("disk {what}")).to_owned();
    assert!(
        outcome("read, sector 0").starts_with("0 the first words"),
        "{console}"
    );
    assert_eq!(outcome("write, sector 0"), "0", "{console}");
    assert!(
        outcome("write past the end, sector 2048").len() <= 2,
        "{console}"
    );
    for attempt in console.attempts("disk read ") {
        let is_past = ["past", "far", "overflow", "last number"]
            .iter()
            .any(|word| attempt.what.contains(word));
        let bytes = attempt
            .outcome
            .split_once(' ')
            .map_or("", |(_, bytes)| bytes);
        assert!(!is_past || bytes == ZEROES, "{}:\n{console}", attempt.what);
    }
}

#[test]
fn a_guest_of_qemu_reads_its_disk_only_and_writes_no_image() {
    if !has_qemu("x86_64") {
        return;
    }
    let Some((console, _)) = boot("qemu", "", 60) else {
        return;
    };
    sees_its_disk_only(&console);
    assert!(console.lines().any(|line| line == DONE), "{console}");
    for attempt in console.attempts("disk ") {
        let is_outside = ["past", "across", "far", "overflow", "last number"]
            .iter()
            .any(|word| attempt.what.contains(word));
        let refused = attempt.outcome.starts_with('1');
        assert!(!is_outside || refused, "{}:\n{console}", attempt.what);
    }
}

#[test]
fn a_guest_of_libkrun_reads_its_disk_only_and_writes_no_image() {
    if host().is_none() {
        return;
    }
    let Some((console, _)) = boot("libkrun", "", 60) else {
        return;
    };
    sees_its_disk_only(&console);
}

/// Boots a guest that breaks the rules of the queues. The VMM may end; kelpie-check reports.
fn survives_chains(backend: &str, devices: &[&str]) {
    const SECONDS: u64 = 8;
    let Some((console, json)) = boot(backend, "reach.chains=1", SECONDS) else {
        return;
    };
    for device in devices {
        let tried = format!("device {device}, chain that loops");
        assert!(console.lines().any(|line| line == tried), "{console}");
    }
    let elapsed = json["observed"]["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed < (SECONDS + 5) * 1000, "{json:#}");
    assert!(json["observed"]["outcome"].is_string(), "{json:#}");
}

#[test]
fn a_guest_of_qemu_that_breaks_the_rules_of_a_queue_holds_nothing_up() {
    if has_qemu("x86_64") {
        survives_chains("qemu", &["2"]);
    }
}

#[test]
fn a_guest_of_libkrun_that_breaks_the_rules_of_a_queue_holds_nothing_up() {
    if host().is_some() {
        survives_chains("libkrun", &["2", "3"]);
    }
}
