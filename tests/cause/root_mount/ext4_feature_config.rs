use super::{LINE, boot, boot_on, broken, configured, ext4, with_line};
use crate::forge::ext4::Ext4;
use crate::forge::put;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::RootMount;

fn casefold() -> Vec<u8> {
    Ext4 {
        s_feature_incompat: 0x2_0000,
        ..ext4()
    }
    .build()
}

fn quota() -> Vec<u8> {
    Ext4 {
        s_feature_ro_compat: 0x100,
        ..ext4()
    }
    .build()
}

#[test]
fn casefold_needs_unicode() {
    let finding = boot(casefold()).fires(505, Fatal, RootMount);
    says(
        &finding.consequence,
        &["Filesystem with casefold feature cannot be mounted without CONFIG_UNICODE"],
    );
    let finding = configured(casefold(), LINE, "CONFIG_UNICODE=m").fires(505, Fatal, RootMount);
    says(&finding.consequence, &["superblock charset"]);
    // s_encoding: UTF-8 12.1, which is all that there is.
    let mut utf8 = casefold();
    put(&mut utf8, 0x400 + 0x27c, &1_u16.to_le_bytes());
    configured(utf8, LINE, "CONFIG_UNICODE=y").is_quiet(505);
    let finding = configured(casefold(), LINE, "CONFIG_UNICODE=y").fires(505, Fatal, RootMount);
    says(
        &finding.consequence,
        &["Encoding requested by superblock is unknown"],
    );
}

#[test]
fn quota_without_its_options_makes_the_root_read_only() {
    let finding = configured(quota(), LINE, "CONFIG_QUOTA=y").fires(505, Warn, RootMount);
    says(&finding.message, &["quota", "without CONFIG_QFMT_V2"]);
    says(&finding.consequence, &["becomes read-only"]);
    configured(quota(), LINE, "CONFIG_QUOTA=y\nCONFIG_QFMT_V2=m").is_quiet(505);
    with_line(quota(), "root=/dev/vda ro").is_quiet(505);
}

#[test]
fn what_needs_nothing_passes() {
    boot(ext4().build()).is_quiet(505);
}

#[test]
fn the_features_of_a_damaged_superblock_are_not_believed() {
    boot(broken()).is_blocked(505, 12);
}

#[test]
fn casefold_is_another_causes_before_5_2() {
    boot_on("5.2.0", casefold(), LINE).fires(505, Fatal, RootMount);
    boot_on("5.1.0", casefold(), LINE).is_quiet(505);
}
