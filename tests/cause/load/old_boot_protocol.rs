use crate::forge::bzimage::Bzimage;
use crate::kernels::{bzimage, page};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Load;

fn protocol(minor: u8) -> Vec<u8> {
    Bzimage {
        protocol: (2, minor),
        ..bzimage()
    }
    .build()
}

#[test]
fn a_64_bit_entry_needs_protocol_2_12() {
    let finding = Case::new(protocol(11))
        .on("firecracker")
        .fires(109, Fatal, Load);
    assert_eq!(
        finding.message,
        "The boot protocol is 2.11; Firecracker needs 2.12."
    );
    says(&finding.consequence, &["wrong address"]);
    says(&finding.fix, &["kelpie-check extract vmlinuz --to vmlinux"]);
    assert_eq!(finding.place.offset, Some(0x206));
}

#[test]
fn protocol_2_12_is_enough() {
    Case::new(protocol(12)).on("firecracker").is_quiet(109);
}

#[test]
fn targets_that_do_not_read_the_setup_header_take_older_ones() {
    Case::new(protocol(11)).is_quiet(109);
    Case::new(protocol(11)).on("qemu-microvm").is_quiet(109);
}

#[test]
fn what_is_no_kernel_has_no_protocol() {
    Case::new(page()).on("firecracker").is_blocked(109, 1);
}
