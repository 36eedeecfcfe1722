use super::{MUSL, Root, arm64_program, linked, static_program};
use crate::forge::program::Program;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

fn i386() -> Vec<u8> {
    Program {
        is_64: false,
        machine: 3,
        ..Program::default()
    }
    .build()
}

#[test]
fn a_root_for_another_machine_is_told_with_both() {
    let root = Root::new()
        .program("/sbin/init", arm64_program())
        .program("/bin/sh", arm64_program());
    let finding = root.booted().fires(604, Fatal, Init);
    says(
        &finding.message,
        &["/sbin/init is for aarch64, but the kernel is for x86_64"],
    );
    says(
        &finding.consequence,
        &["(error -8)", "\"No working init found\""],
    );
}

#[test]
fn a_32_bit_program_needs_an_option() {
    let root = Root::new().program("/sbin/init", i386()).shell();
    let finding = root
        .booted()
        .config("CONFIG_BINFMT_ELF=y")
        .fires(604, Fatal, Init);
    says(
        &finding.message,
        &["made for i386", "CONFIG_IA32_EMULATION"],
    );
    says(&finding.consequence, &["(error -8)", "/bin/sh"]);
    root.booted()
        .config("CONFIG_BINFMT_ELF=y\nCONFIG_IA32_EMULATION=y\nCONFIG_COMPAT=y")
        .is_quiet(604);
}

#[test]
fn a_loader_for_another_machine_is_told() {
    let root = Root::new()
        .program("/sbin/init", linked(MUSL, &[]))
        .program(MUSL, arm64_program());
    let finding = root.booted_with("init=/sbin/init").fires(604, Fatal, Init);
    says(&finding.message, &[MUSL, "is for aarch64"]);
    says(&finding.consequence, &["(error -80)"]);
    root.booted().is_quiet(605);
}

#[test]
fn a_header_that_the_kernel_refuses_is_told() {
    let program = Program {
        e_type: 1,
        ..Program::default()
    };
    let root = Root::new().program("/sbin/init", program.build());
    let finding = root.booted().fires(604, Fatal, Init);
    says(&finding.message, &["the kernel refuses /sbin/init"]);
}

#[test]
fn without_a_kernel_any_machine_is_right() {
    let root = Root::new().program("/sbin/init", arm64_program());
    root.alone().is_quiet(604);
    Root::new()
        .program("/sbin/init", static_program())
        .booted()
        .is_quiet(604);
}

#[test]
fn an_option_that_is_not_known_blocks() {
    let root = Root::new().program("/sbin/init", i386());
    root.undecoded().is_blocked(604, 3);
}

#[test]
fn an_option_that_is_of_no_machine_is_another_causes() {
    let root = Root::new().program("/sbin/init", "#!/bin/sh\n").shell();
    let case = || root.booted().config("CONFIG_BINFMT_ELF=y");
    case().is_quiet(604);
    case().fires(606, Fatal, Init);
}
