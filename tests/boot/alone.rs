//! A kernel alone, and one with an archive that is the whole system.

use super::inits::{HELLO, Then, archive};
use super::runs::{Bench, console, has_qemu, kernel, stderr, text};
use std::process::Command;

fn reaches_userspace_alone(architecture: &str) {
    if !has_qemu(architecture) {
        return;
    }
    let (json, status) = Bench::new().json(&[&kernel(architecture), "--backend", "qemu"]);
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["observed"]["outcome"], "reached", "{json:#}");
    assert_eq!(json["observed"]["stage"], "userspace", "{json:#}");
    assert_eq!(json["predicted"]["outcome"], "boots", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
    assert_eq!(json["backend"]["name"], "qemu", "{json:#}");
    assert!(json["backend"]["version"].is_string(), "{json:#}");
    let stages: Vec<&str> = json["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["start", "console", "initramfs", "userspace"]);
}

#[test]
fn the_minimal_x86_64_kernel_reaches_userspace_alone() {
    reaches_userspace_alone("x86_64");
}

#[test]
fn the_minimal_aarch64_kernel_reaches_userspace_alone() {
    reaches_userspace_alone("aarch64");
}

#[test]
fn a_virtio_console_is_read_where_the_command_line_names_it() {
    if !has_qemu("x86_64") {
        return;
    }
    let line = "console=hvc0 panic=-1 reboot=t";
    let (json, status) =
        Bench::new().json(&[&kernel("x86_64"), "--backend", "qemu", "--cmdline", line]);
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["observed"]["stage"], "userspace", "{json:#}");
}

#[test]
fn an_init_that_lives_has_reached_userspace_and_one_that_exits_has_not() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    for (then, outcome, code) in [
        (Then::Sleeps, "reached", None),
        (Then::Restarts, "reached", None),
        (Then::Exits, "failed", Some("KC611")),
    ] {
        let archive = bench.write("initramfs", archive("x86_64", then));
        let (json, status) = bench.json(&[
            &kernel("x86_64"),
            "--initramfs",
            text(&archive),
            "--backend",
            "qemu",
            "--settle",
            "0.5",
        ]);
        assert_eq!(json["observed"]["outcome"], outcome, "{json:#}");
        assert_eq!(json["observed"]["code"].as_str(), code, "{json:#}");
        assert_eq!(status, i32::from(outcome == "failed"));
        // What init does once it runs is not predicted, and is no mistake of the prediction's.
        assert_ne!(json["agrees"], false, "{json:#}");
    }
}

#[test]
fn an_initramfs_that_looks_for_a_root_has_not_booted_where_there_is_none() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.path("initramfs");
    let nothing = tempfile::tempdir().unwrap();
    let built = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .args(["initramfs", "build", "--target", "qemu-microvm"])
        .args(["--kernel", &kernel("x86_64"), "--modules"])
        .arg(nothing.path())
        .arg("--output")
        .arg(&archive)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", stderr(&built));
    let line = "console=ttyS0 panic=-1 reboot=t no_timer_check root=/dev/vda rootwait=2";
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--initramfs",
        text(&archive),
        "--cmdline",
        line,
        "--backend",
        "qemu",
        "--settle",
        "0.5",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["observed"]["stage"], "root-device", "{json:#}");
    assert_eq!(json["observed"]["code"], "KC405", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}

#[test]
fn a_text_that_is_expected_ends_the_run_and_one_that_is_denied_fails_it() {
    if !has_qemu("aarch64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.write("initramfs", archive("aarch64", Then::Sleeps));
    let run = |option: &str, wanted: &str| {
        let line = format!("console={}", console("aarch64"));
        let log = bench.path("log");
        let output = bench
            .boot(&[
                &kernel("aarch64"),
                "--initramfs",
                text(&archive),
                "--backend=qemu",
                "--cmdline",
                &line,
                "--log",
                text(&log),
                option,
                wanted,
            ])
            .output()
            .unwrap();
        bench.is_empty();
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains(wanted), "{log}");
        (output.status.code().unwrap(), stderr(&output))
    };
    assert_eq!(run("--expect", HELLO), (0, String::new()));
    assert_eq!(run("--deny", HELLO), (1, String::new()));
}

#[test]
fn what_cannot_be_loaded_is_not_started() {
    let bench = Bench::new();
    let (json, status) = bench.json(&[&kernel("aarch64"), "--arch", "x86_64", "--backend", "qemu"]);
    if json["backend"].is_null() {
        assert_eq!(status, 1);
        assert_eq!(json["observed"], serde_json::Value::Null);
        assert_eq!(json["predicted"]["code"], "KC101");
    }
}

#[test]
fn a_file_that_is_not_there_gives_3() {
    let bench = Bench::new();
    let output = bench.boot(&["no-such-kernel"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    bench.is_empty();
}
