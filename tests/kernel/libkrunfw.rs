use super::forge::arm64::Arm64;
use super::forge::libkrunfw::{BUNDLES_AT, CODE_AT, Libkrunfw, Symbols, fat, memory_image};
use super::forge::{BANNER, Numbers, put};
use super::{container, kernel, opened, problems};
use kelpie_check::architecture::Architecture;
use kelpie_check::convert::{Form, extract};
use kelpie_check::error::{Error, Kind};
use kelpie_check::limits::Limits;

fn arm64_image() -> Vec<u8> {
    Arm64 {
        body: [&[0; 0x100], BANNER.as_bytes(), &[0; 0x100]].concat(),
        ..Arm64::default()
    }
    .build()
}

/// What reading the header of these bytes fails with.
#[track_caller]
fn refused(bytes: Vec<u8>) -> Error {
    let kernel = kernel(bytes);
    let error = kernel.header().expect_err("an error");
    assert_eq!(kernel.near_miss(), None);
    error
}

/// A library with this code in place of the kernel's getter.
fn with_code(machine: u16, code: &[u8]) -> Vec<u8> {
    Libkrunfw {
        machine,
        getter: Some(code.to_vec()),
        ..Libkrunfw::default()
    }
    .build()
}

#[test]
fn the_kernel_of_x86_64_is_a_memory_image_with_its_place() {
    for symbols in [Symbols::Gnu, Symbols::SystemV, Symbols::Hidden] {
        for by_slot in [true, false] {
            let library = Libkrunfw {
                symbols,
                by_slot,
                ..Libkrunfw::default()
            };
            let kernel = kernel(library.build());
            assert_eq!(container(&kernel), "libkrunfw");
            let header = kernel.header().unwrap();
            assert_eq!(header.architecture, Some(Architecture::X86_64));
            assert_eq!(header.load_address, Some(0x100_0000));
            assert_eq!(header.entry, Some(0x100_0123));
            assert_eq!(header.abi_version, Some(5));
            let bundle = &header.sections[0];
            assert_eq!(bundle.name, "KERNEL_BUNDLE");
            assert_eq!((bundle.offset, bundle.length), (BUNDLES_AT as u64, 0x1000));
            assert_eq!(opened(&kernel), (vec!["libkrunfw", "flat"], vec![]));
            assert_eq!(kernel.release().unwrap(), "6.1.0-forged");
            let (inner, bytes) = kernel.image().unwrap();
            assert_eq!(bytes.in_memory().unwrap(), memory_image());
            assert_eq!(inner.pvh_entry, Some(0x100_0000));
            assert_eq!(inner.image_size_bytes, Some(0x1000));
            let segment = &inner.segments[0];
            assert_eq!(segment.physical_address, 0x100_0000);
            assert_eq!(segment.virtual_address, 0xffff_ffff_8100_0000);
        }
    }
}

#[test]
fn the_kernel_of_arm64_is_an_image() {
    for by_slot in [true, false] {
        let library = Libkrunfw {
            by_slot,
            ..Libkrunfw::arm64(arm64_image())
        };
        for bytes in [library.build(), library.mach_o()] {
            let kernel = kernel(bytes);
            let header = kernel.header().unwrap();
            assert_eq!(header.architecture, Some(Architecture::Aarch64));
            assert_eq!(header.load_address, Some(0x8000_0000));
            assert_eq!(header.entry, Some(0x8000_0000));
            assert_eq!(header.abi_version, Some(5));
            assert_eq!(opened(&kernel), (vec!["libkrunfw", "arm64-image"], vec![]));
        }
    }
}

#[test]
fn numbers_of_any_size_are_read() {
    for machine in [62, 183] {
        for (load_address, entry) in [
            (0x8000_0000, 0x8000_0123),
            (0x1_2345_6000, 0x1_2345_6789),
            (0xffff_8000_0000_0000, 0xffff_8000_0000_0fff),
        ] {
            let library = Libkrunfw {
                machine,
                load_address,
                entry,
                ..Libkrunfw::default()
            };
            let kernel = kernel(library.build());
            let header = kernel.header().unwrap();
            assert_eq!(header.load_address, Some(load_address));
            assert_eq!(header.entry, Some(entry));
        }
    }
}

/// `krunfw_get_kernel` as compilers write it; each loads to 0x80000000, enters at 0x80000001 and states
/// a size of 7.
#[test]
fn code_of_other_compilers_is_understood() {
    // The bundle is at 0x12000, the code at 0x400.
    let x86: [&[u8]; 3] = [
        // GCC 12 -O2 -fcf-protection: the second number is made of the first.
        &[
            0xf3, 0x0f, 0x1e, 0xfa, 0xb8, 0, 0, 0, 0x80, 0x48, 0x89, 0x07, 0x48, 0x83, 0xc0, 1,
            0x48, 0x89, 0x06, 0x48, 0x8d, 0x05, 0xe6, 0x1b, 1, 0, 0x48, 0xc7, 0x02, 7, 0, 0, 0,
            0xc3,
        ],
        // The same with -Os and a frame: inc in place of add, leave in place of pop.
        &[
            0x55, 0xb8, 0, 0, 0, 0x80, 0x48, 0x89, 0xe5, 0x48, 0x89, 0x07, 0x48, 0xff, 0xc0, 0x48,
            0x89, 0x06, 0x48, 0xc7, 0x02, 7, 0, 0, 0, 0x48, 0x8d, 0x05, 0xe0, 0x1b, 1, 0, 0xc9,
            0xc3,
        ],
        // Clang 20 -O2: or in place of add.
        &[
            0x41, 0xb8, 0, 0, 0, 0x80, 0x4c, 0x89, 0x07, 0x49, 0x83, 0xc8, 1, 0x4c, 0x89, 0x06,
            0x48, 0xc7, 0x02, 7, 0, 0, 0, 0x48, 0x8d, 0x05, 0xe2, 0x1b, 1, 0, 0xc3,
        ],
    ];
    let a64 = |words: &[u32]| {
        words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let arm = [
        // bti c; mov x8, #0x80000000 as a pattern of bits; str x8, [x0]; mov x9, #1; orr x9, x9, x8;
        // str x9, [x1]; mov w8, #7; str x8, [x2]; adrp x0; add x0, x0, #0; ret
        a64(&[
            0xd503_245f,
            0xb261_03e8,
            0xf900_0008,
            0xd280_0029,
            0xaa08_0129,
            0xf900_0029,
            0x5280_00e8,
            0xf900_0048,
            0xd000_0080,
            0x9100_0000,
            0xd65f_03c0,
        ]),
        // Clang 21 -O2, without the load of the slot: orr x9, x9, #1 makes one number of the other
        a64(&[
            0x52b0_0009,
            0xd000_0088,
            0xf900_0009,
            0xb240_0129,
            0xf900_0029,
            0x5280_00e9,
            0xaa08_03e0,
            0xf900_0049,
            0xd65f_03c0,
        ]),
        // stp x29, x30, [sp, #-32]!; mov x29, sp; stur x0, [x29, #24]; ldur x9, [x29, #24]; each number
        // by movn and movk in 32 bits; ldp x29, x30, [sp], #32; adr x0; ret
        a64(&[
            0xa9be_7bfd,
            0x9100_03fd,
            0xf801_83a0,
            0xf841_83a9,
            0x12af_ffe8,
            0x7280_0008,
            0xf900_0128,
            0x12af_ffe8,
            0x7280_0028,
            0xf900_0028,
            0x5280_00e8,
            0xf900_0048,
            0xa8c2_7bfd,
            0x1008_de60,
            0xd65f_03c0,
        ]),
    ];
    let codes = x86.iter().map(|code| (62, code.to_vec()));
    for (machine, code) in codes.chain(arm.into_iter().map(|code| (183, code))) {
        let kernel = kernel(with_code(machine, &code));
        let header = kernel.header().unwrap();
        assert_eq!(header.load_address, Some(0x8000_0000), "{code:x?}");
        assert_eq!(header.entry, Some(0x8000_0001), "{code:x?}");
        assert_eq!(header.sections[0].length, 7, "{code:x?}");
    }
}

#[test]
fn code_that_is_not_understood_ends_with_its_place() {
    let x86: [(&[u8], usize, &str); 6] = [
        // call
        (
            &[0x55, 0xe8, 0, 0, 0, 0, 0xc3],
            1,
            "found e8 00 00 00 00 c3",
        ),
        // a store of 4 bytes
        (
            &[0xc7, 0x07, 1, 0, 0, 0, 0xc3],
            0,
            "found c7 07 01 00 00 00 c3",
        ),
        // a store beside what an argument points at
        (
            &[0x48, 0xc7, 0x47, 8, 1, 0, 0, 0, 0xc3],
            0,
            "found 48 c7 47 08 01 00 00 00",
        ),
        // an index: mov [rdi + r12], rax
        (&[0x4a, 0x89, 0x04, 0x27, 0xc3], 0, "found 4a 89 04 27 c3"),
        // what nothing wrote: pop
        (&[0x58, 0xc3], 0, "found 58 c3"),
        (&[0x90], 1, "found the end of the function"),
    ];
    let a64: [(&[u8], usize, &str); 2] = [
        // bl
        (&[0x00, 0x00, 0x00, 0x94], 0, "found 00 00 00 94"),
        // ldr x0, [x0]
        (&[0x00, 0x00, 0x40, 0xf9], 0, "found 00 00 40 f9"),
    ];
    let codes = x86.map(|code| (62, code));
    for (machine, (code, at, found)) in codes.into_iter().chain(a64.map(|code| (183, code))) {
        let error = refused(with_code(machine, code));
        assert_eq!(error.kind(), Kind::Unsupported);
        assert_eq!(error.field(), "krunfw_get_kernel");
        assert_eq!(error.offset(), Some((CODE_AT + at) as u64));
        let text = error.to_string();
        assert!(
            text.contains("expected an instruction that moves"),
            "{text}"
        );
        assert!(text.contains(found), "{text}");
    }
    let endless = refused(with_code(62, &[0x90; 400]));
    assert!(
        endless
            .to_string()
            .contains("a return within 128 instructions"),
        "{endless}"
    );
}

#[test]
fn a_getter_that_states_too_little_is_refused() {
    for (code, expected) in [
        (
            &[0xc3_u8][..],
            "expected a number stored through argument 1, found none",
        ),
        (&[0x48, 0xc7, 0x07, 0, 0, 0, 1, 0xc3], "argument 2"),
    ] {
        let error = refused(with_code(62, code));
        assert!(error.to_string().contains(expected), "{error}");
    }
    // The interface before version 5 has no entry.
    let library = Libkrunfw::default();
    let old = library.code(&[0x100_0000, 0x1000], Some(0x1_2000), CODE_AT as u64);
    let error = refused(with_code(62, &old));
    assert!(error.to_string().contains("argument 3"), "{error}");
}

#[test]
fn a_missing_symbol_is_named() {
    for without in ["KERNEL_BUNDLE", "krunfw_get_kernel"] {
        let library = Libkrunfw {
            without,
            ..Libkrunfw::default()
        };
        for (bytes, at) in [
            (library.build(), 0x1000),
            (library.mach_o(), 0x3000 + 0x1000),
        ] {
            let error = refused(bytes);
            assert_eq!(error.kind(), Kind::Invalid);
            assert_eq!(error.field(), without);
            assert_eq!(error.offset(), Some(at), "{error}");
            assert!(error.to_string().contains("a symbol beside"), "{error}");
            assert_eq!(error.found(), "none");
        }
    }
    // The code itself says where the bundle is.
    let hidden = Libkrunfw {
        without: "KERNEL_BUNDLE",
        by_slot: false,
        ..Libkrunfw::default()
    };
    assert_eq!(opened(&kernel(hidden.build())).0, ["libkrunfw", "flat"]);
    // libkrun does not ask for a version.
    let unversioned = Libkrunfw {
        version: None,
        ..Libkrunfw::default()
    };
    let kernel = kernel(unversioned.build());
    assert_eq!(kernel.header().unwrap().abi_version, None);
}

#[test]
fn numbers_that_contradict_the_library_are_refused() {
    let library = Libkrunfw::default();
    let with = |change: fn(&mut Libkrunfw)| {
        let mut library = library.clone();
        change(&mut library);
        refused(library.build()).to_string()
    };
    for (said, expected) in [
        (
            with(|library| library.size = Some(0x1002)),
            "size at 0x400: expected at most 4097 bytes, the size of KERNEL_BUNDLE, found 4098 bytes",
        ),
        (
            with(|library| (library.size, library.symbol_size) = (Some(0x9000), Some(0x9000))),
            "size at 0x400: expected at most 8192 bytes, the rest of the segment of KERNEL_BUNDLE, \
             found 36864 bytes",
        ),
        (
            with(|library| library.size = Some(0)),
            "size at 0x400: expected a kernel, found 0 bytes",
        ),
        (
            with(|library| library.entry = 0x100_1000),
            "entry_addr at 0x400: expected an address in 0x1000000 to 0x1001000, found 0x1001000",
        ),
        (
            with(|library| library.load_address = u64::MAX - 1),
            "size at 0x400: expected an end below 2^64, found 0x1000 bytes at 0xfffffffffffffffe",
        ),
        (
            with(|library| {
                let code = library.code(&[0x100_0000, 0x100_0000, 7], Some(0x1_2010), 0x400);
                library.by_slot = false;
                let direct = library.code(&[0x100_0000, 0x100_0000, 7], Some(0x1_2010), 0x400);
                assert_ne!(code, direct);
                library.getter = Some(direct);
            }),
            "krunfw_get_kernel at 0x400: expected the address of KERNEL_BUNDLE, 0x12000, found 0x12010",
        ),
    ] {
        assert_eq!(said, expected);
    }
    // What libkrun would end with is a problem of a kernel that is read all the same.
    let odd = Libkrunfw {
        is_odd: true,
        ..library.clone()
    };
    assert_eq!(
        problems(odd.build()),
        ["KERNEL_BUNDLE at 0x2001: expected an address on a page boundary, found 0x12001"]
    );
    let unaligned = Libkrunfw {
        load_address: 0x100_0010,
        ..library
    };
    assert_eq!(problems(unaligned.build()).len(), 1);
}

#[test]
fn a_library_that_is_cut_off_says_what_is_missing() {
    let library = Libkrunfw::default();
    let error = refused(library.build()[..BUNDLES_AT + 0x800].to_vec());
    assert_eq!(error.kind(), Kind::Truncated);
    assert_eq!(
        error.to_string(),
        "KERNEL_BUNDLE at 0x2000: expected 4096 bytes, found 2048 bytes"
    );
}

#[test]
fn a_library_within_a_program_is_found_where_it_begins() {
    let library = Libkrunfw::default().build();
    // A program that has another one, and a chance magic, before it.
    let mut program = Libkrunfw {
        without: "KERNEL_BUNDLE",
        symbols: Symbols::Hidden,
        ..Libkrunfw::default()
    }
    .build();
    put(&mut program, 0x1200, &[0; 0x200]);
    put(&mut program, 0x1200, b"\0extension.so\0");
    program.extend(b"\x7fELF\x02\x01\x01 is a magic");
    program.resize(program.len() + 0x10_0003, 0);
    let base = program.len() as u64;
    program.extend(&library);
    let found = kernel(program.clone());
    assert_eq!(container(&found), "libkrunfw");
    let header = found.header().unwrap();
    assert_eq!(header.sections[0].offset, base + BUNDLES_AT as u64);
    assert_eq!(opened(&found).0, ["libkrunfw", "flat"]);
    // Offsets of what is wrong count from the beginning of the file.
    let wrong = Libkrunfw {
        entry: 0,
        ..Libkrunfw::default()
    };
    program.truncate(usize::try_from(base).unwrap());
    program.extend(wrong.build());
    assert_eq!(refused(program).offset(), Some(base + CODE_AT as u64));
}

#[test]
fn a_program_of_nothing_but_headers_ends_at_a_limit() {
    let mut program = Libkrunfw {
        without: "KERNEL_BUNDLE",
        symbols: Symbols::Hidden,
        ..Libkrunfw::default()
    }
    .build();
    put(&mut program, 0x1200, &[0; 0x200]);
    put(&mut program, 0x1200, b"\0extension.so\0");
    // Headers of which each has a table of 4096 program headers, and so no symbols.
    let mut header = program[..64].to_vec();
    put(&mut header, 56, &4096_u16.to_le_bytes());
    let headers = header.repeat(64);
    let library = Libkrunfw::default().build();
    for (count, expected) in [(63, Ok("libkrunfw")), (64, Err(Kind::Unrecognised))] {
        let file = [&program[..], &headers[..count * 64], &library].concat();
        let kernel = kernel(file);
        let name = kernel.container().map(|container| container.name);
        assert_eq!(name.map_err(|error| error.kind()), expected, "{count}");
    }
}

#[test]
fn of_a_fat_file_the_first_part_with_a_kernel_is_read() {
    let arm = Libkrunfw::arm64(arm64_image()).mach_o();
    let other = Libkrunfw {
        without: "krunfw_get_kernel",
        ..Libkrunfw::default()
    };
    let without = {
        let mut part = other.mach_o();
        let at = part
            .windows(14)
            .rposition(|bytes| bytes == b"_KERNEL_BUNDLE")
            .unwrap();
        part[at] = b'x';
        part
    };
    let bytes = fat(&[(0x0100_0007, without), (0x0100_000c, arm)]);
    let kernel = kernel(bytes);
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::Aarch64));
    assert_eq!(opened(&kernel), (vec!["libkrunfw", "arm64-image"], vec![]));
}

#[test]
fn other_libraries_and_programs_are_named() {
    let library = Libkrunfw {
        without: "KERNEL_BUNDLE",
        ..Libkrunfw::default()
    };
    let mut bytes = library.build();
    let name = bytes
        .windows(17)
        .position(|bytes| bytes == b"krunfw_get_kernel")
        .unwrap();
    bytes[name] = b'x';
    let other = kernel(bytes);
    let error = other.header().unwrap_err();
    assert_eq!(error.kind(), Kind::Unrecognised);
    assert_eq!(error.found(), "a shared library without a kernel in it");
    assert!(error.hint().unwrap().contains("libkrunfw.so.5"));
    assert_eq!(other.near_miss().unwrap().what, error.found());

    let mut bytes = Libkrunfw {
        version: None,
        ..library
    }
    .mach_o();
    let name = bytes
        .windows(17)
        .position(|bytes| bytes == b"krunfw_get_kernel")
        .unwrap();
    bytes[name] = b'x';
    let other = kernel(bytes);
    assert_eq!(other.header().unwrap_err().found(), "a Mach-O program");
}

#[test]
fn an_initrd_is_a_part_of_its_own() {
    let library = Libkrunfw {
        initrd: Some(b"070701".to_vec()),
        ..Libkrunfw::default()
    };
    let kernel = kernel(library.build());
    let names: Vec<&str> = kernel
        .header()
        .unwrap()
        .sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    assert_eq!(names, ["KERNEL_BUNDLE", "INITRD_BUNDLE"]);
    let initrd = extract(&kernel, Form::Initrd, &Limits::default()).unwrap();
    assert_eq!(&initrd[..], b"070701");
}

#[test]
fn a_vmlinux_is_made_of_the_memory_image() {
    let limits = Limits::default();
    let library = kernel(Libkrunfw::default().build());
    let made = extract(&library, Form::Vmlinux, &limits)
        .unwrap()
        .into_owned();
    let made = kernel(made);
    assert_eq!(container(&made), "elf");
    let header = made.header().unwrap();
    assert_eq!(header.problems, []);
    assert_eq!(header.architecture, Some(Architecture::X86_64));
    assert_eq!(header.load_address, Some(0x100_0000));
    assert_eq!(header.entry, Some(0x100_0123));
    assert_eq!(header.pvh_entry, Some(0x100_0000));
    assert_eq!(header.image_size_bytes, Some(0x1000));
    assert_eq!(header.segments[0].virtual_address, 0xffff_ffff_8100_0000);
    let (_, image) = made.image().unwrap();
    let image = image.in_memory().unwrap();
    assert_eq!(image[image.len() - 0x1000..], memory_image());
    let error = extract(&library, Form::Image, &limits).unwrap_err();
    assert!(
        error.found().contains("--to vmlinux makes an ELF of it"),
        "{error}"
    );

    // A bundle without a note makes an ELF without one.
    let mut without = memory_image();
    put(&mut without, 0x200, &[0; 24]);
    let library = Libkrunfw {
        kernel: without,
        ..Libkrunfw::default()
    };
    let library = kernel(library.build());
    let made = extract(&library, Form::Vmlinux, &limits)
        .unwrap()
        .into_owned();
    assert_eq!(kernel(made).header().unwrap().pvh_entry, None);

    let library = kernel(Libkrunfw::arm64(arm64_image()).build());
    let made = extract(&library, Form::Image, &limits).unwrap();
    assert_eq!(&made[..], arm64_image());
    assert_eq!(extract(&library, Form::Payload, &limits).unwrap(), made);
    let error = extract(&library, Form::Vmlinux, &limits).unwrap_err();
    assert!(error.found().contains("--to image"), "{error}");
}

#[test]
fn damage_never_panics_and_costs_little() {
    let mut numbers = Numbers(0x6b72_756e);
    let made = [
        Libkrunfw::default().build(),
        Libkrunfw::arm64(arm64_image()).build(),
        Libkrunfw {
            symbols: Symbols::SystemV,
            ..Libkrunfw::default()
        }
        .build(),
        Libkrunfw {
            symbols: Symbols::Hidden,
            ..Libkrunfw::default()
        }
        .build(),
        Libkrunfw::arm64(arm64_image()).mach_o(),
        fat(&[(0x0100_000c, Libkrunfw::arm64(arm64_image()).mach_o())]),
    ];
    for image in made {
        for _ in 0..3000 {
            let mut damaged = image.clone();
            let reach = damaged.len();
            for _ in 0..=numbers.below(4) {
                // Code and tables more often than the bundle.
                let is_anywhere = numbers.below(8) == 0;
                let at = numbers.below(if is_anywhere { reach } else { 0x1700 });
                damaged[at] ^= 1 << numbers.below(8);
            }
            if numbers.below(8) == 0 {
                damaged.truncate(numbers.below(reach));
            }
            let kernel = kernel(damaged);
            let _ = kernel.near_miss();
            let _ = kernel.release();
            if let Err(error) = kernel.header() {
                assert!(error.to_string().len() < 500, "{error}");
            }
        }
    }
}
