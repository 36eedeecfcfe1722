//! Getting kernels, as a user meets it: the real binary against a real server on loopback, and against
//! packages, archives and images that the tests build themselves.

mod alpine;
mod cache;
#[path = "../forge/mod.rs"]
mod forge;
mod hostile;
#[allow(dead_code)]
#[path = "../forge/kallsyms.rs"]
mod kallsyms;
mod local;
mod locked;
mod made;
mod redirects;
mod rollback;
mod server;
mod servers;
#[path = "../support/mod.rs"]
mod support;
mod verification;

use made::apk::{self, Apk};
use made::tar;
use server::{Page, Server};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one run said, and how it ended.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }

    /// Asserts that the run ended so, and said this.
    #[track_caller]
    fn ends(&self, status: i32, says: &str) {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.status, status, "{all}");
        assert!(all.contains(says), "no {says:?} in:\n{all}");
    }
}

/// A server, a cache and a folder to write to, gone at the end of the test.
struct Bench {
    folder: tempfile::TempDir,
    server: Server,
}

impl Bench {
    /// A mirror by https, as users have one.
    fn new() -> Self {
        Self::with(Server::start_tls())
    }

    /// A mirror by plain http, which authenticates nothing.
    fn plain() -> Self {
        Self::with(Server::start())
    }

    fn with(server: Server) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            server,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kelpie-check"));
        for name in [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "SOURCE_DATE_EPOCH",
            "COLUMNS",
        ] {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HOME", self.folder.path())
            .env("SSL_CERT_FILE", server::AUTHORITY)
            .arg("fetch")
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments))
    }

    /// Runs `fetch --alpine 3.22` on this server's mirror.
    fn alpine(&self, arch: &str, arguments: &[&str]) -> Run {
        let mirror = self.server.url("/alpine");
        let first = ["--alpine", "3.22", "--arch", arch, "--mirror", &mirror];
        self.run(&[&first[..], arguments].concat())
    }

    /// Lays out a netboot folder as Alpine does, with a digest beside each file.
    fn lay_netboot(&self, arch: &str, kernel: &[u8], initramfs: &[u8]) {
        for (name, bytes) in [("vmlinuz-virt", kernel), ("initramfs-virt", initramfs)] {
            let path = format!("/alpine/v3.22/releases/{arch}/netboot/{name}");
            let sum = format!("{}  {name}\n", apk::sha256(bytes));
            self.server.put(&format!("{path}.sha256"), Page::new(sum));
            self.server.put(&path, Page::new(bytes));
        }
    }

    /// Lays out the release tarball with the list that names it.
    fn lay_release(&self, arch: &str, version: &str, files: &[tar::Entry]) {
        let tarball = forge::gzip(&tar::archive(files));
        let file = format!("alpine-netboot-{version}-{arch}.tar.gz");
        let folder = format!("/alpine/v3.22/releases/{arch}");
        let yaml = format!(
            "---\n-\n  title: \"Mini root filesystem\"\n  desc: |\n    Minimal: root filesystem.\n  \
             branch: v3.22\n  arch: {arch}\n  version: {version}\n  flavor: alpine-minirootfs\n  \
             file: x.tar.gz\n  sha256: {}\n-\n  title: \"Netboot\"\n  branch: v3.22\n  arch: {arch}\n  \
             version: {version}\n  flavor: alpine-netboot\n  file: {file}\n  sha256: {}\n",
            "0".repeat(64),
            apk::sha256(&tarball)
        );
        let sum = format!("{}  {file}\n", apk::sha256(&tarball));
        self.server
            .put(&format!("{folder}/latest-releases.yaml"), Page::new(yaml));
        self.server
            .put(&format!("{folder}/{file}.sha256"), Page::new(sum));
        self.server
            .put(&format!("{folder}/{file}"), Page::new(tarball));
    }

    /// Lays out a repository of packages with its index.
    fn lay_packages(&self, arch: &str, packages: &[Apk], is_signed: bool) {
        let folder = format!("/alpine/v3.22/main/{arch}");
        let index = apk::index(packages, is_signed);
        self.server
            .put(&format!("{folder}/APKINDEX.tar.gz"), Page::new(index));
        for package in packages {
            let path = format!("{folder}/{}", package.file_name());
            self.server.put(&path, Page::new(package.build()));
        }
    }

    /// Every file of the folder that is written to, by name.
    fn written(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(self.path("kernel")) else {
            return BTreeMap::new();
        };
        entries
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    fn names(&self) -> Vec<String> {
        self.written().into_keys().collect()
    }

    fn metadata(&self) -> serde_json::Value {
        serde_json::from_slice(&self.written()["kernel-metadata.json"]).unwrap()
    }
}

fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let run = Run {
        status: output.status.code().expect("it was not killed"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

/// The key that the packages of the tests are signed with.
fn key() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/apk")
        .join(apk::KEY_NAME)
        .display()
        .to_string()
}

fn x86() -> Vec<u8> {
    forge::good::bzimage(&[])
}

fn arm() -> Vec<u8> {
    forge::good::arm64(&[])
}

/// An arm64 kernel as Alpine ships it.
fn arm_zboot() -> Vec<u8> {
    forge::zboot::Zboot {
        payload: forge::gzip(&arm()),
        ..forge::zboot::Zboot::default()
    }
    .build()
}

fn initramfs() -> Vec<u8> {
    forge::gzip(&forge::cpio::archive(&[
        forge::cpio::Entry::directory("bin"),
        forge::cpio::Entry::file("init", b"#!/bin/sh\n"),
    ]))
}

/// The files of a package with that kernel.
fn package_files(kernel: Vec<u8>) -> Vec<tar::Entry> {
    vec![
        tar::directory("boot"),
        tar::file("boot/vmlinuz-virt", kernel),
        tar::file(
            "boot/config-6.1.0-forged-virt",
            "# Linux/x86 6.1.0-forged Kernel Configuration\nCONFIG_EXT4_FS=y\n",
        ),
        tar::directory("lib/modules/6.1.0-forged"),
        tar::file(
            "lib/modules/6.1.0-forged/kernel/fs/fuse/fuse.ko.gz",
            "a module",
        ),
        tar::file(
            "lib/modules/6.1.0-forged/modules.dep",
            "kernel/fs/fuse/fuse.ko.gz:\n",
        ),
    ]
}
