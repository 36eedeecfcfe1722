//! Our reader of ext2, ext3 and ext4 beside the crate ext4-view: whatever both read is the same.
//!
//! Where one refuses, that is no difference: ext4-view demands right checksums and knows fewer
//! features, and each is strict in its own places. Neither are these, in which we do as the kernel
//! does (`__ext4_iget` in `fs/ext4/inode.c`):
//! - ext4-view takes the high half of a length for every file, the kernel for regular files, and for
//!   directories with `large_dir`;
//! - it takes the high bits of a time wherever an inode has room for them, the kernel where
//!   `i_extra_isize` says that they are there;
//! - unwritten extents it takes for written ones, and reads what is left on the disk, at the wrong
//!   places behind it; the kernel reads zeros (`ext4_ext_is_unwritten`);
//! - a target of less than sixty bytes it always takes from the inode, the kernel from a block where
//!   one is taken for it.
//!
//! Directories with an index are not compared where there are checksums: ext4-view 1.0.0 believes
//! the count of the index before it has compared the checksum, and panics where that is too large.

mod unwritten;

use ext4_view::{Ext4 as Theirs, FileType as TheirType, Metadata, Path};
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::Ext4 as Ours;
use kelpie_check::source::Source;
use kelpie_check::tree::{Entry, FileType, NodeId, Stat, Tree};
use std::collections::BTreeMap;

/// Directories that are looked into: damaged ones may hold one another.
const DIRECTORIES: usize = 60;
/// Longest content that is compared.
const CONTENT_BYTES: u64 = 4 * 1024 * 1024;

/// Most groups: ext4-view makes room for all that a superblock states.
const GROUPS: u64 = 100_000;

/// Compares all that both read of an image. How many facts were compared.
pub fn compare(image: &[u8], limits: &Limits) -> usize {
    // Ours first: ext4-view makes room for blocks of any size that a superblock states.
    let Ok(ours) = Ours::open(Source::from_bytes(image.to_vec()), limits) else {
        return 0;
    };
    let superblock = ours.superblock();
    // It takes the high half without 64bit, too.
    let blocks = ours.block_count() | (u64::from(superblock.s_blocks_count_hi) << 32);
    if blocks > GROUPS * u64::from(superblock.s_blocks_per_group) {
        return 0;
    }
    let Ok(theirs) = Theirs::load(Box::new(image.to_vec())) else {
        return 0;
    };
    let mut both = Both {
        image,
        ours,
        theirs,
        compared: 0,
    };
    let mut ahead = vec![(b"/".to_vec(), both.ours.root())];
    let mut seen = 0;
    while let Some((path, node)) = ahead.pop().filter(|_| seen < DIRECTORIES) {
        seen += 1;
        both.directory(&path, node, &mut ahead);
    }
    both.compared
}

struct Both<'a> {
    image: &'a [u8],
    ours: Ours,
    theirs: Theirs,
    compared: usize,
}

impl Both<'_> {
    fn directory(&mut self, path: &[u8], node: NodeId, ahead: &mut Vec<(Vec<u8>, NodeId)>) {
        if self.sums_an_index(node) {
            return;
        }
        let Ok(ours) = self.ours.list(node) else {
            return;
        };
        let Ok(theirs) = Path::try_from(path).map(|path| self.theirs.read_dir(path)) else {
            return;
        };
        let Ok(theirs) = theirs.and_then(Iterator::collect::<Result<Vec<_>, _>>) else {
            return;
        };
        let theirs: Vec<_> = theirs
            .into_iter()
            .filter(|entry| ![&b"."[..], b".."].contains(&entry.file_name().as_ref()))
            .collect();
        let names = |entries: &[Entry]| -> Vec<Vec<u8>> {
            entries.iter().map(|entry| entry.name.clone()).collect()
        };
        let their_names: Vec<Vec<u8>> = theirs
            .iter()
            .map(|entry| entry.file_name().as_ref().to_vec())
            .collect();
        assert_eq!(names(&ours), their_names, "names in {}", show(path));
        self.compared += 1;
        let mut times = BTreeMap::new();
        for name in their_names {
            *times.entry(name).or_insert(0) += 1;
        }
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let path = [path.strip_suffix(b"/").unwrap_or(path), b"/", &ours.name].concat();
            if let (Some(ours), Ok(theirs)) = (ours.file_type, theirs.file_type()) {
                assert_eq!(ours, of(theirs), "type in the entry of {}", show(&path));
            }
            let (Ok(stat), Ok(metadata)) = (self.ours.stat(ours.node), theirs.metadata()) else {
                continue;
            };
            same_facts(&path, &stat, &metadata);
            self.compared += 1;
            // A path leads to the first file of a name; which one of several it is stands open.
            if times[&ours.name] == 1 {
                self.content(&path, ours.node, &stat, metadata.len());
                if stat.file_type == FileType::Directory {
                    ahead.push((path, ours.node));
                }
            }
        }
    }

    fn sums_an_index(&self, node: NodeId) -> bool {
        self.ours.superblock().has("metadata_csum")
            && self
                .ours
                .inode_flags(node)
                .is_ok_and(|flags| flags.contains(&"index"))
    }

    /// `length` is what ext4-view makes room for, of a link no less than of a file.
    fn content(&mut self, path: &[u8], node: NodeId, stat: &Stat, length: u64) {
        let Ok(there) = Path::try_from(path) else {
            return;
        };
        if length > CONTENT_BYTES {
            return;
        }
        match stat.file_type {
            FileType::Regular => {
                if unwritten::may_have(self.image, self.ours.superblock(), node.0) {
                    return;
                }
                let (Ok(ours), Ok(theirs)) = (
                    self.ours.read(node, 0, stat.size_bytes),
                    self.theirs.read(there),
                ) else {
                    return;
                };
                assert!(ours == theirs, "content of {}", show(path));
            }
            FileType::Symlink => {
                let (Ok(ours), Ok(theirs)) =
                    (self.ours.read_link(node), self.theirs.read_link(there))
                else {
                    return;
                };
                assert_eq!(
                    show(&ours),
                    show(theirs.as_ref()),
                    "target of {}",
                    show(path)
                );
            }
            _ => return,
        }
        self.compared += 1;
    }
}

fn same_facts(path: &[u8], ours: &Stat, theirs: &Metadata) {
    let path = show(path);
    assert_eq!(ours.file_type, of(theirs.file_type()), "type of {path}");
    assert_eq!(ours.mode, theirs.mode(), "mode of {path}");
    assert_eq!(
        (ours.uid, ours.gid),
        (theirs.uid(), theirs.gid()),
        "owner of {path}"
    );
    if ours.file_type == FileType::Regular {
        assert_eq!(ours.size_bytes, theirs.len(), "size of {path}");
    } else {
        assert_eq!(low(ours.size_bytes), low(theirs.len()), "size of {path}");
    }
    let times = [ours.modified, theirs.modified().seconds()].map(i64::cast_unsigned);
    assert_eq!(low(times[0]), low(times[1]), "time of {path}");
}

fn of(theirs: TheirType) -> FileType {
    match theirs {
        TheirType::Regular => FileType::Regular,
        TheirType::Directory => FileType::Directory,
        TheirType::Symlink => FileType::Symlink,
        TheirType::CharacterDevice => FileType::CharacterDevice,
        TheirType::BlockDevice => FileType::BlockDevice,
        TheirType::Fifo => FileType::Fifo,
        TheirType::Socket => FileType::Socket,
    }
}

fn low(number: u64) -> u64 {
    number & 0xffff_ffff
}

fn show(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
