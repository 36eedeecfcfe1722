//! What a run may write: a guest that writes without end does not fill the host's disk.

use super::inits::{Then, archive};
use super::roots::root;
use super::runs::{Bench, has_qemu, kernel, stderr, text};
use super::support::libkrun::host;

const LIMIT_BYTES: u64 = 4 << 20;

#[test]
fn a_guest_that_writes_without_end_is_ended() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let init = "b=/bin/busybox; while true; do $b cat $b >> /large; $b sync; done";
    let Some(image) = root(&bench, "x86_64", init) else {
        return;
    };
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--rootfs",
        text(&image),
        "--backend=qemu",
        "--expect=a text that does not come",
        "--limit",
        &format!("scratch_bytes={LIMIT_BYTES}"),
    ]);
    assert_eq!(status, 3, "{json:#}");
    assert_eq!(json["observed"]["outcome"], "host", "{json:#}");
    assert!(json.to_string().contains("scratch_bytes"), "{json:#}");
}

#[test]
fn a_copy_that_is_too_large_is_not_made() {
    if std::env::consts::ARCH != "x86_64" || host().is_none() {
        return;
    }
    let bench = Bench::new();
    let Some(image) = root(&bench, "x86_64", "true") else {
        return;
    };
    let output = bench
        .boot(&[&kernel("x86_64"), "--rootfs", text(&image)])
        .args(["--backend=libkrun", "--limit=scratch_bytes=64K"])
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("limit scratch_bytes"), "{said}");
    bench.is_empty();
}

#[test]
fn a_log_is_cut_at_the_limit_and_says_so() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.write("initramfs", archive("x86_64", Then::Floods));
    let log = bench.path("log");
    let output = bench
        .boot(&[&kernel("x86_64"), "--initramfs", text(&archive)])
        .args([
            "--backend=qemu",
            "--settle=0.5",
            "--limit=scratch_bytes=16K",
        ])
        .args(["--log", text(&log)])
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("scratch_bytes"), "{said}");
    let log = std::fs::read(log).unwrap();
    assert!(log.len() <= 16 << 10, "{} bytes", log.len());
    let end = String::from_utf8_lossy(&log[log.len() - 200..]).into_owned();
    assert!(end.contains("the log ends here"), "{end}");
}
