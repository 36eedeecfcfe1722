use super::{LINE, at, boot, ext4};
use crate::forge::disk::qcow2;
use crate::kernels::page;
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::RootMount;

#[test]
fn a_format_that_the_target_does_not_read_is_fatal() {
    let finding = boot(qcow2(&ext4().build()))
        .on("firecracker")
        .fires(509, Fatal, RootMount);
    assert_eq!(
        finding.message,
        "The root is a qcow2 disk image, but Firecracker reads raw."
    );
    says(&finding.fix, &["qemu-img convert -O raw"]);
    boot(at(0, b"vhdxfile")).fires(509, Fatal, RootMount);
    let finding = boot(at(0, &[0x3a, 0xff, 0x26, 0xed])).fires(509, Fatal, RootMount);
    says(&finding.fix, &["simg2img"]);
}

#[test]
fn a_format_that_it_reads_and_a_raw_disk_pass() {
    boot(qcow2(&ext4().build())).is_quiet(509);
    boot(at(0, b"KDMV")).is_quiet(509);
    boot(at(0, b"conectix")).on("qemu").is_quiet(509);
    boot(ext4().build()).on("firecracker").is_quiet(509);
}

#[test]
fn without_a_kernel_there_is_no_machine() {
    Case::new(page())
        .command_line(LINE)
        .root(at(0, b"KDMV"))
        .is_blocked(509, 1);
}
