use crate::kernels::{bzimage, page};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Warn;
use kelpie_check::stage::Stage::Read;

#[test]
fn a_payload_that_decodes_to_more_than_allowed_names_the_limit() {
    let finding = Case::new(bzimage().build())
        .limit("decoded_bytes", 100)
        .fires(5, Warn, Read);
    says(&finding.message, &["limit decoded_bytes", "at most 100"]);
    says(&finding.consequence, &["verdict is unknown"]);
    says(&finding.fix, &["--limit decoded_bytes=VALUE"]);
}

#[test]
fn a_kernel_of_usual_size_meets_no_limit() {
    Case::new(bzimage().build()).is_quiet(5);
}

#[test]
fn what_is_no_kernel_costs_nothing() {
    Case::new(page()).is_blocked(5, 1);
}

#[test]
fn other_causes_are_blocked_by_the_limit() {
    Case::new(bzimage().build())
        .limit("decoded_bytes", 100)
        .is_blocked(1, 5);
}
