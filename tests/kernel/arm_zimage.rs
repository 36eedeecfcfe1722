use super::forge::arm_zimage::{ArmZimage, PAYLOAD, TABLE};
use super::forge::{gzip, put, vmlinux_bin, zstd};
use super::{container, kernel, opened, problems};
use kelpie_check::architecture::Architecture;
use kelpie_check::bytes::Endianness;
use kelpie_check::error::Kind;

#[test]
fn a_zimage_opens_to_a_flat_kernel_of_its_architecture() {
    for big_endian in [false, true] {
        let image = ArmZimage {
            big_endian,
            ..ArmZimage::default()
        };
        let kernel = kernel(image.build());
        assert_eq!(container(&kernel), "arm-zimage");
        let header = kernel.header().unwrap();
        assert_eq!(header.architecture, Some(Architecture::Arm));
        assert_eq!(header.image_size_bytes, Some(150_000 + 0x1000));
        assert_eq!(header.efi_stub, Some(false));
        let order = header.endianness == Some(Endianness::Big);
        assert_eq!(order, big_endian);
        assert_eq!(
            opened(&kernel),
            (vec!["arm-zimage", "zstd", "flat"], vec![])
        );
        let (inner, _) = kernel.image().unwrap();
        assert_eq!(inner.architecture, Some(Architecture::Arm));
        assert_eq!(kernel.banner().unwrap().release, "6.1.0-forged");
    }
}

#[test]
fn gzip_has_its_length_word_inside() {
    let image = ArmZimage {
        payload: gzip(&vmlinux_bin()),
        length_word: None,
        ..ArmZimage::default()
    };
    assert_eq!(opened(&kernel(image.build())).0[1], "gzip");
}

#[test]
fn old_images_without_a_table_are_searched_to_their_end() {
    let image = ArmZimage {
        table: false,
        ..ArmZimage::default()
    };
    assert_eq!(opened(&kernel(image.build())).0[1], "zstd");
}

#[test]
fn a_linked_address_is_taken_off_the_end() {
    let image = ArmZimage {
        start: 0x6000_8000,
        ..ArmZimage::default()
    };
    let kernel = kernel(image.build());
    let header = kernel.header().unwrap();
    assert_eq!(header.load_address, Some(0x6000_8000));
    assert_eq!(header.end, Some(kernel.source().len()));
}

#[test]
fn a_cut_image_is_noticed_at_every_length() {
    let whole = ArmZimage::default().build();
    for length in 0x28..whole.len().min(0x400) {
        let kernel = kernel(whole[..length].to_vec());
        match kernel.header() {
            Ok(header) => assert!(!header.problems.is_empty(), "{length}"),
            Err(error) => assert_eq!(error.kind(), Kind::Truncated, "{length}"),
        }
    }
    let cut = kernel(whole[..whole.len() - 100].to_vec());
    assert_eq!(cut.banner().unwrap_err().kind(), Kind::Truncated);
}

#[test]
fn an_end_before_the_start_is_refused() {
    let mut image = ArmZimage::default().build();
    put(&mut image, 0x2c, &0_u32.to_le_bytes());
    let error = kernel(image).header().unwrap_err().to_string();
    assert_eq!(
        error,
        "zImage end at 0x2c: expected an address after the start, 0x0, found 0x0"
    );
}

#[test]
fn a_table_outside_of_the_file_is_a_problem_not_an_end() {
    let mut image = ArmZimage::default().build();
    put(&mut image, 0x38, &0x7fff_ffff_u32.to_le_bytes());
    let said = problems(image.clone());
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("zImage table entry at 0x7fffffff"));
    assert!(kernel(image).banner().is_ok());
}

#[test]
fn a_table_that_goes_nowhere_ends() {
    let mut image = ArmZimage::default().build();
    // An entry of one word points to itself next; 64 of them are read at the most.
    for at in (TABLE..PAYLOAD).step_by(4) {
        put(&mut image, at, &1_u32.to_le_bytes());
    }
    assert_eq!(problems(image).len(), 1);
}

#[test]
fn a_length_word_that_lies_is_corrupt() {
    for lie in [0, 149_999, 150_001, u32::MAX] {
        let image = ArmZimage {
            length_word: Some(lie),
            ..ArmZimage::default()
        };
        let error = kernel(image.build()).banner().unwrap_err().clone();
        assert!(
            matches!(error.kind(), Kind::Corrupt | Kind::Absent),
            "{lie}: {error}"
        );
    }
}

#[test]
fn a_damaged_payload_is_the_decoder_s_error_at_its_place() {
    let mut payload = gzip(&vmlinux_bin().repeat(4));
    let middle = payload.len() - 10;
    payload[middle] ^= 0x55;
    let image = ArmZimage {
        payload,
        length_word: None,
        ..ArmZimage::default()
    };
    let error = kernel(image.build()).banner().unwrap_err().clone();
    assert_eq!(error.kind(), Kind::Corrupt, "{error}");
    assert!(error.offset().unwrap() >= PAYLOAD as u64);
}

#[test]
fn a_payload_of_something_else_is_named() {
    let other = [b"070701".to_vec(), vec![b'0'; 100_000]].concat();
    let image = ArmZimage {
        payload: zstd(&other),
        length_word: Some(other.len() as u32),
        ..ArmZimage::default()
    };
    let error = kernel(image.build()).banner().unwrap_err().clone();
    assert_eq!(
        error.found(),
        "ARM zImage of a cpio archive, as an initramfs is one"
    );
}
