use super::{boot, broken, ext4};
use crate::forge::ext4::Ext4;
use crate::run::says;
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::RootMount;

#[test]
fn errors_and_orphans_are_told() {
    let image = Ext4 {
        s_state: Some(3),
        s_last_orphan: Some(12),
        ..ext4()
    };
    let finding = boot(image.build()).fires(508, Warn, RootMount);
    says(
        &finding.message,
        &["errors that the kernel found and orphaned inodes"],
    );
    says(&finding.consequence, &["mounting fs with errors"]);
}

#[test]
fn a_root_that_was_never_unmounted_is_told() {
    let image = Ext4 {
        s_state: Some(0),
        ..ext4()
    };
    let finding = boot(image.build()).fires(508, Warn, RootMount);
    says(&finding.consequence, &["mounting unchecked fs"]);
    let image = ext4().journalled("/sbin/init", b"y").build();
    let finding = boot(image).fires(508, Warn, RootMount);
    says(&finding.message, &["a journal that needs recovery"]);
}

#[test]
fn a_clean_one_passes() {
    boot(ext4().journal().build()).is_quiet(508);
}

#[test]
fn the_state_of_a_damaged_superblock_is_not_believed() {
    boot(broken()).is_blocked(508, 12);
}
