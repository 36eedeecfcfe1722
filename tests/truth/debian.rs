//! Debian's cloud kernels, where there is a corpus that has them with their modules: drivers of disks
//! are modules, ext4 is built in, and an initramfs has to load the former, which
//! `kelpie-check initramfs build` makes.
//!
//! Those for x86_64 read no MP table, and ACPI, which they do read, is off where QEMU translates a
//! microvm: no interrupt of a virtio device arrives there, whatever they are given. On q35 they boot.

use super::forge::{gzip, samples};
use super::programs::{Aarch64, X86_64};
use super::space::{Part, Space, Value, What, basics, named};
use super::{archives, disks, support, trees, words};
use kelpie_check::architecture::Architecture;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Roots that differ in what these kernels make of them.
const TREES: [&str; 10] = [
    "a living init",
    "without an init",
    "/bin/sh alone",
    "/etc/init alone",
    "without /dev",
    "init without an execute bit",
    "init of another architecture",
    "init dynamic, no loader",
    "init a script",
    "init a script with CRLF",
];
const DISKS: [&str; 11] = [
    "ext4",
    "ext4 with a journal",
    "ext2",
    "ext4 in a GPT",
    "none",
    "squashfs, its magic alone",
    "zeros",
    "ext4 without its last 32 KiB",
    "ext4, its checksum is another",
    "ext4, an unknown feature",
    "ext4, casefold",
];

/// A kernel that was unpacked from its package.
struct Cloud {
    kernel: PathBuf,
    architecture: Architecture,
    release: String,
    /// The folder of its modules, where the corpus has kept some.
    modules: PathBuf,
}

pub fn spaces() -> Vec<Space> {
    let clouds: Vec<Cloud> =
        support::corpus_files(|name| name.starts_with("vmlinuz-6.") && name.contains("cloud"))
            .into_iter()
            .filter_map(cloud)
            .collect();
    clouds
        .iter()
        .flat_map(|cloud| {
            let other = clouds.iter().find(|other| {
                other.architecture == cloud.architecture && other.release != cloud.release
            });
            let targets = words::targets(cloud.architecture);
            targets.map(|target| space(cloud, other, target))
        })
        .collect()
}

fn cloud(kernel: PathBuf) -> Option<Cloud> {
    let release = kernel
        .file_name()?
        .to_str()?
        .strip_prefix("vmlinuz-")?
        .to_owned();
    let architecture = if release.ends_with("arm64") {
        Aarch64
    } else {
        X86_64
    };
    let package = kernel.parent()?.parent()?;
    let folders = ["lib", "usr/lib"].map(|lib| package.join(lib).join("modules").join(&release));
    let modules = folders
        .into_iter()
        .find(|folder| folder.join("kernel").is_dir())?;
    Some(Cloud {
        kernel,
        architecture,
        release,
        modules,
    })
}

fn space(cloud: &Cloud, other: Option<&Cloud>, target: &'static str) -> Space {
    let machine = cloud.architecture;
    let kernel = cloud.kernel.clone();
    // One that never comes to its root says nothing of what else is otherwise.
    let few = |mut values: Vec<Value>| {
        if target == "qemu-microvm" {
            values.truncate(2);
        }
        values
    };
    Space {
        name: words::on(&format!("Debian {}", cloud.release), machine, target),
        architecture: machine,
        target,
        is_minimal: false,
        speaks: true,
        basics: basics(machine),
        dimensions: vec![
            (
                "kernel",
                vec![Value::new(
                    "cloud",
                    What::Kernel(Arc::new(move || Part::File(kernel.clone()))),
                )],
            ),
            ("initramfs", few(archives(cloud, other, target))),
            ("disk", few(named(disks::values(), &DISKS))),
            ("tree", few(named(trees::values(machine), &TREES))),
            (
                "console",
                words::consoles(machine).into_iter().take(2).collect(),
            ),
            (
                "root",
                few(listed(&[
                    "root=/dev/vda",
                    "root=/dev/vdb",
                    "root=/dev/vda1",
                    "root=UUID=666f7267-6564-2d72-6f6f-742d75756964",
                    "root=UUID=00000000-0000-4000-8000-000000000000",
                    "root=LABEL=forged",
                    "",
                ])),
            ),
            (
                "mount",
                few(listed(&[
                    "rw rootfstype=ext4",
                    "ro rootfstype=ext4",
                    "rw",
                    "rw rootfstype=xfs",
                    "rw rootfstype=squashfs",
                    "rw rootfstype=ext4 rootflags=nosuchoption",
                ])),
            ),
            (
                "init",
                few(listed(&[
                    "init=/sbin/init",
                    "",
                    "init=/sbin/nothing",
                    "rdinit=/nothing init=/sbin/init",
                ])),
            ),
            (
                "machine",
                vec![
                    Value::new("384 MiB", What::Options(&["--ram-mib", "384"])),
                    Value::new("256 MiB", What::Options(&["--ram-mib", "256"])),
                ],
            ),
            ("bus", words::buses(machine, target)),
        ],
        besides: Vec::new(),
    }
}

fn listed(words: &[&str]) -> Vec<Value> {
    words.iter().map(|words| Value::words(*words)).collect()
}

fn archives(cloud: &Cloud, other: Option<&Cloud>, target: &'static str) -> Vec<Value> {
    let value = |name: &str, make: Box<dyn Fn() -> Option<Part> + Send + Sync>| {
        Value::new(name, What::Archive(Arc::from(make)))
    };
    let ours = built(cloud, target);
    let made = |name: &str, make: fn(&[u8]) -> Vec<u8>| {
        let ours = Arc::clone(&ours);
        value(name, Box::new(move || Some(Part::Made(make(ours.get())))))
    };
    let mut values = vec![
        made("built by kelpie-check", <[u8]>::to_vec),
        value("none", Box::new(|| None)),
        made("ours, cut in half", |whole| {
            whole[..whole.len() / 2].to_vec()
        }),
        made("ours in gzip twice", gzip),
        made("ours, and junk behind it", |whole| {
            [whole, &[0x5a; 512]].concat()
        }),
    ];
    for (number, (codec, _)) in samples::compressed(b"").into_iter().enumerate().skip(1) {
        let ours = Arc::clone(&ours);
        values.push(value(
            &format!("ours in {codec}"),
            Box::new(move || {
                let mut plain = Vec::new();
                flate2::read::MultiGzDecoder::new(ours.get())
                    .read_to_end(&mut plain)
                    .unwrap();
                let all = samples::compressed(&plain);
                Some(Part::Made(all.into_iter().nth(number).unwrap().1))
            }),
        ));
    }
    if let Some(other) = other {
        let theirs = built(other, target);
        values.push(value(
            "ours, made for another kernel",
            Box::new(move || Some(Part::Made(theirs.get().to_vec()))),
        ));
    }
    values
}

/// An archive that is built where it is first wanted.
struct Built {
    kernel: PathBuf,
    modules: PathBuf,
    release: String,
    target: &'static str,
    bytes: OnceLock<Vec<u8>>,
}

fn built(cloud: &Cloud, target: &'static str) -> Arc<Built> {
    Arc::new(Built {
        kernel: cloud.kernel.clone(),
        modules: cloud.modules.clone(),
        release: cloud.release.clone(),
        target,
        bytes: OnceLock::new(),
    })
}

impl Built {
    fn get(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.build())
    }

    fn build(&self) -> Vec<u8> {
        let work = tempfile::tempdir().unwrap();
        // Where an installed system has its modules.
        let place = work.path().join("lib/modules").join(&self.release);
        copy(&self.modules, &place);
        archives::built(self.target, &self.kernel, work.path())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}
