//! Boots that nobody thought of: bytes of a disk or of an archive that are others, and command lines
//! drawn word by word. `KELPIE_CHECK_TRUTH=wild` boots `KELPIE_CHECK_TRUTH_COUNT` of each kind, those
//! of its seed.

use super::forge::cpio::{self, Entry};
use super::forge::ext4::{Ext4, layout::Layout};
use super::forge::{Numbers, samples};
use super::programs::living;
use super::space::{Part, Space, Value, What, minimal};
use super::words;
use kelpie_check::architecture::Architecture;
use std::ops::Range;
use std::sync::Arc;

/// How many bytes are others at most.
const CHANGES: usize = 3;
/// The frames around a tree in which bytes are changed.
const FRAMES: [fn(Ext4) -> Ext4; 6] = [
    |tree| tree,
    |tree| Ext4 {
        metadata_csum: true,
        ..tree
    },
    |tree| Ext4 {
        extents: false,
        inode_size: 128,
        ..tree
    },
    |tree| Ext4 {
        block_size: 4096,
        ..tree
    },
    |tree| Ext4 {
        descriptor_bytes: 64,
        fragment_blocks: Some(1),
        ..tree
    },
    Ext4::journal,
];

/// The system of [`minimal`] with damaged disks and other command lines, and one that is an archive.
pub fn spaces(architecture: Architecture, seed: u64, count: usize) -> [Space; 2] {
    let base = minimal(architecture);
    let first = |name: &str| {
        let mut dimensions = base.dimensions.iter();
        let (_, values) = dimensions.find(|(known, _)| *known == name).unwrap();
        values[0].clone()
    };
    let drawn = move |number: u64| {
        let both = seed.wrapping_mul(1_000_003).wrapping_add(number);
        Numbers(both.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    };
    let numbers = || 1..=u64::try_from(count).unwrap();
    let damage = |number: u64| format!("damage {number} of seed {seed}");
    let mut disks = vec![first("disk")];
    disks.extend(numbers().map(|number| {
        let make = move |tree| Some(Part::Made(disk(tree, &mut drawn(number))));
        Value::new(damage(number), What::Disk(Arc::new(make)))
    }));
    let mut lines = vec![Value::words("root=/dev/vda rw init=/sbin/init")];
    lines.extend(numbers().map(|number| {
        let words = line(&mut drawn(number));
        Value::new(words.clone(), What::Words(words))
    }));
    let whole = move |number| Some(Part::Made(archive(architecture, number)));
    let mut archives = vec![Value::new(
        "whole",
        What::Archive(Arc::new(move || whole(None))),
    )];
    archives.extend(numbers().map(|number| {
        let make = move || whole(Some(drawn(number)));
        Value::new(damage(number), What::Archive(Arc::new(make)))
    }));
    let space = |name: &str, dimensions| Space {
        name: format!("{architecture} {name}"),
        architecture,
        target: super::support::mmio_target(architecture.name()),
        is_minimal: false,
        speaks: true,
        basics: base.basics,
        dimensions,
        besides: Vec::new(),
    };
    [
        space(
            "wild",
            vec![
                ("kernel", vec![first("kernel")]),
                ("disk", disks),
                ("tree", vec![first("tree")]),
                ("console", vec![first("console")]),
                ("line", lines),
            ],
        ),
        space(
            "wild by initramfs",
            vec![
                ("kernel", vec![first("kernel")]),
                ("initramfs", archives),
                ("console", vec![first("console")]),
            ],
        ),
    ]
}

/// The tree in one of the frames, with bytes that are others.
fn disk(tree: Ext4, numbers: &mut Numbers) -> Vec<u8> {
    let frame = FRAMES[numbers.below(FRAMES.len())];
    let (mut image, layout) = frame(tree).build_with_layout();
    let places = places(&layout);
    for _ in 0..=numbers.below(CHANGES) {
        let place = places[numbers.below(places.len())].clone();
        let at = place.start + numbers.below(place.len());
        image[at] = other(image[at], numbers);
    }
    image
}

/// Where bytes mean something, each kind as likely as the others.
fn places(layout: &Layout) -> Vec<Range<usize>> {
    let of = |at: usize, bytes: usize| at..at + bytes;
    let mut places = vec![
        of(layout.superblock_at, 0x68),
        of(layout.superblock_at, 0x180),
        of(layout.descriptors_at, 32),
    ];
    for place in &layout.places {
        places.push(of(place.inode_at, 0x80));
        places.push(of(place.inode_at + 0x28, 24));
        let content = place.blocks.iter().find(|block| **block != 0);
        places.extend(content.map(|block| of(block * layout.block_size, 128)));
        let map = place.map_blocks.first();
        places.extend(map.map(|block| of(block * layout.block_size, 64)));
    }
    places.extend(layout.journal_at.map(|at| of(at, 0x60)));
    places
}

/// Another byte than this one.
fn other(byte: u8, numbers: &mut Numbers) -> u8 {
    let new = match numbers.below(4) {
        0 => 0,
        1 => 0xff,
        2 => byte ^ (1 << numbers.below(8)),
        _ => u8::try_from(numbers.below(256)).unwrap(),
    };
    if new == byte { byte ^ 1 } else { new }
}

/// A system in an archive, by itself or in one of the codecs, and as it should be where no numbers
/// are given.
fn archive(machine: Architecture, numbers: Option<Numbers>) -> Vec<u8> {
    let mut plain = cpio::archive(&[
        Entry::directory("dev"),
        Entry::device("dev/console", 0o020_600, (5, 1)),
        Entry::directory("etc"),
        Entry::file("etc/motd", b"hello"),
        Entry::link("init", "sbin/init"),
        Entry::directory("sbin"),
        Entry::file("sbin/init", &living(machine)),
        Entry::file("etc/end", b"the end"),
    ]);
    let Some(mut numbers) = numbers else {
        return plain;
    };
    let mut forms = vec![plain.clone()];
    forms.extend(
        samples::compressed(&plain)
            .into_iter()
            .map(|(_, bytes)| bytes),
    );
    // By itself as often as packed: there, most bytes mean something.
    if numbers.below(2) == 0 {
        plain = forms.swap_remove(numbers.below(forms.len()));
    }
    // What the program does that is damaged itself, nobody knows.
    let program = living(machine);
    let inside = plain
        .windows(program.len())
        .position(|bytes| bytes == program);
    let inside = inside.map_or(0..0, |at| at..at + program.len());
    for _ in 0..=numbers.below(CHANGES) {
        let at = numbers.below(plain.len());
        let change = numbers.below(8);
        if change > 0 && inside.contains(&at) {
            continue;
        }
        match change {
            0 => plain.truncate(at.max(1)),
            1 => drop(plain.splice(at..at, [0x5a; 7])),
            2 => plain.extend([0x5a; 16]),
            3 => plain.extend(vec![0; 4 + at % 600]),
            4 => drop(plain.splice(at..at, vec![0; 4 + at % 8])),
            _ => plain[at] = other(plain[at], &mut numbers),
        }
    }
    plain
}

/// Words that stand in no other dimension.
const WORDS: [&str; 36] = [
    "quiet",
    "debug",
    "ro",
    "rw",
    "--",
    "single",
    "1",
    "\"",
    "root",
    "root=",
    "root=/dev/vda",
    "root=/dev/root",
    "root=0xfe00",
    "init",
    "init=",
    "init=/sbin/init",
    "init=/",
    "init=\"/sbin/init\"",
    "init=/sbin/../sbin/init",
    "init=sbin/init",
    "rdinit=/sbin/init",
    "noinitrd",
    "rootfstype=",
    "rootfstype=ext4",
    "rootfstype=ext4,ext4",
    "rootflags=",
    "rootflags=ro",
    "rootflags=rw,noatime",
    "rootflags=,",
    "rootwait",
    "rootdelay=0",
    "panic_on_warn=1",
    "nosmp",
    "maxcpus=1",
    "a.b=c",
    "x=\"root=/dev/vdb\"",
];

/// A command line of words that are anywhere in the matrix.
fn line(numbers: &mut Numbers) -> String {
    let mut known: Vec<String> = WORDS.map(str::to_owned).to_vec();
    for value in [words::roots(), words::mounts(), words::inits()].concat() {
        if let (What::Words(words), None) = (value.what, value.waits_seconds)
            && words.len() < 100
        {
            known.push(words);
        }
    }
    let mut words: Vec<String> = Vec::new();
    // Mostly there is something to boot from.
    if numbers.below(4) > 0 {
        words.push("root=/dev/vda".to_owned());
    }
    for _ in 0..=numbers.below(5) {
        let at = numbers.below(words.len() + 1);
        words.insert(at, known[numbers.below(known.len())].clone());
    }
    words.join(" ")
}
