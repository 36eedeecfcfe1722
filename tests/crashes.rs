//! What once broke it, or could: every file in `testdata/crashes` goes through what each fuzz
//! target does, and every forged image with bits flipped through the whole report.

// The bodies stand in a workspace of their own, and bring the forge that they need.
#![allow(clippy::duplicate_mod)]

#[path = "../fuzz/src/bodies.rs"]
mod bodies;
#[path = "forge/mod.rs"]
mod forge;
#[path = "support/mod.rs"]
mod support;

use forge::Numbers;
use forge::arm_zimage::ArmZimage;
use forge::samples::{compressed, samples};
use kelpie_check::cause::CAUSES;
use kelpie_check::check::Verdict;
use kelpie_check::codec::{CODECS, by_name, decode_concatenated};
use kelpie_check::error::{Error, Kind};
use kelpie_check::kernel::{CONTAINERS, Kernel};
use kelpie_check::limits::{Budget, Limits, Sink};
use kelpie_check::source::Source;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Far more than any file needs, also without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many boots are made of decisions.
const MADE: usize = 1280;

/// How often each forged image is damaged.
const FLIPS: usize = 300;

type Body = fn(&[u8]);

/// What each target of the fuzzer does.
const BODIES: [(&str, Body); 14] = [
    ("beside", bodies::beside),
    ("boots", |bytes| drop(bodies::made_boot(bytes))),
    ("bundle", bodies::boot),
    ("cmdline", bodies::command_line),
    ("codecs", bodies::codecs),
    ("containers", bodies::containers),
    ("initramfs", bodies::initramfs),
    ("json", bodies::json),
    ("kallsyms", bodies::kallsyms),
    ("report", bodies::report),
    ("rootfs", bodies::rootfs),
    ("second_opinion", bodies::second_opinion),
    ("toml", bodies::toml),
    ("userland", bodies::userland),
];

/// The targets that need the feature `fetch`.
const PACKAGES: [&str; 5] = ["apk", "deb", "iso", "oci", "tar"];

#[cfg(feature = "fetch")]
const PACKAGE_BODIES: [(&str, Body); PACKAGES.len()] = [
    ("apk", bodies::packages::apk),
    ("deb", bodies::packages::deb),
    ("iso", bodies::packages::iso),
    ("oci", bodies::packages::oci),
    ("tar", bodies::packages::tar),
];
#[cfg(not(feature = "fetch"))]
const PACKAGE_BODIES: [(&str, Body); 0] = [];

fn all_bodies() -> impl Iterator<Item = (&'static str, Body)> {
    BODIES.into_iter().chain(PACKAGE_BODIES)
}

/// Runs every body on these bytes.
fn replay(bytes: &[u8]) {
    for (_, body) in all_bodies() {
        body(bytes);
    }
    for number in 0..u8::try_from(CODECS.len()).unwrap() {
        bodies::codecs(&[&[number], bytes].concat());
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_target_of_the_fuzzer_is_run_here() {
    let targets = files(&support::repository("fuzz/fuzz_targets"));
    let names: BTreeSet<&str> = targets
        .iter()
        .map(|path| path.file_stem().unwrap().to_str().unwrap())
        .collect();
    let known = BODIES.iter().map(|(name, _)| *name).chain(PACKAGES);
    assert_eq!(names, known.collect());
}

#[test]
fn what_the_fuzzer_begins_with_goes_through() {
    let tools = ["tar", "xz"].map(|name| support::program(name, "tools"));
    let [Some(tar), Some(_)] = tools else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(tar)
        .arg("-xJf")
        .arg(support::repository("fuzz/corpus.tar.xz"))
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(status.unwrap().success());
    for (name, body) in all_bodies() {
        let inputs = files(&folder.path().join("corpus").join(name));
        assert!(!inputs.is_empty(), "{name}");
        for input in inputs {
            println!("{}", input.display());
            body(&fs::read(input).unwrap());
        }
    }
}

#[test]
fn no_crash_comes_back() {
    let paths = files(&support::repository("testdata/crashes"));
    assert!(!paths.is_empty());
    for path in paths {
        let start = Instant::now();
        println!("{}", path.display());
        replay(&fs::read(&path).unwrap());
        let took = start.elapsed();
        assert!(took < PATIENCE, "{} took {took:?}", path.display());
    }
}

/// Boots of which so many bytes in 64 are by chance: little that is not as usual, then more.
#[test]
fn boots_made_of_decisions_reach_the_causes() {
    let mut numbers = Numbers(0x6d61_6465);
    let mut seen = BTreeSet::new();
    let mut boots = 0;
    for by_chance in (0..MADE).map(|number| number % 64) {
        let bytes: Vec<u8> = (0..300)
            .map(|_| match numbers.below(64) < by_chance {
                true => u8::try_from(numbers.below(256)).unwrap(),
                false => 0,
            })
            .collect();
        let report = bodies::made_boot(&bytes);
        seen.extend(
            report
                .findings
                .iter()
                .map(|finding| finding.code.to_string()),
        );
        boots += usize::from(report.verdict() == Verdict::Boots);
    }
    let known = CAUSES.iter().filter(|cause| cause.is_predicted()).count();
    println!("{} of {known} causes, {boots} of {MADE} boot", seen.len());
    assert!(seen.len() * 3 > known * 2, "{seen:?} of {known}");
    assert!(boots * 20 > MADE, "{boots} of {MADE} boot");
}

#[test]
fn there_is_a_forged_image_of_every_container() {
    let names: Vec<&str> = CONTAINERS.iter().map(|container| container.name).collect();
    let samples = samples();
    assert_eq!(
        samples.iter().map(|sample| sample.0).collect::<Vec<_>>(),
        names
    );
    for (name, image) in samples {
        let kernel = Kernel::new(Source::from_bytes(image), bodies::limits());
        assert_eq!(kernel.container().unwrap().name, name);
        assert_eq!(kernel.image().err(), None, "{name}");
    }
}

/// A wrapper of nothing but these streams, none of which is a kernel, within 16 MiB.
fn search_among(stream: &[u8]) -> Error {
    let image = ArmZimage {
        payload: stream.repeat(60),
        length_word: None,
        table: false,
        ..ArmZimage::default()
    };
    let limits = Limits {
        decoded_bytes: 16 << 20,
        memory_bytes: 64 << 20,
        ..Limits::default()
    };
    let kernel = Kernel::new(Source::from_bytes(image.build()), limits);
    kernel.image().err().unwrap()
}

#[test]
fn a_search_pays_for_streams_of_something_else() {
    for (name, stream) in compressed(&vec![0; 12 << 20]) {
        // The others are too large to be repeated, or found by their beginning alone.
        if ["bzip2", "gzip", "xz"].contains(&name) {
            let error = search_among(&stream);
            assert_eq!(
                (error.kind(), error.field()),
                (Kind::Limit, "decoded_bytes")
            );
        }
    }
}

// The decoder in Rust keeps what it decoded to itself until a block is whole, and so hides the cost.
#[cfg(feature = "native-codecs")]
#[test]
fn a_search_pays_for_streams_that_break_at_their_end() {
    let mut frame = b"\x28\xb5\x2f\xfd\0\x58".to_vec();
    // 96 times 128 KiB of one byte, then ten bytes that are no compressed block.
    let block = |kind: u32, size: u32, last: u32| (size << 3 | kind << 1 | last).to_le_bytes();
    for _ in 0..96 {
        frame.extend(&block(1, 0x2_0000, 0)[..3]);
        frame.push(b'A');
    }
    frame.extend(&block(2, 10, 1)[..3]);
    frame.extend([0xff; 10]);
    let error = search_among(&frame);
    assert_eq!(
        (error.kind(), error.field()),
        (Kind::Limit, "decoded_bytes")
    );
}

#[test]
fn streams_without_number_end_at_a_limit() {
    for (name, stream) in compressed(b"") {
        let codec = by_name(name).unwrap();
        // The other two say how much they hold, or do not end.
        if !["lz4", "lzma"].contains(&name) {
            let limits = bodies::limits();
            let mut sink = Sink::new(&limits, &Budget::new(&limits), None);
            let error =
                decode_concatenated(codec, &stream.repeat(5000), &mut sink).expect_err(name);
            assert_eq!(
                (name, error.kind(), error.field()),
                (name, Kind::Limit, "streams")
            );
        }
    }
}

#[test]
fn a_flipped_bit_leaves_every_report_whole() {
    let mut numbers = Numbers(0x6b65_6c70_6965);
    for (_, image) in samples() {
        for _ in 0..FLIPS {
            let mut damaged = image.clone();
            // Headers are dense, so half of the damage goes there.
            let reach = [damaged.len(), damaged.len().min(0x400)][numbers.below(2)];
            let at = numbers.below(reach);
            damaged[at] ^= 1 << numbers.below(8);
            bodies::report(&damaged);
        }
    }
}
