use super::{GLIBC, Root, static_program, unreadable};
use crate::forge::program::{Program, dynamic, library};
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Init;

fn level(level: u32) -> Program {
    Program {
        isa_needed: Some(1 << (level - 1)),
        ..Program::default()
    }
}

fn root(needed: u32) -> Root {
    Root::new().program("/sbin/init", level(needed).build())
}

#[test]
fn a_level_that_the_cpu_lacks_ends_init() {
    let finding = root(3).booted().cpu_level(2).fires(610, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init needs x86-64-v3", "CPU has x86-64-v2"],
    );
    says(&finding.consequence, &["exitcode=0x00000004"]);
    let finding = root(2).alone().cpu_level(1).fires(610, Fatal, Init);
    says(&finding.message, &["CPU has the baseline of x86-64"]);
}

#[test]
fn the_level_of_a_library_counts_and_glibc_says_so() {
    let libc = Program {
        isa_needed: Some(4),
        ..library("libc.so.6", &[])
    };
    let root = Root::new()
        .program("/sbin/init", dynamic(GLIBC, &["libc.so.6"]).build())
        .program("/lib64/libc.so.6", libc.build())
        .glibc();
    let finding = root.booted().cpu_level(1).fires(610, Fatal, Init);
    says(&finding.message, &["/lib64/libc.so.6 needs x86-64-v3"]);
    says(
        &finding.consequence,
        &["\"CPU ISA level is lower than required\""],
    );
}

#[test]
fn where_the_cpu_is_not_known_new_levels_are_a_warning() {
    for new in [3, 4] {
        let finding = root(new).alone().fires(610, Warn, Init);
        says(&finding.message, &["is unknown"]);
        says(&finding.consequence, &["If the CPU has less, the "]);
    }
    root(2).alone().is_quiet(610);
}

#[test]
fn a_level_that_the_cpu_has_is_quiet() {
    root(3).booted().cpu_level(3).is_quiet(610);
    Root::new()
        .program("/sbin/init", static_program())
        .booted()
        .cpu_level(1)
        .is_quiet(610);
}

#[test]
fn an_init_that_does_not_start_is_another_causes() {
    Root::new()
        .file("/sbin/init", level(4).build(), 0o644)
        .booted()
        .cpu_level(1)
        .is_quiet(610);
}

#[test]
fn a_root_that_cannot_be_read_is_not_judged() {
    unreadable().is_blocked(610, 10);
}

#[test]
fn the_baseline_is_needed_by_everything_and_told_of_nothing() {
    root(1).booted().cpu_level(0).is_quiet(610);
}

#[test]
fn a_shell_that_stands_in_for_init_is_another_causes() {
    Root::new()
        .file("/sbin/init", static_program(), 0o644)
        .program("/bin/sh", level(4).build())
        .booted()
        .cpu_level(1)
        .is_quiet(610);
}
