//! Images built field by field, one knob a defect. Nothing here reads: it only writes.

#![allow(dead_code)]

pub mod arm64;
pub mod arm_zimage;
pub mod bzimage;
pub mod checksum;
pub mod cpio;
pub mod disk;
pub mod elf;
pub mod ext4;
pub mod good;
pub mod libkrunfw;
pub mod pe;
pub mod program;
pub mod references;
pub mod riscv;
pub mod s390;
pub mod samples;
pub mod tree;
pub mod uimage;
pub mod uki;
pub mod zboot;

use std::io::Write;

/// A banner, as it stands in a kernel.
pub const BANNER: &str = "\0Linux version 6.1.0-forged (a@b) (gcc (x) 12, ld 2) #1 SMP today\n\0";

/// A kernel without a header, larger than what a chance match would decode to.
pub fn vmlinux_bin() -> Vec<u8> {
    let mut kernel = vec![0x42; 100_000];
    kernel.extend(BANNER.as_bytes());
    kernel.resize(150_000, 0x17);
    kernel
}

/// Writes `bytes` at `at`, making room where there is none.
pub fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if image.len() < at + bytes.len() {
        image.resize(at + bytes.len(), 0);
    }
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

/// A gzip stream; it ends with the decoded size.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame of raw blocks, with its content size in four bytes and no checksum.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    let mut blocks = bytes.chunks(100_000).peekable();
    while let Some(block) = blocks.next() {
        let last = u32::from(blocks.peek().is_none());
        let header = last | u32::try_from(block.len()).unwrap() << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.extend(block);
    }
    if bytes.is_empty() {
        // One block, the last, of nothing.
        frame.extend([1, 0, 0]);
    }
    frame
}

/// Numbers that are the same in every run (xorshift).
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}
