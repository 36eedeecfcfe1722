use super::{Root, static_program, unreadable};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

#[test]
fn a_file_without_an_execute_bit_is_not_executed() {
    let root = Root::new().file("/sbin/init", static_program(), 0o644);
    let finding = root.booted().fires(602, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init has no execute bit (mode 0644)"],
    );
    says(
        &finding.consequence,
        &[
            "\"Starting init: /sbin/init exists but couldn't execute it (error -13)\"",
            "\"No working init found\"",
        ],
    );
    assert_eq!(finding.fix, "Run chmod 755 on /sbin/init of the root.");
}

#[test]
fn a_shell_that_runs_in_its_place_is_told() {
    let root = Root::new()
        .file("/sbin/init", static_program(), 0o600)
        .shell();
    let finding = root.alone().fires(602, Fatal, Init);
    says(&finding.consequence, &["error -13", "starts /bin/sh"]);
}

#[test]
fn a_directory_is_no_program() {
    let root = Root::new().directory("/sbin/init");
    let finding = root.booted_with("init=/sbin/init").fires(602, Fatal, Init);
    says(&finding.message, &["/sbin/init is a directory"]);
    says(
        &finding.consequence,
        &["\"Requested init /sbin/init failed (error -13)\""],
    );
}

#[test]
fn one_execute_bit_is_enough() {
    Root::new()
        .file("/sbin/init", static_program(), 0o100)
        .alone()
        .is_quiet(602);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(602, 10);
}
