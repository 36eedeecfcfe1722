use super::forge::s390::S390;
use super::forge::{BANNER, gzip, vmlinux_bin};
use super::{container, kernel, opened, problems};
use kelpie_check::architecture::Architecture;
use kelpie_check::bytes::Endianness;
use kelpie_check::error::Kind;

#[test]
fn the_magic_behind_64_kib_is_seen() {
    let kernel = kernel(S390::default().build());
    assert_eq!(container(&kernel), "s390-image");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::S390x));
    assert_eq!(header.endianness, Some(Endianness::Big));
    assert_eq!(
        header.version_text.as_deref(),
        Some("6.1.0-forged (a@b) #1 SMP today")
    );
    assert_eq!(header.cmdline_max_bytes, Some(4095));
    assert_eq!(
        opened(&kernel),
        (vec!["s390-image", "zstd", "flat"], vec![])
    );
    assert_eq!(kernel.image().unwrap().0.endianness, Some(Endianness::Big));
}

#[test]
fn padding_behind_the_payload_does_no_harm() {
    let image = S390 {
        payload: gzip(&vmlinux_bin()),
        length_word: None,
        ..S390::default()
    };
    assert_eq!(opened(&kernel(image.build())).0[1], "gzip");
}

#[test]
fn an_uncompressed_kernel_is_its_own_image() {
    let image = S390 {
        payload: BANNER.as_bytes().to_vec(),
        length_word: None,
        ..S390::default()
    };
    let kernel = kernel(image.build());
    assert_eq!(opened(&kernel).0, ["s390-image"]);
    assert_eq!(kernel.banner().unwrap().release, "6.1.0-forged");
}

#[test]
fn without_a_kernel_the_search_says_what_it_tried() {
    let image = S390 {
        payload: Vec::new(),
        ..S390::default()
    };
    let error = kernel(image.build()).banner().unwrap_err().clone();
    assert_eq!(error.kind(), Kind::Absent);
    assert!(error.found().contains("none contains a kernel"), "{error}");
}

#[test]
fn a_version_elsewhere_is_a_problem() {
    for version_at in [0x11801, 0x11900, u64::MAX, 0x100_0000] {
        let image = S390 {
            version: b"x6.1.0\0",
            version_at,
            ..S390::default()
        };
        let said = problems(image.build());
        assert_eq!(said.len(), usize::from(version_at != 0x11801), "{said:?}");
    }
    let image = S390 {
        version_at: 0,
        max_command_line_size: 0,
        ..S390::default()
    };
    let kernel = kernel(image.build());
    let header = kernel.header().unwrap();
    assert_eq!(
        (&header.version_text, header.cmdline_max_bytes),
        (&None, None)
    );
}

#[test]
fn a_header_cut_off_names_its_field() {
    let whole = S390::default().build();
    for length in 0x1000e..0x10438 {
        let error = kernel(whole[..length].to_vec())
            .header()
            .unwrap_err()
            .clone();
        assert_eq!(error.kind(), Kind::Truncated);
        assert_eq!(error.field(), "parmarea");
    }
}
