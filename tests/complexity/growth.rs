//! Cost at size n and 2n.

use super::cost::{self, Cost};
use super::readers::{READERS, Read, reader};
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use std::time::Duration;

/// Twice the input may cost this much more.
const GROWTH: f64 = 2.3;
/// A measurement that is larger than the bound is repeated: what disturbs it only adds to it.
const ATTEMPTS: u32 = 5;
/// The readers that a test of its own measures.
const MEASURED_ABOVE: [&str; 3] = [
    "initramfs-libraries",
    "tar-names",
    "build-soft-dependencies",
];
/// Shorter than this, the clock measures little but noise.
const MEASURABLE: Duration = Duration::from_millis(2);

fn cost_of(read: &Read) -> Cost {
    cost::least(2, || {
        read(&Limits::default()).expect("it is read within the limits")
    })
}

/// The factor by which time grows from n to 2n.
fn growth(name: &str) -> f64 {
    let reader = reader(name);
    let (once, twice) = ((reader.make)(reader.n), (reader.make)(2 * reader.n));
    growth_between(name, &once, &twice)
}

/// The factor by which time grows from one input to another of twice the size.
fn growth_between(name: &str, once: &Read, twice: &Read) -> f64 {
    let mut least = f64::INFINITY;
    let (mut small, mut large) = (Duration::MAX, Duration::MAX);
    for _ in 0..ATTEMPTS {
        small = small.min(cost_of(once).cpu);
        large = large.min(cost_of(twice).cpu);
        if large < MEASURABLE {
            return 1.0;
        }
        least = large.as_secs_f64() / small.as_secs_f64();
        if least <= GROWTH {
            break;
        }
    }
    println!("{name}: {small:?}, {large:?} for twice the input");
    least
}

fn assert_linear(name: &str) {
    let growth = growth(name);
    assert!(
        growth <= GROWTH,
        "{name}: twice the input costs {growth:.1} times as much"
    );
}

/// Reads with this much work allowed, and expects that it is not enough.
fn assert_charged(name: &str, n: usize, work_bytes: u64) {
    let mut limits = Limits::default();
    limits.set("work_bytes", work_bytes);
    let outcome = (reader(name).make)(n)(&limits);
    let error = outcome.expect_err("more work than the limit allows");
    assert_eq!(
        (error.kind(), error.field()),
        (Kind::Limit, "work_bytes"),
        "{error}"
    );
}

#[test]
fn libraries_of_a_compressed_segment_are_decoded_together() {
    assert_linear("initramfs-libraries");
}

/// The libraries of the largest input exceed what is kept of an archive.
#[test]
fn libraries_that_exceed_what_is_kept_are_decoded_together() {
    let reader = reader("initramfs-libraries");
    let read = |factor: usize| (reader.make)(factor * reader.n);
    let (twice, four_times) = (read(2), read(4));
    let (small, large) = (work(&twice), work(&four_times));
    assert!(
        large * 10 <= small * 23,
        "{small} bytes of work at 2n, {large} at 4n"
    );
    let growth = growth_between(reader.name, &twice, &four_times);
    assert!(
        growth <= GROWTH,
        "four times the input costs {growth:.1} times as much as twice the input"
    );
}

#[test]
fn a_segment_that_is_decoded_again_is_charged_again() {
    assert_charged("initramfs-libraries", 16, 20 << 20);
}

#[test]
fn a_layer_that_is_listed_again_is_charged_again() {
    assert_charged("oci-layers", 16, 32 << 20);
}

#[test]
fn names_in_a_tar_archive_cost_as_much_each() {
    assert_linear("tar-names");
}

#[test]
fn soft_dependencies_cost_as_much_each() {
    assert_linear("build-soft-dependencies");
}

#[test]
fn a_compressed_module_is_decoded_once_however_often_it_is_asked() {
    let reader = reader("build-compressed-namesakes");
    let few = cost_of(&(reader.make)(1)).cpu;
    let many = cost_of(&(reader.make)(reader.n)).cpu;
    assert!(many < few * 3, "{few:?} for one, {many:?} for {}", reader.n);
}

#[test]
fn partitions_share_one_count_of_work() {
    assert_charged("gpt-partitions", 64, 8 << 20);
}

#[test]
fn hard_links_of_a_tar_archive_are_charged_to_the_memory_budget() {
    let reader = reader("tar-hard-links");
    let limits = Limits {
        memory_bytes: 8 << 20,
        ..Limits::default()
    };
    let read = (reader.make)(reader.n);
    let mut outcome = Ok(());
    let cost = cost::of(|| outcome = read(&limits));
    assert_eq!(outcome.unwrap_err().field(), "memory_bytes");
    assert!(cost.peak_bytes < 12 << 20, "{} bytes", cost.peak_bytes);
}

#[test]
fn twice_the_input_costs_at_most_two_and_a_third_times_as_much() {
    let worse: Vec<String> = READERS
        .iter()
        .filter(|reader| !MEASURED_ABOVE.contains(&reader.name))
        .filter_map(|reader| {
            let growth = growth(reader.name);
            (growth > GROWTH).then(|| format!("{}: {growth:.1}", reader.name))
        })
        .collect();
    assert!(worse.is_empty(), "{worse:?}");
}

/// The work that is charged for an input: the same on every machine.
fn work(read: &Read) -> u64 {
    let limits = Limits::default().metered();
    read(&limits).expect("it is read within the limits");
    limits.meter.spent_bytes()
}

#[test]
fn twice_the_input_is_charged_at_most_two_and_a_third_times_as_much() {
    for reader in READERS {
        let once = work(&(reader.make)(reader.n));
        let twice = work(&(reader.make)(2 * reader.n));
        assert!(
            twice * 10 <= once * 23,
            "{}: {once} bytes of work at {}, {twice} at twice that",
            reader.name,
            reader.n
        );
    }
}
