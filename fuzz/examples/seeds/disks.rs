//! File systems and disks, as small as they can be.

use super::forge::checksum::crc32;
use super::forge::disk::{DISK_GUID, EFI_SYSTEM, LINUX_FILESYSTEM, guid, mbr, qcow2};
use super::forge::ext4::Ext4;
use super::forge::ext4::journal::{Checksums, Journal};
use super::forge::program::{dynamic, library};
use super::forge::put;
use std::process::Command;

const LOADER: &str = "/lib/ld-musl-x86_64.so.1";
const SECTOR: usize = 512;
const MOST_BYTES: usize = 128 * 1024;

/// What an Alpine root has, in a few kilobytes.
fn filled(image: Ext4) -> Ext4 {
    image
        .file(
            "/bin/busybox",
            0o755,
            dynamic(LOADER, &["libc.musl-x86_64.so.1"]).build(),
        )
        .file(LOADER, 0o755, library("libc.musl-x86_64.so.1", &[]).build())
        .symlink("/lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1")
        .symlink("/sbin/init", "/bin/busybox")
        .symlink("/bin/sh", "/bin/busybox")
        .symlink("/etc/mtab", format!("/proc/{}", "x/".repeat(50)))
        .file("/etc/fstab", 0o644, *b"/dev/vda / ext4 rw 0 1\n")
        .file(
            "/etc/inittab",
            0o644,
            *b"::sysinit:/sbin/openrc sysinit\nttyS0::respawn:/sbin/getty ttyS0\n",
        )
        .sparse_file(
            "/etc/os-release",
            0o644,
            [&b"ID=alpine\n"[..], &[0; 3000]].concat(),
        )
        .device("/dev/console", 'c', 5, 1)
        .file(
            "/lib/modules/6.1.0-forged/modules.dep",
            0o644,
            *b"kernel/ext4.ko: kernel/a.ko\n",
        )
}

fn small(image: Ext4) -> Ext4 {
    Ext4 {
        free_blocks: 2,
        free_inodes: 1,
        ..image
    }
}

/// A disk that keeps no distance: its partitions follow the table at once.
fn dense_mbr(volume: &[u8]) -> Vec<u8> {
    // The forge puts the content at 1 MiB.
    let forged = mbr(&[(0x83, volume.to_vec())], 0x1234_5678);
    let mut disk = forged[..SECTOR].to_vec();
    put(&mut disk, 0x1be + 8, &1_u32.to_le_bytes());
    disk.extend(volume);
    disk
}

fn dense_gpt(volume: &[u8]) -> Vec<u8> {
    let mut entries = vec![0; 4 * 128];
    let sectors = volume.len().div_ceil(SECTOR) as u64;
    let last = 5 + sectors;
    for (index, (kind, from, to)) in [(EFI_SYSTEM, 4, 4), (LINUX_FILESYSTEM, 5, last - 1)]
        .into_iter()
        .enumerate()
    {
        put(&mut entries, index * 128, &guid(kind));
        put(&mut entries, index * 128 + 0x10, &guid(kind));
        put(
            &mut entries,
            index * 128 + 0x20,
            &[from, to].map(u64::to_le_bytes).concat(),
        );
        put(&mut entries, index * 128 + 0x38, b"r\0o\0o\0t\0");
    }
    let mut header = vec![0; 92];
    put(&mut header, 0, b"EFI PART\0\0\x01\0\x5c\0\0\0");
    put(
        &mut header,
        0x18,
        &[1, last, 3, last - 1].map(u64::to_le_bytes).concat(),
    );
    put(&mut header, 0x38, &guid(DISK_GUID));
    put(&mut header, 0x48, &2_u64.to_le_bytes());
    put(
        &mut header,
        0x50,
        &[4, 128, crc32(&entries)].map(u32::to_le_bytes).concat(),
    );
    let checksum = crc32(&header);
    put(&mut header, 0x10, &checksum.to_le_bytes());
    let mut disk = Vec::new();
    put(
        &mut disk,
        0x1be,
        &[0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0],
    );
    put(
        &mut disk,
        0x1ca,
        &u32::try_from(last).unwrap().to_le_bytes(),
    );
    put(&mut disk, 0x1fe, &[0x55, 0xaa]);
    put(&mut disk, SECTOR, &header);
    put(&mut disk, 2 * SECTOR, &entries);
    put(&mut disk, 5 * SECTOR, volume);
    disk.resize(usize::try_from(last).unwrap() * SECTOR, 0);
    put(&mut disk, usize::try_from(last).unwrap() * SECTOR, &header);
    disk.resize((usize::try_from(last).unwrap() + 1) * SECTOR, 0);
    disk
}

/// A root of few blocks, for whole boots.
pub fn root() -> Vec<u8> {
    small(filled(Ext4::new())).build()
}

pub fn write(write: &dyn Fn(&str, &str, &[u8])) {
    let whole = |name: &str, bytes: &[u8]| {
        write("rootfs", name, bytes);
        // Without what surrounds it, and no larger than what a fuzzer changes quickly.
        if bytes.get(0x438..0x43a) == Some(b"\x53\xef") && bytes.len() <= MOST_BYTES {
            write("second_opinion", name, bytes);
        }
    };
    let log = |checksums| Journal {
        blocks: 24,
        checksums,
        ..Journal::default()
    };
    let images = [
        ("ext2", filled(Ext4::ext2())),
        ("ext4", filled(Ext4::new())),
        (
            "ext4-4096",
            filled(Ext4 {
                block_size: 4096,
                ..Ext4::new()
            }),
        ),
        (
            "ext4-fragments",
            filled(Ext4 {
                fragment_blocks: Some(1),
                ..Ext4::new()
            })
            .file("/srv/large", 0o644, vec![7; 30_000]),
        ),
        (
            "ext2-indirect",
            filled(Ext4 {
                fragment_blocks: Some(1),
                ..Ext4::ext2()
            })
            .file("/srv/large", 0o644, vec![7; 30_000]),
        ),
        (
            "ext4-checksums",
            filled(Ext4 {
                metadata_csum: true,
                descriptor_bytes: 64,
                ..Ext4::new()
            }),
        ),
        (
            "ext4-unwritten",
            filled(Ext4::new()).unwritten_file("/sbin/init", 0o755, vec![9; 3000]),
        ),
        ("ext4-htree", filled(Ext4::new()).flags("/etc", 0x1000)),
        (
            "ext4-inline",
            filled(Ext4 {
                s_feature_incompat: 0x8000,
                ..Ext4::new()
            })
            .flags("/etc/fstab", 0x1000_0000),
        ),
        (
            "ext3-journal",
            filled(Ext4 {
                journal: Some(log(Checksums::None)),
                ..Ext4::ext2()
            })
            .journalled("/etc/fstab", b"/dev/vdb / ext4 ro 0 1\n"),
        ),
        (
            "ext4-journal",
            filled(Ext4 {
                journal: Some(log(Checksums::None)),
                ..Ext4::new()
            })
            .journalled("/etc/fstab", b"\xc0\x3b\x39\x98 escaped\n"),
        ),
        (
            "ext4-external",
            filled(Ext4 {
                external_journal: Some([7; 16]),
                ..Ext4::new()
            }),
        ),
        (
            "ext4-mmp",
            filled(Ext4 {
                mmp: Some(0xff4d_4d50),
                ..Ext4::new()
            }),
        ),
        (
            "ext4-no-types",
            filled(Ext4 {
                filetype: false,
                ..Ext4::new()
            }),
        ),
    ];
    for (name, image) in images {
        let image = small(image).build();
        whole(name, &image);
        whole(&format!("{name}-mbr"), &dense_mbr(&image));
        if !name.contains("journal") {
            whole(&format!("{name}-gpt"), &dense_gpt(&image));
        }
    }
    // The beginning alone: its tables point to clusters that are not there.
    let boxed = qcow2(&root());
    whole("qcow2", &boxed);
    whole("qcow2-head", &boxed[..5 << 16]);
    for (name, at, magic) in [
        ("squashfs", 0, &b"hsqs"[..]),
        ("erofs", 1024, b"\xe2\xe1\xf5\xe0"),
        ("xfs", 0, b"XFSB"),
        ("btrfs", 0x1_0040, b"_BHRfS_M"),
        ("vmdk", 0, b"KDMV"),
        ("luks", 0, b"LUKS\xba\xbe\0\x02"),
    ] {
        let mut image = vec![0; 0x1_1000];
        put(&mut image, at, magic);
        whole(name, &image[..at + SECTOR]);
    }
    made_by_mke2fs(&whole);
}

/// What the forge does not write: inline data, group descriptors far apart, and checksums everywhere.
/// Only where the tool is there.
fn made_by_mke2fs(whole: &dyn Fn(&str, &[u8])) {
    let folder = std::env::temp_dir().join(format!("kelpie-check-seeds-{}", std::process::id()));
    let many = folder.join("tree/etc/many");
    std::fs::create_dir_all(&many).unwrap();
    std::fs::create_dir_all(folder.join("tree/sbin")).unwrap();
    std::fs::write(
        folder.join("tree/sbin/init"),
        dynamic(LOADER, &["liba.so"]).build(),
    )
    .unwrap();
    for number in 0..60 {
        let name = format!("a-name-that-fills-a-directory-soon-{number}");
        std::fs::write(many.join(name), b"x").unwrap();
    }
    for (name, options) in [
        ("mke2fs-ext2", "-t ext2"),
        ("mke2fs-ext4", "-t ext4 -O ^has_journal"),
        (
            "mke2fs-inline",
            "-t ext4 -O ^has_journal,inline_data,^metadata_csum",
        ),
        (
            "mke2fs-meta-bg",
            "-t ext4 -O ^has_journal,meta_bg,^resize_inode",
        ),
    ] {
        let image = folder.join(name);
        let made = Command::new("mke2fs")
            .args(["-q", "-F", "-b", "1024", "-N", "96", "-d"])
            .arg(folder.join("tree"))
            .args(options.split(' '))
            .arg(&image)
            .arg("256k")
            .output();
        match made {
            Ok(made) if made.status.success() => whole(name, &std::fs::read(image).unwrap()),
            Ok(made) => eprintln!("{name}: {}", String::from_utf8_lossy(&made.stderr)),
            Err(error) => eprintln!("{name}: {error}"),
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
