//! However a run ends, nothing of it is left: no process, no file.

use super::inits::{HELLO, Then, archive};
use super::runs::{Bench, has_qemu, kernel, stderr, text};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// A machine of which nobody sees an end.
fn endless(bench: &Bench) -> Vec<String> {
    let archive = bench.write("initramfs", archive("x86_64", Then::Sleeps));
    [
        &kernel("x86_64"),
        "--initramfs",
        text(&archive),
        "--backend=qemu",
        "--console",
        "--expect=what never comes",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Waits until init speaks.
fn await_init(child: &mut Child) {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while out.read_line(&mut said).unwrap() > 0 {
        if said.contains(HELLO) {
            // The rest is read away, so that nobody waits to write it.
            std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
            return;
        }
    }
    panic!("init never spoke: {said}");
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn soon_empty(bench: &Bench) {
    let asked = Instant::now();
    let is_left = || {
        !bench.processes().is_empty()
            || std::fs::read_dir(bench.temporary())
                .unwrap()
                .next()
                .is_some()
    };
    while is_left() && asked.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    bench.is_empty();
}

#[test]
fn a_kill_of_who_asked_ends_the_machine() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let mut child = bench.start(&words(&endless(&bench)));
    await_init(&mut child);
    assert!(bench.processes().len() >= 3, "{:?}", bench.processes());
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    soon_empty(&bench);
}

#[test]
fn an_interrupt_ends_it_and_says_so() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    for interrupt in [Signal::INT, Signal::TERM] {
        let mut child = bench
            .boot(&words(&endless(&bench)))
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(HELLO) {
            assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
        }
        signal(&child, interrupt);
        out.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{said}");
        assert!(said.contains("verdict: interrupted"), "{said}");
        bench.is_empty();
    }
}

#[test]
fn a_second_interrupt_ends_a_run_that_cannot_print() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.write("initramfs", archive("x86_64", Then::Floods));
    for interrupt in [Signal::INT, Signal::TERM] {
        let mut child = bench
            .boot(&[
                &kernel("x86_64"),
                "--initramfs",
                text(&archive),
                "--backend=qemu",
                "--console",
                "--expect=what never comes",
            ])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains(HELLO) {
            assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
        }
        // From now on the output is not read: the run waits to print.
        std::thread::sleep(Duration::from_secs(1));
        signal(&child, interrupt);
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, interrupt);
        let asked = Instant::now();
        let mut status = child.try_wait().unwrap();
        while status.is_none() && asked.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
            status = child.try_wait().unwrap();
        }
        child.kill().ok();
        child.wait().unwrap();
        assert_eq!(status.and_then(|status| status.code()), Some(130));
        soon_empty(&bench);
    }
}

#[test]
fn a_kill_of_the_guard_ends_the_machine_and_is_told() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let mut child = bench.start(&words(&endless(&bench)));
    await_init(&mut child);
    let guard =
        std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap();
    let guard: i32 = guard.split_whitespace().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(guard).unwrap(), Signal::KILL).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(3));
    soon_empty(&bench);
}

#[test]
fn a_guest_that_floods_its_console_is_held_up_and_not_kept() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.write("initramfs", archive("x86_64", Then::Floods));
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--initramfs",
        text(&archive),
        "--backend=qemu",
        "--expect=what never comes",
        "--timeout=8",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert!(json["observed"]["console_bytes"].as_u64().unwrap() > 10_000);
}

#[test]
fn a_guest_that_never_prints_ends_at_its_deadline() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--backend=qemu",
        "--cmdline=console=ttyS1",
        "--timeout=3",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["observed"]["outcome"], "failed", "{json:#}");
    assert_eq!(json["observed"]["stage"], "console", "{json:#}");
    assert_eq!(json["observed"]["console_bytes"], 0, "{json:#}");
    // The files tell why.
    assert_eq!(json["observed"]["code"], "KC201", "{json:#}");
    let elapsed = json["observed"]["elapsed_ms"].as_u64().unwrap();
    assert!((3000..6000).contains(&elapsed), "{elapsed}");
}

#[test]
fn a_guest_that_panics_and_restarts_is_not_started_again() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let archive = bench.write("initramfs", archive("x86_64", Then::Exits));
    let line = "console=ttyS0 panic=-1 reboot=t";
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--initramfs",
        text(&archive),
        "--backend=qemu",
        "--cmdline",
        line,
        "--expect=what never comes",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["observed"]["code"], "KC611", "{json:#}");
}

#[test]
fn twenty_boots_at_once_all_come_to_their_end() {
    if !has_qemu("aarch64") {
        return;
    }
    let benches: Vec<Bench> = (0..20).map(|_| Bench::new()).collect();
    let kernel = kernel("aarch64");
    let children: Vec<Child> = benches
        .iter()
        .map(|bench| bench.start(&[&kernel, "--backend=qemu", "--timeout=240"]))
        .collect();
    for (child, bench) in children.into_iter().zip(&benches) {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{said}{}", stderr(&output));
        bench.is_empty();
    }
}

/// A folder on a file system of its own that holds so much; `None` where nobody may make one.
struct Small(PathBuf);

impl Small {
    fn make(path: &Path, size: &str) -> Option<Self> {
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(path)
            .output()
            .is_ok_and(|output| output.status.success());
        if !made {
            super::support::skip("mount", "a small file system can't be mounted here");
        }
        made.then(|| Self(path.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_for_temporary_files_is_the_hosts_trouble() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(_small) = Small::make(&bench.temporary(), "4k") else {
        return;
    };
    let filler = bench.temporary().join("filler");
    std::fs::write(&filler, [0; 4096]).unwrap();
    let output: Output = bench
        .boot(&[&kernel("x86_64"), "--backend=qemu"])
        .output()
        .unwrap();
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("No space left on device"), "{said}");
    std::fs::remove_file(filler).unwrap();
    bench.is_empty();
}
