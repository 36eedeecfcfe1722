use super::forge::arm64::Arm64;
use super::{container, kernel, problems};
use kelpie_check::bytes::Endianness;
use kelpie_check::kernel::Architecture;

#[test]
fn an_image_tells_its_header() {
    let kernel = kernel(Arm64::default().build());
    assert_eq!(container(&kernel), "arm64-image");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::Aarch64));
    assert_eq!(header.endianness, Some(Endianness::Little));
    assert_eq!(header.page_size_bytes, Some(4096));
    assert_eq!(header.relocatable, Some(true));
    assert_eq!(header.load_address, Some(0));
    assert_eq!(header.image_size_bytes, Some(0x20_0000));
    assert_eq!(header.efi_stub, Some(true));
    assert_eq!(header.signed, Some(false));
    assert_eq!(header.payload, None);
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn only_the_magic_is_constant() {
    let image = Arm64 {
        machine: None,
        ..Arm64::default()
    };
    let kernel = kernel(image.build());
    assert_eq!(container(&kernel), "arm64-image");
    let header = kernel.header().unwrap();
    assert_eq!(header.efi_stub, Some(false));
    assert_eq!(header.end, None);
    assert_eq!(kernel.chain().unwrap().names(), ["arm64-image"]);
}

#[test]
fn flags_tell_byte_order_page_size_and_placement() {
    for (flags, endianness, page_size_bytes, anywhere) in [
        (0b0000, Endianness::Little, None, false),
        (0b0011, Endianness::Big, Some(4 << 10), false),
        (0b1100, Endianness::Little, Some(16 << 10), true),
        (0b0110, Endianness::Little, Some(64 << 10), false),
    ] {
        let kernel = kernel(
            Arm64 {
                flags,
                ..Arm64::default()
            }
            .build(),
        );
        let header = kernel.header().unwrap();
        assert_eq!(header.endianness, Some(endianness));
        assert_eq!(header.page_size_bytes, page_size_bytes);
        assert_eq!(header.relocatable, Some(anywhere));
    }
}

#[test]
fn an_image_before_3_17_has_the_old_offset() {
    let image = Arm64 {
        image_size: 0,
        text_offset: 0x0000_0800_0000_0000,
        flags: 0,
        machine: None,
        ..Arm64::default()
    };
    let kernel = kernel(image.build());
    let header = kernel.header().unwrap();
    assert_eq!(header.load_address, Some(0x8_0000));
    assert_eq!(header.image_size_bytes, None);
    assert_eq!(header.endianness, None);
}

#[test]
fn a_signed_image_ends_with_its_certificate() {
    let bytes = Arm64 {
        certificate_bytes: 1472,
        ..Arm64::default()
    }
    .build();
    let length = u64::try_from(bytes.len()).unwrap();
    let image = Arm64 {
        certificate_bytes: 1472,
        image_size: length - 1472,
        ..Arm64::default()
    };
    let kernel = kernel(image.build());
    let header = kernel.header().unwrap();
    assert_eq!(header.signed, Some(true));
    assert_eq!(header.end, Some(length));
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn a_cut_off_section_is_named() {
    let mut bytes = Arm64::default().build();
    bytes.truncate(0x300);
    assert_eq!(
        problems(bytes),
        ["section .text at 0x200: expected 4096 bytes, found 256 bytes"]
    );
}

#[test]
fn a_size_less_than_the_sections_is_invalid() {
    let image = Arm64 {
        image_size: 0x100,
        ..Arm64::default()
    };
    assert_eq!(
        problems(image.build()),
        [
            "image_header.image_size at 0x10: expected at least 4608 bytes, the end of the \
             sections, found 256 bytes"
        ]
    );
}

#[test]
fn a_foreign_machine_is_named() {
    let image = Arm64 {
        machine: Some(0x8664),
        ..Arm64::default()
    };
    assert_eq!(
        problems(image.build()),
        ["coff_header.Machine at 0x44: expected aarch64, found 0x8664"]
    );
}
