//! Each limit, met and just kept: the least value with which something is read is found, and one
//! less is refused by the name of that limit.

#[path = "forge/mod.rs"]
mod forge;
#[allow(dead_code, reason = "only the table as it is made without a wish")]
#[path = "forge/kallsyms.rs"]
mod kallsyms;

use forge::cpio::{self, Entry};
use forge::ext4::Ext4 as Image;
use forge::{disk, gzip, program, samples, tree::Forest};
use kelpie_check::codec;
use kelpie_check::console::EndKind;
use kelpie_check::diagnose::Watch;
use kelpie_check::error::{Error, Kind, Result};
use kelpie_check::initramfs::Initramfs;
use kelpie_check::kernel::Kernel;
use kelpie_check::kernel::kallsyms::{Hints, Symbols};
use kelpie_check::limits::{Budget, Limits, Meter, Sink, Stop};
use kelpie_check::rootfs::RootFs;
use kelpie_check::source::Source;
use kelpie_check::tree::{Tree, resolve};
use kelpie_check::userland;
use std::collections::BTreeSet;

/// What is bounded by a limit, and what it costs where that can be told beforehand.
struct Cost {
    limit: &'static str,
    exactly: Option<u64>,
    read: fn(&Limits) -> Result<()>,
}

/// The limits that refuse. Three others shorten, and one waits for a clock: each has a test below.
const COSTS: &[Cost] = &[
    Cost {
        limit: "file_bytes",
        exactly: Some(100),
        read: |limits| Source::from_reader("x", &[0; 100][..], limits).map(drop),
    },
    Cost {
        limit: "decoded_bytes",
        exactly: Some(5000),
        read: |limits| decode("gzip", &gzip(&[7; 5000]), limits),
    },
    Cost {
        limit: "memory_bytes",
        exactly: None,
        read: |limits| decode("gzip", &gzip(&[7; 5000]), limits),
    },
    Cost {
        limit: "codec_memory_bytes",
        exactly: None,
        read: |limits| {
            let [.., (_, lzma)] = samples::compressed(&[7; 5000]);
            decode("lzma", &lzma, limits)
        },
    },
    Cost {
        limit: "streams",
        exactly: Some(9),
        read: |limits| archive(gzip(&cpio::trailer()).repeat(9), limits),
    },
    Cost {
        limit: "layers",
        exactly: None,
        read: |limits| {
            let kernel = gzip(&gzip(&gzip(&forge::elf::Elf::default().build())));
            let kernel = Kernel::new(Source::from_bytes(kernel), limits.clone());
            kernel.image().map(drop)
        },
    },
    Cost {
        limit: "payload_candidates",
        exactly: None,
        read: |limits| {
            // Places that look like a stream and are none come before the one that is.
            let decoys = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0].repeat(5);
            let kernel = forge::s390::S390 {
                payload: [decoys, gzip(&forge::vmlinux_bin())].concat(),
                length_word: None,
                ..forge::s390::S390::default()
            };
            let kernel = Kernel::new(Source::from_bytes(kernel.build()), limits.clone());
            kernel.banner().map(drop)
        },
    },
    Cost {
        limit: "symbols",
        exactly: None,
        read: |limits| {
            let image = kallsyms::Kallsyms::default().build();
            Symbols::decode(&image, Hints::default(), limits).map(drop)
        },
    },
    Cost {
        limit: "sections",
        exactly: None,
        read: |limits| {
            let kernel = forge::uki::Uki::default().build();
            let kernel = Kernel::new(Source::from_bytes(kernel), limits.clone());
            kernel.header().map(drop)
        },
    },
    Cost {
        limit: "reads",
        exactly: None,
        read: read_root,
    },
    Cost {
        limit: "read_bytes",
        exactly: None,
        read: read_root,
    },
    Cost {
        limit: "directory_entries",
        exactly: Some(12),
        read: |limits| {
            let folder = tempfile::tempdir().unwrap();
            for number in 0..12 {
                std::fs::write(folder.path().join(number.to_string()), "").unwrap();
            }
            let root = RootFs::open(folder.path(), limits)?;
            let tree = root.tree()?;
            tree.list(tree.root()).map(drop)
        },
    },
    Cost {
        limit: "cpio_entries",
        exactly: None,
        read: |limits| {
            let files = (0..50).map(|number| Entry::file(&format!("f{number}"), b""));
            archive(cpio::archive(&files.collect::<Vec<_>>()), limits)
        },
    },
    Cost {
        limit: "archive_bytes",
        exactly: None,
        read: |limits| {
            let whole = cpio::archive(&[Entry::file("zeros", &[0; 5000])]);
            archive(gzip(&whole), limits)
        },
    },
    Cost {
        limit: "work_bytes",
        exactly: None,
        read: |limits| {
            let whole = cpio::archive(&[Entry::file("zeros", &[0; 5000])]);
            archive(gzip(&whole), limits)
        },
    },
    Cost {
        limit: "program_files",
        exactly: None,
        read: |limits| {
            let libraries = ["liba.so", "libb.so", "libc.so"];
            let loader = "/lib/ld-musl-x86_64.so.1";
            let mut tree = Forest::default()
                .program("/bin/x", program::dynamic(loader, &libraries).build())
                .program(loader, program::library("ld", &[]).build());
            for library in libraries {
                let path = format!("/lib/{library}");
                tree = tree.program(&path, program::library(library, &[]).build());
            }
            userland::program(&tree, b"/bin/x", None, limits).map(drop)
        },
    },
    Cost {
        limit: "modules",
        exactly: Some(7),
        read: |limits| {
            let mut tree = Forest::default();
            for number in 0..7 {
                tree = tree.file(&format!("/lib/modules/6.1/kernel/m{number}.ko"), "");
            }
            userland::modules::modules(&tree, "6.1", limits).map(drop)
        },
    },
];

/// Limits that shorten a report instead of refusing input, that need a clock, or that bound a boot.
const OTHERS: [&str; 5] = [
    "kept_bytes",
    "line_bytes",
    "boots",
    "seconds",
    "scratch_bytes",
];

fn decode(name: &str, input: &[u8], limits: &Limits) -> Result<()> {
    let mut sink = Sink::new(limits, &Budget::new(limits), None);
    codec::by_name(name).unwrap().decode(input, &mut sink)?;
    Ok(())
}

fn archive(bytes: Vec<u8>, limits: &Limits) -> Result<()> {
    let opened = Initramfs::new(Source::from_bytes(bytes), limits.clone());
    opened.archive().map(drop)
}

/// Reads a file of 20 KB, three folders down.
fn read_root(limits: &Limits) -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root");
    let image = Image::new().file("/a/b/file", 0o644, vec![3; 20_000]);
    std::fs::write(&path, disk::mbr(&[(0x83, image.build())], 7)).unwrap();
    let root = RootFs::open(&path, limits)?;
    let tree = root.tree()?;
    let found = resolve(tree, b"/a/b/file")?.unwrap();
    tree.read(found.node, 0, found.stat.size_bytes).map(drop)
}

fn with(limit: &str, value: u64) -> Limits {
    let mut limits = Limits::default();
    assert!(limits.set(limit, value), "there is no limit {limit}");
    limits
}

/// The least value with which it is read: by halving what lies between one that is refused and one
/// that is not.
fn least(cost: &Cost) -> u64 {
    let is_enough = |value| (cost.read)(&with(cost.limit, value)).is_ok();
    let (mut refused, mut enough) = (0, 1);
    while !is_enough(enough) {
        refused = enough;
        enough *= 2;
        assert!(enough < 1 << 40, "{}: nothing is enough", cost.limit);
    }
    while enough - refused > 1 {
        let middle = refused + (enough - refused) / 2;
        if is_enough(middle) {
            enough = middle;
        } else {
            refused = middle;
        }
    }
    enough
}

#[test]
fn each_limit_is_kept_to_the_last_one_and_met_by_its_name() {
    for cost in COSTS {
        let least = least(cost);
        if let Some(exactly) = cost.exactly {
            assert_eq!(least, exactly, "{}", cost.limit);
        }
        let error: Error = (cost.read)(&with(cost.limit, least - 1)).unwrap_err();
        assert_eq!(error.kind(), Kind::Limit, "{}: {error}", cost.limit);
        assert_eq!(error.field(), cost.limit, "{error}");
    }
}

#[test]
fn every_limit_is_among_those_that_are_tried_here() {
    let tried = COSTS.iter().map(|cost| cost.limit).chain(OTHERS);
    let tried: BTreeSet<&str> = tried.collect();
    assert_eq!(tried, BTreeSet::from(Limits::NAMES));
}

#[test]
fn what_is_not_kept_of_an_archive_reads_the_same() {
    let content = vec![9; 5000];
    let packed = gzip(&cpio::archive(&[Entry::file("init", &content)]));
    for kept_bytes in [0, 4999, 5000] {
        let limits = with("kept_bytes", kept_bytes);
        let opened = Initramfs::new(Source::from_bytes(packed.clone()), limits);
        let unpacked = opened.archive().unwrap();
        let found = resolve(unpacked, b"/init").unwrap().unwrap();
        assert_eq!(unpacked.read(found.node, 0, 5000).unwrap(), content);
    }
}

#[test]
fn an_order_to_stop_is_the_limit_of_seconds() {
    let stop = Stop::default();
    let limits = Limits {
        meter: Meter::with_stop(&stop),
        ..with("seconds", 7)
    };
    let packed = gzip(&cpio::archive(&[Entry::file("zeros", &[0; 5000])]));
    archive(packed.clone(), &limits).unwrap();
    stop.stop();
    let error = archive(packed, &limits).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Limit, "seconds"));
}

fn watched(limits: &Limits, log: &str) -> Watch {
    let mut watch = Watch::new(limits).unwrap();
    watch.push(log.as_bytes());
    watch.finish(EndKind::LogEnds);
    watch
}

#[test]
fn a_line_is_read_to_its_limit_and_no_further() {
    let panic = "Kernel panic - not syncing: No working init found.";
    let log = format!("Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n{panic}\n");
    let ends = |line_bytes| {
        let watch = watched(&with("line_bytes", line_bytes), &log);
        watch.current().is_some_and(|boot| boot.code().is_some())
    };
    assert!(ends(panic.len() as u64));
    assert!(!ends(12));
}

#[test]
fn as_many_boots_are_told_of_as_the_limit_says() {
    let log = "Linux version 6.1.0 (a@b) (gcc 12) #1 SMP\n".repeat(5);
    for (boots, dropped) in [(5, 0), (4, 1)] {
        let diagnosis = watched(&with("boots", boots), &log).into_diagnosis();
        assert_eq!(diagnosis.boots.len() as u64, boots);
        assert_eq!(diagnosis.dropped, dropped);
    }
}
