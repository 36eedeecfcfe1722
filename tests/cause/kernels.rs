//! Whole kernels, for the causes to find nothing in.

use super::forge::{BANNER, arm64::Arm64, bzimage::Bzimage, elf::Elf, riscv::Riscv, zboot::Zboot};
use super::forge::{gzip, zstd};

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

/// An x86 ELF of 64 bits, with a PVH note, from 16 to 33 MiB.
pub fn vmlinux() -> Vec<u8> {
    Elf::default().build()
}

/// A bzImage with that ELF in zstd.
pub fn bzimage() -> Bzimage {
    around(&vmlinux())
}

/// A bzImage with these bytes in zstd.
pub fn around(inner: &[u8]) -> Bzimage {
    Bzimage {
        payload: zstd(inner),
        length_word: Some(length(inner)),
        ..Bzimage::default()
    }
}

/// A bzImage with that ELF in a codec that libkrun does not decode.
pub fn xz_bzimage() -> Bzimage {
    let inner = vmlinux();
    Bzimage {
        payload: liblzma::encode_all(&inner[..], 0).unwrap(),
        length_word: Some(length(&inner)),
        ..Bzimage::default()
    }
}

/// An arm64 Image of 2 MiB with a banner.
pub fn arm64() -> Arm64 {
    Arm64 {
        body: [&[0; 0x100], BANNER.as_bytes(), &[0; 0x100]].concat(),
        ..Arm64::default()
    }
}

/// An EFI zboot image with that Image in gzip.
pub fn zboot() -> Zboot {
    Zboot {
        payload: gzip(&arm64().build()),
        ..Zboot::default()
    }
}

/// A RISC-V Image, without a banner.
pub fn riscv() -> Vec<u8> {
    Riscv::default().build()
}

/// A bzImage whose payload is damaged in its middle.
pub fn damaged() -> Vec<u8> {
    let mut kernel = Bzimage {
        payload: gzip(&vmlinux()),
        length_word: None,
        ..Bzimage::default()
    };
    let middle = kernel.payload.len() / 2;
    kernel.payload[middle] ^= 0x55;
    kernel.build()
}

/// A bzImage of which the second half is missing.
pub fn cut() -> Vec<u8> {
    let mut bytes = bzimage().build();
    bytes.truncate(bytes.len() - 0x400);
    bytes
}

/// What is no kernel at all.
pub fn page() -> Vec<u8> {
    b"<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>".to_vec()
}
