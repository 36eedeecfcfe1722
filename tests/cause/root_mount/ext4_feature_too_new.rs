use super::{LINE, boot, boot_on, broken, ext4};
use crate::forge::ext4::Ext4;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn with(bits: u32) -> Vec<u8> {
    Ext4 {
        s_feature_incompat: bits,
        ..ext4()
    }
    .build()
}

#[test]
fn a_feature_from_after_the_kernel_is_refused() {
    // ea_inode and large_dir, of 4.13.
    let finding = boot_on("4.9.170", with(0x4400), LINE).fires(503, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "The file system has ea_inode and large_dir, which Linux 4.9 does not support."
    );
    says(
        &finding.consequence,
        &["Couldn't mount because of unsupported optional features (4400)"],
    );
    says(
        &finding.fix,
        &["Linux 4.13 or later", "-O ^ea_inode,^large_dir"],
    );
    boot_on("4.13.0", with(0x4400), LINE).is_quiet(503);
    boot(with(0x4400)).is_quiet(503);
}

#[test]
fn a_bit_that_no_kernel_knows_is_refused_by_all() {
    let finding = boot(with(0x8000_0000)).fires(503, Fatal, RootMount);
    says(
        &finding.message,
        &["incompat_0x80000000", "no kernel supports"],
    );
    says(&finding.consequence, &["(80000000)"]);
    Case::without_kernel()
        .root(with(0x1000))
        .fires(503, Fatal, RootMount);
}

#[test]
fn features_of_every_kernel_pass_without_one() {
    Case::without_kernel().root(ext4().build()).is_quiet(503);
    Case::without_kernel().root(with(0x4400)).is_skipped(503);
}

#[test]
fn the_features_of_a_damaged_superblock_are_not_believed() {
    boot(broken()).is_blocked(503, 12);
}
