//! What reading a kernel costs, step by step: header, decoding, banner, configuration, symbols,
//! options.
//!
//! `KELPIE_CHECK_CORPUS` names a folder of kernels; without one, only the forged image is measured.
//! Compare with the other tools by `benches/peers.sh`: wall time of one machine says little alone.

#[path = "../tests/forge/mod.rs"]
mod forge;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kelpie_check::bundle::{Bundle, Surroundings};
use kelpie_check::check::{self, Selection};
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::config::Config;
use kelpie_check::kernel::kallsyms::{Hints, Symbols};
use kelpie_check::kernel::{Architecture, Banner};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use kelpie_check::vmm;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The kernels to measure: the largest of the corpus in each of these containers and codecs.
const KINDS: [(&str, &str, Option<&str>); 5] = [
    ("zstd", "bzimage", Some("zstd")),
    ("gzip", "bzimage", Some("gzip")),
    ("lz4", "bzimage", Some("lz4")),
    ("xz", "bzimage", Some("xz")),
    ("raw", "arm64-image", None),
];

fn kernel(source: &Source) -> Kernel {
    Kernel::new(source.clone(), Limits::default())
}

/// A kernel alone: nothing lies beside it, so its symbols are looked at.
fn report(kernel: Kernel) -> usize {
    let bundle = Bundle::new(
        kernel,
        Surroundings::default(),
        Limits::default(),
        vmm::TARGETS[0],
        None,
    );
    check::kernel("vmlinuz", &bundle, &Selection::default())
        .artifacts
        .len()
}

fn forged(criterion: &mut Criterion) {
    let image = forge::bzimage::Bzimage::default().build();
    let source = Source::from_bytes(image);
    criterion.bench_function("forged bzImage, header", |bencher| {
        bencher.iter(|| kernel(&source).header().is_ok());
    });
}

fn real(criterion: &mut Criterion) {
    let Some(corpus) = std::env::var_os("KELPIE_CHECK_CORPUS") else {
        println!("skipped: KELPIE_CHECK_CORPUS names no folder of kernels");
        return;
    };
    let files = files(Path::new(&corpus));
    for (name, container, codec) in KINDS {
        let Some(path) = largest(&files, container, codec) else {
            println!("skipped: no {name} kernel in the corpus");
            continue;
        };
        steps(criterion, name, &path);
    }
}

fn steps(criterion: &mut Criterion, name: &str, path: &Path) {
    let source = || Source::open(path).expect("it was opened before");
    let whole = kernel(&source());
    let Ok((header, image)) = whole.image() else {
        println!("skipped: {name} does not decode");
        return;
    };
    let image = image.in_memory().unwrap_or_default();
    let hints = Hints {
        bits: header.bits,
        segments: &header.segments,
        from: whole.banner().map_or(0, |banner| banner.offset),
    };

    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(2));
    group.bench_function("quick report", |bencher| {
        bencher.iter(|| report(kernel(&source()).quick()));
    });
    group.throughput(Throughput::Bytes(image.len() as u64));
    // What was decoded is let go outside the measurement.
    group.bench_function("decode", |bencher| {
        bencher.iter_batched_ref(
            || kernel(&source()),
            |kernel| kernel.chain().is_ok(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("banner", |bencher| {
        bencher.iter(|| Banner::find(black_box(image)).is_ok());
    });
    group.bench_function("embedded configuration", |bencher| {
        bencher.iter(|| Config::embedded(black_box(image), &Limits::default()).is_ok());
    });
    group.bench_function("symbols", |bencher| {
        bencher.iter(|| Symbols::decode(black_box(image), hints, &Limits::default()).is_ok());
    });
    group.bench_function("full report", |bencher| {
        bencher.iter(|| report(kernel(&source())));
    });
    group.finish();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if entry.file_name().to_string_lossy().starts_with("vmlinuz") {
            files.push(path);
        }
    }
    files
}

fn largest(files: &[PathBuf], container: &str, codec: Option<&str>) -> Option<PathBuf> {
    let fits = |path: &PathBuf| {
        let kernel = kernel(&Source::open(path).ok()?);
        let header = kernel.header().ok()?;
        let found = header.payload.as_ref().and_then(|payload| payload.codec());
        let known = matches!(
            header.architecture,
            Some(Architecture::X86_64 | Architecture::Aarch64)
        );
        (known
            && kernel.container().ok()?.name == container
            && found.map(|codec| codec.name) == codec)
            .then(|| kernel.source().len())
    };
    files
        .iter()
        .filter_map(|path| Some((fits(path)?, path)))
        .max()
        .map(|(_, path)| path.clone())
}

criterion_group!(benches, forged, real);
criterion_main!(benches);
