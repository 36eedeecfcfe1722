use crate::forge::bzimage::{Bzimage, PAYLOAD_OFFSET};
use crate::kernels::{bzimage, page};
use crate::run::{Case, says};
use kelpie_check::finding::Severity::Fatal;
use kelpie_check::stage::Stage::Read;

fn strange() -> Bzimage {
    Bzimage {
        payload: b"squeezed by a vendor, thoroughly".to_vec(),
        ..bzimage()
    }
}

#[test]
fn a_payload_of_no_codec_shows_its_first_bytes() {
    let kernel = strange();
    let at = u64::try_from(kernel.setup_bytes() + PAYLOAD_OFFSET).unwrap();
    let finding = Case::new(kernel.build()).fires(6, Fatal, Read);
    says(&finding.message, &["73 71 75 65", "gzip, bzip2"]);
    says(&finding.consequence, &["No program can unpack it"]);
    assert_eq!(finding.place.offset, Some(at));
}

#[test]
fn zstd_is_known() {
    Case::new(bzimage().build()).is_quiet(6);
}

#[test]
fn what_is_no_kernel_has_no_codec() {
    Case::new(page()).is_blocked(6, 1);
}

#[test]
fn what_depends_on_the_payload_is_blocked_by_its_codec() {
    Case::new(strange().build()).is_blocked(1, 6);
}
