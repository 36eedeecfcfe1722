//! Journals that wait to be replayed, against what e2fsck makes of them.

use super::compare::{same_as_debugfs, walk};
use super::images::{Image, debugfs, make, noise, run};
use crate::support;
use kelpie_check::error::Kind;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::{Ext4, Journal};
use kelpie_check::source::Source;
use kelpie_check::tree::{Tree, resolve};
use std::fs;
use std::path::Path;

/// The blocks of a file, by `debugfs blocks`.
fn blocks(image: &Path, file: &str) -> Option<Vec<u64>> {
    let program = support::program("debugfs", "tools")?;
    let command = format!("blocks {file}");
    let text = run(&program, &["-R", &command, image.to_str().unwrap()]).unwrap();
    Some(
        text.split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect(),
    )
}

fn list(blocks: &[u64]) -> String {
    let words: Vec<String> = blocks.iter().map(ToString::to_string).collect();
    words.join(",")
}

/// A file with `count` blocks of noise, one of them beginning like the journal's own.
fn payload(image: &Image, name: &str, seed: u64, count: usize, block: usize) -> String {
    let path = image.folder.path().join(name);
    let mut bytes = noise(seed, count * block);
    bytes[..4].copy_from_slice(&[0xc0, 0x3b, 0x39, 0x98]);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Compares the image as it is with a copy that e2fsck has replayed; how many blocks we would.
fn compare(what: &str, image: &Image) -> Option<u64> {
    let e2fsck = support::program("e2fsck", "tools")?;
    let copy = image.folder.path().join("recovered");
    fs::copy(&image.path, &copy).unwrap();
    // 1 is "errors corrected".
    let _ = run(
        &e2fsck,
        &["-y", "-E", "journal_only", copy.to_str().unwrap()],
    );
    let ext4 = same_as_debugfs(what, &image.path, &copy)?;
    let Journal::Internal {
        needs_recovery,
        replayable,
        ..
    } = ext4.journal()
    else {
        panic!("{what}: {:?}", ext4.journal());
    };
    assert!(needs_recovery, "{what}");
    assert!(ext4.state().needs_recovery, "{what}");
    Some(replayable.clone().unwrap())
}

const KINDS: [(&str, &[&str], &str); 6] = [
    ("ext3", &["-t", "ext3", "-b", "1024"], "jo"),
    ("64bit", &["-t", "ext4", "-O", "64bit,^metadata_csum"], "jo"),
    ("v2", &["-t", "ext4", "-O", "^64bit"], "jo -c -v 2"),
    ("v2 64bit", &["-t", "ext4", "-O", "64bit"], "jo -c -v 2"),
    ("v3", &["-t", "ext4", "-O", "64bit"], "jo -c -v 3"),
    (
        "v3 32bit",
        &["-t", "ext4", "-b", "1024", "-O", "^64bit"],
        "jo -c -v 3",
    ),
];

fn block_bytes(arguments: &[&str]) -> usize {
    if arguments.contains(&"1024") {
        1024
    } else {
        4096
    }
}

fn dirty(arguments: &[&str], open: &str) -> Option<Image> {
    let mut all = vec!["-b", "4096", "-J", "size=8"];
    if arguments.contains(&"1024") {
        all = vec!["-J", "size=4"];
    }
    all.extend(arguments);
    let image = make(&all, 32)?;
    let block = block_bytes(arguments);
    let big = blocks(&image.path, "/big")?;
    let small = blocks(&image.path, "/small")?;
    let one = payload(&image, "one", 50, 6, block);
    let two = payload(&image, "two", 51, 2, block);
    let three = payload(&image, "three", 52, 1, block);
    debugfs(
        &image.path,
        &[
            open.to_owned(),
            format!("jw -b {} {one}", list(&big[2..8])),
            format!("jw -b {} {two}", list(&[big[3], big[9]])),
            // Revoked; and one of the two is written again later.
            format!("jw -r {}", list(&[big[4], big[9]])),
            format!("jw -b {} {three}", small[0]),
            format!("jw -b {} {three}", big[4]),
            format!("jw -r {}", big[3]),
            // Begun and never ended.
            format!("jw -c -b {} {two}", list(&big[10..12])),
            "jc".to_owned(),
        ],
    )?;
    Some(image)
}

#[test]
fn a_journal_is_read_as_e2fsck_replays_it() {
    for (what, arguments, open) in KINDS {
        let Some(image) = dirty(arguments, open) else {
            return;
        };
        if let Some(blocks) = compare(what, &image) {
            assert_eq!(blocks, 6, "{what}");
        }
    }
}

/// Places of the log in the image, in order; block 0 of the journal is its superblock.
fn log_places(image: &Image) -> Option<Vec<u64>> {
    let program = support::program("debugfs", "tools")?;
    let lines: Vec<String> = (0..4096).map(|block| format!("bmap <8> {block}")).collect();
    let script = image.folder.path().join("bmap");
    fs::write(&script, lines.join("\n") + "\n").unwrap();
    let arguments = ["-f", script.to_str().unwrap(), image.path.to_str().unwrap()];
    let text = run(&program, &arguments).unwrap();
    Some(
        text.lines()
            .filter(|line| !line.starts_with("debugfs"))
            .filter_map(|line| line.trim().parse().ok())
            .filter(|block| *block != 0)
            .collect(),
    )
}

/// Moves the log so that it begins `before_end` blocks before its end and wraps.
fn rotate(image: &Image, block: usize, before_end: usize) -> Option<()> {
    let places = log_places(image)?;
    let mut bytes = fs::read(&image.path).unwrap();
    let at = |index: usize| places[index] as usize * block;
    let word = |bytes: &[u8], place: usize| {
        u32::from_be_bytes(bytes[place..place + 4].try_into().unwrap()) as usize
    };
    let (length, first) = (word(&bytes, at(0) + 0x10), word(&bytes, at(0) + 0x14));
    let start = word(&bytes, at(0) + 0x1c);
    assert!(start >= first && length <= places.len());
    let whole = length - first;
    let new_start = length - before_end;
    let old: Vec<Vec<u8>> = (first..length)
        .map(|index| bytes[at(index)..at(index) + block].to_vec())
        .collect();
    for step in 0..whole {
        let from = (start - first + step) % whole;
        let to = first + (new_start - first + step) % whole;
        bytes[at(to)..at(to) + block].copy_from_slice(&old[from]);
    }
    let place = at(0) + 0x1c;
    bytes[place..place + 4].copy_from_slice(&(new_start as u32).to_be_bytes());
    fs::write(&image.path, bytes).unwrap();
    Some(())
}

#[test]
fn a_log_that_wraps_is_read_to_its_end() {
    for (what, arguments, open) in &KINDS[..2] {
        let Some(image) = dirty(arguments, open) else {
            return;
        };
        for before_end in [1, 2, 5, 9] {
            let block = block_bytes(arguments);
            if rotate(&image, block, before_end).is_none() {
                return;
            }
            if let Some(blocks) = compare(what, &image) {
                assert_eq!(blocks, 6, "{what}, {before_end}");
            }
        }
    }
}

fn with_byte(image: &Image, at: usize, change: impl Fn(u8) -> u8) -> Ext4 {
    let mut bytes = fs::read(&image.path).unwrap();
    bytes[at] = change(bytes[at]);
    Ext4::open(Source::from_bytes(bytes), &Limits::default()).unwrap()
}

#[test]
fn nothing_is_told_of_a_journal_with_an_unknown_feature() {
    let Some(image) = dirty(KINDS[0].1, KINDS[0].2) else {
        return;
    };
    let Some(places) = log_places(&image) else {
        return;
    };
    let superblock = places[0] as usize * 1024;
    let ext4 = with_byte(&image, superblock + 0x28, |byte| byte | 0x40);
    let error = ext4.list(ext4.root()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert_eq!(
        error.to_string(),
        "journal: not replayed: journal_incompat_0x40000000"
    );
    let Journal::Internal { features, .. } = ext4.journal() else {
        panic!();
    };
    assert!(features.contains(&"journal_incompat_0x40000000".to_owned()));
}

#[test]
fn a_copy_with_a_wrong_checksum_is_not_told_as_content() {
    let Some(image) = dirty(KINDS[4].1, KINDS[4].2) else {
        return;
    };
    let Some(places) = log_places(&image) else {
        return;
    };
    // The first block after the first descriptor is the copy of the third block of /big, but it is
    // written again: the second is not.
    let ext4 = with_byte(&image, places[2] as usize * 4096 + 100, |byte| !byte);
    let big = resolve(&ext4, b"/big").unwrap().unwrap();
    let error = ext4.read(big.node, 0, 300_000).unwrap_err();
    assert_eq!(error.kind(), Kind::Corrupt);
    assert_eq!(error.field(), "t_checksum");
}

#[test]
fn a_journal_on_another_device_is_named() {
    let Some(image) = make(&["-t", "ext4"], 16) else {
        return;
    };
    let at = 1024;
    let mut bytes = fs::read(&image.path).unwrap();
    bytes[at + 0xe0] = 0;
    bytes[at + 0xd0..at + 0xe0].copy_from_slice(&[0xab; 16]);
    let clean = Ext4::open(Source::from_bytes(bytes.clone()), &Limits::default()).unwrap();
    let uuid = "abababab-abab-abab-abab-abababababab".to_owned();
    assert_eq!(*clean.journal(), Journal::External { uuid: uuid.clone() });
    assert!(!walk(&clean).is_empty());
    bytes[at + 0x60] |= 4;
    let dirty = Ext4::open(Source::from_bytes(bytes), &Limits::default()).unwrap();
    let error = dirty.stat(dirty.root()).unwrap_err();
    assert!(error.to_string().contains(&uuid), "{error}");
}
