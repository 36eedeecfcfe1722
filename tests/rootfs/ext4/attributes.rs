//! Extended attributes that Linux does not take: in an inode, which it refuses then, and in a block of
//! their own, where it looks for the capabilities of a program that it starts.

use super::super::forge::ext4::Ext4 as Forged;
use super::super::forge::put;
use super::as_linux::{both, read, stumbles};
use super::images::{debugfs, make};
use kelpie_check::error::Kind;
use std::fs;

const INIT: &str = "/sbin/init";
/// Behind the first 128 bytes and `i_extra_isize`.
const LIST: usize = 128 + 32;
const MAGIC: [u8; 4] = [0, 0, 2, 0xea];
/// What is left of an inode of 256 bytes.
const ROOM: usize = 256 - LIST - MAGIC.len();

struct Entry {
    name: &'static [u8],
    index: u8,
    offset: u16,
    inode: u32,
    size: u32,
}

const USER: Entry = Entry {
    name: b"name",
    index: 1,
    offset: 88,
    inode: 0,
    size: 4,
};

fn list(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for entry in entries {
        bytes.extend([entry.name.len() as u8, entry.index]);
        bytes.extend(entry.offset.to_le_bytes());
        bytes.extend(entry.inode.to_le_bytes());
        bytes.extend(entry.size.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(entry.name);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// An image where init's inode has the list.
fn image(frame: Forged, list: &[u8]) -> Vec<u8> {
    let (mut image, layout) = frame.file(INIT, 0o755, "x").build_with_layout();
    put(&mut image, layout.of(INIT).inode_at + LIST, list);
    image
}

#[test]
fn a_list_that_is_whole_is_in_nobodys_way() {
    for entries in [
        &[][..],
        &[USER],
        &[USER, Entry { offset: 80, ..USER }],
        // Nothing is behind its value, nor before it.
        &[Entry {
            offset: 24,
            size: 66,
            ..USER
        }],
        &[Entry {
            size: 0,
            offset: 9999,
            ..USER
        }],
    ] {
        let (_, as_linux) = both(image(Forged::new(), &list(entries)));
        assert_eq!(read(&as_linux, INIT).unwrap(), b"x");
    }
    // Without the magic there is no list.
    let mut other = list(&[Entry {
        offset: 9999,
        ..USER
    }]);
    other[0] = 1;
    let (_, as_linux) = both(image(Forged::new(), &other));
    assert!(read(&as_linux, INIT).is_ok());
}

#[test]
fn an_inode_with_attributes_that_cannot_be_is_refused() {
    for (field, entry) in [
        ("e_value_offs", Entry { offset: 20, ..USER }),
        ("e_value_offs", Entry { offset: 23, ..USER }),
        ("e_value_offs", Entry { offset: 89, ..USER }),
        ("e_value_offs", Entry { offset: 93, ..USER }),
        (
            "e_value_offs",
            Entry {
                offset: 24,
                size: 69,
                ..USER
            },
        ),
        (
            "e_value_size",
            Entry {
                size: (1 << 24) + 1,
                ..USER
            },
        ),
        (
            "e_name",
            Entry {
                name: b"na\0e",
                ..USER
            },
        ),
        // The zeros that end the list have no room behind it.
        (
            "e_name_len",
            Entry {
                name: &[b'a'; ROOM - 16],
                ..USER
            },
        ),
        (
            "e_value_inum",
            Entry {
                name: b"data",
                index: 7,
                inode: 13,
                ..USER
            },
        ),
    ] {
        let frame = Forged {
            s_feature_incompat: 0x400,
            ..Forged::new()
        };
        assert_eq!(stumbles(image(frame, &list(&[entry])), INIT), field);
    }
    // A name that ends outside the inode.
    let mut long = list(&[USER]);
    long[4] = 250;
    assert_eq!(stumbles(image(Forged::new(), &long), INIT), "e_name_len");
    // A name that is just short enough.
    let (_, as_linux) = both(image(
        Forged::new(),
        &list(&[Entry {
            name: &[b'a'; ROOM - 20],
            size: 0,
            ..USER
        }]),
    ));
    assert!(read(&as_linux, INIT).is_ok());
}

#[test]
fn what_older_releases_take_is_not_known() {
    let with = |feature, inode, size| {
        let frame = Forged {
            s_feature_incompat: feature,
            ..Forged::new()
        };
        let (_, as_linux) = both(image(
            frame,
            &list(&[Entry {
                inode,
                size,
                ..USER
            }]),
        ));
        read(&as_linux, INIT).map_err(|error| (error.kind(), error.field().to_owned()))
    };
    let refused = Err((Kind::Unsupported, "e_value_inum".to_owned()));
    assert_eq!(with(0, 12, 4), refused);
    assert_eq!(with(0x400, 12, 4), Ok(b"x".to_vec()));
    assert_eq!(with(0x400, 12, 0), refused);
    assert_eq!(with(0x400, 2, 4), refused);
    assert_eq!(with(0x400, 10, 4), refused);
    assert_eq!(with(0x400, 1_000_000, 4), refused);
}

#[test]
fn the_block_of_attributes_of_a_program_is_checked() {
    for (features, field) in [
        ("metadata_csum", "h_checksum"),
        ("^metadata_csum", "e_value_offs"),
    ] {
        let Some(image) = make(&["-t", "ext4", "-b", "1024", "-O", features], 16) else {
            return;
        };
        let lines = [
            format!("ea_set tiny user.long {}", "x".repeat(300)),
            "ea_set tiny user.short y".to_owned(),
        ];
        if debugfs(&image.path, &lines).is_none() {
            return;
        }
        let told = debugfs(&image.path, &["stat tiny".to_owned()]).unwrap();
        let (_, block) = told.split_once("File ACL: ").expect("a block");
        let block: usize = block.split_whitespace().next().unwrap().parse().unwrap();
        assert_ne!(block, 0, "{told}");
        let whole = fs::read(&image.path).unwrap();
        let (ext4, as_linux) = both(whole.clone());
        assert_eq!(
            read(&as_linux, "/tiny").unwrap(),
            read(&ext4, "/tiny").unwrap()
        );
        for (at, bytes, field) in [
            (0, &[1][..], "h_magic"),
            (8, &[2], "h_blocks"),
            // Where the first value is.
            (32 + 2, &[0xff, 0xff], field),
        ] {
            let mut damaged = whole.clone();
            put(&mut damaged, block * 1024 + at, bytes);
            assert_eq!(stumbles(damaged, "/tiny"), field, "{features}");
        }
    }
}
