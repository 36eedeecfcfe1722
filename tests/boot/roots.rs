//! Roots that init is started from, and that are as they were afterwards.

use super::runs::{Bench, console, has_qemu, kernel, text};
use super::support::{program, skip};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// A static busybox for an architecture: the system's own, or the one that
/// `KELPIE_CHECK_BUSYBOX_<ARCH>` names.
fn busybox(architecture: &str) -> Option<PathBuf> {
    let variable = format!("KELPIE_CHECK_BUSYBOX_{}", architecture.to_uppercase());
    if let Some(path) = std::env::var_os(&variable) {
        return Some(PathBuf::from(path));
    }
    if architecture == std::env::consts::ARCH {
        return program("busybox", "tools");
    }
    skip("tools", &format!("{variable} names no busybox"));
    None
}

/// A small system in an ext4 image, made by mke2fs; `init` is what its init does.
pub fn root(bench: &Bench, architecture: &str, init: &str) -> Option<PathBuf> {
    let busybox = busybox(architecture)?;
    let mke2fs = program("mke2fs", "tools")
        .or_else(|| Some(PathBuf::from("/sbin/mke2fs")).filter(|path| path.is_file()))?;
    let folder = bench.path("folder");
    for name in ["bin", "sbin", "etc", "dev", "proc", "sys"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    std::fs::copy(&busybox, folder.join("bin/busybox")).unwrap();
    std::os::unix::fs::symlink("busybox", folder.join("bin/sh")).unwrap();
    std::fs::write(folder.join("etc/alpine-release"), "3.22.1\n").unwrap();
    let script = folder.join("sbin/init");
    std::fs::write(&script, format!("#!/bin/sh\n{init}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&script, mode).unwrap();
    let image = bench.path("root.ext4");
    let status = Command::new(mke2fs)
        .args(["-q", "-t", "ext4", "-d"])
        .arg(&folder)
        .arg(&image)
        .arg("32M")
        .status()
        .unwrap();
    assert!(status.success());
    Some(image)
}

/// What a file is, to the byte and to the second in which it was written.
fn state(path: &Path) -> (Vec<u8>, SystemTime) {
    (
        std::fs::read(path).unwrap(),
        std::fs::metadata(path).unwrap().modified().unwrap(),
    )
}

fn boots_a_root(architecture: &str) {
    if !has_qemu(architecture) {
        return;
    }
    let bench = Bench::new();
    let init =
        "echo written > /etc/written; sync; echo the root has spoken; exec /bin/busybox sleep 1000";
    let Some(image) = root(&bench, architecture, init) else {
        return;
    };
    let before = state(&image);
    let (json, status) = bench.json(&[
        &kernel(architecture),
        "--rootfs",
        text(&image),
        "--backend=qemu",
    ]);
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["observed"]["stage"], "userspace", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
    let line = json["cmdline"].as_str().unwrap();
    let named = format!("console={} root=/dev/vda", console(architecture));
    assert!(line.starts_with(&named), "{line}");
    assert!(state(&image) == before, "the image was changed");
    // And it was init's own voice.
    let (json, status) = bench.json(&[
        &kernel(architecture),
        "--rootfs",
        text(&image),
        "--backend=qemu",
        "--expect=the root has spoken",
    ]);
    assert_eq!(status, 0, "{json:#}");
    assert!(state(&image) == before, "the image was changed");
}

#[test]
fn the_minimal_x86_64_kernel_boots_a_root_and_leaves_it_alone() {
    boots_a_root("x86_64");
}

#[test]
fn the_minimal_aarch64_kernel_boots_a_root_and_leaves_it_alone() {
    boots_a_root("aarch64");
}

#[test]
fn a_wrong_root_fails_by_the_cause_that_was_predicted() {
    if !has_qemu("x86_64") {
        return;
    }
    let bench = Bench::new();
    let Some(image) = root(&bench, "x86_64", "true") else {
        return;
    };
    let (json, status) = bench.json(&[
        &kernel("x86_64"),
        "--rootfs",
        text(&image),
        "--backend=qemu",
        "--cmdline=console=ttyS0 root=/dev/vdb rootfstype=ext4",
    ]);
    assert_eq!(status, 1, "{json:#}");
    assert_eq!(json["observed"]["code"], "KC405", "{json:#}");
    assert_eq!(json["observed"]["stage"], "root-device", "{json:#}");
    assert_eq!(json["predicted"]["code"], "KC405", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}
