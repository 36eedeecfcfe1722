use super::*;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn without_init() -> Vec<u8> {
    archive(&[
        Entry::directory("sbin"),
        Entry::file("sbin/start", &busybox()),
    ])
}

#[test]
fn an_archive_without_init_does_not_help_a_kernel_with_modules() {
    let finding = boot(MODULAR, without_init()).fires(303, Fatal, Initramfs);
    says(&finding.message, &["no /init"]);
    says(&finding.consequence, &["silently", "panics"]);
}

#[test]
fn a_kernel_of_6_17_says_so() {
    let kernel: Vec<u8> = String::from_utf8_lossy(crate::forge::BANNER.as_bytes())
        .replace("6.1.0-forged", "6.17.0-forge")
        .into_bytes();
    let mut bytes = vmlinux();
    let banner = crate::forge::BANNER.as_bytes();
    let at = bytes
        .windows(banner.len())
        .position(|window| window == banner)
        .unwrap();
    bytes[at..at + banner.len()].copy_from_slice(&kernel);
    let finding = Case::new(bytes)
        .config(MODULAR)
        .command_line("root=/dev/vda rdinit=/sbin/gone")
        .root(disk())
        .initramfs(without_init())
        .fires(303, Fatal, Initramfs);
    says(
        &finding.consequence,
        &["check access for rdinit=/sbin/gone failed: -2, ignoring"],
    );
}

#[test]
fn a_kernel_that_mounts_by_itself_goes_on() {
    let finding = boot(MONOLITHIC, without_init()).fires(303, Warn, Initramfs);
    says(&finding.consequence, &["mounts the root itself"]);
}

#[test]
fn a_program_under_another_name_is_pointed_out() {
    let system = archive(&[
        Entry::directory("sbin"),
        Entry::file("sbin/init", &busybox()),
    ]);
    let finding = boot(MODULAR, system).fires(303, Fatal, Initramfs);
    says(&finding.fix, &["rdinit=/sbin/init"]);
}

#[test]
fn an_init_under_either_name_passes() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(303);
    boot(MODULAR, without_init())
        .command_line("root=/dev/vda rdinit=/sbin/start")
        .is_quiet(303);
}

#[test]
fn an_init_behind_a_damage_is_another_cause() {
    boot(MODULAR, archive(&alpine())[..64].to_vec()).is_quiet(303);
}

#[test]
fn what_is_too_large_to_be_read_blocks_it() {
    boot(MODULAR, alpine_with(NEEDED))
        .limit("cpio_entries", 1)
        .is_blocked(303, 5);
}

#[test]
fn another_name_is_proposed_where_a_program_has_it() {
    let finding = |initramfs: Vec<u8>| {
        Case::new(vmlinux())
            .config(MONOLITHIC)
            .command_line("console=hvc0 root=/dev/vda")
            .root(disk())
            .initramfs(initramfs)
            .fires(303, Warn, Initramfs)
    };
    let none = finding(archive(&[Entry::file("in", b"x")]));
    says(&none.fix, &["cpio -o -H newc"]);
    let other = archive(&[
        Entry::directory("sbin"),
        Entry::file("sbin/init", &busybox()),
    ]);
    let finding = finding(other);
    says(&finding.fix, &["Put rdinit=/sbin/init on the command line"]);
}
