use crate::forge::bzimage::Bzimage;
use crate::kernels::{bzimage, damaged, page};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Read;

#[test]
fn a_flipped_bit_fails_the_decoder() {
    let finding = Case::new(damaged()).fires(3, Fatal, Read);
    says(&finding.consequence, &["decompresses"]);
    says(&finding.fix, &["damaged"]);
    assert!(finding.place.offset.is_some());
}

#[test]
fn a_wrong_length_word_is_told_with_both_lengths() {
    let kernel = Bzimage {
        length_word: Some(5),
        ..bzimage()
    };
    let finding = Case::new(kernel.build()).fires(3, Fatal, Read);
    says(&finding.message, &["decoded size", "5 bytes, as stated"]);
}

#[test]
fn an_impossible_header_field_is_told_at_its_offset() {
    let kernel = Bzimage {
        boot_flag: 0,
        ..bzimage()
    };
    let finding = Case::new(kernel.build()).fires(3, Fatal, Read);
    says(&finding.message, &["boot_flag", "0xaa55"]);
    assert_eq!(finding.place.offset, Some(0x1fe));
}

#[test]
fn a_payload_that_decodes_to_its_length_is_whole() {
    Case::new(bzimage().build()).is_quiet(3);
}

#[test]
fn what_is_no_kernel_has_no_payload() {
    Case::new(page()).is_blocked(3, 1);
}

#[test]
fn a_payload_is_not_decoded_in_a_quick_run() {
    Case::new(damaged()).quick().is_skipped(3);
}
