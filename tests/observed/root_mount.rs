//! What is on the root's disk, and whether the kernel mounts it.

use super::forge::ext4::{Ext4, journal::Journal};
use super::forge::{disk, gzip, put};
use super::harness::{Case, Shows};
use super::programs::{Aarch64, BOTH, X86_64, good_root};
use kelpie_check::architecture::Architecture;

/// What has these bytes there, and nothing else.
fn at(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x20000];
    put(&mut image, offset, bytes);
    image
}

fn with_features(machine: Architecture, incompat: u32, ro_compat: u32) -> Vec<u8> {
    Ext4 {
        s_feature_incompat: incompat,
        s_feature_ro_compat: ro_compat,
        ..good_root(machine)
    }
    .build()
}

fn with_journal(journal: Journal) -> Vec<u8> {
    Ext4 {
        journal: Some(journal),
        ..good_root(X86_64)
    }
    .build()
}

/// A transaction waits in its journal.
fn dirty() -> Vec<u8> {
    good_root(X86_64)
        .file("/etc/motd", 0o644, "before")
        .journalled("/etc/motd", b"behind")
        .build()
}

pub fn cases() -> Vec<Case> {
    let mut cases = foreign();
    cases.extend(damaged());
    cases.extend(features());
    cases.extend(options());
    cases
}

/// What is no ext4.
fn foreign() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        cases.push(
            Case::new(10, machine, "a tar archive as the root's disk").root(at(257, b"ustar")),
        );
        cases.push(Case::new(501, machine, "a squashfs image, no driver").root(at(0, b"hsqs")));
    }
    let root = || good_root(X86_64).build();
    cases.extend([
        Case::new(10, X86_64, "an ext4 image, still in gzip").root(gzip(&root())),
        Case::new(13, X86_64, "a GPT around the root, root=/dev/vda").root(disk::gpt(&[(
            disk::LINUX_FILESYSTEM,
            "6B656C70-0000-4000-8000-000000000001",
            "root",
            root(),
        )])),
        Case::new(13, X86_64, "an MBR around the root, root=/dev/vda")
            .root(disk::mbr(&[(0x83, root())], 7)),
        Case::new(501, X86_64, "an xfs image, no driver").root(at(0, b"XFSB")),
        Case::new(502, X86_64, "an ext4 root, rootfstype=xfs")
            .root(root())
            .line("root=/dev/vda rw rootfstype=xfs"),
        Case::new(502, X86_64, "ext4 with extents, rootfstype=ext2")
            .root(root())
            .line("root=/dev/vda rw rootfstype=ext2"),
    ]);
    cases
}

/// ext4 that is cut or damaged.
fn damaged() -> Vec<Case> {
    let summed = |machine| Ext4 {
        metadata_csum: true,
        ..good_root(machine)
    };
    let mut cases = Vec::new();
    for machine in BOTH {
        let whole = good_root(machine).build().len();
        cases.extend([
            Case::new(11, machine, "an ext4 image without its last 32 KiB")
                .root(good_root(machine).truncate_to(whole - 0x8000).build()),
            Case::new(12, machine, "ext4, the superblock's checksum is another").root(
                Ext4 {
                    wrong_checksum: true,
                    ..summed(machine)
                }
                .build(),
            ),
        ]);
    }
    let (_, layout) = good_root(X86_64).build_with_layout();
    let (_, summed_layout) = summed(X86_64).build_with_layout();
    cases.extend([
        Case::new(12, X86_64, "ext4, s_inodes_per_group is 0").root(
            Ext4 {
                s_inodes_per_group: Some(0),
                ..good_root(X86_64)
            }
            .build(),
        ),
        Case::new(12, X86_64, "ext4, a group's inode table lies nowhere").root(
            good_root(X86_64)
                .patch(layout.descriptors_at + 8, &[0xff; 4])
                .build(),
        ),
        Case::new(12, X86_64, "ext4, a group's checksum is another").root(
            summed(X86_64)
                .patch(summed_layout.descriptors_at + 0x1e, &[0xde, 0xad])
                .build(),
        ),
        Case::new(12, X86_64, "ext4, an unknown checksum algorithm").root(
            Ext4 {
                s_checksum_type: Some(9),
                ..summed(X86_64)
            }
            .build(),
        ),
        Case::new(12, X86_64, "ext4, no journal where it should be").root(with_journal(Journal {
            s_magic: Some(1),
            ..Journal::default()
        })),
        Case::new(508, X86_64, "ext4 that was marked as faulty")
            .root(
                Ext4 {
                    s_state: Some(3),
                    ..good_root(X86_64)
                }
                .build(),
            )
            .shows(Shows::Warns),
        Case::new(508, X86_64, "ext4 that was not unmounted, with a journal")
            .root(dirty())
            .shows(Shows::Warns),
    ]);
    cases
}

/// ext4 with more than the kernel knows.
fn features() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        cases.extend([
            Case::new(503, machine, "ext4, an unknown incompatible feature").root(with_features(
                machine,
                0x8000_0000,
                0,
            )),
            Case::new(504, machine, "ext4, an unknown feature of writers")
                .root(with_features(machine, 0, 0x4000_0000))
                .shows(Shows::Warns),
        ]);
    }
    cases.extend([
        Case::new(505, X86_64, "ext4 with casefold, no CONFIG_UNICODE")
            .root(with_features(X86_64, 0x2_0000, 0)),
        Case::new(507, X86_64, "ext4 with blocks of 8 KiB, pages of 4 KiB").root(
            Ext4 {
                block_size: 8192,
                ..good_root(X86_64)
            }
            .build(),
        ),
        Case::new(511, X86_64, "an unknown feature of the journal").root(with_journal(Journal {
            s_feature_incompat: 0x100,
            ..Journal::default()
        })),
        Case::new(512, X86_64, "the journal on another disk").root(
            Ext4 {
                external_journal: Some(*b"forged-journal-1"),
                ..good_root(X86_64)
            }
            .build(),
        ),
    ]);
    cases
}

/// How it is mounted.
fn options() -> Vec<Case> {
    let root = |machine| good_root(machine).build();
    let flagged = |what, flags: &str| {
        Case::new(510, X86_64, what)
            .root(good_root(X86_64).journal().build())
            .line(&format!("root=/dev/vda rw rootflags={flags}"))
    };
    vec![
        Case::new(506, X86_64, "a journal to replay on a read-only disk")
            .root(dirty())
            .circumstance(&["--read-only"]),
        Case::new(510, Aarch64, "rootflags=subvol=@ for ext4")
            .root(root(Aarch64))
            .line("root=/dev/vda rw rootflags=subvol=@"),
        flagged("rootflags=noatime for ext4", "noatime"),
        flagged("rootflags=dax on a disk without it", "dax"),
        Case::new(510, X86_64, "rootflags=data=ordered, no journal")
            .root(root(X86_64))
            .line("root=/dev/vda rw rootflags=data=ordered"),
    ]
}
