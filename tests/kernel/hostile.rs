//! Every forged image, cut at every length and with bits flipped: never a panic, always a place.

use super::forge::arm64::Arm64;
use super::forge::bzimage::Bzimage;
use super::forge::riscv::Riscv;
use super::forge::uki::Uki;
use super::forge::zboot::Zboot;
use super::forge::{Numbers, put};
use super::kernel;

/// How far the headers of every forged image reach.
const HEADERS_BYTES: usize = 0x400;

fn images() -> Vec<(&'static str, Vec<u8>)> {
    let signed = Bzimage {
        machine: Some(0x8664),
        certificate_bytes: 64,
        ..Bzimage::default()
    };
    let small = Arm64 {
        body: vec![0; 0x100],
        certificate_bytes: 64,
        ..Arm64::default()
    };
    vec![
        ("bzimage", Bzimage::default().build()),
        ("bzimage", signed.build()),
        ("arm64-image", small.build()),
        ("riscv-image", Riscv::default().build()),
        ("efi-zboot", Zboot::default().build()),
        ("uki", Uki::default().build()),
    ]
}

/// Asks for everything that a header gives; what was found is told, or that nothing was.
fn ask(bytes: Vec<u8>) -> (Option<&'static str>, Vec<String>) {
    let kernel = kernel(bytes);
    let name = kernel.container().ok().map(|container| container.name);
    let _ = kernel.near_miss();
    let _ = kernel.architecture();
    match kernel.header() {
        Ok(header) => (
            name,
            header.problems.iter().map(ToString::to_string).collect(),
        ),
        Err(error) => (name, vec![error.to_string()]),
    }
}

#[test]
fn every_truncation_is_noticed() {
    for (name, image) in images() {
        assert_eq!(ask(image.clone()), (Some(name), vec![]));
        let coarse = (HEADERS_BYTES..image.len()).step_by(61);
        let fine = 0..HEADERS_BYTES.min(image.len());
        for length in fine.chain(coarse).chain([image.len() - 1]) {
            // A UKI's last section is padded in the file: what is missing of that is not missed.
            if name == "uki" && length > image.len() - 512 {
                continue;
            }
            let (_, said) = ask(image[..length].to_vec());
            assert!(!said.is_empty(), "{name} of {length} bytes");
        }
    }
}

#[test]
fn a_flipped_bit_never_panics() {
    let mut numbers = Numbers(0x6b65_6c70_6965);
    for (name, image) in images() {
        for _ in 0..2000 {
            let mut damaged = image.clone();
            for _ in 0..=numbers.below(3) {
                let at = numbers.below(HEADERS_BYTES.min(damaged.len()));
                damaged[at] ^= 1 << numbers.below(8);
            }
            let (_, said) = ask(damaged);
            for message in said {
                assert!(message.len() < 500, "{name}: {message}");
            }
        }
    }
}

#[test]
fn extreme_numbers_never_panic() {
    for (_, image) in images() {
        for at in 0..HEADERS_BYTES.min(image.len()) - 4 {
            for value in [u32::MAX, 0x8000_0000, 0x7fff_ffff, 0] {
                let mut damaged = image.clone();
                put(&mut damaged, at, &value.to_le_bytes());
                ask(damaged);
            }
        }
    }
}
