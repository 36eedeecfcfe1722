use super::forge::riscv::Riscv;
use super::{container, kernel, problems};
use kelpie_check::bytes::Endianness;
use kelpie_check::kernel::Architecture;

#[test]
fn an_image_tells_its_header() {
    let kernel = kernel(Riscv::default().build());
    assert_eq!(container(&kernel), "riscv-image");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::Riscv64));
    assert_eq!(header.bits, Some(64));
    assert_eq!(header.endianness, Some(Endianness::Little));
    assert_eq!(header.load_address, Some(0x20_0000));
    assert_eq!(header.image_size_bytes, Some(0x20_0000));
    assert_eq!(header.efi_stub, Some(true));
    assert_eq!(header.payload, None);
    assert!(header.problems.is_empty(), "{:?}", header.problems);
}

#[test]
fn the_width_is_told_by_machine_or_load_offset() {
    for (machine, text_offset, architecture) in [
        (Some(0x5032), 0x40_0000, Some(Architecture::Riscv32)),
        (None, 0x40_0000, Some(Architecture::Riscv32)),
        (None, 0x20_0000, Some(Architecture::Riscv64)),
        (None, 0, None),
    ] {
        let image = Riscv {
            machine,
            text_offset,
            ..Riscv::default()
        };
        let kernel = kernel(image.build());
        let header = kernel.header().unwrap();
        assert_eq!(header.architecture, architecture);
        assert_eq!(header.bits, architecture.map(Architecture::bits));
    }
}

#[test]
fn either_magic_is_enough() {
    for image in [
        Riscv {
            magic: [0; 8],
            ..Riscv::default()
        },
        Riscv {
            magic2: [0; 4],
            ..Riscv::default()
        },
    ] {
        let kernel = kernel(image.build());
        assert_eq!(container(&kernel), "riscv-image");
        assert!(kernel.header().unwrap().problems.is_empty());
    }
}

#[test]
fn big_endian_is_a_flag() {
    let kernel = kernel(
        Riscv {
            flags: 1,
            ..Riscv::default()
        }
        .build(),
    );
    assert_eq!(kernel.header().unwrap().endianness, Some(Endianness::Big));
}

#[test]
fn a_damaged_magic_and_a_missing_size_are_named() {
    let image = Riscv {
        magic: *b"RISCW\0\0\0",
        image_size: 0,
        ..Riscv::default()
    };
    assert_eq!(
        problems(image.build()),
        [
            "riscv_image_header.image_size at 0x10: expected the size of the kernel in memory, \
             found 0",
            "riscv_image_header.magic at 0x30: expected 52 49 53 43 56 00 00 00, found 52 49 53 \
             43 57 00 00 00",
        ]
    );
}
