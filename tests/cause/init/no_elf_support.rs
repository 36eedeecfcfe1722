use super::{Root, static_program};
use crate::forge::cpio::{Entry, archive};
use crate::initramfs::{self, MONOLITHIC};
use crate::kernels::vmlinux;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Init;

fn root() -> Root {
    Root::new().program("/sbin/init", static_program())
}

#[test]
fn a_kernel_without_elf_executes_nothing() {
    let finding = root()
        .booted()
        .config("CONFIG_BINFMT_SCRIPT=y")
        .fires(608, Fatal, Init);
    says(&finding.message, &["BINFMT_ELF is not built"]);
    says(
        &finding.consequence,
        &["/sbin/init exists but couldn't execute it (error -8)"],
    );
    let finding = root()
        .booted_with("init=/sbin/init")
        .config("CONFIG_BINFMT_SCRIPT=y")
        .fires(608, Fatal, Init);
    says(
        &finding.consequence,
        &["\"Requested init /sbin/init failed"],
    );
}

#[test]
fn a_kernel_with_elf_is_quiet() {
    root().booted().config("CONFIG_BINFMT_ELF=y").is_quiet(608);
}

#[test]
fn a_root_without_programs_does_not_ask() {
    Root::new().booted().config("").is_quiet(608);
}

#[test]
fn without_a_kernel_it_does_not_apply() {
    assert_eq!(root().alone().is_skipped(608), "kernel");
}

#[test]
fn a_kernel_that_cannot_be_decoded_blocks() {
    root().undecoded().is_blocked(608, 3);
}

#[test]
fn the_init_of_an_initramfs_is_a_program_too() {
    let finding = Case::new(vmlinux())
        .config(MONOLITHIC)
        .command_line("console=hvc0")
        .no_root()
        .initramfs(archive(&[Entry::file("init", &initramfs::busybox())]))
        .fires(608, Fatal, Init);
    says(&finding.message, &["/init is or needs an ELF program"]);
    says(
        &finding.consequence,
        &["\"Failed to execute /init (error -8)\""],
    );
}
