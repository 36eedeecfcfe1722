//! The process of a VMM, as the host sees it while the test kernel runs in it.

use super::DONE;
use super::compile::compile;
use crate::runs::{Bench, has_qemu, text};
use crate::support::libkrun::host;
use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Child;

const SECRET: &str = "KELPIE_REACH_SECRET";

/// A VMM that runs the test kernel, with a disk.
struct Vmm {
    bench: Bench,
    asker: Child,
    folder: PathBuf,
    image: PathBuf,
}

impl Vmm {
    /// Starts it and waits until the guest has tried everything.
    fn start(backend: &str) -> Option<Self> {
        let bench = Bench::new();
        let kernel = compile(&bench, "kernel")?;
        let image = bench.write("image", vec![0; 1024 * 1024]);
        let mut asker = bench
            .boot(&[
                text(&kernel),
                "--backend",
                backend,
                "--ram-mib=128",
                "--rootfs",
                text(&image),
                "--cmdline=console=ttyS0",
                "--console",
                "--expect=what never comes",
                "--timeout=60",
            ])
            .env(SECRET, "of the user")
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(asker.stdout.take().unwrap());
        let mut said = String::new();
        // libkrun's disk may stop the guest at a number that overflows; it runs all the same.
        while !said.contains(DONE) && !said.contains("disk unknown request") {
            assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
        }
        std::thread::spawn(move || io::copy(&mut out, &mut io::sink()));
        let folder = process(asker.id()).expect("no VMM below kelpie-check");
        Some(Self {
            bench,
            asker,
            folder,
            image,
        })
    }

    /// A file of the process below /proc.
    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.join(name)).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A line of /proc/PID/status.
    fn status(&self, name: &str) -> String {
        self.read("status")
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    /// The open descriptors: what they lead to, and whether they can write.
    fn descriptors(&self) -> BTreeMap<PathBuf, (Metadata, bool)> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.folder.join("fd")).unwrap() {
            let name = entry.unwrap().file_name();
            let path = self.folder.join("fd").join(&name);
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            let information = self.read(&format!("fdinfo/{}", name.to_str().unwrap()));
            let flags = information
                .lines()
                .find_map(|line| line.strip_prefix("flags:"))
                .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
                .unwrap();
            let target = fs::read_link(&path).unwrap();
            let label = format!("{} -> {}", path.display(), target.display());
            found.insert(PathBuf::from(label), (metadata, flags & 3 != 0));
        }
        found
    }
}

impl Drop for Vmm {
    fn drop(&mut self) {
        self.asker.kill().ok();
        self.asker.wait().ok();
    }
}

/// The last process of the chain below `parent`, by its folder in /proc.
fn process(parent: u32) -> Option<PathBuf> {
    let folder = PathBuf::from(format!("/proc/{parent}"));
    let mut below = Vec::new();
    for thread in fs::read_dir(folder.join("task")).ok()?.flatten() {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        below.extend(children.split_whitespace().map(str::to_owned));
    }
    match below.first() {
        Some(child) => process(child.parse().ok()?),
        None => Some(folder),
    }
}

fn is_same(left: &Metadata, right: &Metadata) -> bool {
    (left.dev(), left.ino()) == (right.dev(), right.ino())
}

/// It has no variable of the user's.
fn has_no_environment(vmm: &Vmm) {
    let environment = vmm.read("environ");
    for variable in environment.split('\0').filter(|word| !word.is_empty()) {
        let name = variable.split('=').next().unwrap();
        assert!(["LANG", "TMPDIR"].contains(&name), "{variable}");
    }
}

/// It has its console, its scratch files, the hypervisor and the images, which it only reads.
fn has_few_descriptors(vmm: &Vmm) {
    let image = fs::metadata(&vmm.image).unwrap();
    let mut has_pipe = false;
    for (label, (found, writes)) in vmm.descriptors() {
        let label = label.display();
        let kind = found.file_type();
        if kind.is_fifo() {
            has_pipe = true;
        } else if kind.is_char_device() {
            let allowed = ["/dev/kvm", "/dev/null", "/dev/urandom"]
                .iter()
                .filter_map(|device| fs::metadata(device).ok())
                .any(|device| device.rdev() == found.rdev());
            assert!(allowed, "{label}");
        } else if kind.is_file() && is_same(&found, &image) {
            assert!(!writes, "{label} can be written");
        } else if kind.is_file() {
            let is_scratch = found.nlink() == 0 || is_below(&vmm.bench.temporary(), &found);
            assert!(is_scratch || !writes, "{label} can be written");
        } else {
            assert!(!kind.is_socket() && !kind.is_block_device(), "{label}");
            assert!(!kind.is_dir() || !writes, "{label}");
        }
    }
    assert!(has_pipe, "the VMM has no console");
}

/// Returns true if the folder or one below holds this file.
fn is_below(folder: &Path, file: &Metadata) -> bool {
    fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_dir() => is_below(&path, file),
            Ok(metadata) => is_same(&metadata, file),
            Err(_) => false,
        }
    })
}

/// It cannot gain privileges, and a filter checks its system calls.
fn has_no_privileges(vmm: &Vmm) {
    assert_eq!(vmm.status("NoNewPrivs"), "1");
    assert_eq!(vmm.status("Seccomp"), "2");
    // CAP_DAC_OVERRIDE lets root read the user's files.
    const DAC_OVERRIDE: u64 = 1 << 1;
    let effective = u64::from_str_radix(&vmm.status("CapEff"), 16).unwrap();
    assert_eq!(effective & !DAC_OVERRIDE, 0, "{effective:x}");
}

/// It has namespaces and a root directory of its own.
fn has_its_own_root(vmm: &Vmm) {
    for name in ["mnt", "net", "pid", "ipc"] {
        let own = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
        let theirs = fs::read_link(vmm.folder.join("ns").join(name)).unwrap();
        assert_ne!(own, theirs, "the namespace {name} is the host's");
    }
    let root = vmm.folder.join("root");
    let inside = fs::metadata(root.join(".")).unwrap();
    assert!(
        !is_same(&inside, &fs::metadata("/").unwrap()),
        "its root is the host's"
    );
    for name in [
        "etc/passwd",
        "proc/self/environ",
        "sys/class",
        "boot",
        "srv",
    ] {
        assert!(!root.join(name).exists(), "it sees /{name}");
    }
    let interfaces = vmm.read("net/dev");
    let names: Vec<&str> = interfaces
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim())
        .filter(|name| *name != "lo")
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

fn is_confined(vmm: &Vmm) {
    has_no_environment(vmm);
    has_few_descriptors(vmm);
    has_no_privileges(vmm);
    has_its_own_root(vmm);
}

#[test]
fn qemu_holds_its_console_and_scratch_files_and_reads_the_image() {
    if !has_qemu("x86_64") {
        return;
    }
    if let Some(vmm) = Vmm::start("qemu") {
        is_confined(&vmm);
    }
}

#[test]
fn libkrun_holds_its_console_and_scratch_files_and_reads_the_image() {
    if host().is_none() {
        return;
    }
    if let Some(vmm) = Vmm::start("libkrun") {
        is_confined(&vmm);
    }
}
