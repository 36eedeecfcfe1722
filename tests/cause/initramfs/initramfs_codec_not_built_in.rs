use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

fn without_gzip(config: &str) -> String {
    config.replace("CONFIG_RD_GZIP=y", "CONFIG_RD_ZSTD=y")
}

#[test]
fn a_codec_that_is_off_stops_a_kernel_with_modules() {
    let finding =
        boot(&without_gzip(MODULAR), gzip(&alpine_with(NEEDED))).fires(301, Fatal, Initramfs);
    says(&finding.message, &["gzip", "CONFIG_RD_GZIP"]);
    says(
        &finding.consequence,
        &[
            "Initramfs unpacking failed: compression method gzip not configured",
            "panics",
        ],
    );
    says(&finding.fix, &["zstd"]);
}

#[test]
fn a_kernel_with_a_ramdisk_says_it_in_other_words() {
    let config = format!("{}\nCONFIG_BLK_DEV_RAM=y", without_gzip(MODULAR));
    let finding = boot(&config, gzip(&alpine_with(NEEDED))).fires(301, Fatal, Initramfs);
    says(
        &finding.consequence,
        &["rootfs image is not initramfs (compression method gzip not configured)"],
    );
}

#[test]
fn a_kernel_that_mounts_by_itself_goes_on() {
    boot(&without_gzip(MONOLITHIC), gzip(&alpine_with(NEEDED))).fires(301, Warn, Initramfs);
}

#[test]
fn without_a_root_there_is_nothing_to_go_on_with() {
    Case::new(vmlinux())
        .config(&without_gzip(MONOLITHIC))
        .command_line("console=hvc0")
        .no_root()
        .initramfs(gzip(&alpine_with(NEEDED)))
        .fires(301, Fatal, Initramfs);
}

#[test]
fn a_codec_that_is_on_and_a_plain_archive_pass() {
    boot(MODULAR, gzip(&alpine_with(NEEDED))).is_quiet(301);
    boot(&without_gzip(MODULAR), alpine_with(NEEDED)).is_quiet(301);
}

#[test]
fn what_is_not_known_of_the_codec_or_the_drivers_is_not_guessed() {
    let initramfs = gzip(&alpine_with(NEEDED));
    let base = boot(MODULAR, initramfs.clone());
    says(
        &base
            .fragment("CONFIG_BLK_DEV_INITRD=y\n")
            .is_blocked(301, None),
        &["RD_GZIP"],
    );
    let fragment = "CONFIG_BLK_DEV_INITRD=y\n# CONFIG_RD_GZIP is not set\nCONFIG_VIRTIO_BLK=y\n";
    boot(MODULAR, initramfs)
        .fragment(fragment)
        .is_blocked(301, None);
    boot(MODULAR, alpine_with(NEEDED))
        .limit("cpio_entries", 1)
        .is_blocked(301, 5);
}
