//! Who made it, and what its init does.

use super::forge::cpio::{Entry, archive};
use super::initramfs;
use super::support::corpus_files;
use kelpie_check::architecture::Architecture;
use kelpie_check::initramfs::{Generator, Initramfs, Loads};
use kelpie_check::limits::Limits;

fn generator(entries: &[Entry]) -> Generator {
    initramfs(archive(entries)).generator().unwrap().clone()
}

#[test]
fn alpines_is_mkinitfs_and_its_kmod_reads_every_compression() {
    for file in corpus_files(|name| name.starts_with("initramfs-")) {
        let opened = Initramfs::open(&file, &Limits::default()).unwrap();
        let generator = opened.generator().unwrap();
        assert_eq!(generator.name, "mkinitfs");
        assert_eq!(generator.version.as_deref(), Some("3.13.0-r0"));
        let model = generator.model.unwrap();
        assert_eq!(model.loads("ext4"), Loads::ByRootfstype);
        assert_eq!(model.loads("virtio_net"), Loads::OnUevent);
        let reader = opened.module_reader().unwrap();
        assert_eq!(reader.tool, "kmod");
        assert_eq!(reader.reads, ["gz", "xz", "zst"]);
    }
}

#[test]
fn generators_are_told_by_what_they_leave() {
    let debian = generator(&[
        Entry::directory("conf"),
        Entry::file("conf/initramfs.conf", b"MODULES=most\n"),
        Entry::directory("scripts"),
        Entry::file("scripts/functions", b""),
        Entry::file("init", b"#!/bin/sh\n"),
    ]);
    assert_eq!(debian.name, "initramfs-tools");
    let dracut = generator(&[
        Entry::directory("usr"),
        Entry::directory("usr/lib"),
        Entry::directory("usr/lib/dracut"),
        Entry::directory("etc"),
        Entry::link("etc/initrd-release", "../usr/lib/initrd-release"),
        Entry::file(
            "usr/lib/initrd-release",
            b"NAME=\"Debian\"\nDRACUT_VERSION=\"059-4\"\n",
        ),
    ]);
    assert_eq!(
        (dracut.name, dracut.version.as_deref()),
        ("dracut", Some("059-4"))
    );
    let arch = generator(&[
        Entry::file("init_functions", b""),
        Entry::file("config", b""),
    ]);
    assert_eq!(arch.name, "mkinitcpio");
    assert!(arch.model.is_none());
    let script = generator(&[
        Entry::file(
            "init",
            b"#!/usr/bin/ash\n. /init_functions\nrun_hookfunctions\n",
        ),
        Entry::file("config", b""),
    ]);
    assert_eq!(script.name, "mkinitcpio");
    assert!(script.model.is_some());
    let booster = generator(&[
        Entry::directory("etc"),
        Entry::file("etc/booster.init.yaml", b""),
    ]);
    assert_eq!(booster.name, "booster");
    let tiny = b"\x7fELF No root filesystem (root=) specified\0Timeout while waiting for devices \
        for / (and possibly /usr) filesystems to appear";
    assert_eq!(
        generator(&[Entry::file("init", tiny)]).name,
        "tiny-initramfs"
    );
}

#[test]
fn without_traces_the_init_itself_tells() {
    let busybox = [
        Entry::directory("bin"),
        Entry::file("bin/busybox", b"\x7fELF"),
    ];
    let script = Entry::file("init", b"#!/bin/busybox sh\nexec sh\n");
    let both = [&busybox[..], std::slice::from_ref(&script)].concat();
    assert_eq!(generator(&both).name, "busybox-script");
    assert_eq!(generator(&[script]).name, "script");
    assert_eq!(
        generator(&[Entry::file("init", b"\x7fELF")]).name,
        "program"
    );
    assert_eq!(generator(&busybox).name, "unknown");
    let systemd = [
        Entry::directory("lib"),
        Entry::file("lib/systemd", b"\x7fELF"),
        Entry::link("init", "lib/systemd"),
    ];
    assert_eq!(generator(&systemd).name, "systemd");
}

#[test]
fn modules_are_read_by_what_modprobe_has_beside_it() {
    let reader = |entries: &[Entry]| {
        let opened = initramfs(archive(entries));
        opened.module_reader().unwrap().clone()
    };
    assert_eq!(reader(&[Entry::file("init", b"")]).tool, "none");
    let kmod = [
        Entry::directory("sbin"),
        Entry::directory("lib"),
        Entry::file("lib/kmod", b"\x7fELF kmod libz.so.1\0libzstd.so.1\0"),
        Entry::link("sbin/modprobe", "../lib/kmod"),
    ];
    let alone = reader(&kmod);
    assert_eq!((alone.tool, alone.reads), ("kmod", Vec::new()));
    assert_eq!(alone.path.as_deref(), Some(&b"/lib/kmod"[..]));
    // The library that it was linked with is there; the other only another's.
    let libraries = [
        Entry::file("lib/libzstd.so.1.5", b"\x7fELF"),
        Entry::link("lib/libzstd.so.1", "libzstd.so.1.5"),
        Entry::file("lib/liblzma.so.5", b"\x7fELF"),
    ];
    assert_eq!(reader(&[&kmod[..], &libraries].concat()).reads, ["zst"]);
    let busybox = [
        Entry::directory("bin"),
        Entry::directory("sbin"),
        Entry::file("bin/busybox", b"\x7fELF BusyBox v1.36"),
        Entry::link("sbin/modprobe", "/bin/busybox"),
    ];
    assert_eq!(reader(&busybox).tool, "busybox");
}

#[test]
fn archives_of_our_own_are_recognised() {
    let mounter = generator(&[Entry::file("init", b"\x7fELF kelpie-check: root mounted\n")]);
    assert_eq!(mounter.name, "kelpie-check");
    let model = mounter.model.unwrap();
    assert!(model.understands_root("/dev/vda1"));
    assert!(!model.understands_root("UUID=1"));
    assert_eq!(model.loads("ext4"), Loads::ByList);
    assert!(!mounter.mounts_no_root);

    let bytes = kelpie_check::guest::marker::archive(Architecture::Riscv64).unwrap();
    let marker = initramfs(bytes).generator().unwrap().clone();
    assert_eq!(marker.name, "kelpie-check-marker");
    assert!(marker.model.is_none());
    assert!(marker.mounts_no_root);
}
