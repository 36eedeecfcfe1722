//! What Linux does not read: an inode, a directory or a node of an extent tree whose checksum is wrong.

use super::super::forge::ext4::{Ext4 as Forged, layout::Layout};
use super::super::forge::put;
use kelpie_check::error::Result;
use kelpie_check::limits::Limits;
use kelpie_check::rootfs::ext4::{AsLinux, Ext4};
use kelpie_check::source::Source;
use kelpie_check::tree::{NodeId, Tree, resolve};
use std::sync::Arc;

const INIT: &str = "/sbin/init";

/// A program in so many pieces that its extents need a block of their own.
fn forged() -> (Vec<u8>, Layout) {
    Forged {
        metadata_csum: true,
        fragment_blocks: Some(1),
        ..Forged::new()
    }
    .file(INIT, 0o755, vec![7; 9000])
    .file("/etc/motd", 0o644, "hello")
    .build_with_layout()
}

/// The same image as far as it can be read, and as Linux reads it.
pub fn both(image: Vec<u8>) -> (Arc<Ext4>, AsLinux) {
    let ext4 = Ext4::open(Source::from_bytes(image), &Limits::default()).unwrap();
    let ext4 = Arc::new(ext4);
    let as_linux = AsLinux::of(&ext4);
    (ext4, as_linux)
}

pub fn read(tree: &dyn Tree, path: &str) -> Result<Vec<u8>> {
    let node: NodeId = resolve(tree, path.as_bytes())?.unwrap().node;
    tree.read(node, 0, 10_000)
}

/// The field that Linux stumbles over, where others read on.
#[track_caller]
pub fn stumbles(image: Vec<u8>, path: &str) -> String {
    let (ext4, as_linux) = both(image);
    assert!(read(&ext4, path).is_ok());
    read(&as_linux, path).unwrap_err().field().to_owned()
}

#[test]
fn what_is_whole_is_the_same_to_linux() {
    let (ext4, as_linux) = both(forged().0);
    assert_eq!(read(&as_linux, INIT).unwrap(), vec![7; 9000]);
    assert_eq!(as_linux.root(), ext4.root());
    let names = |tree: &dyn Tree| tree.list(tree.root()).unwrap();
    assert_eq!(names(&as_linux), names(&ext4));
    assert!(ext4.problems().is_empty());
}

#[test]
fn an_inode_with_a_wrong_checksum_is_read_by_others_alone() {
    let (mut image, layout) = forged();
    // A time, which nothing else asks about.
    put(&mut image, layout.of(INIT).inode_at + 0x08, &[1]);
    assert_eq!(stumbles(image.clone(), INIT), "l_i_checksum_lo");
    // Nothing else is in its way.
    let (_, as_linux) = both(image.clone());
    assert_eq!(read(&as_linux, "/etc/motd").unwrap(), b"hello");
    // Another system than Linux may have written it.
    put(&mut image, 1024 + 0x48, &[1]);
    let (_, as_linux) = both(image);
    assert!(read(&as_linux, INIT).is_ok());
}

#[test]
fn a_directory_with_a_wrong_checksum_is_read_by_others_alone() {
    let (mut image, layout) = forged();
    // Behind the names, where nothing is.
    put(&mut image, layout.block_at("/sbin", 0) + 500, &[1]);
    assert_eq!(stumbles(image.clone(), INIT), "det_checksum");
    let (_, as_linux) = both(image);
    let sbin = as_linux.lookup(as_linux.root(), b"sbin").unwrap().unwrap();
    assert!(as_linux.list(sbin).is_err());
}

#[test]
fn extents_with_a_wrong_checksum_are_read_by_others_alone() {
    let (mut image, layout) = forged();
    let [node, ..] = layout.of(INIT).map_blocks[..] else {
        panic!("no block of extents");
    };
    // The last of the entries that there is room for, and that are not in use.
    put(&mut image, node * layout.block_size + 1000, &[1]);
    assert_eq!(stumbles(image, INIT), "et_checksum");
}

#[test]
fn what_an_inode_names_is_checked_before_it_is_read() {
    let (image, layout) = forged();
    let init = layout.of(INIT);
    let [node, ..] = init.map_blocks[..] else {
        panic!("no block of extents");
    };
    let entry = init.inode_at + 0x28 + 12;
    // The block below the root of the tree is that of the table of inodes: nobody's file has it.
    let mut stolen = image.clone();
    let table = u32::try_from(layout.inode_table_at / layout.block_size).unwrap();
    assert_ne!(node, layout.inode_table_at / layout.block_size);
    put(&mut stolen, entry + 4, &table.to_le_bytes());
    let (_, as_linux) = both(stolen);
    assert!(read(&as_linux, INIT).is_err());
    // Nor has it the journal's, or a bitmap's.
    let journalled = Forged::new().file(INIT, 0o755, "x").journal();
    let (image, layout) = journalled.build_with_layout();
    let first = layout.of(INIT).inode_at + 0x28 + 12 + 8;
    for block in [
        layout.journal_at.unwrap() / layout.block_size + 3,
        layout.inode_bitmap_at / layout.block_size,
        layout.descriptors_at / layout.block_size,
    ] {
        let mut stolen = image.clone();
        put(
            &mut stolen,
            first,
            &u32::try_from(block).unwrap().to_le_bytes(),
        );
        assert_eq!(stumbles(stolen, INIT), "ee_start_lo");
    }
    // A map of blocks has a number beyond what the file needs.
    let mapped = Forged::ext2()
        .file(INIT, 0o755, "x")
        .symlink("/init", "sbin/init");
    let (image, layout) = mapped.build_with_layout();
    let mut far = image.clone();
    let slot = layout.of(INIT).inode_at + 0x28 + 4 * 11;
    put(&mut far, slot, &[0xff; 4]);
    assert_eq!(stumbles(far, INIT), "i_block");
    // A short link keeps its target there.
    let (_, as_linux) = both(image);
    assert_eq!(read(&as_linux, "/init").unwrap(), b"x");
}

#[test]
fn a_name_is_looked_up_in_whole_blocks_alone() {
    let (image, layout) = Forged::new().file(INIT, 0o755, "x").build_with_layout();
    for (size, is_found) in [(1023_u32, false), (1024, true), (1025, true)] {
        let mut image = image.clone();
        put(
            &mut image,
            layout.of("/sbin").inode_at + 4,
            &size.to_le_bytes(),
        );
        let (ext4, _) = both(image);
        let found = resolve(&ext4, INIT.as_bytes()).unwrap();
        assert_eq!(found.is_ok(), is_found, "{size}");
        // A listing goes on to the end.
        let sbin = ext4.lookup(ext4.root(), b"sbin").unwrap().unwrap();
        assert_eq!(ext4.list(sbin).unwrap().len(), 1);
    }
}

#[test]
fn a_name_leads_to_no_inode_that_is_the_file_systems_own() {
    let (image, layout) = Forged::new().file(INIT, 0o755, "x").build_with_layout();
    let number = layout.of(INIT).inode;
    for (at, bytes) in [
        (0x54, 100),
        (0x240, number),
        (0x26c, number),
        (0x280, number),
    ] {
        let mut image = image.clone();
        put(&mut image, 1024 + at, &bytes.to_le_bytes());
        assert_eq!(stumbles(image, INIT), "inode", "{at:#x}");
    }
}

#[test]
fn flags_that_no_file_may_have_are_refused() {
    let image = Forged::new()
        .file(INIT, 0o755, "x")
        .symlink("/init", "sbin/init");
    let (image, layout) = image.build_with_layout();
    for (path, flags) in [(INIT, 0x28_0000_u32), ("/init", 0x10), ("/init", 0x20)] {
        let mut image = image.clone();
        let at = layout.of(path).inode_at + 0x20;
        put(&mut image, at, &flags.to_le_bytes());
        assert_eq!(stumbles(image, path), "i_flags", "{path}");
    }
}

#[test]
fn a_directory_without_the_room_for_its_checksum_is_read_by_others_alone() {
    let (mut image, layout) = forged();
    // The last entry of twelve bytes is none of a checksum.
    let end = layout.block_at("/sbin", 0) + layout.block_size;
    put(&mut image, end - 5, &[0]);
    assert_eq!(stumbles(image, INIT), "det_checksum");
}

#[test]
fn a_link_without_blocks_has_its_target_in_the_inode_whatever_its_flags() {
    let image = Forged::new()
        .file(INIT, 0o755, "x")
        .symlink("/init", "sbin/init");
    let (mut image, layout) = image.build_with_layout();
    let at = layout.of("/init").inode_at + 0x20;
    put(&mut image, at, &0x8_0000_u32.to_le_bytes());
    let (ext4, as_linux) = both(image);
    assert_eq!(read(&ext4, "/init").unwrap(), b"x");
    assert_eq!(read(&as_linux, "/init").unwrap(), b"x");
}

#[test]
fn a_length_beyond_what_blocks_can_be_counted_is_refused() {
    let (mut image, layout) = Forged::new().file(INIT, 0o755, "x").build_with_layout();
    put(&mut image, layout.of(INIT).inode_at + 0x6c, &[0, 0, 0xff]);
    assert_eq!(stumbles(image, INIT), "i_size_high");
}
