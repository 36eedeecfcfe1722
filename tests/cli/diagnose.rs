//! `kelpie-check diagnose`: words, exit status, and logs joined to files.

use super::boot::folder;
use super::{Folder, assert_says, run, run_fed};

const PANIC: &str = "[    0.000000] Linux version 6.1.0-forged (a@b) (gcc 12) #1 SMP\r\n\
    [    0.000000] Command line: console=hvc0 root=/dev/vdb rw\r\n\
    [    0.500000] VFS: Cannot open root device \"vdb\" or unknown-block(0,0): error -6\r\n\
    [    0.500000] Please append a correct \"root=\" boot option; here are the available partitions:\r\n\
    [    0.500000] fe00           16384 vda \r\n\
    [    0.500000]  driver: virtio_blk\r\n\
    [    0.600000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n";

const REACHED: &str = "Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\nalpine login: ";

#[test]
fn a_log_that_failed_is_told_with_lines_cause_and_fix() {
    let folder = Folder::new().with("boot.log", PANIC);
    let run = folder.run(&["diagnose", "boot.log"]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert_says(
        &run.stdout,
        &[
            "boot.log",
            "kernel",
            "6.1.0-forged",
            "✔ console      line 1: Linux version",
            "✘ root device  the kernel panicked",
            "3  VFS: Cannot open root device",
            "7  Kernel panic",
            "unknown-block(0,0) is no device at all",
            "error -6 is ENXIO",
            "fatal: KC405 no-such-root-device",
            "The kernel panicked, line 7:",
            "fix: ",
            "verdict: failed at root device (KC405)",
        ],
    );
}

#[test]
fn standard_input_is_read_behind_a_dash() {
    let run = run_fed(&["diagnose", "-"], REACHED.as_bytes());
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_says(&run.stdout, &["✔ userspace", "verdict: reached userspace"]);
}

#[test]
fn what_is_no_log_of_a_boot_is_unreadable() {
    let folder = Folder::new().with("text", "hello\n");
    for name in ["text", "absent"] {
        let run = folder.run(&["diagnose", name]);
        assert_eq!(run.status, 3, "{name}");
        assert!(run.stderr.contains(name), "{}", run.stderr);
    }
}

#[test]
fn machines_get_the_boots_with_code_and_lines() {
    let log = format!("{PANIC}{REACHED}");
    let folder = Folder::new().with("boot.log", log);
    let run = folder.run(&["diagnose", "--format", "json", "boot.log"]);
    assert_eq!(run.status, 1);
    let report = run.json();
    for (pointer, value) in [
        ("/schema", "kelpie-check/1"),
        ("/boots/0/kernel", "6.1.0-forged"),
        ("/boots/0/stage", "root-device"),
        ("/boots/0/code", "KC405"),
        ("/boots/0/end/kind", "panic"),
        ("/boots/0/findings/0/code", "KC405"),
        ("/boots/0/findings/0/severity", "fatal"),
        ("/boots/0/stages/0/stage", "start"),
        ("/boots/1/stage", "userspace"),
    ] {
        let found = report.pointer(pointer).unwrap_or(&serde_json::Value::Null);
        assert_eq!(found, value, "{pointer}");
    }
    assert_eq!(report["boots"][0]["lines"][0]["number"], 3);
    assert_eq!(report["boots"][1]["code"], serde_json::Value::Null);
}

#[test]
fn files_decide_between_causes_that_end_alike() {
    let beside = folder();
    let log = "[    0.000000] Linux version 6.1.0-forged (a@b) (gcc 12) #1 SMP\n\
        [    0.000000] Kernel command line: console=hvc0 root=/dev/vdb rw\n\
        [    0.600000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n";
    std::fs::write(beside.path("boot.log"), log).unwrap();
    let alone = beside.run(&["diagnose", "boot.log"]);
    assert_says(
        &alone.stdout,
        &["the log says as much for KC402", "(KC401)"],
    );
    let joined = beside.run(&[
        "diagnose",
        "boot.log",
        "--kernel",
        "vmlinuz",
        "--rootfs",
        "root.ext4",
    ]);
    assert_eq!(joined.status, 1, "{}", joined.stdout);
    assert_says(
        &joined.stdout,
        &[
            "root= names /dev/vdb",
            "The kernel panicked, line 3:",
            "verdict: failed at root device (KC405)",
        ],
    );
}

#[test]
fn files_tell_why_a_boot_said_nothing() {
    let beside = folder();
    std::fs::write(beside.path("boot.log"), "\r\n").unwrap();
    let with_files = |line: &str| {
        let files = ["--kernel", "vmlinuz", "--rootfs", "root.ext4"];
        beside.run(&[&["diagnose", "boot.log", "--cmdline", line], &files[..]].concat())
    };
    let unseen = with_files("console=hvc9 root=/dev/vda rootfstype=ext4");
    assert_eq!(unseen.status, 1, "{}", unseen.stdout);
    assert_says(
        &unseen.stdout,
        &["hvc9", "verdict: failed at console (KC201)"],
    );
    // Where they see no reason, it stays what it is.
    let seen = with_files("console=hvc0 root=/dev/vda rootfstype=ext4");
    assert_says(&seen.stdout, &["verdict: failed at console (KC907)"]);
    let alone = beside.run(&["diagnose", "boot.log"]);
    assert_eq!(alone.status, 3, "{}", alone.stdout);
}

#[test]
fn what_steers_a_terminal_does_not_get_through() {
    let log = format!("{PANIC}\u{1b}]0;evil\u{7}\u{202e}\n");
    let folder = Folder::new().with("boot.log", log);
    let run = folder.run(&["diagnose", "boot.log"]);
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
}

#[test]
fn what_is_known_only_by_booting_is_listed_and_explained_but_never_checked() {
    let list = run(&["causes"]);
    assert_says(&list.stdout, &["KC611", "KC901", "KC911"]);
    assert_says(
        &run(&["explain", "KC905"]).stdout,
        &["hypervisor-fault", "known only from a boot"],
    );
    let select = run(&["check", "--select", "KC901", "--kernel", "x"]);
    assert_eq!(select.status, 2);
    assert!(
        select.stderr.contains("known only from a boot"),
        "{}",
        select.stderr
    );
    let report = folder()
        .run(&["check", "--format", "json", "--kernel", "vmlinuz"])
        .json();
    let checks = report["checks"].as_array().unwrap();
    let known = |code: &str| checks.iter().any(|check| check["code"] == code);
    assert!(known("KC601") && !known("KC611") && !known("KC901"));
}
