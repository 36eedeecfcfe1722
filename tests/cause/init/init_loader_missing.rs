use super::{GLIBC, MUSL, Root, linked, static_program, unreadable};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

#[test]
fn a_program_for_glibc_on_musl_is_told_by_name() {
    let root = Root::new()
        .program("/sbin/init", linked(GLIBC, &["libc.so.6"]))
        .musl();
    let finding = root.booted_with("init=/sbin/init").fires(605, Fatal, Init);
    says(
        &finding.message,
        &[
            GLIBC,
            "the loader of glibc",
            "the root has that of musl",
            MUSL,
        ],
    );
    says(&finding.consequence, &["(error -2)"]);
    says(&finding.fix, &["gcompat"]);
}

#[test]
fn a_program_for_musl_on_glibc_is_told_by_name() {
    let root = Root::new().program("/sbin/init", linked(MUSL, &[])).glibc();
    let finding = root.alone().fires(605, Fatal, Init);
    says(&finding.message, &["the loader of musl", "that of glibc"]);
    says(&finding.fix, &["for glibc"]);
}

#[test]
fn the_loader_of_a_scripts_interpreter_counts() {
    let root = Root::new()
        .program("/sbin/init", "#!/bin/sh\n")
        .program("/bin/sh", linked(MUSL, &[]));
    let finding = root.booted().fires(605, Fatal, Init);
    says(&finding.message, &["Init is /sbin/init, and /bin/sh needs"]);
}

#[test]
fn a_loader_that_is_not_executable_is_told() {
    let root =
        Root::new()
            .program("/sbin/init", linked(MUSL, &[]))
            .file(MUSL, static_program(), 0o644);
    let finding = root.booted().fires(605, Fatal, Init);
    says(&finding.message, &["has no execute bit"]);
    says(&finding.consequence, &["(error -13)"]);
}

#[test]
fn a_loader_that_is_there_is_no_trouble() {
    let root = Root::new().program("/sbin/init", linked(MUSL, &[])).musl();
    root.alone().is_quiet(605);
    Root::new()
        .program("/sbin/init", static_program())
        .alone()
        .is_quiet(605);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(605, 10);
}

#[test]
fn the_fix_of_a_loader_is_its_mode_or_a_new_one() {
    let with = |loader: Root| loader.program("/sbin/init", linked(MUSL, &[]));
    let mode = with(Root::new().file(MUSL, static_program(), 0o644));
    let finding = mode.booted().fires(605, Fatal, Init);
    says(&finding.fix, &["with mode 755"]);
    let junk = with(Root::new().program(MUSL, b"no loader at all, and long enough for ELF"));
    let finding = junk.booted().fires(605, Fatal, Init);
    assert_eq!(finding.fix, format!("Install {MUSL} again."));
}

#[test]
fn the_loader_of_the_same_library_for_another_machine_is_none() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &[]))
        .program("/lib/ld-musl-aarch64.so.1", static_program());
    let finding = root.booted().fires(605, Fatal, Init);
    assert!(
        !finding.message.contains("the root has that"),
        "{finding:#?}"
    );
    says(&finding.fix, &["Install musl on the root"]);
}
