//! Real Alpine, both architectures, in QEMU: with its own kernel, and with that of Debian's libkrunfw.

use super::runs::{Bench, has_qemu, text};
use super::support::{corpus_file, libkrunfw, mmio_target};

fn alpine(architecture: &str) {
    if !has_qemu(architecture) {
        return;
    }
    let file = |name: &str| corpus_file(&format!("alpine/{architecture}/{name}"));
    let (Some(kernel), Some(initramfs), Some(root)) = (
        file("vmlinuz-virt"),
        file("initramfs-virt"),
        file("rootfs.ext4"),
    ) else {
        return;
    };
    let bench = Bench::new();
    let (json, status) = bench.json(&[
        text(&kernel),
        "--initramfs",
        text(&initramfs),
        "--rootfs",
        text(&root),
        "--backend=qemu",
        "--timeout=300",
    ]);
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["observed"]["stage"], "userspace", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
    let (json, status) = bench.json(&[
        text(&kernel),
        "--rootfs",
        text(&root),
        "--backend=qemu",
        "--timeout=300",
    ]);
    assert_eq!(status, 1, "{json:#}");
    // The kernel for aarch64 has the driver of virtio-mmio as a module, too.
    let driver = match architecture {
        "aarch64" => "KC402",
        _ => "KC401",
    };
    assert_eq!(json["observed"]["code"], driver, "{json:#}");
    assert_eq!(json["observed"]["stage"], "root-device", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}

#[test]
fn alpine_x86_64_boots_with_its_initramfs_and_panics_without() {
    alpine("x86_64");
}

#[test]
fn alpine_aarch64_boots_with_its_initramfs_and_panics_without() {
    alpine("aarch64");
}

/// The kernel of a libkrunfw, which `boot` converts, with Alpine's root.
fn alpine_by_libkrunfw(debian: &str, architecture: &str) {
    if !has_qemu(architecture) {
        return;
    }
    let root = corpus_file(&format!("alpine/{architecture}/rootfs.ext4"));
    let (Some(library), Some(root)) = (libkrunfw(debian), root) else {
        return;
    };
    let bench = Bench::new();
    let target = format!("--target={}", mmio_target(architecture));
    let (json, status) = bench.json(&[
        text(&library),
        "--rootfs",
        text(&root),
        "--backend=qemu",
        &target,
        "--timeout=300",
    ]);
    assert_eq!(status, 0, "{json:#}");
    assert_eq!(json["observed"]["stage"], "userspace", "{json:#}");
    assert_eq!(json["agrees"], true, "{json:#}");
}

#[test]
fn the_kernel_of_libkrunfw_for_x86_64_boots() {
    alpine_by_libkrunfw("amd64", "x86_64");
}

#[test]
fn the_kernel_of_libkrunfw_for_aarch64_boots() {
    alpine_by_libkrunfw("arm64", "aarch64");
}
