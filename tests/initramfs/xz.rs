//! How xz streams were made, and which of them the kernel reads.

use super::forge::cpio::{Entry, archive};
use super::{initramfs, message};
use kelpie_check::initramfs::XzSettings;
use liblzma::stream::{Action, Check, Filters, LzmaOptions, Stream};

fn xz(filters: &Filters, check: Check) -> Vec<u8> {
    let plain = archive(&[Entry::file("init", b"#!/bin/sh\n")]);
    let mut encoder = Stream::new_stream_encoder(filters, check).unwrap();
    let mut out = Vec::with_capacity(plain.len() + 4096);
    encoder
        .process_vec(&plain, &mut out, Action::Finish)
        .unwrap();
    out
}

fn settings(stream: Vec<u8>) -> XzSettings {
    let opened = initramfs(stream);
    let unpacked = opened.archive().unwrap();
    assert_eq!(message(unpacked), None);
    unpacked.segments[0].xz.clone().unwrap()
}

fn lzma2(dictionary_bytes: u32) -> LzmaOptions {
    let mut options = LzmaOptions::new_preset(0).unwrap();
    options.dict_size(dictionary_bytes);
    options
}

#[test]
fn check_dictionary_and_filters_are_told() {
    let mut plain = Filters::new();
    plain.lzma2(&lzma2(1 << 20));
    let kernel = settings(xz(&plain, Check::Crc32));
    assert_eq!(kernel.check, 1);
    assert_eq!(kernel.dictionary_bytes, 1 << 20);
    assert_eq!(kernel.refused(), None);
    assert_eq!(settings(xz(&plain, Check::None)).refused(), None);
    // What xz does unless told otherwise.
    let default = settings(xz(&plain, Check::Crc64));
    assert!(default.refused().unwrap().contains("CRC64"));
    assert!(settings(xz(&plain, Check::Sha256)).refused().is_some());

    let mut x86 = Filters::new();
    x86.x86().lzma2(&lzma2(3 << 19));
    let with_filter = settings(xz(&x86, Check::Crc32));
    assert_eq!(with_filter.dictionary_bytes, 3 << 19);
    assert_eq!(with_filter.filters[0].option, Some("XZ_DEC_X86"));
    assert_eq!(with_filter.refused(), None);

    let mut two = Filters::new();
    two.arm().x86().lzma2(&lzma2(1 << 16));
    assert!(settings(xz(&two, Check::Crc32)).refused().is_some());
}
