//! What only shows when layers are opened: damage inside them, and hostile wrappers.

use super::forge::arm_zimage::ArmZimage;
use super::forge::elf::Elf;
use super::forge::s390::S390;
use super::forge::uimage::Uimage;
use super::forge::{Numbers, gzip};
use super::{kernel, opened};
use kelpie_check::kernel::Kernel;
use kelpie_check::limits::Limits;
use kelpie_check::source::{ReadAt, Source};
use std::sync::Arc;

fn images() -> Vec<(&'static str, Vec<u8>, std::ops::Range<usize>)> {
    let wrapper = Elf {
        sections: vec![(".kernel:vmlinux.strip", gzip(&Elf::default().build()))],
        ..Elf::default()
    };
    let s390 = S390::default().build();
    vec![
        ("elf", Elf::default().build(), 0..0x200),
        ("elf", wrapper.build(), 0..0x600),
        ("arm-zimage", ArmZimage::default().build(), 0..0x300),
        ("uimage", Uimage::default().build(), 0..0x100),
        ("s390-image", s390.clone(), 0x10000..0x10440),
        ("s390-image", s390, 0x12340..0x12380),
        ("gzip", gzip(&Elf::default().build()), 0..0x100),
    ]
}

/// Opens all of it; gives every message that there is.
fn ask(bytes: Vec<u8>) -> Vec<String> {
    let kernel = kernel(bytes);
    let _ = kernel.near_miss();
    let mut said = Vec::new();
    match kernel.chain() {
        Ok(chain) => {
            said.extend(opened(&kernel).1);
            said.extend(chain.image().err().map(|error| error.to_string()));
        }
        Err(error) => said.push(error.to_string()),
    }
    said.extend(kernel.banner().err().map(|error| error.to_string()));
    said
}

#[test]
fn every_forged_image_opens_without_a_word() {
    for (name, image, _) in images() {
        assert_eq!(ask(image), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_flipped_bit_never_panics() {
    let mut numbers = Numbers(0x6b65_6c70_6965);
    for (name, image, headers) in images() {
        for _ in 0..150 {
            let mut damaged = image.clone();
            let end = headers.end.min(damaged.len());
            for _ in 0..=numbers.below(3) {
                let at = headers.start + numbers.below(end - headers.start);
                damaged[at] ^= 1 << numbers.below(8);
            }
            for message in ask(damaged) {
                assert!(message.len() < 500, "{name}: {message}");
            }
        }
    }
}

#[test]
fn extreme_numbers_never_panic() {
    for (_, image, headers) in images() {
        let end = headers.end.min(image.len()) - 4;
        for at in (headers.start..end).step_by(4) {
            for value in [u32::MAX, 0x7fff_ffff] {
                let mut damaged = image.clone();
                damaged[at..at + 4].copy_from_slice(&value.to_le_bytes());
                ask(damaged);
            }
        }
    }
}

#[test]
fn bytes_behind_a_stated_stream_are_a_problem_unless_zero() {
    let payload = gzip(&Elf::default().build());
    let stated = u32::from_le_bytes(payload[payload.len() - 4..].try_into().unwrap());
    for (behind, count) in [(&b"junk"[..], 1), (&[0; 4], 0)] {
        let image = Uimage {
            arch: 24,
            files: vec![[&payload[..], behind].concat()],
            ..Uimage::default()
        };
        let (names, said) = opened(&kernel(image.build()));
        assert_eq!(names, ["uimage", "gzip", "elf"]);
        assert_eq!(said.len(), count, "{said:?}");
        assert!(stated > 0);
    }
}

#[test]
fn a_thousand_magics_are_tried_within_the_limit() {
    let mut image = ArmZimage {
        payload: b"\x1f\x8b\x08\0\0\0\0\0\0\x03".repeat(20_000),
        table: false,
        ..ArmZimage::default()
    };
    image.length_word = None;
    let error = kernel(image.build()).banner().unwrap_err().clone();
    assert_eq!(
        error.to_string(),
        "limit payload_candidates: expected at most 64, found more"
    );
}

/// Bytes that are in no memory, as a file's are.
struct Disk(Vec<u8>);

impl ReadAt for Disk {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self
            .0
            .get(usize::try_from(offset).unwrap()..)
            .unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

#[test]
fn memory_is_charged_for_what_is_held_and_no_more() {
    for (name, image, _) in images() {
        // The file, what it decodes to, and what that decodes to are never held all together.
        let limits = Limits {
            memory_bytes: 2 * 160_000 + image.len() as u64,
            ..Limits::default()
        };
        let kernel = Kernel::new(Source::positioned(Arc::new(Disk(image))), limits);
        assert!(kernel.chain().unwrap().image().is_ok(), "{name}");
    }
}
