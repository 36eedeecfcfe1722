use super::*;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn of(release: &str) -> Vec<u8> {
    archive(&[alpine(), modules_of(release, NEEDED)].concat())
}

#[test]
fn modules_of_another_release_are_not_found() {
    let finding = boot(MODULAR, of("6.1.1-forged")).fires(305, Fatal, Initramfs);
    says(&finding.message, &["6.1.1-forged", RELEASE]);
    says(&finding.consequence, &["virtio_blk and ext4"]);
    says(&finding.fix, &["mkinitfs 6.1.0-forged"]);
}

#[test]
fn a_kernel_that_needs_none_of_them_goes_on() {
    boot(MONOLITHIC, of("6.1.1-forged")).fires(305, Warn, Initramfs);
}

#[test]
fn its_own_modules_and_none_at_all_pass() {
    boot(MODULAR, of(RELEASE)).is_quiet(305);
    boot(MODULAR, archive(&alpine())).is_quiet(305);
}

#[test]
fn a_kernel_without_a_release_blocks_it() {
    boot_damaged(of("6.1.1-forged")).is_blocked(305, 3);
}

#[test]
fn an_init_that_nobody_knows_is_not_judged() {
    let entries = [
        vec![Entry::file("init", &busybox())],
        modules_of("6.1.1", NEEDED),
    ]
    .concat();
    boot(MODULAR, archive(&entries)).is_blocked(305, None);
}

#[test]
fn the_command_is_that_of_the_tool_that_made_it() {
    let dracut = vec![
        Entry::file("init", b"#!/bin/sh\n"),
        Entry::directory("bin"),
        Entry::file("bin/sh", &busybox()),
        Entry::directory("usr"),
        Entry::directory("usr/lib"),
        Entry::directory("usr/lib/dracut"),
        Entry::directory("etc"),
        Entry::link("etc/initrd-release", "../usr/lib/initrd-release"),
        Entry::file("usr/lib/initrd-release", b"DRACUT_VERSION=\"059-4\"\n"),
    ];
    let entries = [dracut, modules_of("6.1.1-forged", NEEDED)].concat();
    let finding = boot(MODULAR, archive(&entries)).fires(305, Fatal, Initramfs);
    says(&finding.fix, &["dracut --force initramfs.img 6.1.0-forged"]);
}
