use super::*;
use crate::run::says;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Initramfs;

#[test]
fn a_word_for_a_shell_stops_the_boot_in_the_initramfs() {
    let finding = boot(MODULAR, debian_with(&[]))
        .command_line("root=/dev/vda break=mount")
        .fires(312, Fatal, Initramfs);
    says(&finding.message, &["break=mount", "initramfs-tools"]);
    says(&finding.fix, &["Remove break=mount"]);
    boot(MODULAR, alpine_with(NEEDED))
        .command_line("root=/dev/vda rootfstype=ext4 single")
        .fires(312, Fatal, Initramfs);
}

#[test]
fn another_generators_word_and_a_stage_that_it_has_not_are_passed_over() {
    for word in ["", "rd.break", "break=nowhere", "single"] {
        boot(MODULAR, debian_with(&[]))
            .command_line(format!("root=/dev/vda {word}"))
            .is_quiet(312);
    }
    boot(MONOLITHIC, archive(&[]))
        .command_line("root=/dev/vda break single")
        .is_quiet(312);
}

#[test]
fn a_kernel_that_cannot_be_read_blocks_it() {
    boot_damaged(debian_with(&[]))
        .command_line("root=/dev/vda break")
        .is_blocked(312, 3);
}
