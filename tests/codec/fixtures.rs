//! Streams that gzip, bzip2, xz, lzop, lz4 and zstd wrote: testdata/codec.

use super::{by_name, decode, limited};
use kelpie_check::codec::{self, CODECS, Codec};
use kelpie_check::error::{Kind, Result};
use kelpie_check::limits::{Budget, Limits, Sink};

/// What they all hold.
pub const PLAIN: &[u8] = include_bytes!("../../testdata/codec/plain.bin");

/// One of them.
pub struct Fixture {
    pub name: &'static str,
    pub codec: &'static str,
    pub bytes: &'static [u8],
    /// How many times it holds [`PLAIN`].
    pub times: usize,
}

impl Fixture {
    pub fn plain(&self) -> Vec<u8> {
        PLAIN.repeat(self.times)
    }
}

macro_rules! fixtures {
    ($($codec:literal: $($name:literal x $times:literal),+;)+) => {
        pub const FIXTURES: &[Fixture] = &[$($(Fixture {
            name: $name,
            codec: $codec,
            bytes: include_bytes!(concat!("../../testdata/codec/", $name)),
            times: $times,
        }),+),+];
    };
}

fixtures! {
    "gzip": "named.gz" x 1, "plain.gz" x 1;
    "bzip2": "plain.bin.bz2" x 1;
    "lzma": "size-unknown.lzma" x 1, "properties.lzma" x 1;
    "xz": "x86.xz" x 1, "powerpc.xz" x 1, "ia64.xz" x 1, "arm.xz" x 1, "armthumb.xz" x 1,
        "arm64.xz" x 1, "sparc.xz" x 1, "delta.xz" x 1, "x86-delta.xz" x 1, "check-none.xz" x 1,
        "check-crc32.xz" x 1, "check-crc64.xz" x 1, "check-sha256.xz" x 1, "blocks.xz" x 1;
    "lzo": "named.lzo" x 1, "adler32.lzo" x 1, "adler32-both.lzo" x 1, "crc32.lzo" x 1,
        "no-checksum.lzo" x 1;
    "lz4": "legacy.lz4" x 1, "frame.lz4" x 1, "linked.lz4" x 64, "independent.lz4" x 24;
    "zstd": "ultra-long.zst" x 1, "size-unknown.zst" x 1, "window-27.zst" x 64;
}

/// Whether the stream says nothing about its own integrity.
pub fn is_unchecked(name: &str) -> bool {
    [
        "check-none.xz",
        "no-checksum.lzo",
        "independent.lz4",
        "legacy.lz4",
        "size-unknown.zst",
    ]
    .contains(&name)
        || name.ends_with(".lzma")
}

#[test]
fn every_stream_of_a_real_tool_decodes_to_what_was_put_in() {
    for fixture in FIXTURES {
        let codec = by_name(fixture.codec);
        let (plain, taken) = decode(codec, fixture.bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(plain == fixture.plain(), "{}", fixture.name);
        assert_eq!(taken, fixture.bytes.len() as u64, "{}", fixture.name);
    }
}

#[test]
fn every_stream_is_recognised_by_its_own_codec_alone() {
    for fixture in FIXTURES {
        for first in [&fixture.bytes[..64], fixture.bytes] {
            let names: Vec<&str> = CODECS
                .iter()
                .filter(|codec| (codec.recognise)(first))
                .map(|codec| codec.name)
                .collect();
            assert_eq!(names, [fixture.codec], "{}", fixture.name);
        }
    }
}

#[test]
fn what_follows_a_stream_is_not_taken() {
    for fixture in FIXTURES.iter().filter(|f| f.name != "legacy.lz4") {
        for tail in [&b"\x10\x0c\0\0"[..], &[0; 9], b"trailing bytes"] {
            let input = [fixture.bytes, tail].concat();
            let (plain, taken) = decode(by_name(fixture.codec), &input, &Limits::default())
                .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
            assert!(plain == fixture.plain(), "{}", fixture.name);
            assert_eq!(taken, fixture.bytes.len() as u64, "{}", fixture.name);
        }
    }
}

#[test]
fn concatenated_streams_decode_behind_one_another() {
    for fixture in FIXTURES {
        let input = [fixture.bytes, fixture.bytes].concat();
        let limits = Limits::default();
        let mut sink = Sink::new(&limits, &Budget::new(&limits), None);
        let codec = by_name(fixture.codec);
        let taken = codec::decode_concatenated(codec, &input, &mut sink)
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert_eq!(taken, input.len() as u64, "{}", fixture.name);
        assert!(
            sink.as_bytes() == PLAIN.repeat(2 * fixture.times),
            "{}",
            fixture.name
        );
    }
}

#[test]
fn a_limit_that_fits_exactly_is_enough_and_one_byte_less_is_not() {
    for fixture in FIXTURES {
        let codec = by_name(fixture.codec);
        let size = (PLAIN.len() * fixture.times) as u64;
        let (plain, _) = decode(codec, fixture.bytes, &limited(size))
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert_eq!(plain.len() as u64, size, "{}", fixture.name);
        let error = decode(codec, fixture.bytes, &limited(size - 1)).unwrap_err();
        assert_eq!(error.kind(), Kind::Limit, "{}: {error}", fixture.name);
        assert_eq!(error.field(), "decoded_bytes", "{}", fixture.name);
    }
}

#[test]
fn a_hint_of_any_size_changes_nothing() {
    for fixture in FIXTURES {
        for hint in [0, 1, 100_000, u64::MAX] {
            let limits = Limits::default();
            let mut sink = Sink::new(&limits, &Budget::new(&limits), Some(hint));
            by_name(fixture.codec)
                .decode(fixture.bytes, &mut sink)
                .unwrap();
            assert!(sink.as_bytes() == fixture.plain(), "{}", fixture.name);
        }
    }
}

/// What a streaming sink hands on, within `left_bytes`, and the outcome of the codec.
fn streamed(codec: &Codec, input: &[u8], left_bytes: u64) -> (Vec<u8>, Result<u64>) {
    let limits = Limits::default();
    let budget = Budget::new(&limits);
    let mut seen = Vec::new();
    let mut consumer = |piece: &[u8]| {
        seen.extend_from_slice(piece);
        Ok(())
    };
    let mut sink = Sink::streaming(&limits, &budget, left_bytes, &mut consumer);
    let outcome = codec.decode(input, &mut sink);
    drop(sink);
    (seen, outcome)
}

#[test]
fn a_consumer_sees_what_a_buffer_holds() {
    for fixture in FIXTURES {
        let codec = by_name(fixture.codec);
        let size = (PLAIN.len() * fixture.times) as u64;
        for left_bytes in [size, u64::MAX] {
            let (seen, outcome) = streamed(codec, fixture.bytes, left_bytes);
            let taken = outcome.unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
            assert!(seen == fixture.plain(), "{}", fixture.name);
            assert_eq!(taken, fixture.bytes.len() as u64, "{}", fixture.name);
        }
        let (seen, outcome) = streamed(codec, fixture.bytes, size - 1);
        let error = outcome.unwrap_err();
        assert_eq!(error.field(), "archive_bytes", "{}: {error}", fixture.name);
        assert!(fixture.plain().starts_with(&seen), "{}", fixture.name);
    }
}

#[test]
fn a_consumer_sees_what_comes_before_a_cut() {
    for fixture in FIXTURES {
        for end in [fixture.bytes.len() / 2, fixture.bytes.len() - 1] {
            let cut = &fixture.bytes[..end];
            let (seen, outcome) = streamed(by_name(fixture.codec), cut, u64::MAX);
            let error = outcome.expect_err(fixture.name);
            assert_eq!(error.kind(), Kind::Truncated, "{}: {error}", fixture.name);
            assert!(fixture.plain().starts_with(&seen), "{}", fixture.name);
        }
    }
}
