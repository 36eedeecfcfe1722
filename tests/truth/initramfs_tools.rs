//! The kernel of this repository with the initramfs that initramfs-tools makes on this host, where it is
//! here. The host's programs are in it, so the guest has to be of its architecture.
//!
//! mkinitramfs asks /boot/config-RELEASE for the codecs of the kernel: it runs in a mount namespace with a
//! /boot of its own.

use super::dracut::{self, LONGEST_SECONDS};
use super::forge::cpio::{self, Entry};
use super::forge::ext4::Ext4;
use super::forge::gzip;
use super::programs::{X86_64, living};
use super::space::{Part, Space, Value, What, basics, named};
use super::{archives, disks, kernels, support, words};
use std::process::Command;
use std::sync::{Arc, OnceLock};

pub fn space() -> Option<Space> {
    let is_there = Command::new("mkinitramfs").arg("-h").output().is_ok();
    if !is_there || !cfg!(target_arch = "x86_64") || !can_mount() {
        return None;
    }
    Some(Space {
        name: "initramfs-tools x86_64".to_owned(),
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
            ("initramfs", values()),
            (
                "disk",
                named(disks::values(), &["ext4", "ext4 with a journal"]),
            ),
            (
                "tree",
                vec![
                    tree("with /dev/console", |root| {
                        root.device("/dev/console", 'c', 5, 1)
                    }),
                    tree("without /dev/console", |root| root),
                ],
            ),
            (
                "console",
                words::consoles(X86_64).into_iter().take(1).collect(),
            ),
            ("root", dracut::roots()),
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
                    Value::words("init=/sbin/init break=mount").waits(LONGEST_SECONDS),
                    Value::words("init=/sbin/init break=nothing"),
                    Value::words("init=/sbin/init boot=live"),
                    Value::words("init=/sbin/init nomodule"),
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

/// An init, and the folders that file systems are moved to. udevd does not run on this kernel, which has
/// no sockets, so that /dev is not moved.
fn tree(name: &str, more: fn(Ext4) -> Ext4) -> Value {
    let make = move |root: Ext4| {
        let folders = ["/dev", "/proc", "/sys", "/run"].into_iter();
        let root = folders.fold(root, |root, folder| root.directory(folder, 0o755));
        more(root).file("/sbin/init", 0o755, living(X86_64))
    };
    Value::new(name, What::Tree(Arc::new(make)))
}

fn can_mount() -> bool {
    let tried = Command::new("unshare").args(["-m", "true"]).status();
    tried.is_ok_and(|status| status.success())
}

/// As it is made, and followed by an archive that replaces one of its files.
fn values() -> Vec<Value> {
    let made = Arc::new(OnceLock::new());
    let value = |name: &str, after: Option<(&'static str, &'static [u8])>| {
        let made = Arc::clone(&made);
        let part = move || {
            let mut bytes: Vec<u8> = made.get_or_init(make).clone();
            if let Some((path, content)) = after {
                bytes.extend(gzip(&cpio::archive(&[Entry::file(path, content)])));
            }
            Some(Part::Made(bytes))
        };
        Value::new(name, What::Archive(Arc::new(part))).waits(LONGEST_SECONDS)
    };
    vec![
        value("as it is made", None),
        value("udevd empty", Some(("usr/lib/systemd/systemd-udevd", b""))),
        value(
            "its rules empty",
            Some(("usr/lib/udev/rules.d/60-persistent-storage.rules", b"")),
        ),
        value("scripts/local empty", Some(("scripts/local", b""))),
        value(
            "a hook of its own",
            Some(("scripts/local-top/own", b"#!/bin/sh\nexit 0\n")),
        ),
    ]
}

fn make() -> Vec<u8> {
    let release = dracut::release();
    let script = format!(
        "mount -t tmpfs none /boot && echo CONFIG_RD_GZIP=y >/boot/config-{release} && \
         exec mkinitramfs -c gzip -o \"$0\" {release}"
    );
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &script]);
    archives::written_by(command)
}
