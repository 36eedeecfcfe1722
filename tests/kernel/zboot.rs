use super::forge::zboot::Zboot;
use super::forge::{arm64::Arm64, zstd};
use super::{container, kernel, problems};
use kelpie_check::kernel::{Architecture, Payload};

fn zstd_image() -> Zboot {
    let inner = Arm64::default().build();
    Zboot {
        comp_type: "zstd",
        payload: zstd(&inner),
        length_word: Some(u32::try_from(inner.len()).unwrap()),
        ..Zboot::default()
    }
}

#[test]
fn a_zboot_tells_machine_and_end() {
    for linux_magic in [true, false] {
        let image = Zboot {
            linux_magic,
            ..Zboot::default()
        };
        let bytes = image.build();
        let length = u64::try_from(bytes.len()).unwrap();
        let kernel = kernel(bytes);
        assert_eq!(container(&kernel), "efi-zboot");
        let header = kernel.header().unwrap();
        assert_eq!(header.architecture, Some(Architecture::Aarch64));
        assert_eq!(header.efi_stub, Some(true));
        assert_eq!(header.end, Some(length));
    }
}

#[test]
fn the_architecture_is_the_machine() {
    for (machine, architecture) in [
        (0x6264, Architecture::Loongarch64),
        (0x5064, Architecture::Riscv64),
    ] {
        let image = Zboot {
            machine,
            ..Zboot::default()
        };
        let kernel = kernel(image.build());
        assert_eq!(kernel.header().unwrap().architecture, Some(architecture));
    }
}

#[test]
fn the_length_word_follows_zstd_and_ends_gzip() {
    let decoded_bytes = u64::try_from(Arm64::default().build().len()).unwrap();
    for image in [zstd_image(), Zboot::default()] {
        let kernel = kernel(image.build());
        let header = kernel.header().unwrap();
        assert!(header.problems.is_empty(), "{:?}", header.problems);
        let Some(Payload::Compressed {
            offset,
            length,
            stated_decoded_bytes,
            ..
        }) = header.payload
        else {
            panic!("no compressed payload");
        };
        assert_eq!(offset, 0x200);
        assert_eq!(length, u64::try_from(image.payload.len()).unwrap());
        assert_eq!(stated_decoded_bytes, Some(decoded_bytes));
        let names = kernel.chain().unwrap().names();
        assert_eq!(names, ["efi-zboot", image.comp_type, "arm64-image"]);
    }
}

#[test]
fn older_names_of_codecs_are_known() {
    let image = Zboot {
        comp_type: "zstd22",
        ..zstd_image()
    };
    assert_eq!(problems(image.build()), [""; 0]);
    let image = Zboot {
        comp_type: "xzkern",
        payload: b"\xfd7zXZ\0 and so on".to_vec(),
        ..zstd_image()
    };
    let problems = problems(image.build());
    assert!(!problems.iter().any(|problem| problem.contains("comp_type")));
}

#[test]
fn a_codec_that_the_payload_belies_is_named() {
    let image = Zboot {
        comp_type: "zstd",
        ..Zboot::default()
    };
    assert_eq!(
        problems(image.build()),
        ["zboot_header.comp_type at 0x18: expected gzip, the codec of the payload, found zstd"]
    );
}

#[test]
fn a_codec_of_no_name_is_invalid() {
    let image = Zboot {
        comp_type: "shrink",
        ..Zboot::default()
    };
    assert_eq!(
        problems(image.build()),
        ["zboot_header.comp_type at 0x18: expected the name of a codec, found shrink"]
    );
}

#[test]
fn a_cut_off_payload_is_named() {
    let mut bytes = Zboot::default().build();
    bytes.truncate(0x210);
    let problems = problems(bytes);
    assert!(problems[0].starts_with("payload at 0x200: expected "));
    assert!(problems[0].ends_with(", found 16 bytes"));
}

#[test]
fn a_zboot_without_payload_is_invalid() {
    let image = Zboot {
        payload_size: Some(0),
        ..Zboot::default()
    };
    assert_eq!(
        problems(image.build()),
        [
            "zboot_header.payload_offset at 0x8: expected the offset of a payload, \
          found 0 bytes at 0x200"
        ]
    );
}
