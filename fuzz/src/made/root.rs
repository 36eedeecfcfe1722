//! Roots: file systems with features and journals, bare, in partitions or in qcow2, damaged where it
//! counts.

use super::Choices;
use super::files::{What, files};
use super::forge::disk::{LINUX_FILESYSTEM, gpt, mbr, qcow2};
use super::forge::ext4::journal::{Checksums, Journal};
use super::forge::ext4::layout::Layout;
use super::forge::ext4::{Content, Ext4};

/// Magic numbers of other file systems: offset and bytes.
const OTHERS: [(usize, &[u8]); 4] = [
    (0, b"hsqs"),
    (1024, b"\xe2\xe1\xf5\xe0"),
    (0, b"XFSB"),
    (0x1_0040, b"_BHRfS_M"),
];

pub fn disk(mut choices: Choices<'_>, damage: Choices<'_>, is_arm64: bool) -> Vec<u8> {
    let around = choices.byte();
    if around == 0xff {
        let (at, magic) = choices.one_of(&OTHERS);
        let mut image = vec![0; 0x1_1000];
        image[at..at + magic.len()].copy_from_slice(magic);
        return image;
    }
    let volume = file_system(choices, damage, is_arm64);
    match around {
        0xf0.. => mbr(&[(0x0c, vec![0; 512]), (0x83, volume)], 0x6b65_6c70),
        0xe0.. => gpt(&[(LINUX_FILESYSTEM, LINUX_FILESYSTEM, "root", volume)]),
        0xd0.. => qcow2(&volume),
        _ => volume,
    }
}

pub fn file_system(mut choices: Choices<'_>, damage: Choices<'_>, is_arm64: bool) -> Vec<u8> {
    let files = files(&mut choices.lane(40), is_arm64, "/sbin/init");
    let mut image = kind(&mut choices);
    for (path, what) in files {
        image = put(image, path, what);
    }
    image = with_journal(&mut choices, image);
    if choices.rarely() {
        image = image.sparse_file(
            "/srv/sparse",
            0o600,
            [vec![0; 9000], vec![1; 9000]].concat(),
        );
    }
    if choices.rarely() && image.extents {
        image = image.unwritten_file("/srv/later", 0o644, vec![9; 3000]);
    }
    if choices.rarely() {
        let flags = 1_u32 << (choices.byte() % 32);
        let path = choices.one_of(&["/", "/dev", "/lost+found"]);
        let place = path.trim_start_matches('/').as_bytes();
        if image.nodes.iter().any(|node| node.path == place) {
            image = image.flags(path, flags);
        }
    }
    let (image, layout) = superblock(&mut choices, image).build_with_layout();
    damaged(damage, image, &layout)
}

fn kind(choices: &mut Choices<'_>) -> Ext4 {
    let image = match choices.byte() % 4 {
        3 => Ext4::ext2(),
        _ => Ext4::new(),
    };
    let is_large = choices.rarely();
    Ext4 {
        block_size: if is_large {
            choices.one_of(&[4096, 2048, 8192])
        } else {
            1024
        },
        fragment_blocks: choices.often().then_some(1),
        metadata_csum: choices.rarely(),
        descriptor_bytes: choices.rare(|_| 64).unwrap_or(32),
        filetype: !choices.rarely(),
        mmp: choices.rare(|of| of.one_of(&[0xff4d_4d50, 0xe24d_4d50, 1])),
        external_journal: choices.rare(|_| [7; 16]),
        free_blocks: 2,
        free_inodes: 1,
        ..image
    }
}

/// Puts a file where the forge takes it: below directories.
fn put(image: Ext4, path: &str, what: What) -> Ext4 {
    let is_below_other = image.nodes.iter().any(|node| {
        let above = [&node.path[..], b"/"].concat();
        let is_directory = node.mode & 0o170_000 == 0o040_000;
        !node.path.is_empty() && !is_directory && path.as_bytes()[1..].starts_with(&above)
    });
    let holds_others = |image: &Ext4| {
        let inside = [&path.as_bytes()[1..], b"/"].concat();
        image
            .nodes
            .iter()
            .any(|node| node.path.starts_with(&inside))
    };
    if is_below_other {
        return image;
    }
    match what {
        What::Directory => image.directory(path, 0o755),
        _ if holds_others(&image) => image,
        What::File(mode, content) => image.file(path, mode, content),
        What::Link(target) => image.symlink(path, target),
        What::Device(major, minor) => image.device(path, 'c', major, minor),
    }
}

fn with_journal(choices: &mut Choices<'_>, image: Ext4) -> Ext4 {
    if !choices.rarely() || image.external_journal.is_some() {
        return image;
    }
    let journal = Journal {
        blocks: 24,
        checksums: match choices.byte() % 3 {
            0 => Checksums::None,
            1 => Checksums::V2,
            _ => Checksums::V3,
        },
        is_64bit: choices.rarely(),
        s_feature_incompat: choices.rare(|of| 1 << (of.byte() % 32)).unwrap_or(0),
        s_start: choices.rare(|of| of.byte().into()),
        s_maxlen: choices.rare(|of| of.byte().into()),
        s_errno: choices.rare(|of| of.byte().into()),
        needs_recovery: choices.rare(Choices::often),
        ..Journal::default()
    };
    let mut image = Ext4 {
        journal: Some(journal),
        ..image
    };
    // An empty file has no block that the journal could write.
    let has_block = image.nodes.iter().any(|node| {
        let is_filled = matches!(&node.content, Content::File(content) if !content.is_empty());
        node.path == b"etc/fstab" && is_filled
    });
    if has_block && choices.often() {
        image = image.journalled("/etc/fstab", b"/dev/vdb / ext4 ro 0 1\n");
    }
    image
}

/// Features and fields that the writer does not make.
fn superblock(choices: &mut Choices<'_>, image: Ext4) -> Ext4 {
    let bit = |choices: &mut Choices<'_>| 1_u32 << (choices.byte() % 32);
    Ext4 {
        s_feature_compat: choices.rare(bit).unwrap_or(0),
        s_feature_incompat: choices.rare(bit).unwrap_or(0),
        s_feature_ro_compat: choices.rare(bit).unwrap_or(0),
        s_state: choices.rare(|of| of.byte().into()),
        s_rev_level: choices.rare(|of| of.byte().into()),
        s_inode_size: choices.rare(|of| u16::from(of.byte()) << 3),
        s_blocks_count: choices.rare(|of| u64::from(of.byte()) << 8),
        s_last_orphan: choices.rare(|of| of.byte().into()),
        wrong_checksum: choices.rarely(),
        ..image
    }
}

/// Bytes changed in the superblock, in descriptors, in inodes, and in blocks that are in use.
fn damaged(mut choices: Choices<'_>, mut image: Vec<u8>, layout: &Layout) -> Vec<u8> {
    let blocks: Vec<usize> = layout
        .places
        .iter()
        .flat_map(|place| place.blocks.iter().chain(&place.map_blocks))
        .filter(|block| **block != 0)
        .map(|block| block * layout.block_size)
        .collect();
    let inodes: Vec<usize> = layout.places.iter().map(|place| place.inode_at).collect();
    for _ in 0..choices.few(4) {
        let (from, length) = match choices.byte() % 8 {
            0 => (layout.superblock_at, 0x180),
            1 => (layout.descriptors_at, 64),
            2..5 if !inodes.is_empty() => (choices.one_of(&inodes), 160),
            _ if !blocks.is_empty() => (choices.one_of(&blocks), layout.block_size),
            _ => (0, image.len()),
        };
        let at = from + choices.below(length);
        let byte = choices.byte();
        if let Some(place) = image.get_mut(at) {
            *place = byte;
        }
    }
    if choices.rarely() {
        image.truncate(choices.below(image.len() + 1));
    }
    image
}
