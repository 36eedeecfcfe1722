//! The kernel of this repository with the initramfs that dracut makes on this host, with its own init and
//! with systemd, where dracut is here. The host's programs are in it, so that the guest has to be of its
//! architecture.

use super::forge::ext4::Ext4;
use super::programs::{X86_64, living};
use super::space::{Part, Space, Value, What, basics, named};
use super::{archives, disks, kernels, support, words};
use std::fs;
use std::process::Command;
use std::sync::{Arc, OnceLock};

const DISKS: [&str; 2] = ["ext4", "ext4 with a journal"];

/// How long the slowest takes where nothing else runs: each program of the host's is translated.
const LONGEST_SECONDS: u32 = 60;

pub fn space() -> Option<Space> {
    let is_there = Command::new("dracut").arg("--version").output().is_ok();
    if !is_there || !cfg!(target_arch = "x86_64") {
        return None;
    }
    Some(Space {
        name: "dracut x86_64".to_owned(),
        architecture: X86_64,
        is_minimal: false,
        speaks: true,
        basics: basics(X86_64),
        dimensions: vec![
            (
                "kernel",
                kernels::values(X86_64).into_iter().take(1).collect(),
            ),
            (
                "initramfs",
                vec![
                    archive("with its own init", "systemd systemd-initrd dracut-systemd"),
                    archive("with systemd", ""),
                ],
            ),
            ("disk", named(disks::values(), &DISKS)),
            (
                "tree",
                vec![
                    tree("a living init", &["/dev", "/proc", "/sys"]),
                    tree("without /proc", &["/dev", "/sys"]),
                ],
            ),
            (
                "console",
                words::consoles(X86_64).into_iter().take(1).collect(),
            ),
            ("root", vec![Value::words("root=/dev/vda")]),
            (
                "mount",
                vec![Value::words("rw"), Value::words("ro rootfstype=ext4")],
            ),
            (
                "init",
                vec![Value::words("init=/sbin/init"), Value::words("")],
            ),
            (
                "machine",
                vec![Value::new("512 MiB", What::Options(&["--ram-mib", "512"]))],
            ),
        ],
        besides: Vec::new(),
    })
}

/// An init beside these folders.
fn tree(name: &str, folders: &'static [&'static str]) -> Value {
    let make = move |root: Ext4| {
        let folders = folders.iter();
        folders
            .fold(root, |root, folder| root.directory(folder, 0o755))
            .file("/sbin/init", 0o755, living(X86_64))
    };
    Value::new(name, What::Tree(Arc::new(make)))
}

/// One without these of dracut's modules, made where it is first wanted.
fn archive(name: &str, omitted: &'static str) -> Value {
    let made = OnceLock::new();
    let part = move || Some(Part::Made(made.get_or_init(|| make(omitted)).clone()));
    Value::new(name, What::Archive(Arc::new(part))).waits(LONGEST_SECONDS)
}

fn make(omitted: &str) -> Vec<u8> {
    let metadata = fs::read(support::repository("kernel/kernel-metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    let kernels = metadata["kernels"].as_array().unwrap();
    let own = kernels
        .iter()
        .find(|kernel| kernel["architecture"] == "x86_64");
    let release = own.unwrap()["kernel_version"].as_str().unwrap();
    let mut dracut = Command::new("dracut");
    dracut.args(["--force", "--no-kernel", "--gzip", "--kver", release]);
    dracut.args(["--omit", omitted]);
    archives::written_by(dracut)
}
