use super::*;
use crate::forge::gzip;
use crate::run::says;
use kelpie_check::finding::Severity::{Fatal, Warn};
use kelpie_check::stage::Stage::Initramfs;

use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
use std::io::Write;

fn xz(check: Check, x86: bool, bytes: &[u8]) -> Vec<u8> {
    let mut filters = Filters::new();
    if x86 {
        filters.x86();
    }
    filters.lzma2(&LzmaOptions::new_preset(0).unwrap());
    let stream = Stream::new_stream_encoder(&filters, check).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn crc64_is_refused() {
    let initramfs = xz(Check::Crc64, false, &alpine_with(NEEDED));
    let finding = boot(MODULAR, initramfs).fires(311, Fatal, Initramfs);
    says(&finding.message, &["CRC64"]);
    says(
        &finding.consequence,
        &[
            "settings that are not supported by this XZ decoder",
            "panics",
        ],
    );
    says(&finding.fix, &["--check=crc32"]);
}

#[test]
fn a_kernel_that_mounts_by_itself_goes_on() {
    let config = format!("{MONOLITHIC}\nCONFIG_RD_XZ=y");
    let initramfs = xz(Check::Crc64, false, &alpine_with(NEEDED));
    boot(&config, initramfs).fires(311, Warn, Initramfs);
}

#[test]
fn crc32_and_other_codecs_pass() {
    boot(MODULAR, xz(Check::Crc32, false, &alpine_with(NEEDED))).is_quiet(311);
    boot(MODULAR, gzip(&alpine_with(NEEDED))).is_quiet(311);
}

#[test]
fn whether_a_kernel_has_a_filter_is_not_guessed() {
    let initramfs = xz(Check::Crc32, true, &alpine_with(NEEDED));
    says(
        &boot(MODULAR, initramfs).is_blocked(311, None),
        &["XZ_DEC_X86"],
    );
}
