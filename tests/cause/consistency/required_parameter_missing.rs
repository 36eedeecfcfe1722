use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Console;

const KELPIE: &str = r#"{"kernel_file":"vmlinuz","alpine_version":"3.22"}"#;

fn line(text: &str) -> Case {
    Case::new(vmlinux()).command_line(text).metadata(KELPIE)
}

#[test]
fn what_is_missing_is_listed() {
    let finding = line("root=/dev/vda").fires(706, Warn, Console);
    assert_eq!(
        finding.message,
        "The command line lacks console=ttyS0, init=/sbin/init, rw."
    );
    let finding = line("console=hvc0 init=/sbin/init ro").fires(706, Warn, Console);
    says(&finding.consequence, &["read-only"]);
    assert_eq!(finding.fix, "Add rw to the command line.");
}

#[test]
fn a_whole_line_is_quiet() {
    line("console=hvc0 root=/dev/vda init=/sbin/init rw").is_quiet(706);
}

#[test]
fn other_kernels_and_targets_are_not_kelpies() {
    let bare = Case::new(vmlinux()).command_line("root=/dev/vda");
    bare.is_quiet(706);
    line("root=/dev/vda").on("qemu-microvm").is_quiet(706);
}

#[test]
fn metadata_that_cannot_be_read_blocks() {
    line("root=/dev/vda").metadata("[1").is_blocked(706, 702);
}
