use super::{GLIBC, MUSL, Root, linked, unreadable};
use crate::forge::program::{Program, dynamic, library};
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

#[test]
fn a_missing_library_is_told_in_the_words_of_musl() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &["libcrypto.so.3"]))
        .musl();
    let finding = root.booted().fires(607, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init needs libcrypto.so.3, which is not found"],
    );
    says(
        &finding.consequence,
        &[
            "\"Error loading shared library libcrypto.so.3: No such file or directory (needed by /sbin/init)\"",
            "exitcode=0x00007f00",
        ],
    );
}

#[test]
fn a_missing_library_is_told_in_the_words_of_glibc() {
    let root = Root::new()
        .program("/sbin/init", linked(GLIBC, &["libseccomp.so.2"]))
        .glibc();
    let finding = root.alone().fires(607, Fatal, Init);
    says(
        &finding.consequence,
        &["error while loading shared libraries: libseccomp.so.2"],
    );
}

#[test]
fn a_library_of_a_library_counts() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &["libone.so"]))
        .program(
            "/lib/libone.so",
            library("libone.so", &["libtwo.so"]).build(),
        )
        .musl();
    let finding = root.booted().fires(607, Fatal, Init);
    says(&finding.message, &["/lib/libone.so needs libtwo.so"]);
}

#[test]
fn a_file_that_was_cut_off_crashes() {
    let program = Program {
        cut_bytes: 0x10_0000,
        ..Program::default()
    };
    let root = Root::new().program("/sbin/init", program.build());
    let finding = root.booted().fires(607, Fatal, Init);
    says(&finding.message, &["/sbin/init is damaged"]);
    says(&finding.consequence, &["crashes"]);
}

#[test]
fn libraries_that_are_there_are_no_trouble() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &["libone.so"]))
        .program("/usr/lib/libone.so", library("libone.so", &[]).build())
        .musl();
    root.alone().is_quiet(607);
    root.booted().is_quiet(607);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(607, 10);
}

#[test]
fn a_library_that_the_loader_refuses_is_told() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &["libone.so"]))
        .program(
            "/lib/libone.so",
            b"no library at all, and long enough for a header of ELF",
        )
        .musl();
    let finding = root.booted().fires(607, Fatal, Init);
    says(&finding.consequence, &["The loader refuses it and exits"]);
    assert_eq!(finding.fix, "Install /lib/libone.so again.");
}

#[test]
fn a_library_that_is_older_than_the_program_is_told_as_glibc_tells_it() {
    let init = Program {
        version_needs: vec![("libc.so.6", "GLIBC_2.38", false)],
        ..dynamic(GLIBC, &["libc.so.6"])
    };
    let libc = |versions: &[&'static str]| {
        let libc = Program {
            versions: versions.to_vec(),
            ..library("libc.so.6", &[])
        };
        Root::new()
            .program("/sbin/init", init.build())
            .program("/lib64/libc.so.6", libc.build())
            .glibc()
    };
    let old = libc(&["GLIBC_2.2.5", "GLIBC_2.36"]);
    let finding = old.booted().fires(607, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init needs GLIBC_2.38 of /lib64/libc.so.6"],
    );
    says(
        &finding.consequence,
        &[
            "\"/sbin/init: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by /sbin/init)\"",
            "exitcode=0x00000100",
        ],
    );
    says(&finding.fix, &["Install a newer /lib64/libc.so.6"]);
    libc(&["GLIBC_2.36", "GLIBC_2.38"]).booted().is_quiet(607);
}
