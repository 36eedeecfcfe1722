use crate::forge::bzimage::{Bzimage, PAYLOAD_OFFSET};
use crate::forge::{gzip, put};
use crate::kernels::{bzimage, cut, vmlinux};
use crate::run::{Case, says};
use kelpie_check::architecture::Architecture;
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

/// Where nothing of the header stands.
const DECOY: usize = 0x400;

fn decoy(kernel: &Bzimage, magic: &[u8]) -> Vec<u8> {
    let mut bytes = kernel.build();
    put(&mut bytes, DECOY, magic);
    bytes
}

fn in_gzip() -> Bzimage {
    Bzimage {
        payload: gzip(&vmlinux()),
        length_word: None,
        ..bzimage()
    }
}

#[test]
fn a_codecs_magic_in_the_setup_code_is_decoded_in_place_of_the_payload() {
    let kernel = in_gzip();
    let payload = kernel.setup_bytes() + PAYLOAD_OFFSET;
    let finding = Case::new(decoy(&kernel, &[0x1f, 0x8b, 8])).fires(103, Fatal, Load);
    says(
        &finding.message,
        &["look like gzip", "0x400", &format!("{payload:#x}")],
    );
    says(
        &finding.consequence,
        &["libkrun", "KRUN_KERNEL_FORMAT_IMAGE_GZ", "wrong place"],
    );
    says(&finding.fix, &["kelpie-check extract vmlinuz --to vmlinux"]);
    assert_eq!(finding.place.offset, Some(0x400));
}

#[test]
fn another_codecs_magic_is_no_decoy() {
    Case::new(decoy(&bzimage(), &[0x1f, 0x8b, 8])).is_quiet(103);
    Case::new(bzimage().build()).is_quiet(103);
}

#[test]
fn targets_that_read_the_header_are_not_misled() {
    Case::new(decoy(&in_gzip(), &[0x1f, 0x8b, 8]))
        .on("qemu-microvm")
        .is_quiet(103);
}

#[test]
fn whether_the_vmm_decodes_it_at_all_is_blocked_by_the_cut() {
    Case::new(cut()).is_blocked(103, 2);
    Case::new(bzimage().build())
        .machine(Architecture::Aarch64)
        .is_blocked(103, 101);
}
