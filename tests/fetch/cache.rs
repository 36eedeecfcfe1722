//! The cache: private to the user, and never the way to another file.
#![cfg(unix)]

use super::made::apk::sha256;
use super::{Bench, initramfs, x86};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const KERNEL: &str = "/alpine/v3.22/releases/x86_64/netboot/vmlinuz-virt";
const FOLDER: &str = "cache/kelpie-check";
const NETBOOT: [&str; 2] = ["--via", "netboot"];

fn bench() -> Bench {
    let bench = Bench::new();
    bench.lay_netboot("x86_64", &x86(), &initramfs());
    bench
}

fn of_kernel(bench: &Bench, folder: &str) -> PathBuf {
    let url = bench.server.url(KERNEL);
    bench.path(FOLDER).join(folder).join(sha256(url.as_bytes()))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

fn make_folder(path: &Path, mode: u32) {
    std::fs::create_dir_all(path).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs `fetch`, and ends it where it hangs.
fn ends_soon(bench: &Bench, arguments: &[&str]) -> std::process::Output {
    let mirror = bench.server.url("/alpine");
    let first = ["--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror];
    let mut child = bench
        .command(&[&first[..], arguments].concat())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(10) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().unwrap()
}

#[test]
fn the_cache_is_made_for_the_user_only() {
    let bench = bench();
    bench.alpine("x86_64", &NETBOOT).ends(0, "written");
    for folder in ["", "sha256", "urls"] {
        assert_eq!(mode(&bench.path(FOLDER).join(folder)), 0o700, "{folder}");
    }
}

#[test]
fn a_cache_that_others_can_write_to_is_refused() {
    for (others, status) in [(0o777, 3), (0o770, 3), (0o702, 3), (0o755, 0), (0o700, 0)] {
        let bench = bench();
        make_folder(&bench.path(FOLDER), others);
        let run = bench.alpine("x86_64", &NETBOOT);
        assert_eq!(run.status, status, "{others:o}: {}", run.stderr);
        if status == 3 {
            run.ends(3, "chmod go-w");
        }
    }
}

#[test]
fn a_cache_of_another_user_is_refused() {
    let bench = bench();
    make_folder(&bench.path(FOLDER), 0o700);
    if chown(bench.path(FOLDER), Some(12_345), None).is_err() {
        eprintln!("skipped: only root can give a folder to another user");
        return;
    }
    bench.alpine("x86_64", &NETBOOT).ends(3, "another user");
}

#[test]
fn a_cache_that_is_a_symbolic_link_is_refused() {
    for inside in ["", "/sha256", "/partial", "/urls"] {
        let bench = bench();
        make_folder(&bench.path("target"), 0o700);
        let link = format!("{FOLDER}{inside}");
        make_folder(bench.path(&link).parent().unwrap(), 0o700);
        symlink(bench.path("target"), bench.path(&link)).unwrap();
        bench.alpine("x86_64", &NETBOOT).ends(3, "symbolic link");
        let left = std::fs::read_dir(bench.path("target")).unwrap().count();
        assert_eq!(left, 0, "{inside}");
    }
}

#[test]
fn a_link_in_the_cache_is_not_written_through() {
    for ending in ["", ".validator"] {
        let bench = bench();
        let victim = bench.write("victim", "precious");
        let partial = of_kernel(&bench, "partial");
        make_folder(partial.parent().unwrap(), 0o700);
        let link = PathBuf::from(format!("{}{ending}", partial.display()));
        symlink(&victim, link).unwrap();
        bench.alpine("x86_64", &NETBOOT).ends(0, "written");
        assert_eq!(std::fs::read(&victim).unwrap(), b"precious", "{ending}");
    }
}

#[test]
fn a_link_in_the_place_of_a_cached_file_is_not_read() {
    let bench = bench();
    let blob = bench.path(FOLDER).join("sha256").join(sha256(&x86()));
    make_folder(blob.parent().unwrap(), 0o700);
    symlink(bench.write("elsewhere", x86()), &blob).unwrap();
    bench.alpine("x86_64", &NETBOOT).ends(0, "written");
    assert!(!blob.symlink_metadata().unwrap().is_symlink());
}

#[test]
fn a_pipe_in_the_place_of_a_file_does_not_hang() {
    let bench = bench();
    bench.alpine("x86_64", &NETBOOT).ends(0, "written");
    let make_pipe = |place: &Path| {
        std::fs::remove_file(place).unwrap();
        mknodat(CWD, place, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    };
    let blob = bench.path(FOLDER).join("sha256").join(sha256(&x86()));
    for place in [of_kernel(&bench, "urls"), blob] {
        make_pipe(&place);
        let output = ends_soon(&bench, &NETBOOT);
        assert!(output.status.success(), "{}: {output:?}", place.display());
        assert_eq!(bench.written()["vmlinuz-x86_64"], x86());
    }
    make_pipe(&bench.path("kernel/vmlinuz-x86_64"));
    let output = ends_soon(&bench, &NETBOOT);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("not a regular file"), "{stderr}");
}

#[test]
fn runs_at_the_same_time_do_not_disturb_each_other() {
    let bench = bench();
    let runs: Vec<_> = (0..6)
        .map(|number| {
            let mirror = bench.server.url("/alpine");
            let folder = format!("kernel-{number}");
            bench
                .command(&[
                    "--alpine", "3.22", "--arch", "x86_64", "--mirror", &mirror, "--via",
                    "netboot", "-o", &folder,
                ])
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for (number, mut run) in runs.into_iter().enumerate() {
        assert!(run.wait().unwrap().success(), "{number}");
        let kernel = bench.path(&format!("kernel-{number}/vmlinuz-x86_64"));
        assert_eq!(std::fs::read(kernel).unwrap(), x86());
    }
}
