//! Trees of files: as the target `userland` takes them, and as archives.

use super::forge::cpio::{Entry, archive, entries, trailer};
use super::forge::elf::Elf;
use super::forge::program::{Program, dynamic, library};
use super::forge::samples::compressed;

const MUSL: &str = "/lib/ld-musl-x86_64.so.1";
const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";

/// Files behind one another, each with the byte that says where it is.
fn tree(files: &[(u8, &[u8])]) -> Vec<u8> {
    files
        .iter()
        .flat_map(|(place, content)| [b"FILE", &[*place][..], content].concat())
        .collect()
}

fn module() -> Vec<u8> {
    Elf {
        kind: 1,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![(
            ".modinfo",
            b"name=ext4\0vermagic=6.1.0-forged SMP\0depends=mbcache,crc16\0".to_vec(),
        )],
        ..Elf::default()
    }
    .build()
}

fn cache() -> Vec<u8> {
    let mut cache = b"glibc-ld.so.cache1.1".to_vec();
    cache.extend([2_u32, 40].map(u32::to_le_bytes).concat());
    cache.resize(48, 0);
    for _ in 0..2 {
        cache.extend([3_u32, 96, 104, 0, 0, 0].map(u32::to_le_bytes).concat());
    }
    cache.extend(b"liba.so\0/usr/lib/liba.so\0");
    cache
}

/// An initramfs as it is built by hand: a script, and BusyBox.
pub fn plain_archive() -> Vec<u8> {
    archive(&[
        Entry::directory("bin"),
        Entry::file("bin/busybox", &Program::default().build()),
        Entry::link("bin/sh", "busybox"),
        Entry::device("dev/console", 0o020_600, (5, 1)),
        Entry::file(
            "init",
            b"#!/bin/sh\nmount /dev/vda /root\nexec switch_root /root /sbin/init\n",
        ),
    ])
}

pub fn write(write: &dyn Fn(&str, &str, &[u8])) {
    userland(&|name, bytes| write("userland", name, bytes));
    initramfs(&|name, bytes| write("initramfs", name, bytes));
}

fn userland(write: &dyn Fn(&str, &[u8])) {
    let (init, libc) = (
        dynamic(MUSL, &["liba.so"]).build(),
        library("libc.musl-x86_64.so.1", &[]).build(),
    );
    let a = library("liba.so", &["libb.so.1", "liba.so"]);
    write(
        "musl",
        &tree(&[
            (0, &init),
            (4, &libc),
            (10, &a.build()),
            (12, b"/lib:/usr/lib\n/opt"),
        ]),
    );
    let own = Program {
        rpath: Some("$ORIGIN/../lib:${LIB}:$PLATFORM"),
        isa_needed: Some(2),
        ..dynamic(GLIBC, &["liba.so", "libc.so.6"])
    };
    let inner = Program {
        runpath: Some("/usr/lib:$ORIGIN"),
        ..a.clone()
    };
    let ld = library("ld-linux-x86-64.so.2", &[]).build();
    write(
        "glibc",
        &tree(&[
            (0, &own.build()),
            (5, &ld),
            (8, &inner.build()),
            (11, &cache()),
            (9, &a.build()),
        ]),
    );
    let arm = Program {
        machine: 183,
        arm64_features: Some(3),
        ..dynamic("/lib/ld-linux-aarch64.so.1", &[])
    };
    write("arm64", &tree(&[(0, &arm.build()), (6, &ld)]));
    let old = Program {
        is_64: false,
        machine: 3,
        ..Program::default()
    };
    write(
        "i386",
        &tree(&[
            (0, &old.build()),
            (
                1,
                &Program {
                    big_endian: true,
                    is_64: false,
                    machine: 20,
                    ..old.clone()
                }
                .build(),
            ),
        ]),
    );
    write(
        "scripts",
        &tree(&[
            (0, b"#!/bin/sh -e\nexec /sbin/x\n"),
            (1, b"#! /usr/bin/env python3\r\n"),
            (25, b"#!/sbin/init\n"),
        ]),
    );
    write(
        "links",
        &tree(&[
            (0x80, b"/bin/busybox"),
            (0x81, b"../sbin/init"),
            (2, &init),
            (4, &libc),
            (0x9c, b"usr/lib"),
            (0x9d, b"."),
        ]),
    );
    write("texts", &tree(&[
        (0x80, b"/lib/systemd/systemd"),
        (24, &Program::default().build()),
        (13, b"# c\nUUID=00-11 / ext4 rw,noatime\\040x 0 1\nproc /proc proc\n"),
        (14, b"id:3:initdefault:\n::sysinit:/sbin/openrc sysinit\nttyS0::respawn:/sbin/getty 115200 ttyS0\n"),
        (15, b"ID=alpine\nVERSION_ID='3.2'\\''0'\nNAME=\"A $X `y`\"\n"),
        (16, b"3.20.1\n"),
        (30, b""),
    ]));
    let mut files = vec![
        (17, b"kernel/fs/ext4/ext4.ko: kernel/mbcache.ko.xz kernel/crc16.ko.zst\nkernel/mbcache.ko.xz:\nkernel/crc16.ko.zst:\nkernel/virtio_blk.ko.gz: kernel/fs/ext4/ext4.ko\n".to_vec()),
        (18, b"kernel/drivers/virtio/virtio.ko\n".to_vec()),
        (19, b"softdep ext4 pre: crc16 post: virtio-blk\n".to_vec()),
        (20, module()),
    ];
    for (name, stream) in compressed(&module()) {
        if let Some(place) = ["gzip", "xz", "zstd"]
            .iter()
            .position(|codec| *codec == name)
        {
            files.push((21 + u8::try_from(place).unwrap(), stream));
        }
    }
    let borrowed: Vec<(u8, &[u8])> = files
        .iter()
        .map(|(place, content)| (*place, &content[..]))
        .collect();
    write("modules", &tree(&borrowed));
    write("modules-without-list", &tree(&borrowed[3..]));
}

fn initramfs(write: &dyn Fn(&str, &[u8])) {
    let plain = plain_archive();
    write("plain", &plain);
    let early = archive(&[
        Entry::directory("kernel"),
        Entry::directory("kernel/x86"),
        Entry::directory("kernel/x86/microcode"),
        Entry::file("kernel/x86/microcode/GenuineIntel.bin", b"microcode"),
    ]);
    for (name, stream) in compressed(&plain) {
        write(name, &stream);
        let mut segments = early.clone();
        segments.resize(segments.len().next_multiple_of(512), 0);
        segments.extend(stream);
        segments.extend([0; 3]);
        write(&format!("early-{name}"), &segments);
    }
    write(
        "two",
        &[
            entries(&[Entry::file("a", b"1").summed()]),
            trailer(),
            plain.clone(),
        ]
        .concat(),
    );
    let linked = |content: &[u8]| Entry {
        ino: 7,
        nlink: 2,
        ..Entry::file("bin/a", content)
    };
    write(
        "hard-links",
        &archive(&[
            Entry::directory("bin"),
            linked(b""),
            Entry {
                name: b"bin/b".to_vec(),
                ..linked(b"both")
            },
            Entry::link("bin", "elsewhere"),
            Entry::directory("bin/a"),
            Entry::file("no/parent", b"lost"),
        ]),
    );
    for (name, init, other) in [
        (
            "mkinitfs",
            &b"#!/bin/sh\nVERSION=3.10\necho Alpine Init $VERSION\n$KOPT_root\n"[..],
            "etc/modules",
        ),
        (
            "initramfs-tools",
            b"#!/bin/sh\n. /scripts/functions\n",
            "conf/initramfs.conf",
        ),
        (
            "dracut",
            b"#!/bin/sh\n. /lib/dracut-lib.sh\n",
            "usr/lib/dracut/modules.txt",
        ),
        (
            "mkinitcpio",
            b"#!/usr/bin/ash\n. /init_functions\n",
            "init_functions",
        ),
        ("booster", b"\x7fELF", "etc/booster.init.yaml"),
    ] {
        let mut files = vec![Entry::file("init", init)];
        for (at, _) in other.match_indices('/') {
            files.push(Entry::directory(&other[..at]));
        }
        files.push(Entry::file(other, b"MODULES=most\nvirtio_blk\n"));
        for folder in ["lib", "lib/modules", "lib/modules/6.1.0-forged"] {
            files.push(Entry::directory(folder));
        }
        files.push(Entry::file(
            "lib/modules/6.1.0-forged/modules.dep",
            b"kernel/ext4.ko.xz: kernel/a.ko\n",
        ));
        write(name, &archive(&files));
    }
}
