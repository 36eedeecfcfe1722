//! One whole image of each container, small enough to be damaged thousands of times.

use super::arm_zimage::ArmZimage;
use super::arm64::{Arm64, raw_stub};
use super::bzimage::Bzimage;
use super::elf::Elf;
use super::libkrunfw::Libkrunfw;
use super::riscv::Riscv;
use super::s390::S390;
use super::uimage::Uimage;
use super::uki::Uki;
use super::zboot::Zboot;
use super::{gzip, put, vmlinux_bin, zstd};
use std::io::{Read, Write};

/// The images, each with the name of its container.
pub fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let elf = Elf::default().build();
    let mut samples = vec![
        ("uki", Uki::default().build()),
        ("efi-zboot", Zboot::default().build()),
        ("bzimage", bzimage()),
        ("zimage-x86", zimage_x86()),
        ("arm64-image", arm64()),
        ("riscv-image", Riscv::default().build()),
        ("loongarch-image", loongarch()),
        ("libkrunfw", Libkrunfw::default().build()),
        ("elf", elf.clone()),
        ("arm-zimage", arm_zimage()),
        ("s390-image", s390()),
        ("uimage", Uimage::default().build()),
    ];
    samples.extend(compressed(&elf));
    samples
}

/// These bytes by each codec.
pub fn compressed(bytes: &[u8]) -> [(&'static str, Vec<u8>); 7] {
    [
        ("gzip", gzip(bytes)),
        ("bzip2", bzip2(bytes)),
        ("xz", xz(bytes)),
        ("lzo", lzo(bytes)),
        ("lz4", lz4(bytes)),
        ("zstd", zstd(bytes)),
        ("lzma", lzma(bytes)),
    ]
}

fn bzimage() -> Vec<u8> {
    let elf = Elf::default().build();
    Bzimage {
        payload: zstd(&elf),
        length_word: Some(u32::try_from(elf.len()).unwrap()),
        machine: Some(0x8664),
        certificate_bytes: 64,
        ..Bzimage::default()
    }
    .build()
}

fn zimage_x86() -> Vec<u8> {
    Bzimage {
        loaded_high: false,
        payload: gzip(&Elf::default().build()),
        length_word: None,
        ..Bzimage::default()
    }
    .build()
}

fn arm64() -> Vec<u8> {
    Arm64 {
        body: [&[0; 0x100], super::BANNER.as_bytes(), &[0; 0x100]].concat(),
        certificate_bytes: 64,
        ..Arm64::default()
    }
    .build()
}

fn loongarch() -> Vec<u8> {
    let mut image = vec![0; 0x1000];
    put(&mut image, 0x08, &0x100_0000_u64.to_le_bytes());
    put(&mut image, 0x10, &0x20_0000_u64.to_le_bytes());
    put(&mut image, 0x38, &[0xcd, 0x23, 0x82, 0x81]);
    put(&mut image, 0x300, super::BANNER.as_bytes());
    raw_stub(&mut image, 0x6264, 0);
    image
}

fn arm_zimage() -> Vec<u8> {
    ArmZimage {
        payload: gzip(&vmlinux_bin()),
        length_word: None,
        ..ArmZimage::default()
    }
    .build()
}

fn s390() -> Vec<u8> {
    S390 {
        payload: gzip(&vmlinux_bin()),
        length_word: None,
        ..S390::default()
    }
    .build()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast())
        .read_to_end(&mut encoded)
        .unwrap();
    encoded
}

pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).unwrap();
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The legacy frame, of one block.
pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let block = lz4_flex::block::compress(bytes);
    let mut frame = 0x184c_2102_u32.to_le_bytes().to_vec();
    frame.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
    frame.extend(block);
    frame
}

/// An lzop file of one block, without checksums of the data.
fn lzo(bytes: &[u8]) -> Vec<u8> {
    let header = [
        &0x1040_u16.to_be_bytes()[..],
        &0x20a0_u16.to_be_bytes(),
        &0x0940_u16.to_be_bytes(),
        &[1, 5],
        // F_ADLER32_D, as lzop has it: the kernel skips a checksum of each block, be there one or not.
        &[0, 0, 0, 1],
        &[0; 12],
        &[0],
    ]
    .concat();
    let mut blocks = Vec::new();
    // No more than the kernel takes at once.
    for block in bytes.chunks(256 << 10) {
        let stored = lzokay::compress::compress(block).unwrap();
        let stored = if stored.len() < block.len() {
            &stored
        } else {
            block
        };
        for length in [block.len(), stored.len()] {
            blocks.extend(u32::try_from(length).unwrap().to_be_bytes());
        }
        blocks.extend(adler32(block).to_be_bytes());
        blocks.extend(stored);
    }
    [
        &[0x89, b'L', b'Z', b'O', 0, 0x0d, 0x0a, 0x1a, 0x0a][..],
        &header,
        &adler32(&header).to_be_bytes(),
        &blocks,
        // A length of nothing is the end.
        &[0; 4],
    ]
    .concat()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    high << 16 | low
}
