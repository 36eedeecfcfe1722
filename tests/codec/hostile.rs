//! Streams that are cut, changed or made to explode.

use super::fixtures::{FIXTURES, is_unchecked};
use super::{by_name, decode, limited, made};
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use std::time::{Duration, Instant};

/// Kinds that a stream that does not decode may end with.
const REFUSALS: [Kind; 4] = [
    Kind::Truncated,
    Kind::Corrupt,
    Kind::Unsupported,
    Kind::Limit,
];

#[test]
fn a_stream_cut_anywhere_is_truncated() {
    for fixture in FIXTURES {
        // Legacy lz4 has no end, so a cut between blocks is none; this one has one block.
        let is_endless = fixture.name == "legacy.lz4";
        for end in 0..fixture.bytes.len() {
            if is_endless && end <= 4 {
                continue;
            }
            let outcome = decode(
                by_name(fixture.codec),
                &fixture.bytes[..end],
                &Limits::default(),
            );
            let error = outcome.expect_err(fixture.name);
            assert_eq!(
                error.kind(),
                Kind::Truncated,
                "{} cut at {end}: {error}",
                fixture.name
            );
        }
    }
}

#[test]
fn a_byte_changed_anywhere_is_noticed_where_there_is_a_checksum() {
    for fixture in FIXTURES {
        let step = if fixture.times > 1 { 17 } else { 1 };
        for at in (0..fixture.bytes.len()).step_by(step) {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = fixture.bytes.to_vec();
                bytes[at] ^= flip;
                match decode(by_name(fixture.codec), &bytes, &limited(1 << 20)) {
                    Err(error) => assert!(REFUSALS.contains(&error.kind()), "{error}"),
                    Ok((plain, _)) => assert!(
                        plain == fixture.plain() || is_unchecked(fixture.name),
                        "{} changed at {at} by {flip:#x}",
                        fixture.name
                    ),
                }
            }
        }
    }
}

/// Marsaglia's xorshift64: the same changes on every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }
}

#[test]
fn random_changes_never_panic() {
    let per_fixture = std::env::var("KELPIE_CHECK_MUTATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(250);
    let mut random = Random(0x6b65_6c70_6965);
    for fixture in FIXTURES {
        let started = Instant::now();
        for _ in 0..per_fixture {
            let mut bytes = fixture.bytes.to_vec();
            for _ in 0..=random.next(4) {
                let at = random.next(bytes.len());
                match random.next(4) {
                    0 => bytes[at] = random.next(256) as u8,
                    1 => bytes[at] ^= 1 << random.next(8),
                    2 => bytes.truncate(at.max(1)),
                    _ => {
                        let from = random.next(bytes.len());
                        let length = random.next(32).min(bytes.len() - at.max(from));
                        bytes.copy_within(from..from + length, at);
                    }
                }
            }
            if let Err(error) = decode(by_name(fixture.codec), &bytes, &limited(1 << 20)) {
                assert!(REFUSALS.contains(&error.kind()), "{error}");
            }
            if started.elapsed() > Duration::from_secs(10) {
                break;
            }
        }
    }
}

#[test]
fn bombs_meet_the_limit_fast() {
    let limits = limited(8 << 20);
    for (name, codec, bomb) in made::bombs() {
        let started = Instant::now();
        let error = decode(by_name(codec), &bomb, &limits).expect_err(name);
        assert_eq!(error.kind(), Kind::Limit, "{name}: {error}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(2), "{name} took {took:?}");
    }
}

#[test]
fn dictionaries_and_windows_are_charged_before_they_are_allocated() {
    // LZMA with a dictionary of 4 GiB, and xz with its largest and with 192 MiB.
    let mut lzma = vec![0x5d, 0xff, 0xff, 0xff, 0xff];
    lzma.extend([0xff; 8]);
    lzma.extend([0; 64]);
    for (codec, bytes) in [
        ("lzma", lzma),
        ("xz", made::xz_header_with_dictionary(40)),
        ("xz", made::xz_header_with_dictionary(31)),
    ] {
        let error = decode(by_name(codec), &bytes, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Limit, "{codec}: {error}");
        assert_eq!(error.field(), "codec_memory_bytes", "{codec}");
    }
}

#[test]
fn stated_sizes_beyond_all_reason_meet_the_limit_at_once() {
    // zstd: single segment, a content of 2^60 bytes.
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    zstd.extend((1_u64 << 60).to_le_bytes());
    zstd.extend([1, 0, 0]);
    // lz4: a content of 2^60 bytes in no block.
    let lz4 = made::lz4_frame_header(Some(1 << 60));
    let lz4 = [&lz4[..], &[0; 4]].concat();
    // lzma: 2^39 bytes.
    let mut lzma = vec![0x5d, 0, 0, 0x80, 0];
    lzma.extend((1_u64 << 39).to_le_bytes());
    lzma.extend([0; 16]);
    for (codec, bytes) in [("zstd", zstd), ("lz4", lz4), ("lzma", lzma)] {
        assert!((by_name(codec).recognise)(&bytes), "{codec}");
        let error = decode(by_name(codec), &bytes, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Limit, "{codec}: {error}");
    }
}

#[test]
fn errors_name_field_and_offset() {
    let mut gzip = FIXTURES[0].bytes.to_vec();
    let at = gzip.len() - 1;
    gzip[at] ^= 0xff;
    let error = decode(by_name("gzip"), &gzip, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(error.field(), "gzip stream");
    assert!(error.offset().is_some_and(|offset| offset > 700), "{error}");

    let lzo = FIXTURES.iter().find(|f| f.name == "adler32.lzo").unwrap();
    let mut bytes = lzo.bytes.to_vec();
    bytes[9] ^= 1;
    let error = decode(by_name("lzo"), &bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.field(), "lzop header checksum");
    assert_eq!(error.offset(), Some(0x22));

    let error = decode(by_name("zstd"), b"\x28\xb5\x2f\xfd\x20", &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zstd Frame_Content_Size at 0x5: expected 1 bytes, found 0 bytes"
    );
}
