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
pub const LONGEST_SECONDS: u32 = 60;

pub fn space() -> Option<Space> {
    let is_there = Command::new("dracut").arg("--version").output().is_ok();
    if !is_there || !cfg!(target_arch = "x86_64") {
        return None;
    }
    Some(Space {
        name: "dracut x86_64".to_owned(),
        architecture: X86_64,
        target: support::mmio_target(X86_64.name()),
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
            ("root", roots()),
            (
                "mount",
                vec![Value::words("rw"), Value::words("ro rootfstype=ext4")],
            ),
            (
                "init",
                vec![
                    Value::words("init=/sbin/init"),
                    Value::words(""),
                    Value::words("init=/sbin/nothing"),
                    Value::words("init=/sbin/init rd.break=pre-mount").waits(LONGEST_SECONDS),
                    Value::words("init=/sbin/init rd.break=nothing"),
                ],
            ),
            (
                "machine",
                vec![Value::new("512 MiB", What::Options(&["--ram-mib", "512"]))],
            ),
        ],
        besides: Vec::new(),
    })
}

/// Names of the root, those that are not there with a short wait.
pub fn roots() -> Vec<Value> {
    const UUID: &str = "666f7267-6564-2d72-6f6f-742d75756964";
    let capitals = UUID.to_uppercase();
    let there = [
        "root=/dev/vda".to_owned(),
        format!("root=UUID={UUID}"),
        format!("root=/dev/disk/by-uuid/{UUID}"),
        "root=/dev/disk/by-label/forged".to_owned(),
        "root=LABEL=forged".to_owned(),
    ];
    let absent = [
        format!("root=UUID={capitals}"),
        format!("root=/dev/disk/by-uuid/{capitals}"),
        "root=/dev/mapper/vg-root".to_owned(),
        "root=/dev/vdb".to_owned(),
    ];
    let absent = absent.map(|root| Value::words(format!("{root} rd.retry=5")));
    let there = there.map(Value::words);
    let waiting = absent.map(|value| value.waits(LONGEST_SECONDS));
    there.into_iter().chain(waiting).collect()
}

/// An init beside these folders.
pub fn tree(name: &str, folders: &'static [&'static str]) -> Value {
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
    let mut dracut = Command::new("dracut");
    dracut.args(["--force", "--no-kernel", "--gzip", "--kver", &release()]);
    dracut.args(["--omit", omitted]);
    archives::written_by(dracut)
}

/// The release of the kernel of this repository.
pub fn release() -> String {
    let metadata = fs::read(support::repository("kernel/kernel-metadata.json")).unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    let kernels = metadata["kernels"].as_array().unwrap();
    let mut own = kernels.iter();
    let own = own.find(|kernel| kernel["architecture"] == "x86_64");
    own.unwrap()["kernel_version"].as_str().unwrap().to_owned()
}
