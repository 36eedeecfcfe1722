//! The disk around a tree: file systems of our own making, good, damaged and none at all.

use super::forge::ext4::{
    Ext4,
    journal::{FastCommits, Journal},
    layout::Place,
};
use super::forge::{disk, gzip, put};
use super::space::{Part, Value, What};
use std::sync::Arc;

/// What is moot beside a disk without a tree.
const TREE: &[&str] = &["tree"];
/// The GUID of the partition where there is one.
pub const PARTITION: &str = "6B656C70-0000-4000-8000-000000000001";

fn made(name: &str, make: impl Fn(Ext4) -> Vec<u8> + Send + Sync + 'static) -> Value {
    let make = move |tree| Some(Part::Made(make(tree)));
    Value::new(name, What::Disk(Arc::new(make)))
}

/// The tree with another frame.
fn framed(name: &str, frame: impl Fn(Ext4) -> Ext4 + Send + Sync + 'static) -> Value {
    made(name, move |tree| frame(tree).build())
}

/// What has these bytes there, and nothing else.
fn only(name: &str, offset: usize, bytes: &'static [u8]) -> Value {
    let image = move |_| {
        let mut image = vec![0; 0x20000];
        put(&mut image, offset, bytes);
        image
    };
    made(name, image).hides(TREE)
}

pub fn values() -> Vec<Value> {
    let mut values = vec![framed("ext4", |tree| tree)];
    values.extend(good());
    values.extend(foreign());
    values.extend(damaged());
    values.extend(damaged_inodes());
    values.extend(damaged_keeping());
    values.extend(fast_commits());
    values.push(deleted("ext4, the folder of its init is deleted", "sbin"));
    values.extend(features());
    values
}

fn good() -> Vec<Value> {
    let of_blocks = |block_size| move |tree| Ext4 { block_size, ..tree };
    let old = |tree| Ext4 {
        extents: false,
        inode_size: 128,
        ..tree
    };
    vec![
        framed("ext4, blocks of 2 KiB", of_blocks(2048)),
        framed("ext4, blocks of 4 KiB", of_blocks(4096)),
        framed("ext2", old),
        framed("ext3", move |tree| old(tree).journal()),
        framed("ext4 with a journal", Ext4::journal),
        framed("ext4, inodes of 128 bytes", |tree| Ext4 {
            inode_size: 128,
            ..tree
        }),
        framed("ext4, metadata_csum", |tree| Ext4 {
            metadata_csum: true,
            ..tree
        }),
        framed("ext4, 64bit", |tree| Ext4 {
            descriptor_bytes: 64,
            ..tree
        }),
        framed("ext4, multiple mount protection", |tree| Ext4 {
            mmp: Some(0xff4d_4d50),
            ..tree
        }),
        framed("ext4, fragmented", |tree| Ext4 {
            fragment_blocks: Some(1),
            ..tree
        }),
        framed("ext4, a transaction in its journal", dirty),
        framed("ext4, marked as faulty", |tree| Ext4 {
            s_state: Some(3),
            ..tree
        }),
        framed("ext4, never unmounted", |tree| Ext4 {
            s_state: Some(0),
            ..tree
        }),
        made("ext4 in a GPT", gpt),
        made("ext4 in an MBR", |tree| {
            disk::mbr(&[(0x83, tree.build())], 7)
        }),
        made("ext4 with 1 MiB behind it", |tree| {
            let mut image = tree.build();
            image.resize(image.len() + (1 << 20), 0);
            image
        }),
    ]
}

/// A transaction waits in its journal.
fn dirty(tree: Ext4) -> Ext4 {
    tree.file("/etc/motd", 0o644, "before")
        .journalled("/etc/motd", b"behind")
}

fn gpt(tree: Ext4) -> Vec<u8> {
    disk::gpt(&[(disk::LINUX_FILESYSTEM, PARTITION, "root", tree.build())])
}

/// What is no file system that the minimal kernels know.
fn foreign() -> Vec<Value> {
    vec![
        Value::new("none", What::Disk(Arc::new(|_| None))).hides(TREE),
        only("squashfs, its magic alone", 0, b"hsqs"),
        only("xfs, its magic alone", 0, b"XFSB"),
        only("btrfs, its magic alone", 0x1_0040, b"_BHRfS_M"),
        only("f2fs, its magic alone", 0x400, &[0x10, 0x20, 0xf5, 0xf2]),
        only("erofs, its magic alone", 0x400, &[0xe2, 0xe1, 0xf5, 0xe0]),
        only("a tar archive", 257, b"ustar"),
        only("swap", 4086, b"SWAPSPACE2"),
        only("LUKS", 0, b"LUKS\xba\xbe\0\x01"),
        only("zeros", 0, b""),
        made("ext4 in gzip", |tree| {
            let mut image = gzip(&tree.build());
            image.resize(image.len().next_multiple_of(512), 0);
            image
        }),
        made("ext4 in qcow2", |tree| disk::qcow2(&tree.build())),
    ]
}

/// Cut, or with fields that cannot be.
fn damaged() -> Vec<Value> {
    let summed = |tree| Ext4 {
        metadata_csum: true,
        ..tree
    };
    vec![
        made("ext4 without its last 32 KiB", |tree| {
            let mut image = tree.build();
            image.truncate(image.len() - 0x8000);
            image
        }),
        made("ext4, cut to 4 KiB", |tree| tree.build()[..4096].to_vec()),
        framed("ext4, its magic is another", |tree| Ext4 {
            s_magic: Some(0xef54),
            ..tree
        }),
        framed("ext4, its checksum is another", move |tree| Ext4 {
            wrong_checksum: true,
            ..summed(tree)
        }),
        framed("ext4, an unknown checksum algorithm", move |tree| Ext4 {
            s_checksum_type: Some(9),
            ..summed(tree)
        }),
        framed("ext4, s_inodes_per_group is 0", |tree| Ext4 {
            s_inodes_per_group: Some(0),
            ..tree
        }),
        framed("ext4, s_blocks_per_group is 0", |tree| Ext4 {
            s_blocks_per_group: Some(0),
            ..tree
        }),
        framed("ext4, s_inode_size is 96", |tree| Ext4 {
            s_inode_size: Some(96),
            ..tree
        }),
        framed("ext4, s_log_block_size is 20", |tree| Ext4 {
            s_log_block_size: Some(20),
            ..tree
        }),
        framed("ext4, s_first_data_block is 7777", |tree| Ext4 {
            s_first_data_block: Some(7777),
            ..tree
        }),
        framed("ext4, s_desc_size is 33", |tree| Ext4 {
            descriptor_bytes: 64,
            s_desc_size: Some(33),
            ..tree
        }),
        made("ext4, an inode table lies nowhere", |tree| {
            let (mut image, layout) = tree.build_with_layout();
            put(&mut image, layout.descriptors_at + 8, &[0xff; 4]);
            image
        }),
        made("ext4, a group's checksum is another", move |tree| {
            let (mut image, layout) = summed(tree).build_with_layout();
            put(&mut image, layout.descriptors_at + 0x1e, &[0xde, 0xad]);
            image
        }),
        framed("ext4, no journal where it should be", |tree| Ext4 {
            journal: Some(Journal {
                s_magic: Some(1),
                ..Journal::default()
            }),
            ..tree
        }),
    ]
}

/// Journals whose log is empty, with fast commits after it: of the transaction that follows, which the
/// kernel replays, and of an older one.
fn fast_commits() -> Vec<Value> {
    /// `EXT4_FC_TAG_UNLINK`.
    const UNLINK: u16 = 5;
    let with = |name, tid| {
        made(name, move |tree: Ext4| {
            let (_, layout) = tree.clone().build_with_layout();
            let number = |path: &str| {
                let mut places = layout.places.iter();
                let found = places.find(|place| place.path == path.as_bytes());
                found.map_or(2, |place| place.inode)
            };
            let names = [number("sbin"), number("sbin/init")];
            let mut entry: Vec<u8> = names
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            entry.extend(b"init");
            let journal = Journal {
                blocks: 1024 + 64,
                s_start: Some(1),
                needs_recovery: Some(true),
                fast_commits: Some(FastCommits {
                    s_num_fc_blks: 64,
                    first: FastCommits::of(tid, &[(UNLINK, entry)]),
                }),
                ..Journal::default()
            };
            Ext4 {
                journal: Some(journal),
                ..tree
            }
            .build()
        })
    };
    vec![
        with("ext4, fast commits that unlink its init", 1),
        with("ext4, fast commits of an older transaction", 7),
    ]
}

/// A directory of which the inode is zeros.
fn deleted(name: &str, path: &'static str) -> Value {
    made(name, move |tree| {
        let (mut image, layout) = tree.build_with_layout();
        let mut places = layout.places.iter();
        if let Some(place) = places.find(|place| place.path == path.as_bytes()) {
            put(&mut image, place.inode_at, &[0; 128]);
        }
        image
    })
}

/// Inodes that Linux does not read: that of the root directory as it mounts, others as they are met.
fn damaged_inodes() -> Vec<Value> {
    let of_root = |name, offset, bytes: &'static [u8]| {
        made(name, move |tree| {
            let (mut image, layout) = tree.build_with_layout();
            put(&mut image, layout.of("/").inode_at + offset, bytes);
            image
        })
    };
    // A time, which nothing else asks about.
    let another_time = |name, is_meant: fn(&Place) -> bool| {
        made(name, move |tree| {
            let summed = Ext4 {
                metadata_csum: true,
                ..tree
            };
            let (mut image, layout) = summed.build_with_layout();
            for place in layout.places.iter().filter(|place| is_meant(place)) {
                put(&mut image, place.inode_at + 0x08, &[1]);
            }
            image
        })
    };
    vec![
        of_root("ext4, the root's inode is of no type", 0, &[0, 0]),
        of_root("ext4, the root's inode is a file's", 0, &[0xa4, 0x81]),
        of_root("ext4, the root's inode has no links", 0x1a, &[0, 0]),
        of_root("ext4, the root's inode has no blocks", 0x1c, &[0; 4]),
        of_root("ext4, the root's inode has no extents", 0x28, &[0]),
        of_root("ext4, the root is less than a block", 4, &[0xe8, 3]),
        of_root(
            "ext4, an attribute of the root's inode has no end",
            0xa0,
            &[0, 0, 2, 0xea, 90, 1],
        ),
        another_time(
            "ext4, the checksum of the root's inode is another",
            |place| place.path.is_empty(),
        ),
        another_time("ext4, the checksums of other inodes are others", |place| {
            !place.path.is_empty()
        }),
    ]
}

/// Fields of the superblock, and what ext4 keeps for itself: Linux looks at them as it mounts.
fn damaged_keeping() -> Vec<Value> {
    let of_superblock = |name, offset: usize, bytes: &'static [u8]| {
        made(name, move |tree| {
            let mut image = tree.build();
            put(&mut image, 1024 + offset, bytes);
            image
        })
    };
    vec![
        of_superblock("ext4, s_log_cluster_size is 3", 0x1c, &[3]),
        of_superblock("ext4, s_first_ino is 5", 0x54, &[5]),
        of_superblock("ext4, s_reserved_gdt_blocks is 512", 0xce, &[0, 2]),
        made("ext4, a bitmap lies in the descriptors", |tree| {
            let (mut image, layout) = tree.build_with_layout();
            let block = u32::try_from(layout.descriptors_at / layout.block_size).unwrap();
            put(&mut image, layout.descriptors_at, &block.to_le_bytes());
            image
        }),
        made("ext4, its journal's inode has no extents", |tree| {
            let inode_size = usize::from(tree.inode_size);
            let (mut image, layout) = tree.journal().build_with_layout();
            put(
                &mut image,
                layout.inode_table_at + 7 * inode_size + 0x28,
                &[0],
            );
            image
        }),
        made("ext4, its file of orphans is none", |tree| {
            let orphans = Ext4 {
                s_feature_compat: 0x1000,
                ..tree
            };
            let (mut image, layout) = orphans
                .file("/orphans", 0o600, vec![0; 4096])
                .build_with_layout();
            let number = layout.of("/orphans").inode;
            put(&mut image, 1024 + 0x280, &number.to_le_bytes());
            image
        }),
    ]
}

/// What a kernel may not know.
fn features() -> Vec<Value> {
    let with = |name, incompat, ro_compat| {
        framed(name, move |tree| Ext4 {
            s_feature_incompat: incompat,
            s_feature_ro_compat: ro_compat,
            ..tree
        })
    };
    vec![
        with("ext4, an unknown feature", 0x8000_0000, 0),
        with("ext4, an unknown feature of writers", 0, 0x4000_0000),
        with("ext4, casefold", 0x2_0000, 0),
        with("ext4, encrypt", 0x1_0000, 0),
        with("ext4, project quotas", 0, 0x2000),
        with("ext4, verity", 0, 0x8000),
        framed("ext4, blocks of 8 KiB", |tree| Ext4 {
            block_size: 8192,
            ..tree
        }),
        framed("ext4, an unknown feature of its journal", |tree| Ext4 {
            journal: Some(Journal {
                s_feature_incompat: 0x100,
                ..Journal::default()
            }),
            ..tree
        }),
        framed("ext4, its journal on another disk", |tree| Ext4 {
            external_journal: Some(*b"forged-journal-1"),
            ..tree
        }),
    ]
}
