use super::{LINE, boot, broken, ext4, with_line};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

fn dirty() -> Vec<u8> {
    ext4().journalled("/sbin/init", b"y").build()
}

#[test]
fn a_journal_cannot_be_replayed_on_a_disk_that_is_read_only() {
    let finding = boot(dirty()).read_only_disk().fires(506, Fatal, RootMount);
    says(
        &finding.consequence,
        &["write access unavailable, cannot proceed"],
    );
    says(&finding.fix, &["rootflags=noload"]);
}

#[test]
fn a_clean_journal_one_left_alone_and_a_writable_disk_pass() {
    boot(dirty()).is_quiet(506);
    boot(ext4().journal().build())
        .read_only_disk()
        .is_quiet(506);
    with_line(dirty(), &format!("{LINE} rootflags=noload"))
        .read_only_disk()
        .is_quiet(506);
}

#[test]
fn the_state_of_a_damaged_superblock_is_not_believed() {
    boot(broken()).read_only_disk().is_blocked(506, 12);
}
