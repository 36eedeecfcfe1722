//! Archives that cost more than they should, or would.

use super::bombs::bombs;
use super::forge::cpio::{Entry, archive, entries, trailer};
use super::forge::{Numbers, gzip, program};
use super::initramfs;
use kelpie_check::error::Kind;
use kelpie_check::initramfs::Initramfs;
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use kelpie_check::tree::{self, Tree};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(2);

fn limited(bytes: Vec<u8>, limits: Limits) -> Initramfs {
    Initramfs::new(Source::from_bytes(bytes), limits)
}

#[test]
fn bombs_pass_by_or_meet_the_limit() {
    for (codec, bomb) in bombs() {
        let started = Instant::now();
        let limits = Limits {
            archive_bytes: 32 << 20,
            ..Limits::default()
        };
        match limited(bomb, limits).archive() {
            // A stream of zeros is no archive: the kernel stops at its first piece.
            Ok(unpacked) => assert_eq!(unpacked.problems.len(), 1, "{codec}"),
            Err(error) => assert_eq!(error.kind(), Kind::Limit, "{codec}: {error}"),
        }
        assert!(started.elapsed() < SOON, "{codec}");
    }
}

#[test]
fn a_file_that_never_ends_meets_the_limit_and_no_memory() {
    let mut bytes = Entry {
        filesize: Some(u32::MAX),
        ..Entry::file("big", b"")
    }
    .bytes();
    bytes.resize(64 << 20, 0);
    let packed = gzip(&bytes);
    drop(bytes);
    let limits = Limits {
        archive_bytes: 48 << 20,
        ..Limits::default()
    };
    let opened = limited(packed.clone(), limits);
    let error = opened.archive().err().unwrap();
    assert_eq!(error.kind(), Kind::Limit);
    assert_eq!(error.field(), "archive_bytes");
    // Within the limit it is cut off, and its zeros are not in memory.
    let opened = initramfs(packed);
    let unpacked = opened.archive().unwrap();
    let big = tree::resolve(unpacked, b"big").unwrap().unwrap();
    assert_eq!(big.stat.size_bytes, u64::from(u32::MAX));
    let error = unpacked.read(big.node, 0, u64::MAX).err().unwrap();
    assert_eq!(error.kind(), Kind::Limit);
    let middle = unpacked.read(big.node, 1 << 30, 4).unwrap();
    assert_eq!(middle, [0; 4]);
}

#[test]
fn zeros_without_end_are_passed_over() {
    let mut bytes = archive(&[Entry::file("a", b"1")]);
    bytes.resize(96 << 20, 0);
    let started = Instant::now();
    let opened = initramfs(bytes);
    assert!(opened.archive().unwrap().problems.is_empty());
    assert!(started.elapsed() < SOON);
}

#[test]
fn entries_and_segments_are_counted() {
    let many: Vec<Entry> = (0..50)
        .map(|number| Entry::file(&format!("f{number}"), b""))
        .collect();
    let limits = Limits {
        cpio_entries: 49,
        ..Limits::default()
    };
    let opened = limited(archive(&many), limits);
    assert_eq!(opened.archive().err().unwrap().field(), "cpio_entries");
    let limits = Limits {
        streams: 9,
        ..Limits::default()
    };
    for segments in [trailer().repeat(10), gzip(&trailer()).repeat(10)] {
        let opened = limited(segments, limits.clone());
        assert_eq!(opened.archive().err().unwrap().field(), "streams");
    }
}

#[test]
fn links_that_lead_in_circles_cost_little() {
    let mut all = vec![Entry::link("a", "b"), Entry::link("b", "a")];
    let deep = format!("{}x", "a/".repeat(2000));
    for _ in 0..500 {
        all.push(Entry::file(&deep, b""));
    }
    // Forty links, each of two thousand steps.
    let there = "./".repeat(2000);
    for number in 0..40 {
        all.push(Entry::link(
            &format!("l{number}"),
            &format!("{there}l{}", number + 1),
        ));
    }
    for number in 0..500 {
        all.push(Entry::file(&format!("l0/{number}"), b""));
    }
    let started = Instant::now();
    let opened = initramfs(archive(&all));
    let outcome = opened.archive();
    assert!(outcome.is_ok() || outcome.is_err_and(|error| error.kind() == Kind::Limit));
    assert!(started.elapsed() < SOON * 3);
}

#[test]
fn what_was_not_kept_is_decoded_again() {
    let mut numbers = Numbers(3);
    let contents: Vec<Vec<u8>> = (0..6)
        .map(|_| {
            (0..200_000)
                .map(|_| u8::try_from(numbers.below(256)).unwrap())
                .collect()
        })
        .collect();
    let all: Vec<Entry> = contents
        .iter()
        .enumerate()
        .map(|(number, content)| Entry::file(&format!("m{number}.ko"), content))
        .collect();
    let packed = gzip(&archive(&all));
    for kept_bytes in [0, 250_000, 32 << 20] {
        let limits = Limits {
            kept_bytes,
            ..Limits::default()
        };
        let opened = limited(packed.clone(), limits);
        let unpacked = opened.archive().unwrap();
        for number in [3, 0, 5, 3] {
            let found = tree::resolve(unpacked, format!("m{number}.ko").as_bytes())
                .unwrap()
                .unwrap();
            let content = &contents[number];
            assert!(unpacked.read(found.node, 0, u64::MAX).unwrap() == *content);
            let middle = unpacked.read(found.node, 70_000, 90_000).unwrap();
            assert!(middle == content[70_000..160_000]);
            assert!(unpacked.read(found.node, 200_000, 1).unwrap().is_empty());
        }
    }
}

#[test]
fn parts_of_libraries_read_as_the_files_do() {
    let mut numbers = Numbers(5);
    let mut libraries: Vec<Vec<u8>> = Vec::new();
    for soname in ["a", "b", "c"] {
        let mut library = program::library(soname, &["needed"]).build();
        let random = (0..200_000).map(|_| u8::try_from(numbers.below(256)).unwrap());
        library.extend(random);
        libraries.push(library);
    }
    let names = ["a.so", "b.so", "c.so"];
    let files = names.iter().zip(&libraries);
    let all: Vec<Entry> = files.map(|(name, file)| Entry::file(name, file)).collect();
    // No file fits as a whole.
    let limits = Limits {
        kept_bytes: 150_000,
        ..Limits::default().metered()
    };
    let opened = limited(gzip(&archive(&all)), limits.clone());
    let unpacked = opened.archive().unwrap();
    let read = |number: usize, offset: u64, length: u64| {
        let found = tree::resolve(unpacked, names[number].as_bytes());
        let node = found.unwrap().unwrap().node;
        let before = limits.meter.spent_bytes();
        let bytes = unpacked.read(node, offset, length).unwrap();
        let at = usize::try_from(offset).unwrap();
        assert!(bytes == libraries[number][at..at + bytes.len()]);
        limits.meter.spent_bytes() - before
    };
    assert!(read(2, 0, 64) > 600_000);
    for number in [0, 1] {
        assert_eq!(read(number, 0, 64), 64);
        assert_eq!(read(number, 64, 56), 56);
        assert!(read(number, 100, 100_000) > 200_000);
        assert_eq!(read(number, 150_000, 1000), 1000);
    }
}

#[test]
fn random_changes_never_panic() {
    let whole = archive(&[
        Entry::directory("bin"),
        Entry {
            nlink: 2,
            ..Entry::file("bin/a", b"content of a file")
        }
        .summed(),
        Entry {
            nlink: 2,
            ..Entry::file("bin/b", b"")
        },
        Entry::link("init", "bin/a"),
        Entry::device("dev/vda", 0o060_600, (254, 0)),
    ]);
    let seeds = [
        whole.clone(),
        gzip(&whole),
        [
            whole.clone(),
            gzip(&whole),
            entries(&[Entry::file("x", b"y")]),
        ]
        .concat(),
    ];
    let mut numbers = Numbers(99);
    for turn in 0..6000 {
        let mut bytes = seeds[turn % seeds.len()].clone();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(bytes.len());
            match numbers.below(4) {
                0 => bytes[at] = b"0123456789abcdefF/.\0"[numbers.below(20)],
                1 => bytes[at] ^= 1 << numbers.below(8),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let from = numbers.below(bytes.len());
                    let length = numbers.below(64).min(bytes.len() - at.max(from));
                    bytes.copy_within(from..from + length, at);
                }
            }
        }
        let opened = initramfs(bytes);
        if let Ok(unpacked) = opened.archive() {
            for path in super::paths(unpacked) {
                if let Ok(Ok(found)) = tree::resolve(unpacked, path.as_bytes()) {
                    unpacked.read(found.node, 0, 1 << 20).ok();
                }
            }
        }
    }
}
