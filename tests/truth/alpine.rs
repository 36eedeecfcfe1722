//! Alpine's linux-virt with its initramfs and an installed root, where there is a corpus that has
//! them.

use super::forge::gzip;
use super::programs::BOTH;
use super::space::{Part, Space, Value, What, basics};
use super::{support, words};
use kelpie_check::architecture::Architecture;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

pub fn spaces() -> Vec<Space> {
    let Some(corpus) = support::corpus() else {
        return Vec::new();
    };
    let folder = |machine: Architecture| corpus.join("alpine").join(machine.name());
    BOTH.into_iter()
        .filter(|machine| folder(*machine).is_dir())
        .map(|machine| space(machine, &folder(machine)))
        .collect()
}

fn space(machine: Architecture, folder: &Path) -> Space {
    let root = folder.join("rootfs.ext4");
    let root = move |_| Some(Part::File(root.clone()));
    Space {
        name: format!("Alpine {machine}"),
        architecture: machine,
        is_minimal: false,
        speaks: false,
        basics: basics(machine),
        dimensions: vec![
            ("kernel", kernels(folder)),
            ("initramfs", archives(folder)),
            (
                "disk",
                vec![
                    Value::new("ext4", What::Disk(Arc::new(root))),
                    Value::new("none", What::Disk(Arc::new(|_| None))),
                ],
            ),
            (
                "console",
                words::consoles(machine).into_iter().take(2).collect(),
            ),
            (
                "root",
                listed(&[
                    "root=/dev/vda",
                    "root=/dev/vdb",
                    "root=/dev/vda1",
                    "root=UUID=00000000-0000-4000-8000-000000000000",
                    "",
                ]),
            ),
            (
                "mount",
                listed(&[
                    "rw rootfstype=ext4 modules=ext4",
                    "ro rootfstype=ext4 modules=ext4",
                    "rw",
                    "rw rootfstype=xfs",
                    "rw rootfstype=ext4 rootflags=nosuchoption",
                ]),
            ),
            (
                "init",
                listed(&[
                    "init=/sbin/init",
                    "",
                    "init=/bin/sh",
                    "init=/sbin/nothing",
                    "rdinit=/nothing",
                ]),
            ),
            (
                "machine",
                vec![
                    Value::new("512 MiB", What::Options(&["--ram-mib", "512"])),
                    Value::new("256 MiB", What::Options(&["--ram-mib", "256"])),
                ],
            ),
        ],
        besides: Vec::new(),
    }
}

fn listed(words: &[&str]) -> Vec<Value> {
    words.iter().map(|words| Value::words(*words)).collect()
}

fn kernels(folder: &Path) -> Vec<Value> {
    let path = folder.join("vmlinuz-virt");
    vec![Value::new(
        "linux-virt",
        What::Kernel(Arc::new(move || Part::File(path.clone()))),
    )]
}

fn archives(folder: &Path) -> Vec<Value> {
    let path = folder.join("initramfs-virt");
    let bytes = {
        let path = path.clone();
        move || std::fs::read(&path).unwrap()
    };
    let value = |name: &str, part: Arc<dyn Fn() -> Option<Part> + Send + Sync>| {
        Value::new(name, What::Archive(part))
    };
    let made = |name: &str, make: Box<dyn Fn() -> Vec<u8> + Send + Sync>| {
        value(name, Arc::new(move || Some(Part::Made(make()))))
    };
    let (cut, double) = (bytes.clone(), bytes);
    let folder = folder.to_owned();
    vec![
        value("its own", Arc::new(move || Some(Part::File(path.clone())))),
        value("none", Arc::new(|| None)),
        made("built by kelpie-check", Box::new(move || built(&folder))),
        made(
            "its own, cut in half",
            Box::new(move || {
                let whole = cut();
                whole[..whole.len() / 2].to_vec()
            }),
        ),
        made("its own in gzip twice", Box::new(move || gzip(&double()))),
    ]
}

/// What `kelpie-check initramfs build` makes for this kernel, of the modules in Alpine's initramfs.
fn built(folder: &Path) -> Vec<u8> {
    let work = tempfile::tempdir().unwrap();
    let output: PathBuf = work.path().join("initramfs");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
    command.args(["initramfs", "build", "--target", "qemu", "--root", "ext4"]);
    command.arg("--kernel").arg(folder.join("vmlinuz-virt"));
    command.arg("--modules").arg(folder.join("initramfs-virt"));
    command.arg("--output").arg(&output);
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::read(output).unwrap()
}
