//! What once broke it, or could: every file in `testdata/crashes` goes through what each fuzz
//! target does, and every forged image with bits flipped through the whole report.

#[path = "../fuzz/src/bodies.rs"]
mod bodies;
#[path = "forge/mod.rs"]
mod forge;

use forge::Numbers;
use forge::samples::samples;
use kelpie_check::codec::CODECS;
use kelpie_check::kernel::{CONTAINERS, Kernel};
use kelpie_check::source::Source;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Far more than any file needs, also without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often each forged image is damaged.
const FLIPS: usize = 300;

fn crashes() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/crashes");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// Runs every body on these bytes.
fn replay(bytes: &[u8]) {
    bodies::containers(bytes);
    bodies::codecs(bytes);
    for number in 0..u8::try_from(CODECS.len()).unwrap() {
        bodies::codecs(&[&[number], bytes].concat());
    }
    bodies::kallsyms(bytes);
    bodies::beside(bytes);
    bodies::report(bytes);
}

#[test]
fn no_crash_comes_back() {
    let paths = crashes();
    assert!(!paths.is_empty());
    for path in paths {
        let start = Instant::now();
        println!("{}", path.display());
        replay(&fs::read(&path).unwrap());
        let took = start.elapsed();
        assert!(took < PATIENCE, "{} took {took:?}", path.display());
    }
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
