use super::{GLIBC, MUSL, alpine, dynamic, errno, init, library, run, trouble};
use crate::forge::program::Program as Forged;
use crate::forge::tree::Forest;
use kelpie_check::architecture::Architecture;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::tree::FileType;
use kelpie_check::userland::{How, Loader, Program, ProgramKind, Trouble};

fn alone(program: &Forged) -> Program {
    run(
        &Forest::default().program("/init", program.build()),
        "/init",
    )
}

fn on(machine: Architecture, program: &Forged) -> Program {
    let tree = Forest::default().program("/init", program.build());
    let limits = Limits::default();
    kelpie_check::userland::program(&tree, b"/init", Some(machine), &limits).unwrap()
}

#[test]
fn alpine_s_init_is_busybox_with_musl() {
    let program = run(&alpine(), "/sbin/init");
    assert_eq!(program.trouble, None);
    assert_eq!(program.kind, ProgramKind::Elf);
    assert_eq!(program.found.unwrap().path, b"/bin/busybox");
    let architecture = b"x86_64".to_vec();
    assert_eq!(program.loader, Some(Loader::Musl { architecture }));
    assert!(!program.static_);
    assert_eq!(program.libraries.len(), 1);
    assert_eq!(program.libraries[0].path.as_deref(), Some(MUSL.as_bytes()));
    assert_eq!(program.steps[1].how, How::Interp);
}

#[test]
fn a_static_program_needs_nothing() {
    let program = alone(&Forged::default());
    assert_eq!(program.trouble, None);
    assert!(program.static_ && program.libraries.is_empty());
    assert!(program.needs.elf && !program.needs.script);
    assert_eq!(program.library_cache, None);
}

#[test]
fn what_is_no_program_has_the_number_of_the_kernel() {
    let tree = Forest::default()
        .dir("/bin/init")
        .file("/sbin/init", Forged::default().build())
        .program("/empty", "")
        .program("/text", "echo hello\n")
        .program("/flat", [0xeb, 0xfe])
        .special("/dev/console", FileType::CharacterDevice, Some((5, 1)))
        .special("/pipe", FileType::Fifo, None)
        .link("/dangling", "/nowhere/init")
        .link("/circle", "circle")
        .link("/etc/init", "/usr/lib/systemd/systemd")
        .dir("/usr/lib/systemd")
        .link("/usr/sbin", "bin")
        .dir("/usr/bin");
    for (path, kind, errno, text) in [
        (
            "/nothing",
            ProgramKind::Missing,
            2,
            "/nothing does not exist",
        ),
        (
            "/bin/init",
            ProgramKind::Directory,
            13,
            "/bin/init is a directory",
        ),
        (
            "/dev/console",
            ProgramKind::Special,
            13,
            "/dev/console is a character device",
        ),
        ("/pipe", ProgramKind::Special, 13, "/pipe is a named pipe"),
        (
            "/sbin/init",
            ProgramKind::Other,
            13,
            "/sbin/init has no execute bit (mode 0644)",
        ),
        (
            "/sbin/init/x",
            ProgramKind::Missing,
            20,
            "a parent of /sbin/init/x is not a directory",
        ),
        (
            "/dangling",
            ProgramKind::Missing,
            2,
            "the symbolic link /dangling leads to /nowhere/init: /nowhere does not exist",
        ),
        (
            "/circle",
            ProgramKind::Missing,
            40,
            "the symbolic link /circle leads to circle: /circle is one symbolic link too many",
        ),
        (
            "/etc/init",
            ProgramKind::Missing,
            2,
            "the symbolic link /etc/init leads to /usr/lib/systemd/systemd: \
             /usr/lib/systemd/systemd does not exist",
        ),
        // The link leads somewhere; what is missing is behind it.
        (
            "/usr/sbin/init",
            ProgramKind::Missing,
            2,
            "/usr/bin/init does not exist",
        ),
        (
            "/empty",
            ProgramKind::Other,
            8,
            "/empty is neither a script nor an ELF file: it begins with nothing",
        ),
        (
            "/text",
            ProgramKind::Other,
            8,
            "/text is neither a script nor an ELF file: it begins with \
             65 63 68 6f 20 68 65 6c 6c 6f 0a",
        ),
        (
            "/flat",
            ProgramKind::Other,
            8,
            "/flat is neither a script nor an ELF file: it begins with eb fe",
        ),
    ] {
        let program = run(&tree, path);
        assert_eq!(program.kind, kind, "{path}");
        assert_eq!(trouble(&program), (Some(errno), text.to_owned()));
        assert!(!program.starts());
    }
}

#[test]
fn one_execute_bit_is_enough_for_the_superuser() {
    let image = Forged::default().build();
    for (mode, expected) in [
        (0o100, None),
        (0o001, None),
        (0o644, Some(13)),
        (0o4644, Some(13)),
    ] {
        let tree = Forest::default().mode("/init", mode, &image);
        assert_eq!(errno(&run(&tree, "/init")), expected, "{mode:o}");
    }
}

#[test]
fn programs_of_another_machine_run_nowhere_or_by_an_option() {
    let small = |machine| Forged {
        is_64: false,
        machine,
        ..Forged::default()
    };
    let wide = |machine| Forged {
        machine,
        ..Forged::default()
    };
    use Architecture::{Aarch64, I386, Riscv64, X86_64};
    for (kernel, program, compat, expected) in [
        (X86_64, wide(62), None, None),
        (X86_64, small(3), Some("IA32_EMULATION"), None),
        (X86_64, small(62), Some("X86_X32_ABI"), None),
        (X86_64, wide(183), None, Some(8)),
        (X86_64, small(40), None, Some(8)),
        (Aarch64, wide(183), None, None),
        (Aarch64, small(40), Some("COMPAT"), None),
        (Aarch64, small(183), None, Some(8)),
        (Aarch64, wide(62), None, Some(8)),
        (Riscv64, small(243), Some("COMPAT"), None),
        (I386, wide(62), None, Some(8)),
        (I386, small(3), None, None),
    ] {
        let program = on(kernel, &program);
        assert_eq!(program.needs.compat, compat, "{kernel}");
        assert_eq!(errno(&program), expected, "{kernel}");
    }
    let big = Forged {
        big_endian: true,
        ..wide(183)
    };
    assert_eq!(
        trouble(&on(Aarch64, &big)),
        (
            Some(8),
            "/init is for aarch64, big endian, but the kernel is for aarch64".to_owned()
        )
    );
    // Without a kernel every machine is taken.
    let tree = Forest::default().program("/init", big.build());
    let program = kelpie_check::userland::program(&tree, b"/init", None, &Limits::default());
    assert_eq!(program.unwrap().trouble, None);
}

#[test]
fn an_elf_file_that_the_kernel_refuses_names_the_field() {
    let interpreter = |path: Vec<u8>| Forged {
        interpreter: Some(path),
        ..Forged::default()
    };
    for (program, errno, text) in [
        (
            Forged {
                e_type: 1,
                ..Forged::default()
            },
            8,
            "e_type at 0x10: expected 2 or 3, a program, found 1 (REL)",
        ),
        (
            Forged {
                phentsize: Some(32),
                ..Forged::default()
            },
            8,
            "e_phentsize at 0x36: expected 56, found 32",
        ),
        (
            Forged {
                phnum: Some(0),
                ..Forged::default()
            },
            8,
            "e_phnum at 0x38: expected 1 to 1170, found 0",
        ),
        (
            Forged {
                phnum: Some(1171),
                ..Forged::default()
            },
            8,
            "e_phnum at 0x38: expected 1 to 1170, found 1171",
        ),
        (
            Forged {
                phnum: Some(1000),
                ..Forged::default()
            },
            8,
            "program header table at 0x40: expected 56000 bytes, found 448 bytes",
        ),
        (
            interpreter(b"\0".to_vec()),
            8,
            "PT_INTERP p_filesz at 0x120: expected 2 to 4096, found 1",
        ),
        (
            interpreter(vec![b'/'; 4097]),
            8,
            "PT_INTERP p_filesz at 0x120: expected 2 to 4096, found 4097",
        ),
        (
            interpreter(b"/lib/ld.so".to_vec()),
            8,
            "PT_INTERP at 0x129: expected a closing 00, found 6f",
        ),
        (
            Forged {
                interpreter_bytes: Some(4000),
                ..dynamic(GLIBC, &[])
            },
            5,
            "PT_INTERP at 0x120: expected 4000 bytes, found 224 bytes",
        ),
    ] {
        let (number, message) = trouble(&alone(&program));
        assert_eq!(number, Some(errno), "{text}");
        assert_eq!(message, format!("the kernel refuses /init: {text}"));
    }
}

#[test]
fn a_cut_off_program_is_started_and_crashes() {
    let program = Forged {
        cut_bytes: 4000,
        ..Forged::default()
    };
    assert_eq!(
        trouble(&alone(&program)),
        (
            None,
            "/init is damaged: PT_LOAD segment at 0x0: expected 4512 bytes, found 512 bytes"
                .to_owned()
        )
    );
    // So short that its header is cut off it is refused.
    let tree = Forest::default().program("/init", &Forged::default().build()[..40]);
    assert_eq!(errno(&run(&tree, "/init")), Some(8));
}

/// A program with this number in the first program header of a kind.
fn changed(mut built: Vec<u8>, kind: u32, offset: usize, value: u64) -> Vec<u8> {
    let at = 64 + offset + 56 * headers(&built).position(|of| of == kind).unwrap();
    let bytes = if offset < 8 { 4 } else { 8 };
    built[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
    built
}

/// The kinds of the program headers.
fn headers(built: &[u8]) -> impl Iterator<Item = u32> {
    let number = |at: usize| u32::from_le_bytes(built[at..at + 4].try_into().unwrap());
    (0..usize::from(built[56])).map(move |index| number(64 + 56 * index))
}

const KIND: usize = 0;
const FLAGS: usize = 4;
const OFFSET: usize = 8;
const VADDR: usize = 16;
const FILESZ: usize = 32;
const MEMSZ: usize = 40;

const PT_NULL: u32 = 0;
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_GNU_PROPERTY: u32 = 0x6474_e553;

/// Why a program is not judged.
fn open(bytes: Vec<u8>, machine: Architecture) -> kelpie_check::error::Error {
    let tree = Forest::default().program("/init", bytes);
    let limits = Limits::default();
    kelpie_check::userland::program(&tree, b"/init", Some(machine), &limits).unwrap_err()
}

#[test]
fn a_segment_that_no_linker_writes_is_not_judged() {
    for (offset, value, field) in [
        (FILESZ, u64::MAX >> 1, "p_filesz"),
        (MEMSZ, 1 << 40, "p_memsz"),
        // More zeros than there may be memory.
        (MEMSZ, 512 + (64 << 20) + 1, "p_memsz"),
        (VADDR, 0x40_0001, "p_vaddr"),
        (KIND, PT_NULL.into(), "program headers"),
    ] {
        let damaged = changed(Forged::default().build(), PT_LOAD, offset, value);
        let error = open(damaged, Architecture::X86_64);
        assert_eq!((error.field(), error.kind()), (field, Kind::Corrupt));
    }
    let large = changed(Forged::default().build(), PT_LOAD, MEMSZ, 512 + (64 << 20));
    let tree = Forest::default().program("/init", large);
    assert_eq!(run(&tree, "/init").trouble, None);
}

#[test]
fn what_is_missing_of_the_last_page_is_zeros_and_may_do() {
    for (cut_bytes, is_open) in [(1, true), (4096 - 512, true), (4096 - 511, false)] {
        let program = Forged {
            cut_bytes,
            ..Forged::default()
        };
        let tree = Forest::default().program("/init", program.build());
        let limits = Limits::default();
        let outcome = kelpie_check::userland::program(&tree, b"/init", None, &limits);
        let error = outcome.map(|program| program.trouble.is_some());
        let error = error.map_err(|error| (error.field().to_owned(), error.kind()));
        let expected = if is_open {
            Err(("PT_LOAD segment".to_owned(), Kind::Corrupt))
        } else {
            Ok(true)
        };
        assert_eq!(error, expected, "{cut_bytes}");
    }
}

#[test]
fn the_kernel_looks_at_neither_class_nor_byte_order() {
    let wrong = |program: &Forged| {
        let built = program.build();
        let changed = |at: usize, value: u8| {
            let mut changed = built.clone();
            changed[at] = value;
            changed
        };
        [changed(4, 1), changed(4, 0), changed(5, 2), changed(5, 0)]
    };
    for init in wrong(&Forged::default()) {
        let tree = Forest::default().program("/init", init);
        assert_eq!(run(&tree, "/init").trouble, None);
    }
    for loader in wrong(&library("ld", &[])) {
        let tree = Forest::default()
            .program("/init", dynamic("/ld", &[]).build())
            .program("/ld", loader);
        assert_eq!(run(&tree, "/init").trouble, None);
    }
    // It is the size of the program headers that tells 32 bits.
    let small = Forged {
        is_64: false,
        ..Forged::default()
    };
    assert_eq!(alone(&small).needs.compat, Some("X86_X32_ABI"));
    let small = Forged {
        is_64: false,
        machine: 3,
        ..Forged::default()
    };
    for init in wrong(&small) {
        let tree = Forest::default().program("/init", init);
        assert_eq!(run(&tree, "/init").needs.compat, Some("IA32_EMULATION"));
    }
    // Who loads libraries looks at both.
    for library in wrong(&library("liba.so", &[])) {
        let tree = super::debian()
            .program("/init", dynamic(GLIBC, &["liba.so"]).build())
            .file("/usr/lib/liba.so", library);
        assert!(run(&tree, "/init").trouble.is_some());
    }
}

#[test]
fn a_dynamic_section_is_read_by_who_needs_it() {
    let with_section = |program: Forged| Forged {
        flags_1: 1,
        soname: Some("x"),
        ..program
    };
    let told = |tree: &Forest| {
        run(tree, "/init")
            .trouble
            .map(|trouble| trouble.to_string())
    };
    let built = with_section(Forged::default()).build();
    let length = built.len() as u64;
    // Of a static program nobody.
    for (offset, value) in [(OFFSET, 1 << 30), (VADDR, 1 << 30), (FILESZ, 1 << 30)] {
        let init = changed(built.clone(), PT_DYNAMIC, offset, value);
        assert_eq!(told(&Forest::default().program("/init", init)), None);
    }
    // A loader goes by its address alone, and as far as it closes itself.
    let tree = |offset, value| {
        let init = with_section(dynamic(GLIBC, &["libc.so.6"])).build();
        super::debian().program("/init", changed(init, PT_DYNAMIC, offset, value))
    };
    assert_eq!(told(&tree(OFFSET, 1 << 30)), None);
    assert_eq!(told(&tree(FILESZ, 1 << 30)), None);
    assert_eq!(told(&tree(FILESZ, 0)), None);
    let outside = told(&tree(VADDR, 1 << 30)).unwrap();
    assert!(outside.contains("PT_DYNAMIC p_vaddr"), "{outside}");
    // As far as a loader itself is concerned it does not matter either.
    let loader = changed(
        with_section(Forged::default()).build(),
        PT_DYNAMIC,
        VADDR,
        length << 20,
    );
    let tree = Forest::default()
        .program("/init", dynamic("/ld", &[]).build())
        .program("/ld", loader);
    assert_eq!(told(&tree), None);
}

#[test]
fn an_entry_without_code_crashes_and_one_out_of_space_is_not_judged() {
    let with_entry = |entry: u64| {
        let mut built = Forged::default().build();
        built[24..32].copy_from_slice(&entry.to_le_bytes());
        built
    };
    let crashes = |bytes: Vec<u8>| {
        let program = run(&Forest::default().program("/init", bytes), "/init");
        match program.trouble {
            Some(told @ Trouble::Damaged { .. }) => Some(told.to_string()),
            None => None,
            other => panic!("{other:?}"),
        }
    };
    // The segment has one page, at 0x10000.
    for entry in [0x1_0000, 0x1_0fff] {
        assert_eq!(crashes(with_entry(entry)), None, "{entry:#x}");
    }
    for entry in [0, 0xffff, 0x1_1000, 1 << 38] {
        let told = crashes(with_entry(entry)).unwrap();
        assert!(told.contains("e_entry"), "{told}");
    }
    // On ppc64 it may be a function's descriptor.
    let mut descriptor = Forged {
        machine: 21,
        ..Forged::default()
    }
    .build();
    descriptor[24..32].copy_from_slice(&[0; 8]);
    let tree = Forest::default().program("/init", descriptor);
    let limits = Limits::default();
    let program = kelpie_check::userland::program(&tree, b"/init", None, &limits).unwrap();
    assert_eq!(program.trouble, None);
    // Code that may not be executed is none.
    let no_code = changed(Forged::default().build(), PT_LOAD, FLAGS, 6);
    assert!(crashes(no_code).is_some());
    for entry in [(1 << 38) + 1, u64::MAX] {
        let error = open(with_entry(entry), Architecture::X86_64);
        assert_eq!((error.field(), error.kind()), ("e_entry", Kind::Corrupt));
    }
}

#[test]
fn a_loader_that_is_none_or_in_part_is_not_judged() {
    let mut object = library("ld", &[]).build();
    object[16] = 1;
    let cut = Forged {
        cut_bytes: 9000,
        ..library("ld", &[])
    };
    let mut without_entry = library("ld", &[]).build();
    without_entry[24..32].copy_from_slice(&[0; 8]);
    for (loader, field) in [
        (object, "e_type of the loader"),
        (cut.build(), "loader"),
        (without_entry, "loader"),
    ] {
        let tree = Forest::default()
            .program("/init", dynamic("/ld", &[]).build())
            .program("/ld", loader);
        let limits = Limits::default();
        let error = kelpie_check::userland::program(&tree, b"/init", None, &limits).unwrap_err();
        assert_eq!((error.field(), error.kind()), (field, Kind::Unsupported));
    }
}

#[test]
fn properties_are_read_by_a_kernel_of_arm64() {
    let built = |machine| {
        let program = Forged {
            machine,
            arm64_features: Some(1),
            ..Forged::default()
        };
        program.build()
    };
    let other_owner = |mut bytes: Vec<u8>| {
        let at = bytes.windows(4).position(|name| name == b"GNU\0").unwrap();
        bytes[at] = b'X';
        bytes
    };
    for change in [
        |bytes| changed(bytes, PT_GNU_PROPERTY, OFFSET, 1 << 30),
        |bytes| changed(bytes, PT_GNU_PROPERTY, FILESZ, 1025),
        |bytes| changed(bytes, PT_GNU_PROPERTY, FILESZ, 12),
    ] {
        let error = open(change(built(183)), Architecture::Aarch64);
        assert_eq!(error.field(), "PT_GNU_PROPERTY");
        let tree = Forest::default().program("/init", change(built(62)));
        assert_eq!(run(&tree, "/init").trouble, None);
    }
    let error = open(other_owner(built(183)), Architecture::Aarch64);
    assert_eq!(error.field(), "PT_GNU_PROPERTY");
    let whole = Forged {
        machine: 183,
        arm64_features: Some(3),
        ..Forged::default()
    };
    let program = on(Architecture::Aarch64, &whole);
    assert_eq!(program.trouble, None);
    assert_eq!(program.elf.unwrap().arm64_features, 3);
}

#[test]
fn one_link_too_many_is_told_of_the_links() {
    let chain = |count: usize| {
        let mut tree = Forest::default().program("/bin/busybox", Forged::default().build());
        for number in 1..count {
            tree = tree.link(&format!("/l{number}"), &format!("/l{}", number + 1));
        }
        let last = format!("/l{count}");
        run(&tree.link(&last, "/bin/busybox"), "/l1").trouble
    };
    assert_eq!(chain(40), None);
    let told = chain(41).unwrap();
    assert!(matches!(told, Trouble::BrokenLink { .. }), "{told:?}");
    assert_eq!(told.errno(), Some(40));
}

#[test]
fn a_loader_that_is_not_there_is_not_the_program_that_is_not_there() {
    let tree = Forest::default().program("/init", dynamic(GLIBC, &[]).build());
    let program = run(&tree, "/init");
    assert!(program.found.is_some());
    assert_eq!(
        trouble(&program),
        (
            Some(2),
            "/init needs the loader /lib64/ld-linux-x86-64.so.2: /lib64 does not exist".to_owned()
        )
    );
}

#[test]
fn a_loader_has_to_be_executable_and_of_the_same_machine() {
    let with = |put: &dyn Fn(Forest) -> Forest| {
        let tree = Forest::default().program("/init", dynamic("/ld", &[]).build());
        trouble(&run(&put(tree), "/init"))
    };
    let arm = Forged {
        machine: 183,
        ..library("ld", &[])
    };
    for (outcome, errno, text) in [
        (
            with(&|tree| tree.file("/ld", library("ld", &[]).build())),
            13,
            "has no execute bit (mode 0644)",
        ),
        (with(&|tree| tree.dir("/ld")), 13, "is a directory"),
        (
            with(&|tree| tree.program("/ld", arm.build())),
            80,
            "is for aarch64 and not for x86_64",
        ),
        (
            with(&|tree| tree.program("/ld", [b'x'; 100])),
            80,
            "is not a loader: e_ident at 0x0: expected 7f 45 4c 46, found 78 78 78 78",
        ),
        (
            with(&|tree| tree.program("/ld", "#!/bin/sh\n")),
            5,
            "is shorter than an ELF header",
        ),
    ] {
        assert_eq!(
            outcome,
            (
                Some(errno),
                format!("/init needs the loader /ld, which {text}")
            )
        );
    }
}

#[test]
fn the_level_of_the_processor_is_the_highest_of_all_files() {
    let level = |needed| Forged {
        isa_needed: needed,
        ..library("libc.so.6", &[])
    };
    let tree = |own: Option<u32>, libc: Option<u32>| {
        let program = Forged {
            isa_needed: own,
            ..dynamic(GLIBC, &["libc.so.6"])
        };
        super::debian()
            .program("/init", program.build())
            .file("/usr/lib64/libc.so.6", b"not the first")
            .file("/usr/lib/x86_64-linux-gnu/libc.so.6", level(libc).build())
    };
    for (own, libc, expected) in [
        (None, None, None),
        (Some(1), None, Some((1, "/init"))),
        (
            Some(1),
            Some(3),
            Some((2, "/usr/lib/x86_64-linux-gnu/libc.so.6")),
        ),
        (Some(0b1011), Some(3), Some((4, "/init"))),
    ] {
        let program = run(&tree(own, libc), "/init");
        assert_eq!(program.trouble, None);
        let found = program.isa_level.map(|need| (need.level, need.path));
        assert_eq!(
            found,
            expected.map(|(level, path)| (level, path.as_bytes().to_vec()))
        );
    }
}

#[test]
fn branch_protection_of_arm64_is_told() {
    let program = Forged {
        machine: 183,
        arm64_features: Some(3),
        ..Forged::default()
    };
    let program = on(Architecture::Aarch64, &program);
    assert_eq!(program.elf.unwrap().arm64_features, 3);
    assert_eq!(program.isa_level, None);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_no_answer() {
    let tree = Forest::default().unreadable("/init");
    let limits = Limits::default();
    let error = kelpie_check::userland::program(&tree, b"/init", None, &limits).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
}

#[test]
fn without_init_the_kernel_goes_on_to_the_shell() {
    let chain = init(&alpine(), None);
    assert_eq!((chain.tried.len(), chain.runs), (1, Some(0)));
    let broken = alpine().link("/sbin/init", "/nowhere");
    let chain = init(&broken, None);
    let paths: Vec<_> = chain
        .tried
        .iter()
        .map(|program| &program.path[..])
        .collect();
    assert_eq!(
        paths,
        [&b"/sbin/init"[..], b"/etc/init", b"/bin/init", b"/bin/sh"]
    );
    assert_eq!(chain.runs, Some(3));
    assert_eq!(chain.program().unwrap().path, b"/bin/sh");
    assert!(!chain.requested);
    let none = init(&Forest::default(), None);
    assert_eq!((none.tried.len(), none.runs), (4, None));
}

#[test]
fn an_init_that_was_asked_for_has_no_other() {
    let chain = init(&alpine(), Some("/nowhere"));
    assert_eq!((chain.tried.len(), chain.runs), (1, None));
    assert!(chain.requested);
}

#[test]
fn an_init_without_its_library_is_started_all_the_same() {
    let tree = alpine().program("/sbin/init", dynamic(MUSL, &["libmissing.so"]).build());
    let chain = init(&tree, None);
    assert_eq!((chain.tried.len(), chain.runs), (1, Some(0)));
    assert!(chain.program().unwrap().trouble.is_some());
}
