use super::forge::elf::{Elf, Load};
use super::forge::{BANNER, gzip, put, vmlinux_bin, zstd};
use super::{container, kernel, opened, problems};
use kelpie_check::architecture::Architecture;
use kelpie_check::bytes::Endianness;
use kelpie_check::error::Kind;
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::source::{ReadAt, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_vmlinux_tells_where_it_goes() {
    let kernel = kernel(Elf::default().build());
    assert_eq!(container(&kernel), "elf");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::X86_64));
    assert_eq!(header.endianness, Some(Endianness::Little));
    assert_eq!(header.bits, Some(64));
    assert_eq!(header.load_address, Some(0x100_0000));
    assert_eq!(header.entry, Some(0x100_0000));
    assert_eq!(header.image_size_bytes, Some(0x110_0000));
    assert_eq!(header.segments.len(), 2);
    assert_eq!(header.segments[1].memory_bytes, 0x10_0000);
    assert_eq!(header.relocatable, None);
    assert_eq!(
        (header.pvh_entry, header.notes_read),
        (Some(0x100_0b20), true)
    );
    assert!(header.problems.is_empty());
    assert_eq!(kernel.banner().unwrap().release, "6.1.0-forged");
}

#[test]
fn both_sizes_and_both_byte_orders_are_read() {
    for (is_64, big_endian, machine, architecture) in [
        (false, false, 3, Architecture::I386),
        (false, true, 20, Architecture::Ppc),
        (false, true, 8, Architecture::Mips),
        (true, true, 22, Architecture::S390x),
        (true, true, 8, Architecture::Mips64),
        (true, false, 183, Architecture::Aarch64),
    ] {
        let entry = 0x100_0010_u32;
        let bytes = if big_endian {
            entry.to_be_bytes()
        } else {
            entry.to_le_bytes()
        };
        let elf = Elf {
            is_64,
            big_endian,
            machine,
            entry: entry.into(),
            notes: vec![("Xen", 18, bytes.to_vec())],
            ..Elf::default()
        };
        let kernel = kernel(elf.build());
        let header = kernel.header().unwrap();
        assert_eq!(header.architecture, Some(architecture));
        assert_eq!(header.entry, Some(0x100_0010));
        assert_eq!(header.pvh_entry, Some(0x100_0010));
        assert_eq!(header.bits, Some(if is_64 { 64 } else { 32 }));
        let order = header.endianness == Some(Endianness::Big);
        assert_eq!(order, big_endian);
        assert!(kernel.banner().is_ok());
    }
}

#[test]
fn an_entry_that_is_virtual_is_translated() {
    let elf = Elf {
        entry: 0xffff_ffff_8100_0040,
        kind: 3,
        ..Elf::default()
    };
    let kernel = kernel(elf.build());
    assert_eq!(kernel.header().unwrap().entry, Some(0x100_0040));
    assert_eq!(kernel.header().unwrap().relocatable, Some(true));
}

#[test]
fn without_a_pvh_note_none_is_told() {
    let elf = Elf {
        notes: vec![("GNU", 18, vec![1; 4]), ("Xen", 18, vec![1; 5])],
        ..Elf::default()
    };
    let kernel = kernel(elf.build());
    let header = kernel.header().unwrap();
    assert_eq!((header.pvh_entry, header.notes_read), (None, true));
}

#[test]
fn every_cut_is_noticed_and_a_cut_segment_is_no_image() {
    let whole = Elf::default().build();
    assert!(problems(whole.clone()).is_empty());
    for length in 4..whole.len() {
        let kernel = kernel(whole[..length].to_vec());
        match kernel.header() {
            Ok(header) => assert!(!header.problems.is_empty(), "{length} bytes"),
            Err(error) => assert_eq!(error.kind(), Kind::Truncated, "{length} bytes"),
        }
    }
    let segments_end = 64 + 3 * 56 + Elf::default().loads[0].content.len();
    let kernel = kernel(whole[..segments_end].to_vec());
    let error = kernel.banner().unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated);
    assert_eq!(error.field(), "PT_LOAD segment");
}

#[test]
fn programs_and_objects_are_named() {
    for (elf, what) in [
        (
            Elf {
                interpreter: true,
                ..Elf::default()
            },
            "an ordinary ELF program",
        ),
        (
            Elf {
                kind: 1,
                ..Elf::default()
            },
            "an object file or kernel module (relocatable ELF)",
        ),
        (
            Elf {
                kind: 4,
                ..Elf::default()
            },
            "a core dump (ELF)",
        ),
    ] {
        let kernel = kernel(elf.build());
        assert_eq!(kernel.header().unwrap_err().found(), what);
        assert_eq!(kernel.near_miss().unwrap().what, what);
    }
}

#[test]
fn an_unknown_machine_is_unsupported_not_unrecognised() {
    let elf = Elf {
        machine: 15,
        ..Elf::default()
    };
    let error = kernel(elf.build()).header().unwrap_err().clone();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert_eq!(
        error.to_string(),
        "e_machine at 0x12: machine 15, which is unknown"
    );
}

#[test]
fn tables_beyond_the_limit_are_refused() {
    let many = Elf {
        phnum: Some(5000),
        ..Elf::default()
    };
    let error = kernel(many.build()).header().unwrap_err().clone();
    assert_eq!(error.kind(), Kind::Limit);
    let many = Elf {
        shnum: Some(5000),
        ..Elf::default()
    };
    let said = problems(many.build());
    assert_eq!(said, ["limit sections: expected at most 4096, found more"]);
}

fn wrapper(content: Vec<u8>) -> Elf {
    Elf {
        loads: vec![Load {
            vaddr: 0,
            paddr: 0,
            content,
            memsz: None,
        }],
        notes: Vec::new(),
        ..Elf::default()
    }
}

#[test]
fn a_wrapper_is_seen_by_its_missing_banner() {
    let inner = Elf::default().build();
    let content = [
        b"code \x1f\x8b\x08 code".to_vec(),
        gzip(&inner),
        vec![9; 64],
    ]
    .concat();
    let kernel = kernel(wrapper(content).build());
    assert_eq!(opened(&kernel), (vec!["elf", "gzip", "elf"], vec![]));
    assert!(kernel.banner().is_ok());
}

#[test]
fn a_wrapper_that_names_its_payload_is_opened_there() {
    for content in [
        gzip(&vmlinux_bin()),
        [zstd(&vmlinux_bin()), 150_000_u32.to_le_bytes().to_vec()].concat(),
    ] {
        let elf = Elf {
            sections: vec![(".kernel:vmlinux.strip", content)],
            ..wrapper(vec![1; 100])
        };
        let kernel = kernel(elf.build());
        let (names, problems) = opened(&kernel);
        assert_eq!((names[0], names[2]), ("elf", "flat"));
        assert!(problems.is_empty());
        let (header, _) = kernel.image().unwrap();
        assert_eq!(header.architecture, Some(Architecture::X86_64));
    }
    let elf = Elf {
        sections: vec![(".image", Elf::default().build())],
        ..wrapper(vec![1; 100])
    };
    let kernel = kernel(elf.build());
    assert_eq!(opened(&kernel).0, ["elf", "elf"]);
    assert!(kernel.banner().is_ok());
}

#[test]
fn a_static_program_stays_an_elf_without_a_banner() {
    let kernel = kernel(wrapper(vec![1; 1000]).build());
    assert_eq!(opened(&kernel).0, ["elf"]);
    assert_eq!(kernel.banner().unwrap_err().kind(), Kind::Absent);
}

/// A vmlinux with gigabytes behind its segments, which must never be asked for.
struct Debug {
    begin: Vec<u8>,
    length: u64,
    read_bytes: AtomicU64,
}

impl ReadAt for Debug {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(0);
        let offset = usize::try_from(offset).unwrap();
        if let Some(rest) = self.begin.get(offset..) {
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
        }
        self.read_bytes
            .fetch_add(buffer.len() as u64, Ordering::Relaxed);
        Ok(buffer.len())
    }
}

#[test]
fn debug_information_is_not_read() {
    let mut begin = Elf {
        loads: vec![Load {
            vaddr: 0,
            paddr: 0x100_0000,
            content: [&vec![1; 100_000], BANNER.as_bytes()].concat(),
            memsz: None,
        }],
        ..Elf::default()
    }
    .build();
    // The section table stands at the end of 8 GiB.
    let length = 8 << 30;
    put(&mut begin, 40, &(length - 2 * 64_u64).to_le_bytes());
    let file = Arc::new(Debug {
        begin,
        length,
        read_bytes: AtomicU64::new(0),
    });
    let kernel = Kernel::new(Source::positioned(file.clone()), Limits::default());
    assert!(kernel.header().unwrap().problems.is_empty());
    assert!(file.read_bytes.load(Ordering::Relaxed) < 100_000);
    assert!(kernel.banner().is_ok());
    assert!(file.read_bytes.load(Ordering::Relaxed) < 300_000);
}
