use super::forge::uki::Uki;
use super::forge::zboot::Zboot;
use super::forge::{arm64::Arm64, bzimage::Bzimage, put};
use super::{container, kernel, problems};
use kelpie_check::error::Kind;
use kelpie_check::kernel::{Architecture, Kernel, Payload};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;

#[test]
fn a_uki_tells_its_sections() {
    let kernel = kernel(Uki::default().build());
    assert_eq!(container(&kernel), "uki");
    let header = kernel.header().unwrap();
    assert_eq!(header.architecture, Some(Architecture::Aarch64));
    assert_eq!(header.version_text.as_deref(), Some("6.1.0-forged"));
    assert_eq!(header.efi_stub, Some(true));
    let names: Vec<&str> = header
        .sections
        .iter()
        .map(|section| section.name.as_str())
        .collect();
    assert_eq!(names, [".text", ".osrel", ".uname", ".cmdline", ".initrd"]);
    assert_eq!(header.sections[3].length, 12);
    assert!(header.problems.is_empty(), "{:?}", header.problems);
    assert_eq!(kernel.chain().unwrap().names(), ["uki", "arm64-image"]);
}

#[test]
fn the_kernel_is_as_long_as_the_lesser_of_both_sizes() {
    let length = u64::try_from(Arm64::default().build().len()).unwrap();
    for (virtual_excess, expected) in [(0, length), (0x10_0000, length.next_multiple_of(512))] {
        let image = Uki {
            virtual_excess,
            ..Uki::default()
        };
        let kernel = kernel(image.build());
        let Some(Payload::Stored { length, .. }) = kernel.header().unwrap().payload else {
            panic!("no stored payload");
        };
        assert_eq!(length, expected);
    }
}

#[test]
fn a_uki_may_hold_any_container() {
    for (inner, machine, name) in [
        (Zboot::default().build(), 0xaa64, "efi-zboot"),
        (Bzimage::default().build(), 0x8664, "bzimage"),
    ] {
        let image = Uki {
            machine,
            sections: vec![(".linux", inner)],
            ..Uki::default()
        };
        let kernel = kernel(image.build());
        assert_eq!(kernel.chain().unwrap().names()[..2], ["uki", name]);
    }
}

#[test]
fn of_several_profiles_the_base_has_the_kernel() {
    let mut image = Uki::default();
    image.sections.push((".profile", b"ID=one\n".to_vec()));
    image.sections.push((".cmdline", b"quiet".to_vec()));
    image.sections.push((".linux", b"another".to_vec()));
    let kernel = kernel(image.build());
    assert_eq!(kernel.chain().unwrap().names(), ["uki", "arm64-image"]);
    let sections = &kernel.header().unwrap().sections;
    let command_lines = sections.iter().filter(|section| section.name == ".cmdline");
    assert_eq!(command_lines.count(), 2);
}

#[test]
fn a_kernel_section_beyond_the_file_is_named() {
    let mut bytes = Uki::default().build();
    bytes.truncate(bytes.len() - 0x1000);
    let problems = problems(bytes);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].starts_with("section .linux at "),
        "{problems:?}"
    );
}

#[test]
fn an_empty_kernel_section_is_named() {
    let image = Uki {
        sections: vec![(".linux", Vec::new())],
        ..Uki::default()
    };
    assert_eq!(
        problems(image.build()),
        ["section .linux at 0x400: expected a kernel, found 0 bytes"]
    );
}

#[test]
fn a_kernel_section_without_a_kernel_is_unrecognised() {
    let image = Uki {
        sections: vec![(".linux", b"no kernel at all".to_vec())],
        ..Uki::default()
    };
    let kernel = kernel(image.build());
    let error = kernel.chain().unwrap().image().err().unwrap();
    assert_eq!(error.kind(), Kind::Unrecognised);
}

#[test]
fn more_sections_than_the_limit_are_refused() {
    let limits = Limits {
        sections: 2,
        ..Limits::default()
    };
    let kernel = Kernel::new(Source::from_bytes(Uki::default().build()), limits);
    let error = kernel.header().unwrap_err().to_string();
    assert_eq!(error, "limit sections: expected at most 2, found more");
}

#[test]
fn a_section_table_beyond_the_file_is_no_uki() {
    let mut bytes = Uki::default().build();
    put(&mut bytes, 0x86, &0xffff_u16.to_le_bytes());
    assert!(kernel(bytes).container().is_err());
}
