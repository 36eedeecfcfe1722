use super::{LINE, boot, boot_on, broken, ext4, with_line};
use crate::forge::ext4::Ext4;
use crate::run::says;
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::RootMount;

fn with(bits: u32) -> Vec<u8> {
    Ext4 {
        s_feature_ro_compat: bits,
        ..ext4()
    }
    .build()
}

#[test]
fn the_root_becomes_read_only() {
    // shared_blocks, which only Android's kernels know.
    let finding = boot(with(0x4000)).fires(504, Warn, RootMount);
    says(
        &finding.message,
        &["shared_blocks", "Linux 6.1 cannot write"],
    );
    says(
        &finding.consequence,
        &["couldn't mount RDWR because of unsupported optional features (4000)"],
    );
    // orphan_present, of 5.15.
    boot_on("5.10.0", with(0x1_0000), LINE).fires(504, Warn, RootMount);
    boot(with(0x1_0000)).is_quiet(504);
}

#[test]
fn the_feature_of_that_name_does_the_same() {
    let finding = boot(with(0x1000)).fires(504, Warn, RootMount);
    says(&finding.consequence, &["filesystem is read-only"]);
}

#[test]
fn who_mounts_read_only_does_not_meet_it() {
    with_line(with(0x4000), "root=/dev/vda ro").is_quiet(504);
    boot(ext4().build()).is_quiet(504);
}

#[test]
fn the_features_of_a_damaged_superblock_are_not_believed() {
    boot(broken()).is_blocked(504, 12);
}

#[test]
fn a_feature_is_written_with_from_its_own_kernel_on() {
    // orphan_present and verity.
    boot_on("5.15.0", with(0x1_0000), LINE).is_quiet(504);
    let finding = boot_on("5.3.0", with(0x1_8000), LINE).fires(504, Warn, RootMount);
    says(&finding.consequence, &["(18000)"]);
    // Those of 2.6 need no kernel.
    crate::run::Case::without_kernel()
        .root(with(0x8))
        .is_quiet(504);
}
