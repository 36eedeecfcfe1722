use super::{LINE, boot, broken, ext4, with_line};
use crate::forge::ext4::Ext4;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn external() -> Vec<u8> {
    Ext4 {
        external_journal: Some(*b"forged-journal-1"),
        ..ext4()
    }
    .build()
}

#[test]
fn the_journal_is_on_a_disk_that_is_not_there() {
    let finding = boot(external()).fires(512, Fatal, RootMount);
    says(&finding.consequence, &["failed to open journal device"]);
    says(&finding.fix, &["tune2fs"]);
}

#[test]
fn one_inside_or_left_alone_is_not_asked_for() {
    boot(ext4().journal().build()).is_quiet(512);
    with_line(external(), &format!("{LINE} rootflags=noload")).is_quiet(512);
}

#[test]
fn a_device_that_somebody_names_is_not_known() {
    let line = format!("{LINE} rootflags=journal_path=/dev/vdb");
    with_line(external(), &line).is_blocked(512, None);
    boot(broken()).is_blocked(512, 12);
}
