use super::{LINE, boot, boot_on, broken, ext4, with_line};
use crate::forge::ext4::{Ext4, journal::Journal};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn with(bits: u32) -> Vec<u8> {
    Ext4 {
        journal: Some(Journal {
            s_feature_incompat: bits,
            ..Journal::default()
        }),
        ..ext4()
    }
    .build()
}

#[test]
fn a_bit_that_no_kernel_knows_is_refused() {
    let finding = boot(with(0x100)).fires(511, Fatal, RootMount);
    says(
        &finding.message,
        &["journal_incompat_0x100", "no kernel supports"],
    );
    says(&finding.consequence, &["error loading journal"]);
    with_line(with(0x100), &format!("{LINE} rootflags=noload")).is_quiet(511);
}

#[test]
fn fast_commits_are_from_5_10() {
    let finding = boot_on("5.4.0", with(0x20), LINE).fires(511, Fatal, RootMount);
    says(&finding.message, &["journal_fast_commit", "Linux 5.4"]);
    boot(with(0x20)).is_quiet(511);
}

#[test]
fn a_root_without_a_journal_has_no_features_of_one() {
    boot(ext4().build()).is_quiet(511);
    boot(broken()).is_blocked(511, 12);
}

#[test]
fn each_feature_is_known_from_its_own_kernel_on() {
    boot_on("5.10.0", with(0x20), LINE).is_quiet(511);
    // What no kernel supports needs no version, whatever else is there.
    let finding = boot_on("5.4.0", with(0x120), LINE).fires(511, Fatal, RootMount);
    says(&finding.message, &["no kernel supports"]);
    assert!(!finding.message.contains("fast_commit"), "{finding:#?}");
}
