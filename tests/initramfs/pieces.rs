//! An archive in a file, which passes by in pieces, against the same bytes in memory.

use super::forge::cpio::{Entry, archive};
use super::forge::{Numbers, gzip, zstd};
use super::{content, initramfs, message, paths};
use kelpie_check::error::Kind;
use kelpie_check::initramfs::{Archive, Initramfs};
use kelpie_check::limits::Limits;
use kelpie_check::source::{ReadAt, Source};
use liblzma::stream::{Action, Check, LzmaOptions, Status, Stream};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file that gives what it likes at a time, and counts what it gave.
struct Slow {
    bytes: Vec<u8>,
    length: u64,
    read_bytes: AtomicU64,
}

impl ReadAt for Slow {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[usize::try_from(offset).unwrap().min(self.bytes.len())..];
        let count = rest.len().min(buffer.len()).min(37_000);
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read_bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn slow(bytes: &[u8], length: u64) -> (Arc<Slow>, Initramfs) {
    let file = Arc::new(Slow {
        bytes: bytes.to_vec(),
        length,
        read_bytes: AtomicU64::new(0),
    });
    let source = Source::positioned(file.clone());
    (file, Initramfs::new(source, Limits::default()))
}

fn encoded(mut encoder: Stream, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(plain.len() + 4096);
    let status = encoder.process_vec(plain, &mut out, Action::Finish);
    assert!(matches!(status, Ok(Status::StreamEnd)));
    out
}

fn bzip2(plain: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn lz4(plain: &[u8]) -> Vec<u8> {
    let block = lz4_flex::block::compress(plain);
    let mut file = vec![0x02, 0x21, 0x4c, 0x18];
    file.extend(u32::try_from(block.len()).unwrap().to_le_bytes());
    file.extend(&block);
    file
}

/// Plain and in every codec, each several pieces long and padded to no multiple of anything.
fn segments() -> Vec<(&'static str, Vec<u8>)> {
    let mut numbers = Numbers(7);
    let mut one = |name: &str| {
        // Half of it compresses.
        let noise = (0..300_000).map(|at| match at % 2 {
            0 => u8::try_from(numbers.below(256)).unwrap(),
            _ => b'x',
        });
        let big = Entry::file(&format!("{name}.ko"), &noise.collect::<Vec<u8>>());
        archive(&[big, Entry::file(name, name.as_bytes())])
    };
    let preset = LzmaOptions::new_preset(0).unwrap();
    let xz = Stream::new_easy_encoder(0, Check::Crc32).unwrap();
    let lzma = Stream::new_lzma_encoder(&preset).unwrap();
    vec![
        ("plain", one("plain")),
        ("gzip", gzip(&one("gzip"))),
        ("zstd", zstd(&one("zstd"))),
        ("xz", encoded(xz, &one("xz"))),
        ("bzip2", bzip2(&one("bzip2"))),
        ("lzma", encoded(lzma, &one("lzma"))),
        ("lz4", lz4(&one("lz4"))),
    ]
}

/// All that there is to say of an archive.
fn told(archive: &Archive) -> String {
    let names = paths(archive);
    let contents: Vec<_> = names
        .iter()
        .filter(|path| !path.ends_with(".ko") && !path.starts_with("/dev") && *path != "/root")
        .map(|path| content(archive, path))
        .collect();
    format!(
        "{:?} {:?} {names:?} {contents:?} {} {}",
        archive.segments, archive.problems, archive.unpacked_bytes, archive.decoded_bytes
    )
}

#[test]
fn every_byte_of_a_file_is_read_once_and_none_of_it_is_kept() {
    for (name, segment) in segments() {
        let file_bytes = segment.len() as u64;
        let (file, opened) = slow(&segment, file_bytes);
        let unpacked = opened.archive().unwrap();
        assert_eq!(
            file.read_bytes.load(Ordering::Relaxed),
            file_bytes,
            "{name}"
        );
        assert_eq!(told(unpacked), told(initramfs(segment).archive().unwrap()));
    }
}

#[test]
fn segments_that_end_within_a_piece_are_told_as_in_memory() {
    let padding: [&[u8]; 3] = [&[0; 200_000], &[0; 3], &[0; 70_000]];
    let mut bytes = Vec::new();
    for ((_, segment), zeros) in segments().into_iter().zip(padding.iter().cycle()) {
        bytes.extend(segment);
        bytes.extend(*zeros);
    }
    let (file, opened) = slow(&bytes, bytes.len() as u64);
    let unpacked = opened.archive().unwrap();
    assert!(unpacked.problems.is_empty(), "{:?}", unpacked.problems);
    assert_eq!(unpacked.segments.len(), 7);
    assert_eq!(file.read_bytes.load(Ordering::Relaxed), bytes.len() as u64);
    for name in ["gzip", "lzma"] {
        let content = content(unpacked, &format!("/{name}.ko")).unwrap();
        assert_eq!(content.len(), 300_000);
        assert!(content.iter().skip(1).step_by(2).all(|byte| *byte == b'x'));
    }
    let in_memory = initramfs(bytes);
    assert_eq!(told(unpacked), told(in_memory.archive().unwrap()));
}

#[test]
fn damage_has_the_same_place_as_in_memory() {
    for (name, segment) in segments() {
        let length = segment.len();
        for at in [1, 5, 40, length / 3, length / 2, length - 9, length - 5] {
            let mut changed = segment.clone();
            changed[at] ^= 0xff;
            for bytes in [changed, segment[..at].to_vec()] {
                let (_, opened) = slow(&bytes, bytes.len() as u64);
                let in_memory = initramfs(bytes);
                match (opened.archive(), in_memory.archive()) {
                    // Their decoders say how far they came only at the end of a call.
                    (Ok(one), Ok(other)) if ["zstd", "bzip2", "xz", "lzma"].contains(&name) => {
                        assert_eq!(message(one), message(other), "{name}, {at}");
                        assert_eq!(one.entries, other.entries, "{name}, {at}");
                        for (one, other) in one.problems.iter().zip(&other.problems) {
                            assert_eq!(one.error.kind(), other.error.kind(), "{name}, {at}");
                            let places = one.error.offset().zip(other.error.offset());
                            let (one, other) = places.unwrap();
                            assert!(one.abs_diff(other) <= 128 << 10, "{name}, {at}");
                        }
                    }
                    (Ok(one), Ok(other)) => assert_eq!(told(one), told(other), "{name}, {at}"),
                    (one, other) => assert_eq!(one.err(), other.err(), "{name}, {at}"),
                }
            }
        }
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_no_damaged_archive() {
    for (name, segment) in segments() {
        let (_, opened) = slow(&segment[..135_000], segment.len() as u64);
        let error = opened.archive().err().unwrap();
        assert_eq!(error.kind(), Kind::Truncated, "{name}");
        assert_eq!(error.field(), "file", "{name}");
    }
}

#[test]
fn a_piece_is_all_that_a_file_costs() {
    let bytes = gzip(&archive(&[Entry::file("a.ko", &[7; 3 << 20])])).repeat(40);
    let limits = Limits {
        memory_bytes: 300_000,
        codec_memory_bytes: 300_000,
        ..Limits::default()
    };
    let (file, _) = slow(&bytes, bytes.len() as u64);
    assert!(bytes.len() > 300_000);
    let opened = Initramfs::new(Source::positioned(file), limits);
    let unpacked = opened.archive().unwrap();
    assert_eq!(unpacked.segments.len(), 40);
    assert!(unpacked.problems.is_empty());
}
