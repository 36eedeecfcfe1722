use super::{LINE, at, boot, broken, ext4, with_line};
use crate::forge::disk::{mbr, qcow2};
use crate::forge::ext4::{Ext4, journal::Journal, journal_device};
use crate::forge::{Numbers, gzip, put};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::RootMount;

fn noise() -> Vec<u8> {
    let mut numbers = Numbers(7);
    (0..100_000)
        .map(|_| u8::try_from(numbers.below(256)).unwrap())
        .collect()
}

#[test]
fn what_linux_mounts_no_way_is_named() {
    let finding = boot(at(257, b"ustar")).fires(10, Fatal, RootMount);
    says(&finding.message, &["not a file system", "a tar archive"]);
    says(
        &finding.consequence,
        &["\"VFS: Unable to mount root fs on unknown-block(254,0)\""],
    );
    says(&finding.fix, &["mke2fs"]);
    let finding = boot(gzip(&ext4().build())).fires(10, Fatal, RootMount);
    says(&finding.message, &["a gzip stream that holds"]);
    assert_eq!(finding.fix, "Decompress it before use.");
    let pointer = b"version https://git-lfs.github.com/spec/v1\n".to_vec();
    says(
        &boot(pointer).fires(10, Fatal, RootMount).fix,
        &["git lfs pull"],
    );
    Case::without_kernel()
        .root(at(0, b"PK\x03\x04"))
        .fires(10, Fatal, RootMount);
}

#[test]
fn a_file_system_that_is_only_not_read_here_stops_nobody() {
    let squashfs = at(0, b"hsqs");
    boot(squashfs.clone()).is_quiet(10);
    let finding = Case::without_kernel()
        .root(squashfs)
        .fires(10, Warn, RootMount);
    says(
        &finding.message,
        &["a squashfs file system, which kelpie-check does not read"],
    );
}

#[test]
fn an_encrypted_disk_needs_an_initramfs() {
    boot(at(0, b"LUKS\xba\xbe")).fires(10, Fatal, RootMount);
    Case::without_kernel()
        .root(at(0, b"LUKS\xba\xbe"))
        .fires(10, Warn, RootMount);
}

#[test]
fn what_nobody_knows_may_have_a_driver() {
    boot(noise()).fires(10, Warn, RootMount);
    with_line(noise(), "root=/dev/vda rootfstype=bcachefs rw").fires(10, Warn, RootMount);
    with_line(noise(), "root=/dev/vda rootfstype=ext4 rw").fires(10, Fatal, RootMount);
    // What is assumed of a line says nothing of the root.
    Case::without_kernel()
        .root(noise())
        .fires(10, Warn, RootMount);
}

#[test]
fn the_device_of_a_journal_is_no_root() {
    let image = journal_device(*b"forged-journal-1", 4096, &Journal::default());
    let finding = boot(image).fires(10, Fatal, RootMount);
    says(&finding.message, &["journal for another file system"]);
}

#[test]
fn ext_of_any_age_is_a_root() {
    for image in [Ext4::ext2(), Ext4::ext3(), ext4()] {
        boot(image.build()).is_quiet(10);
    }
}

#[test]
fn what_root_does_not_name_is_not_judged() {
    with_line(at(257, b"ustar"), "root=/dev/vdb").is_quiet(10);
    with_line(at(257, b"ustar"), "console=ttyS0").is_quiet(10);
}

#[test]
fn a_damaged_superblock_is_another_cause() {
    boot(broken()).is_blocked(10, 12);
    with_line(broken(), LINE).is_blocked(10, 12);
}

#[test]
fn each_sort_of_file_has_its_own_way_out() {
    for (image, fix) in [
        (
            at(0, b"<!DOCTYPE html><html>"),
            "Fetch or make the image again.",
        ),
        (at(0, b"070701"), "Give it as the initramfs instead."),
        (
            crate::kernels::bzimage().build(),
            "Give it as the kernel, and a root file system here.",
        ),
    ] {
        assert_eq!(boot(image).fires(10, Fatal, RootMount).fix, fix);
    }
}

#[test]
fn a_disk_format_that_is_not_read_stops_no_kernel() {
    let vmdk = crate::disks::vmdk;
    let finding = Case::without_kernel()
        .root(vmdk())
        .fires(10, Warn, RootMount);
    says(&finding.message, &["which kelpie-check does not read"]);
    boot(vmdk()).is_quiet(10);
}

#[test]
fn a_disk_with_a_backing_file_is_not_read() {
    let mut disk = qcow2(&ext4().build());
    // Where the name of the backing file stands, and how long it is.
    put(&mut disk, 8, &0x180_u64.to_be_bytes());
    put(&mut disk, 16, &9_u32.to_be_bytes());
    put(&mut disk, 0x180, b"base.ext4");
    let finding = Case::without_kernel().root(disk).fires(10, Warn, RootMount);
    says(
        &finding.message,
        &["on top of base.ext4", "kelpie-check does not read"],
    );
}

#[test]
fn a_disk_whose_partitions_hold_nothing_is_no_root() {
    let disk = mbr(&[(0x83, vec![0; 0x1_0000])], 1);
    let finding = Case::without_kernel()
        .root(disk)
        .fires(10, Fatal, RootMount);
    says(&finding.message, &["no partition has a Linux file system"]);
    assert_eq!(
        finding.fix,
        "Give an image that contains an installed system."
    );
}

#[test]
fn swap_is_opened_by_nobody() {
    let swap = at(4086, b"SWAPSPACE2");
    let finding = Case::without_kernel()
        .root(swap)
        .fires(10, Fatal, RootMount);
    says(&finding.message, &["not a file system", "swap"]);
}

#[test]
fn dracut_takes_a_root_without_its_folders_for_none() {
    use crate::forge::cpio::{Entry, archive};
    use crate::initramfs::{self, MONOLITHIC, busybox};
    let entries = || {
        vec![
            Entry::directory("bin"),
            Entry::file("init", b"#!/bin/sh\n"),
            Entry::file("bin/sh", &busybox()),
            Entry::directory("usr"),
            Entry::directory("usr/lib"),
            Entry::directory("usr/lib/dracut"),
        ]
    };
    let root = || ext4().directory("/dev", 0o755).directory("/sys", 0o755);
    let boot = |root: Ext4| initramfs::boot(MONOLITHIC, archive(&entries())).root(root.build());
    let finding = boot(root()).fires(10, Fatal, RootMount);
    says(&finding.message, &["no /proc", "dracut"]);
    says(&finding.consequence, &["no proper rootfs layout"]);
    boot(root().directory("/proc", 0o755)).is_quiet(10);
    // A loader of glibc by its old name is enough.
    let loader = |path: &str| root().file(path, 0o755, "");
    boot(loader("/lib/ld-2.31.so")).is_quiet(10);
    boot(loader("/usr/lib64/ld-2.31.so")).is_quiet(10);
    boot(loader("/lib/ld-musl-x86_64.so.1")).fires(10, Fatal, RootMount);
    // A file in place of a folder of libraries holds none.
    boot(loader("/libs")).fires(10, Fatal, RootMount);
}
