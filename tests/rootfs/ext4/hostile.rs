//! Damage: whatever the bytes, an answer within two seconds and a bounded memory, and no panic.

use super::images::make;
use kelpie_check::error::Error;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::Ext4;
use kelpie_check::source::{ReadAt, Source};
use kelpie_check::tree::{FileType, Tree, resolve};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// What was made of an image.
pub struct Outcome {
    pub opened: bool,
    pub errors: Vec<Error>,
    pub took: Duration,
}

/// How much of each file is read.
const READ_BYTES: u64 = 256 * 1024;
const NODES: usize = 600;

/// An image that is read by position, as a file is.
struct Positioned(Vec<u8>);

impl ReadAt for Positioned {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Asks everything that can be asked, of a bounded number of files.
pub fn exercise(what: &str, bytes: Vec<u8>) -> Outcome {
    let begun = Instant::now();
    let mut errors = Vec::new();
    let source = Source::positioned(Arc::new(Positioned(bytes)));
    let ext4 = Ext4::open(source, &Limits::default());
    let opened = ext4.is_ok();
    match ext4 {
        Ok(ext4) => ask(&ext4, &mut errors),
        Err(error) => errors.push(error),
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(2), "{what} took {took:?}");
    Outcome {
        opened,
        errors,
        took,
    }
}

fn ask(ext4: &Ext4, errors: &mut Vec<Error>) {
    let mut keep = |error: Error| {
        if errors.len() < 1000 {
            errors.push(error);
        }
    };
    let _ = ext4.features();
    let _ = (ext4.journal(), ext4.is_truncated(), ext4.state());
    if let Err(error) = ext4.bad_group_descriptors() {
        keep(error);
    }
    for path in [
        &b"/usr/lib/deep/er/file"[..],
        b"/fast-link",
        b"/slow-link",
        b"/many/nothing",
    ] {
        if let Err(error) = resolve(ext4, path) {
            keep(error);
        }
    }
    let mut ahead = vec![ext4.root()];
    let mut seen = HashSet::new();
    while let Some(node) = ahead.pop() {
        if seen.len() > NODES || !seen.insert(node) {
            continue;
        }
        let _ = ext4.inode_flags(node);
        let stat = match ext4.stat(node) {
            Ok(stat) => stat,
            Err(error) => {
                keep(error);
                continue;
            }
        };
        let outcome = match stat.file_type {
            FileType::Directory => ext4.list(node).map(|entries| {
                ahead.extend(entries.into_iter().map(|entry| entry.node));
            }),
            FileType::Symlink => ext4.read_link(node).map(drop),
            FileType::Regular => {
                let end = stat.size_bytes.saturating_sub(10_000);
                ext4.read(node, 0, READ_BYTES)
                    .and_then(|_| ext4.read(node, end, READ_BYTES))
                    .map(|bytes| assert!(bytes.len() <= READ_BYTES as usize))
            }
            _ => Ok(()),
        };
        outcome.unwrap_or_else(&mut keep);
    }
    assert!(ext4.problems().len() <= 64);
}

/// Three images to damage, made once.
fn good() -> &'static [Vec<u8>] {
    static GOOD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let kinds: [&[&str]; 3] = [
            &["-t", "ext4", "-b", "1024", "-J", "size=1"],
            &["-t", "ext2", "-b", "1024"],
            &[
                "-t",
                "ext4",
                "-b",
                "4096",
                "-O",
                "inline_data,^has_journal",
                "-I",
                "128",
            ],
        ];
        kinds
            .into_iter()
            .map_while(|arguments| {
                let arguments: Vec<&str> = arguments
                    .iter()
                    .copied()
                    .filter(|word| {
                        !(arguments.contains(&"inline_data,^has_journal")
                            && matches!(*word, "-I" | "128"))
                    })
                    .collect();
                let image = make(&arguments, 8)?;
                Some(fs::read(&image.path).unwrap())
            })
            .collect()
    })
}

#[test]
fn every_field_of_a_superblock_may_be_anything() {
    for (index, image) in good().iter().enumerate() {
        for at in (0..0x290).step_by(2) {
            for value in [[0, 0], [0xff, 0xff], [1, 0], [0, 0x80]] {
                // Damage to a large image is too slow to copy often: every fourth value of it.
                if index > 0 && at % 8 != 0 {
                    continue;
                }
                let mut bytes = image.clone();
                bytes[1024 + at..1024 + at + 2].copy_from_slice(&value);
                exercise(&format!("image {index}, superblock {at:#x}"), bytes);
            }
        }
    }
}
