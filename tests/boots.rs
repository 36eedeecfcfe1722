//! Kernels that were read, and converted, are really started.

#![cfg(feature = "cli")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// QEMU without acceleration needs seconds; a loaded machine needs a minute.
const DEADLINE: Duration = Duration::from_secs(120);

const ARM64: [&str; 6] = ["-M", "virt", "-cpu", "cortex-a72", "-m", "512"];
const X86: [&str; 6] = ["-M", "microvm,acpi=off,rtc=on", "-cpu", "max", "-m", "256"];

/// Starts a kernel and gives what it printed until `wanted`, or until it ended.
fn console_until(
    program: &Path,
    machine: &[&str],
    kernel: &Path,
    console: &str,
    wanted: &str,
) -> String {
    let mut child = Command::new(program)
        .args(machine)
        .args([
            "-accel",
            "tcg",
            "-display",
            "none",
            "-no-reboot",
            "-serial",
            "stdio",
            "-kernel",
        ])
        .arg(kernel)
        .args(["-append", &format!("console={console} panic=-1 reboot=t")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in out.split(b'\n').map_while(Result::ok) {
            if send
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                return;
            }
        }
    });
    let started = Instant::now();
    let mut console = String::new();
    while let Ok(line) = receive.recv_timeout(DEADLINE.saturating_sub(started.elapsed())) {
        console.push_str(&line);
        console.push('\n');
        if line.contains(wanted) {
            break;
        }
    }
    child.kill().ok();
    child.wait().unwrap();
    console
}

fn extract(kernel: &Path, form: &str, out: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_kelpie-check"))
        .arg("extract")
        .arg(kernel)
        .args(["--to", form, "-o"])
        .arg(out)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn the_image_out_of_alpines_zboot_starts() {
    let Some(zboot) = support::corpus_file("alpine/aarch64/vmlinuz-virt") else {
        return;
    };
    let Some(qemu) = support::program("qemu-system-aarch64", "qemu") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("Image");
    extract(&zboot, "image", &image);
    let console = console_until(&qemu, &ARM64, &image, "ttyAMA0", "Unable to mount root fs");
    assert!(console.contains("Linux version 6.18"), "{console}");
    assert!(console.contains("Unable to mount root fs"), "{console}");
}

#[test]
fn the_minimal_arm64_kernel_starts_as_it_is_and_converted() {
    let Some(qemu) = support::program("qemu-system-aarch64", "qemu") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("Image");
    let kernel = support::repository("kernel/vmlinuz-aarch64");
    extract(&kernel, "image", &image);
    for kernel in [&kernel, &image] {
        let console = console_until(&qemu, &ARM64, kernel, "ttyAMA0", "Unable to mount root fs");
        assert!(console.contains("Unable to mount root fs"), "{console}");
    }
}

#[test]
fn the_minimal_x86_kernel_starts_as_it_is_and_converted() {
    let Some(qemu) = support::program("qemu-system-x86_64", "qemu") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let vmlinux = folder.path().join("vmlinux");
    let kernel = support::repository("kernel/vmlinuz-x86_64");
    extract(&kernel, "vmlinux", &vmlinux);
    for kernel in [&kernel, &vmlinux] {
        let console = console_until(&qemu, &X86, kernel, "ttyS0", "Unable to mount root fs");
        assert!(console.contains("Unable to mount root fs"), "{console}");
    }
}
