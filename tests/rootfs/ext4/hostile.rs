//! Damage: whatever the bytes, an answer within two seconds, bounded reads, and no panic.

use super::images::{make, noise};
use crate::forge::ext4::Ext4 as Forged;
use crate::forge::ext4::journal::{FastCommits, Journal};
use kelpie_check::error::{Error, Kind};
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::Ext4;
use kelpie_check::source::{ReadAt, Source};
use kelpie_check::tree::{FileType, NodeId, Tree, resolve, resolve_no_follow};
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
const READ_BYTES: u64 = 48 * 1024;

/// An image with some of its bytes replaced, read by position as a file is.
#[derive(Clone)]
struct Patched {
    bytes: Arc<Vec<u8>>,
    patches: Vec<(usize, Vec<u8>)>,
}

impl Patched {
    fn new(bytes: Arc<Vec<u8>>) -> Self {
        let patches = Vec::new();
        Self { bytes, patches }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.patches.push((at, bytes.to_vec()));
    }

    fn open(&self) -> Ext4 {
        let source = Source::positioned(Arc::new(self.clone()));
        Ext4::open(source, &Limits::default()).unwrap()
    }
}

impl ReadAt for Patched {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let begin = offset as usize;
        let rest = self.bytes.get(begin..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        for (at, patch) in &self.patches {
            let from = (*at).max(begin);
            let to = (at + patch.len()).min(begin + count);
            if from < to {
                buffer[from - begin..to - begin].copy_from_slice(&patch[from - at..to - at]);
            }
        }
        Ok(count)
    }
}

/// Asks everything that can be asked, of at most `nodes` files.
fn exercise(what: &str, image: &Patched, nodes: usize) -> Outcome {
    let source = Source::positioned(Arc::new(image.clone()));
    exercise_source(what, source, nodes)
}

/// As [`exercise`], for an image that is anywhere.
pub fn exercise_source(what: &str, source: Source, nodes: usize) -> Outcome {
    let begun = Instant::now();
    let mut errors = Vec::new();
    let ext4 = Ext4::open(source, &Limits::default());
    let opened = ext4.is_ok();
    match ext4 {
        Ok(ext4) => ask(&ext4, nodes, &mut errors),
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

fn ask(ext4: &Ext4, nodes: usize, errors: &mut Vec<Error>) {
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
        "/usr/lib/deep/er/file",
        "/fast-link",
        "/slow-link",
        "/many/none",
    ] {
        if let Err(error) = resolve(ext4, path.as_bytes()) {
            keep(error);
        }
    }
    let mut ahead = vec![ext4.root()];
    let mut seen = HashSet::new();
    while let Some(node) = ahead.pop() {
        if seen.len() >= nodes || !seen.insert(node) {
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

const BLOCK: usize = 1024;
const EXT4: usize = 0;
const EXT2: usize = 1;
const INLINE: usize = 2;

/// Images to damage, all with blocks of 1 KiB, made once.
fn good() -> &'static [Arc<Vec<u8>>] {
    static GOOD: OnceLock<Vec<Arc<Vec<u8>>>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let kinds: [&[&str]; 3] = [
            &["-t", "ext4", "-b", "1024", "-J", "size=1", "-O", "64bit"],
            &["-t", "ext2", "-b", "1024", "-I", "128"],
            &["-t", "ext4", "-b", "1024", "-O", "inline_data,^has_journal"],
        ];
        kinds
            .into_iter()
            .map_while(|arguments| {
                let image = make(arguments, 6)?;
                Some(Arc::new(fs::read(&image.path).unwrap()))
            })
            .collect()
    })
}

fn damaged(kind: usize) -> Option<Patched> {
    good().get(kind).cloned().map(Patched::new)
}

fn word(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Where the inode of a path begins.
fn inode_at(image: &Patched, path: &str) -> (NodeId, usize) {
    let found = resolve_no_follow(&image.open(), path.as_bytes());
    let found = found.unwrap().unwrap();
    let bytes = &image.bytes;
    let size = usize::from(u16::from_le_bytes([bytes[1024 + 0x58], bytes[1024 + 0x59]]));
    let table = word(bytes, 2 * BLOCK + 8);
    let index = found.node.0 as usize - 1;
    assert!(index < word(bytes, 1024 + 0x28), "in the first group");
    (found.node, table * BLOCK + index * size)
}

/// An extent header.
fn header(entries: u16, depth: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for half in [0xf30a, entries, 4, depth, 0, 0] {
        bytes.extend(u16::to_le_bytes(half));
    }
    bytes
}

fn entry(words: [u32; 3]) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn error_of_reading(image: &Patched, node: NodeId) -> Error {
    image.open().read(node, 0, 1 << 20).unwrap_err()
}

#[test]
fn every_field_of_a_superblock_may_be_anything() {
    for (index, image) in good().iter().enumerate() {
        for at in (0..0x290).step_by(if index == EXT4 { 2 } else { 8 }) {
            for value in [[0, 0], [0xff, 0xff], [1, 0], [0, 0x80]] {
                let mut image = Patched::new(Arc::clone(image));
                image.put(1024 + at, &value);
                exercise(&format!("image {index}, superblock {at:#x}"), &image, 12);
            }
        }
    }
}

#[test]
fn every_block_of_metadata_may_hold_anything() {
    for (index, bytes) in good().iter().enumerate() {
        let used: Vec<usize> = (2 * BLOCK..700 * BLOCK)
            .step_by(4)
            .filter(|at| word(bytes, *at) != 0)
            .collect();
        for round in 0..150_u64 {
            let mut image = Patched::new(Arc::clone(bytes));
            for (step, chunk) in noise(round, 96).chunks(12).enumerate() {
                let place = u64::from_le_bytes(chunk[..8].try_into().unwrap());
                let at = used[place as usize % used.len()];
                // Bytes that are often boundaries, and others.
                let value = match step % 4 {
                    0 => [0xff; 4],
                    1 => [0; 4],
                    2 => (word(bytes, at) as u32).wrapping_add(1).to_le_bytes(),
                    _ => chunk[8..].try_into().unwrap(),
                };
                image.put(at, &value);
            }
            exercise(&format!("image {index}, round {round}"), &image, 60);
        }
    }
}

#[test]
fn an_extent_tree_that_leads_to_itself_is_refused() {
    let Some(mut image) = damaged(EXT4) else {
        return;
    };
    let (node, at) = inode_at(&image, "/big");
    let own = 3000;
    image.put(at + 0x28, &[header(1, 5), entry([0, own, 0])].concat());
    image.put(
        own as usize * BLOCK,
        &[header(1, 4), entry([0, own, 0])].concat(),
    );
    let error = error_of_reading(&image, node);
    assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "eh_depth"));
    assert_eq!(error.offset(), Some(u64::from(own) * 1024 + 6));
}

#[test]
fn a_wrong_extent_names_its_field() {
    let cases: [(Vec<u8>, &str); 9] = [
        (
            [header(1, 0xffff), entry([0, 3000, 0])].concat(),
            "eh_depth",
        ),
        ([header(1, 6), entry([0, 3000, 0])].concat(), "eh_depth"),
        ([header(5, 0), entry([0, 1, 3000])].concat(), "eh_entries"),
        (header(0, 1), "eh_entries"),
        (vec![0; 12], "eh_magic"),
        ([header(1, 0), entry([0, 0, 3000])].concat(), "ee_len"),
        (
            [header(1, 0), entry([0, 1, 0xffff_fff0])].concat(),
            "ee_start_lo",
        ),
        (
            [header(2, 0), entry([5, 2, 3000]), entry([6, 1, 3005])].concat(),
            "ee_block",
        ),
        (
            [header(1, 1), entry([0, 0xffff_fff0, 0])].concat(),
            "ei_leaf_lo",
        ),
    ];
    for (tree, field) in cases {
        let Some(mut image) = damaged(EXT4) else {
            return;
        };
        let (node, at) = inode_at(&image, "/big");
        image.put(at + 0x28, &tree);
        let error = error_of_reading(&image, node);
        assert_eq!((error.kind(), error.field()), (Kind::Corrupt, field));
    }
}

#[test]
fn unwritten_extents_are_zeros() {
    let Some(mut image) = damaged(EXT4) else {
        return;
    };
    let (node, at) = inode_at(&image, "/big");
    let ext4 = image.open();
    let first = ext4.read(node, 0, 4096).unwrap();
    assert!(first.iter().any(|byte| *byte != 0));
    // The first extent, marked as never written.
    let length = at + 0x28 + 12 + 4;
    let blocks = u16::from_le_bytes(image.bytes[length..length + 2].try_into().unwrap());
    image.put(length, &(blocks | 0x8000).to_le_bytes());
    assert_eq!(image.open().read(node, 0, 4096).unwrap(), vec![0; 4096]);
}

#[test]
fn a_symbolic_link_of_terabytes_is_refused_at_once() {
    for kind in [EXT4, EXT2] {
        for (low, high) in [(0xffff_ffff_u32, 0_u32), (0, 0x100), (4096, 0)] {
            let Some(mut image) = damaged(kind) else {
                return;
            };
            let (node, at) = inode_at(&image, "/slow-link");
            image.put(at + 4, &low.to_le_bytes());
            image.put(at + 0x6c, &high.to_le_bytes());
            let ext4 = image.open();
            match ext4.read_link(node) {
                Err(error) => {
                    assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "i_size_lo"));
                }
                // The high half counts for regular files only.
                Ok(target) => assert_eq!((low, target.len()), (0, 0)),
            }
        }
    }
}

#[test]
fn a_file_of_exabytes_costs_what_is_read_of_it() {
    for kind in [EXT4, EXT2] {
        let Some(mut image) = damaged(kind) else {
            return;
        };
        let (node, at) = inode_at(&image, "/big");
        image.put(at + 0x6c, &0x1000_0000_u32.to_le_bytes());
        let ext4 = image.open();
        assert!(ext4.stat(node).unwrap().size_bytes > 1 << 60);
        assert_eq!(ext4.read(node, 1 << 59, 10_000).unwrap(), vec![0; 10_000]);
        let error = ext4.read(node, 0, u64::MAX).unwrap_err();
        assert_eq!((error.kind(), error.field()), (Kind::Limit, "read_bytes"));
    }
}

#[test]
fn an_entry_without_length_is_refused() {
    let Some(mut image) = damaged(EXT4) else {
        return;
    };
    let (node, at) = inode_at(&image, "/usr");
    let block = word(&image.bytes, at + 0x28 + 12 + 8);
    image.put(block * BLOCK + 4, &[0, 0]);
    let error = image.open().list(node).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "rec_len"));
    assert_eq!(error.offset(), Some(block as u64 * 1024 + 4));
}

#[test]
fn a_directory_in_itself_is_walked_as_far_as_the_path_goes() {
    let Some(mut image) = damaged(EXT4) else {
        return;
    };
    let (usr, at) = inode_at(&image, "/usr");
    let block = word(&image.bytes, at + 0x28 + 12 + 8);
    // The third entry of /usr is lib: it becomes /usr itself.
    image.put(block * BLOCK + 24, &(usr.0 as u32).to_le_bytes());
    let path = format!("/usr{}", "/lib".repeat(900));
    let found = resolve(&image.open(), path.as_bytes()).unwrap().unwrap();
    assert_eq!(found.node, usr);
    exercise("cycle", &image, 600);
}

#[test]
fn a_directory_of_the_same_block_without_end_meets_a_limit() {
    let Some(mut image) = damaged(EXT2) else {
        return;
    };
    let (node, at) = inode_at(&image, "/usr");
    // One empty entry whose bytes, read as block numbers, lead back to the block: whatever the
    // level, there is a block of the directory.
    let own = 3000_u32;
    let mut block = own.to_le_bytes().repeat(BLOCK / 4);
    block[..8].copy_from_slice(&[0, 0, 0, 0, 0, 4, 0, 0]);
    image.put(own as usize * BLOCK, &block);
    image.put(at + 4, &u32::MAX.to_le_bytes());
    image.put(at + 0x28, &own.to_le_bytes().repeat(15));
    let begun = Instant::now();
    let error = image.open().list(node).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(
        matches!(error.kind(), Kind::Limit | Kind::Corrupt),
        "{error}"
    );
}

/// The error of a file whose inline content has these bytes so far into the entry of its attribute.
fn error_of_inline_content(offset: usize, bytes: &[u8]) -> Option<(Kind, String)> {
    let mut image = damaged(INLINE)?;
    let (node, at) = inode_at(&image, "/little");
    let attribute = at + 128 + 32 + 4;
    assert_eq!(image.bytes[attribute..attribute + 2], [4, 7]);
    image.put(attribute + offset, bytes);
    let error = error_of_reading(&image, node);
    Some((error.kind(), error.field().to_owned()))
}

#[test]
fn inline_content_that_leaves_its_inode_is_refused() {
    let Some(error) = error_of_inline_content(2, &[0xf0, 0xff]) else {
        return;
    };
    assert_eq!(error, (Kind::Truncated, "e_value_offs".to_owned()));
}

#[test]
fn inline_content_in_another_inode_is_refused() {
    let Some(error) = error_of_inline_content(4, &12_u32.to_le_bytes()) else {
        return;
    };
    assert_eq!(error, (Kind::Corrupt, "e_value_inum".to_owned()));
}

#[test]
fn the_flag_of_inline_data_alone_leads_nowhere_else() {
    let inline_data = 0x1000_0000;
    let content = vec![7; 5000];
    let read = |image: Forged| -> Result<_, Error> {
        let image = image
            .file("/file", 0o644, content.clone())
            .symlink("/link", "target")
            .flags("/", inline_data)
            .flags("/file", inline_data)
            .flags("/link", inline_data)
            .build();
        let ext4 = Ext4::open(Source::from_bytes(image), &Limits::default()).unwrap();
        let file = resolve(&ext4, b"/file")?.unwrap();
        let link = resolve_no_follow(&ext4, b"/link")?.unwrap();
        Ok((ext4.read(file.node, 0, 5000)?, ext4.read_link(link.node)?))
    };
    // Without the attribute that holds the rest, the content is where the block map says.
    assert_eq!(
        read(Forged::ext2()),
        Ok((content.clone(), b"target".to_vec()))
    );
    // Beside extents it is refused.
    let error: Error = read(Forged::new()).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "i_flags"));
}

/// The image, waiting for its journal to be replayed, with the log as `block` makes it.
fn with_log(mut block: impl FnMut(usize) -> Vec<u8>) -> Option<Patched> {
    let mut image = damaged(EXT4)?;
    let at = {
        let table = word(&image.bytes, 2 * BLOCK + 8) * BLOCK;
        table + 7 * 256
    };
    // The journal is a few extents, all in its inode.
    let mut places = Vec::new();
    let entries = usize::from(image.bytes[at + 0x28 + 2]);
    for extent in (1..=entries).map(|index| at + 0x28 + 12 * index) {
        let blocks = image.bytes[extent + 4..][..2].try_into().unwrap();
        let blocks = usize::from(u16::from_le_bytes(blocks));
        let first = word(&image.bytes, extent + 8);
        places.extend((first..first + blocks).map(|block| block * BLOCK));
    }
    assert_eq!(places.len(), 1024);
    image.put(1024 + 0x60, &[image.bytes[1024 + 0x60] | 4]);
    image.put(places[0] + 0x28, &[0; 4]);
    image.put(places[0] + 0x18, &1_u32.to_be_bytes());
    image.put(places[0] + 0x1c, &1_u32.to_be_bytes());
    for (index, place) in places.into_iter().enumerate().skip(1) {
        let bytes = block(index);
        Arc::make_mut(&mut image.bytes)[place..place + bytes.len()].copy_from_slice(&bytes);
    }
    Some(image)
}

fn journal_block(kind: u32, rest: &[u8]) -> Vec<u8> {
    let words = [0xc03b_3998, kind, 1];
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_be_bytes).collect();
    bytes.extend(rest);
    bytes.resize(BLOCK, 0);
    bytes
}

#[test]
fn a_log_of_noise_ends_where_it_begins() {
    let Some(image) = with_log(|index| noise(index as u64, BLOCK)) else {
        return;
    };
    let ext4 = image.open();
    assert!(ext4.list(ext4.root()).unwrap().len() > 10);
}

/// What reading the root directory answers where the journal's area of fast commits begins so.
fn with_fast_commits(blocks: usize, s_num_fc_blks: u32, first: &[u8]) -> Result<(), String> {
    let image = Forged {
        journal: Some(Journal {
            blocks,
            s_start: Some(1),
            needs_recovery: Some(true),
            fast_commits: Some(FastCommits {
                s_num_fc_blks,
                first: first.to_vec(),
            }),
            ..Journal::default()
        }),
        ..Forged::new()
    };
    let ext4 = Ext4::open(Source::from_bytes(image.build()), &Limits::default()).unwrap();
    let stat = ext4.stat(ext4.root());
    stat.map(drop).map_err(|error| error.to_string())
}

#[test]
fn fast_commits_of_the_next_transaction_are_not_passed_over() {
    let refused = Err("journal: not replayed: it holds fast commits".to_owned());
    // The log is empty, and 1 is the transaction that would follow. One block after the log is free.
    for (blocks, stated) in [(1024 + 64, 64), (1024 + 256, 0)] {
        let of = |first: &[u8]| with_fast_commits(blocks, stated, first);
        assert_eq!(of(&FastCommits::of(1, &[])), refused);
        assert_eq!(of(&FastCommits::of(2, &[])), Ok(()));
        assert_eq!(of(&[]), Ok(()));
        // A head of another length or with a feature fails the mount, whatever its transaction.
        let head = FastCommits::of(2, &[]);
        assert_eq!(of(&[&[9, 0, 9], &head[3..]].concat()), refused);
        assert_eq!(of(&[&head[..4], &[1], &head[5..]].concat()), refused);
    }
}

#[test]
fn a_journal_without_room_for_fast_commits_has_none() {
    // The log keeps 1024 blocks, whatever is stated.
    let first = FastCommits::of(1, &[]);
    assert_eq!(with_fast_commits(1024 + 63, 64, &first), Ok(()));
}

#[test]
fn a_log_without_an_end_is_refused() {
    // One tag, the last of its descriptor, and no commit ever.
    let descriptor = journal_block(1, &[0, 0, 11, 0, 0, 0, 0, 8]);
    let revocation = journal_block(5, &[0, 0, 0, 16]);
    for block in [descriptor, revocation] {
        let Some(image) = with_log(|_| block.clone()) else {
            return;
        };
        let ext4 = image.open();
        let error = ext4.list(ext4.root()).unwrap_err();
        assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "h_sequence"));
    }
}

#[test]
fn records_of_the_log_that_leave_their_block_are_refused() {
    let Some(image) = with_log(|_| journal_block(5, &[0xff; 4])) else {
        return;
    };
    let ext4 = image.open();
    let error = ext4.stat(ext4.root()).unwrap_err();
    assert_eq!((error.kind(), error.field()), (Kind::Corrupt, "r_count"));
    for round in 0..30 {
        let mut kinds = [1, 2, 5].into_iter().cycle();
        let image = with_log(|index| {
            journal_block(
                kinds.next().unwrap(),
                &noise(round * 1000 + index as u64, 300),
            )
        });
        exercise(&format!("log {round}"), &image.unwrap(), 20);
    }
}
