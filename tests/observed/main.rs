//! Causes that are seen in real boots, and named there as they were predicted from the files.
//!
//! Each case makes its image, archive or command line, boots it with the kernels of this repository
//! on QEMU, and demands that prediction and boot name the same cause at the same stage. What the
//! kernel said of it is the table of docs/OBSERVED.md, which `KELPIE_CHECK_WRITE_DOCS=1` writes anew.
//! `KELPIE_CHECK_OBSERVE=TEXT` boots only the cases whose code or description has that text.

#![cfg(all(feature = "cli", unix))]

mod console;
mod decisive;
#[path = "../forge/mod.rs"]
mod forge;
mod harness;
mod init;
mod initramfs;
mod kernel;
mod logs;
#[allow(dead_code, reason = "shared with tests/truth")]
mod programs;
mod real;
mod root_device;
mod root_mount;
#[path = "../support/mod.rs"]
mod support;
mod table;

use harness::Case;
use table::Row;

/// The fewest causes that have to be seen without anything but QEMU.
const FEWEST_CODES: usize = 25;

#[test]
fn what_is_predicted_is_what_is_seen() {
    for name in ["qemu-system-x86_64", "qemu-system-aarch64"] {
        if support::program(name, "qemu").is_none() {
            return;
        }
    }
    let wanted = std::env::var("KELPIE_CHECK_OBSERVE").ok();
    let mut cases = Vec::new();
    for family in [
        kernel::cases,
        console::cases,
        initramfs::cases,
        root_device::cases,
        root_mount::cases,
        init::cases,
    ] {
        cases.extend(family());
    }
    let (rows, mut wrong) = seen(cases, wanted.as_deref());
    let (real, wrong_too) = seen(real::cases(), wanted.as_deref());
    wrong.extend(wrong_too);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    if wanted.is_some() {
        return;
    }
    let codes = table::codes(&rows);
    assert!(
        codes.len() >= FEWEST_CODES,
        "only {} causes were seen",
        codes.len()
    );
    table::compare(&rows, (!real.is_empty()).then_some(&real));
}

/// What the cases showed, and what was not as it was predicted.
fn seen(mut cases: Vec<Case>, wanted: Option<&str>) -> (Vec<Row>, Vec<String>) {
    if let Some(wanted) = wanted {
        cases.retain(|case| case.title().contains(wanted));
    }
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    for result in harness::run_all(&cases) {
        match result {
            Ok(row) => rows.push(row),
            Err(why) => wrong.push(why),
        }
    }
    if wanted.is_some() {
        for row in &rows {
            support::say(&row.to_string());
        }
    }
    rows.sort();
    (rows, wrong)
}
