//! ext4-view as a second opinion, on the images that it agrees to read.

#[path = "../../../fuzz/src/second_opinion/mod.rs"]
mod second_opinion;

use super::images::make;
use crate::forge::Numbers;
use crate::forge::ext4::Ext4 as Image;
use kelpie_check::limits::Limits;
use second_opinion::compare;
use std::fs;

/// How often each forged image is damaged.
const DAMAGED: usize = 600;
const SEED: u64 = 0x6578_7434;

#[test]
fn ordinary_images_read_as_ext4_view_reads_them() {
    let kinds: [&[&str]; 4] = [
        &["-t", "ext4"],
        &["-t", "ext4", "-b", "1024"],
        &["-t", "ext3"],
        &["-t", "ext2", "-b", "2048"],
    ];
    for arguments in kinds {
        let Some(image) = make(arguments, 16) else {
            return;
        };
        let compared = compare(&fs::read(&image.path).unwrap(), &Limits::default());
        // 350 files and directories; of most also the content.
        assert!(compared > 690, "{arguments:?}: {compared}");
    }
}

fn forged() -> Vec<Image> {
    let filled = |image: Image| {
        image
            .file("/sbin/init", 0o755, vec![7; 5000])
            .sparse_file(
                "/etc/sparse",
                0o600,
                [vec![0; 3000], vec![1; 9000]].concat(),
            )
            .symlink("/bin/sh", "busybox")
            .symlink("/etc/long", "a/".repeat(60))
            .device("/dev/console", 'c', 5, 1)
            .file("/usr/lib/os-release", 0o644, *b"ID=forged\n")
    };
    let fragmented = |image| Image {
        fragment_blocks: Some(1),
        ..image
    };
    let replayed = filled(Image::new()).journalled("/sbin/init", b"another beginning");
    vec![
        filled(Image::new()),
        filled(fragmented(Image::new())),
        filled(Image::ext2()),
        filled(fragmented(Image::ext2())),
        filled(Image::new()).unwritten_file("/srv/later", 0o644, vec![9; 4000]),
        replayed,
    ]
}

#[test]
fn damaged_images_read_as_ext4_view_reads_them() {
    let mut numbers = Numbers(SEED);
    let mut compared = 0;
    for image in forged() {
        let (whole, layout) = image.build_with_layout();
        // The superblock, the descriptors, inodes, and every block that a file or a directory has.
        let mut reaches = vec![
            (layout.superblock_at, 0x180),
            (layout.descriptors_at, 64),
            (
                layout.inode_table_at,
                layout.inodes * usize::from(image.inode_size),
            ),
        ];
        let blocks = layout.places.iter().flat_map(|place| {
            let blocks = place.blocks.iter().chain(&place.map_blocks);
            blocks.filter(|block| **block != 0)
        });
        reaches.extend(blocks.map(|block| (block * layout.block_size, layout.block_size)));
        for _ in 0..DAMAGED {
            let mut damaged = whole.clone();
            for _ in 0..=numbers.below(3) {
                let (at, length) = reaches[numbers.below(reaches.len())];
                damaged[at + numbers.below(length)] = match numbers.below(4) {
                    0 => 0,
                    1 => 0xff,
                    _ => u8::try_from(numbers.below(256)).unwrap(),
                };
            }
            compared += compare(&damaged, &Limits::default());
        }
    }
    // So that this compares something.
    assert!(compared > 20_000, "{compared}");
}
