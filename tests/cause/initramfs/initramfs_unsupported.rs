use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn without_initrd(config: &str) -> String {
    config.replace("CONFIG_BLK_DEV_INITRD=y", "")
}

#[test]
fn a_kernel_that_takes_no_initramfs_does_not_get_its_modules() {
    let finding =
        boot(&without_initrd(MODULAR), gzip(&alpine_with(NEEDED))).fires(302, Fatal, Initramfs);
    says(&finding.consequence, &["silently", "panics"]);
}

#[test]
fn a_kernel_that_mounts_by_itself_does_not_miss_it() {
    boot(&without_initrd(MONOLITHIC), alpine_with(NEEDED)).fires(302, Warn, Initramfs);
}

#[test]
fn a_kernel_that_takes_one_and_one_that_gets_none_pass() {
    boot(MODULAR, alpine_with(NEEDED)).is_quiet(302);
    boot(&without_initrd(MONOLITHIC), Vec::new())
        .no_initramfs()
        .is_quiet(302);
}

#[test]
fn a_damaged_kernel_does_not_tell() {
    boot_damaged(alpine_with(NEEDED)).is_blocked(302, 3);
}
