//! Limits end a run honestly: never *fails*, always *unknown*, exit status 3, KC005 and the file.

use super::forge::cpio::{self, Entry};
use super::forge::ext4::Ext4;
use super::forge::{good, gzip, program};
use super::{Folder, Run};
use std::io::Write as _;
use std::time::{Duration, Instant};

fn archive() -> Vec<u8> {
    gzip(&cpio::archive(&[Entry::file(
        "init",
        &program::Program::default().build(),
    )]))
}

fn root() -> Vec<u8> {
    let init = program::Program::default().build();
    Ext4::new()
        .file("/sbin/init", 0o755, init)
        .directory("/dev", 0o755)
        .directory("/proc", 0o755)
        .build()
}

fn folder() -> Folder {
    Folder::new()
        .with("kernel", gzip(&super::good()))
        .with("initramfs", archive())
        .with("root", root())
}

/// The run did not read all of `file`, and says so.
fn assert_cut_short(run: &Run, file: &str, limit: &str) {
    let shown = format!("{} {}", run.stdout, run.stderr);
    assert_eq!(run.status, 3, "{limit}: {shown}");
    let json = run.json();
    assert_eq!(json["verdict"]["outcome"], "unknown", "{shown}");
    let findings = json["findings"].as_array().unwrap();
    let told: Vec<_> = findings
        .iter()
        .filter(|finding| finding["code"] == "KC005")
        .collect();
    assert_eq!(told.len(), 1, "{shown}");
    let message = told[0]["message"].as_str().unwrap();
    let limit = limit.split('=').next().unwrap();
    assert!(message.contains(&format!("limit {limit}")), "{message}");
    let number = usize::try_from(told[0]["artifact"].as_u64().unwrap()).unwrap();
    assert_eq!(json["artifacts"][number]["path"], file, "{shown}");
}

const LIMITS: [(&str, &str, &str); 7] = [
    ("kernel", "kernel", "decoded_bytes=100"),
    ("kernel", "kernel", "work_bytes=100"),
    ("initramfs", "initramfs", "archive_bytes=100"),
    ("initramfs", "initramfs", "work_bytes=100"),
    ("rootfs", "root", "reads=2"),
    ("rootfs", "root", "read_bytes=2000"),
    ("rootfs", "root", "work_bytes=2000"),
];

#[test]
fn a_limit_leaves_every_verdict_unknown() {
    let folder = folder();
    for (command, file, limit) in LIMITS {
        let run = folder.run(&[command, file, "--format", "json", "--limit", limit]);
        assert_cut_short(&run, file, limit);
    }
}

#[test]
fn a_limit_is_never_an_error_of_whoever_fails_on_warnings() {
    let folder = folder();
    let arguments = ["initramfs", "initramfs", "--format", "json"];
    let limit = ["--limit", "archive_bytes=100", "--fail-on", "warn"];
    let run = folder.run(&[&arguments[..], &limit].concat());
    assert_cut_short(&run, "initramfs", "archive_bytes=100");
}

#[test]
fn a_limit_leaves_a_whole_boot_unknown() {
    let folder = folder();
    let judge = ["--target", "qemu", "--format", "json", "--limit"];
    let kernel = ["check", "--kernel", "kernel"];
    for (part, limit) in [
        (["--initramfs", "initramfs"], "archive_bytes=100"),
        (["--rootfs", "root"], "reads=2"),
    ] {
        let run = folder.run(&[&kernel[..], &part, &judge, &[limit]].concat());
        assert_cut_short(&run, part[1], limit);
    }
}

#[test]
fn a_project_that_calls_a_limit_fatal_gets_no_other_verdict() {
    let project = "[[image]]\nkernel = \"kernel\"\n\n[severity]\nKC005 = \"fatal\"\n\n\
        [limits]\ndecoded_bytes = 100\n";
    let folder = folder().with("kelpie-check.toml", project);
    let run = folder.run(&["check", ".", "--format", "json"]);
    let shown = format!("{} {}", run.stdout, run.stderr);
    assert_eq!(run.status, 3, "{shown}");
    assert_eq!(run.json()["verdict"]["outcome"], "unknown", "{shown}");
}

#[test]
fn a_fatal_finding_of_another_file_outranks_a_limit() {
    let folder = folder().with("cut", super::cut());
    let run = folder.run(&[
        "kernel",
        "cut",
        "kernel",
        "--format",
        "json",
        "--limit",
        "decoded_bytes=100",
    ]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert_eq!(run.json()["verdict"]["outcome"], "fails");
}

/// An archive of bzip2 whose decoding takes many seconds, and whose making does not: the same
/// stream again and again. Noise in every 64th byte makes it four times as slow to decode.
fn slow_archive() -> Vec<u8> {
    let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
    let mut content: Vec<u8> = (0..251).cycle().take(8 << 20).collect();
    for byte in content.iter_mut().step_by(64) {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        *byte = noise.to_le_bytes()[0];
    }
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    let archive = cpio::archive(&[Entry::file("init", &content)]);
    encoder.write_all(&archive).unwrap();
    encoder.finish().unwrap().repeat(60)
}

#[cfg(unix)]
#[test]
fn processor_time_is_bounded() {
    let folder = folder().with("slow", slow_archive());
    let start = Instant::now();
    let run = folder.run(&[
        "initramfs",
        "slow",
        "--format",
        "json",
        "--limit",
        "seconds=1",
    ]);
    assert_cut_short(&run, "slow", "seconds");
    // Far less than the whole archive takes, on a busy machine too.
    assert!(start.elapsed() < Duration::from_secs(60));
    // Without a report, the message names the file and the limit.
    let run = folder.run(&["initramfs", "slow", "ls", "/", "--limit", "seconds=1"]);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(run.stderr.contains("slow: "), "{}", run.stderr);
    assert!(run.stderr.contains("limit seconds"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn each_file_has_processor_time_of_its_own() {
    // Two files share two seconds: the fast one is read whole, the slow one is not.
    let folder = folder().with("slow", slow_archive());
    let run = folder.run(&[
        "initramfs",
        "initramfs",
        "slow",
        "--format",
        "json",
        "--limit",
        "seconds=1",
    ]);
    assert_cut_short(&run, "slow", "seconds");
}

#[cfg(unix)]
#[test]
fn a_run_that_does_not_obey_the_order_to_stop_is_ended() {
    let folder = folder();
    let started = Instant::now();
    let run = Run::of(
        &super::command()
            .current_dir(folder.path(""))
            .args(["kernel", "kernel", "--format=json", "--limit=seconds=1"])
            .env("KELPIE_CHECK_SIMULATE", "no-end")
            .output()
            .unwrap(),
    );
    assert_cut_short(&run, "kernel", "seconds");
    assert!(started.elapsed() >= Duration::from_secs(3));
}

#[test]
fn a_usual_file_needs_no_more_time_than_the_bound() {
    let folder = folder().with("Image", good::arm64(&[]));
    let bounded = folder.run(&["kernel", "Image", "--limit", "seconds=20"]);
    let unbounded = folder.run(&["kernel", "Image", "--limit", "seconds=0"]);
    assert_eq!(bounded.stdout, unbounded.stdout);
    assert_eq!(bounded.status, unbounded.status);
}
