//! Prints what each reader costs at n, 2n and 4n, one line for each, with tabs between the columns:
//! reader, what n counts, n, milliseconds of processor time, peak KiB, KiB of charged work, and the
//! outcome (`read`, or the limit that was met).
//!
//! `cargo test --release --test trials -- [READER…]`; without a name, every reader.

#[path = "../support/cost.rs"]
mod cost;
#[path = "../forge/mod.rs"]
mod forge;
#[path = "../fetch/made/mod.rs"]
mod made;
mod readers;

use kelpie_check::limits::Limits;

#[global_allocator]
static ALLOCATOR: cost::Counting = cost::Counting;

/// Returns n, 2n and 4n. The forge of ext4 makes one group of blocks, which holds 8192 inodes, so its
/// directory starts at half the size that the tests use.
fn sizes(reader: &str, n: usize) -> [usize; 3] {
    let n = if reader == "ext4-directory" { n / 2 } else { n };
    [n, 2 * n, 4 * n]
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    println!("reader\tn counts\tn\tcpu ms\tpeak KiB\twork KiB\toutcome");
    for reader in readers::READERS {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == reader.name) {
            continue;
        }
        for n in sizes(reader.name, reader.n) {
            let read = (reader.make)(n);
            let limits = Limits::default().metered();
            let mut outcome = Ok(());
            let first = cost::of(|| outcome = read(&limits));
            // The first run is the one whose work is counted; more of them find the least time.
            let again = cost::least(2, || drop(read(&Limits::default())));
            let outcome = outcome.map_or_else(|error| error.to_string(), |()| "read".to_owned());
            println!(
                "{}\t{}\t{n}\t{:.1}\t{}\t{}\t{outcome}",
                reader.name,
                reader.counts,
                first.cpu.min(again.cpu).as_secs_f64() * 1000.0,
                first.peak_bytes / 1024,
                limits.meter.spent_bytes() / 1024,
            );
        }
    }
}
