use super::forge::bzimage::{Bzimage, PAYLOAD_OFFSET, RELEASE};
use super::forge::{gzip, put, zstd};
use super::{container, kernel, problems};
use kelpie_check::error::Kind;
use kelpie_check::kernel::{Architecture, Payload};

fn stream(bytes: Vec<u8>) -> (u64, u64, Option<u64>) {
    match kernel(bytes).header().unwrap().payload {
        Some(Payload::Compressed {
            offset,
            length,
            stated_decoded_bytes,
            ..
        }) => (offset, length, stated_decoded_bytes),
        ref other => panic!("no compressed payload: {other:?}"),
    }
}

#[test]
fn a_bzimage_without_efi_stub_tells_its_header() {
    let image = Bzimage::default().build();
    let length = u64::try_from(image.len()).unwrap();
    let kernel = kernel(image);
    assert_eq!(container(&kernel), "bzimage");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::X86_64));
    assert_eq!(header.bits, Some(64));
    assert_eq!(header.boot_protocol, Some((2, 15)));
    assert_eq!(header.version_text.as_deref(), Some(RELEASE));
    assert_eq!(header.cmdline_max_bytes, Some(2047));
    assert_eq!(header.load_address, Some(0x100_0000));
    assert_eq!(header.init_size_bytes, Some(0x200_0000));
    assert_eq!(header.relocatable, Some(true));
    assert_eq!(header.kernel_64, Some(true));
    assert_eq!(header.above_4g, Some(true));
    assert_eq!(header.efi_handover, Some(true));
    assert_eq!(header.efi_stub, Some(false));
    assert_eq!(header.signed, Some(false));
    assert_eq!(header.end, Some(length));
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn a_signed_bzimage_ends_with_its_certificate() {
    let image = Bzimage {
        machine: Some(0x8664),
        certificate_bytes: 1472,
        trailing: vec![0; 100],
        ..Bzimage::default()
    }
    .build();
    let end = u64::try_from(image.len() - 100).unwrap();
    let kernel = kernel(image);
    let header = kernel.header().unwrap();
    assert_eq!(header.efi_stub, Some(true));
    assert_eq!(header.signed, Some(true));
    assert_eq!(header.end, Some(end));
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn a_length_word_is_no_part_of_a_zstd_stream() {
    let payload = zstd(&[7; 1000]);
    let image = Bzimage {
        payload: payload.clone(),
        length_word: Some(1000),
        ..Bzimage::default()
    };
    let at = u64::try_from(image.setup_bytes() + PAYLOAD_OFFSET).unwrap();
    let length = u64::try_from(payload.len()).unwrap();
    assert_eq!(stream(image.build()), (at, length, Some(1000)));
}

#[test]
fn the_length_word_of_gzip_is_its_own() {
    let payload = gzip(&[7; 1000]);
    let image = Bzimage {
        payload: payload.clone(),
        length_word: None,
        ..Bzimage::default()
    };
    let (_, length, stated) = stream(image.build());
    assert_eq!(length, u64::try_from(payload.len()).unwrap());
    assert_eq!(stated, Some(1000));
}

#[test]
fn fields_of_later_protocols_are_not_believed() {
    let image = Bzimage {
        protocol: (2, 3),
        payload_length: Some(0xffff_ffff),
        ..Bzimage::default()
    };
    let begin = u64::try_from(image.setup_bytes()).unwrap();
    let bytes = image.build();
    let file_bytes = u64::try_from(bytes.len()).unwrap();
    let kernel = kernel(bytes);
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, None);
    assert_eq!(header.kernel_64, None);
    assert_eq!(header.init_size_bytes, None);
    assert_eq!(header.relocatable, None);
    assert_eq!(header.cmdline_max_bytes, Some(255));
    assert_eq!(header.load_address, Some(0x10_0000));
    assert_eq!(header.end, None);
    assert_eq!(
        header.payload,
        Some(Payload::Hidden {
            offset: begin,
            length: file_bytes - begin,
            end: None
        })
    );
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn an_image_loaded_low_is_a_zimage() {
    let kernel = kernel(
        Bzimage {
            protocol: (2, 1),
            loaded_high: false,
            ..Bzimage::default()
        }
        .build(),
    );
    assert_eq!(container(&kernel), "zimage-x86");
    let header = kernel.header().unwrap();
    assert_eq!(header.load_address, Some(0x1_0000));
    assert!(matches!(header.payload, Some(Payload::Hidden { .. })));
}

#[test]
fn no_setup_sects_are_four() {
    let image = Bzimage {
        setup_sects: 0,
        ..Bzimage::default()
    };
    assert_eq!(image.setup_bytes(), 5 * 512);
    assert_eq!(problems(image.build()), [""; 0]);
}

#[test]
fn a_last_paragraph_that_old_builds_left_open_is_no_truncation() {
    let image = Bzimage {
        protocol: (2, 4),
        ..Bzimage::default()
    };
    let mut bytes = image.build();
    bytes.truncate(bytes.len() - 15);
    assert_eq!(problems(bytes.clone()), [""; 0]);
    bytes.pop();
    assert_eq!(problems(bytes).len(), 1);
}

#[test]
fn thirty_two_bits_are_told_by_xloadflags() {
    let kernel = kernel(
        Bzimage {
            xloadflags: 0x4,
            machine: Some(0x14c),
            ..Bzimage::default()
        }
        .build(),
    );
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::I386));
    assert_eq!(header.kernel_64, Some(false));
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn two_machines_in_one_image_are_named() {
    let image = Bzimage {
        machine: Some(0xaa64),
        ..Bzimage::default()
    };
    assert_eq!(
        problems(image.build()),
        [
            "coff_header.Machine at 0x44: expected x86_64, as setup_header.xloadflags states, \
          found 0xaa64"
        ]
    );
}

#[test]
fn a_wrong_boot_flag_is_named_with_its_place() {
    let image = Bzimage {
        boot_flag: 0,
        ..Bzimage::default()
    };
    assert_eq!(
        problems(image.build()),
        ["setup_header.boot_flag at 0x1fe: expected 0xaa55, found 0x0000"]
    );
}

#[test]
fn a_truncated_header_names_itself() {
    for length in 0x206..0x26c {
        let mut bytes = Bzimage::default().build();
        bytes.truncate(length);
        let error = kernel(bytes).header().unwrap_err().clone();
        assert_eq!(error.kind(), Kind::Truncated);
        assert_eq!(
            error.to_string(),
            format!(
                "setup_header at 0x1f1: expected 123 bytes, found {} bytes",
                length - 0x1f1
            )
        );
    }
}

#[test]
fn a_truncated_image_names_the_code_and_the_payload() {
    let mut bytes = Bzimage::default().build();
    bytes.truncate(Bzimage::default().setup_bytes() + PAYLOAD_OFFSET + 10);
    let problems = problems(bytes);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("protected-mode code at 0x1000: expected "));
    assert!(problems[1].starts_with("payload at 0x1100: expected 33 bytes, found 10 bytes"));
}

#[test]
fn a_truncated_certificate_is_named() {
    let mut bytes = Bzimage {
        machine: Some(0x8664),
        certificate_bytes: 1472,
        ..Bzimage::default()
    }
    .build();
    bytes.pop();
    let problems = problems(bytes);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("certificate table at "));
    assert!(problems[0].ends_with("expected 1472 bytes, found 1471 bytes"));
}

#[test]
fn a_payload_beyond_the_code_is_invalid() {
    let image = Bzimage {
        payload_length: Some(0x10_0000),
        ..Bzimage::default()
    };
    let problems = problems(image.build());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("setup_header.payload_length at 0x24c: "));
}

#[test]
fn no_payload_is_looked_for_in_the_code() {
    let image = Bzimage {
        payload_length: Some(0),
        ..Bzimage::default()
    };
    let kernel = kernel(image.build());
    let header = kernel.header().unwrap();
    assert!(matches!(header.payload, Some(Payload::Hidden { .. })));
    assert_eq!(header.problems.len(), 1);
}

#[test]
fn a_version_string_outside_the_setup_code_is_invalid() {
    let image = Bzimage {
        kernel_version: Some(0xffff),
        ..Bzimage::default()
    };
    assert_eq!(
        problems(image.build()),
        [
            "setup_header.kernel_version at 0x20e: expected an address in the 4096 bytes of setup code, \
          found 0x101ff"
        ]
    );
}

#[test]
fn a_broken_efi_stub_leaves_a_kernel() {
    let mut bytes = Bzimage {
        machine: Some(0x8664),
        ..Bzimage::default()
    }
    .build();
    put(&mut bytes, 0x40, b"PF");
    let kernel = kernel(bytes);
    assert_eq!(container(&kernel), "bzimage");
    let header = kernel.header().unwrap();
    assert_eq!(header.efi_stub, Some(false));
    assert_eq!(
        header.problems[0].to_string(),
        "pe_header.Signature at 0x40: expected \"PE\\0\\0\", found 50 46 00 00"
    );
}
