use crate::kernels::{bzimage, cut, page, vmlinux};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Read;

#[test]
fn a_cut_bzimage_says_how_much_is_there() {
    let finding = Case::new(cut()).fires(2, Fatal, Read);
    says(&finding.message, &["expected", "found", "bytes"]);
    says(&finding.consequence, &["end is missing"]);
    says(&finding.fix, &["again"]);
    assert!(finding.place.offset.is_some());
    assert_eq!(finding.place.member, None);
}

#[test]
fn an_elf_whose_segment_passes_the_end_names_the_segment() {
    let mut bytes = vmlinux();
    // The second segment begins behind the tables and the first.
    let end = bytes.windows(4).rposition(|four| four == [1; 4]).unwrap();
    bytes.truncate(end);
    let finding = Case::new(bytes).fires(2, Fatal, Read);
    says(&finding.message, &["PT_LOAD segment at 0x"]);
}

#[test]
fn a_whole_kernel_is_not_cut() {
    Case::new(bzimage().build()).is_quiet(2);
}

#[test]
fn what_is_no_kernel_has_no_end_to_miss() {
    Case::new(page()).is_blocked(2, 1);
}

#[test]
fn a_cut_that_the_header_shows_needs_no_decoding() {
    Case::new(cut()).quick().fires(2, Fatal, Read);
    Case::new(bzimage().build()).quick().is_skipped(2);
}
