//! What is in a root or an initramfs: a system with a loader and libraries, with little wrong.

use super::Choices;
use super::forge::elf::Elf;
use super::forge::program::{Program, dynamic, library};
use super::forge::samples::compressed;

/// What is at a path.
#[derive(Clone)]
pub enum What {
    File(u16, Vec<u8>),
    Directory,
    Link(&'static str),
    Device(u32, u32),
}

pub type Files = Vec<(&'static str, What)>;

const RELEASE: &str = "/lib/modules/6.1.0-forged";
const INITS: [&str; 5] = ["/sbin/init", "/init", "/bin/init", "/etc/init", "/bin/sh"];
const LINES: [&[u8]; 11] = [
    b"#!/bin/sh\nexec /sbin/init\n",
    b"#!/bin/sh\nmount /dev/vda /root\nexec switch_root /root /sbin/init\n",
    b"#! /usr/bin/env python3\n",
    b"#!/bin/sh\r\n",
    b"#!/bin/sh\nVERSION=3.10\necho Alpine Init $VERSION\n$KOPT_root\n",
    b"#!/bin/sh\n. /scripts/functions\n",
    b"#!/bin/sh\n. /lib/dracut-lib.sh\n",
    b"#!/sbin/init\n",
    b"#!/bin/bash -e",
    b"#!\n",
    b"\xef\xbb\xbf#!/bin/sh\n",
];

/// The machine that the files are made for.
struct Machine {
    e_machine: u16,
    musl: &'static str,
    libc: &'static str,
    glibc: &'static str,
}

const X86_64: Machine = Machine {
    e_machine: 62,
    musl: "/lib/ld-musl-x86_64.so.1",
    libc: "libc.musl-x86_64.so.1",
    glibc: "/lib64/ld-linux-x86-64.so.2",
};
const ARM64: Machine = Machine {
    e_machine: 183,
    musl: "/lib/ld-musl-aarch64.so.1",
    libc: "libc.musl-aarch64.so.1",
    glibc: "/lib/ld-linux-aarch64.so.1",
};

/// Files of a system; `inits` says which of the paths has its init by default.
pub fn files(choices: &mut Choices<'_>, is_arm64: bool, init: &'static str) -> Files {
    let machine = match is_arm64 {
        true => &ARM64,
        false => &X86_64,
    };
    let mut files: Files = vec![("/dev", What::Directory)];
    if choices.often() {
        files.push(("/dev/console", What::Device(5, 1)));
        files.push(("/dev/null", What::Device(1, 3)));
    }
    let init = choices.rare(|of| of.one_of(&INITS)).unwrap_or(init);
    files.push((init, program(choices, machine)));
    if choices.often() {
        files.push(("/bin/busybox", program(choices, machine)));
        files.push(("/bin/sh", What::Link("busybox")));
    }
    libraries(choices, machine, &mut files);
    texts(choices, &mut files);
    if choices.often() {
        modules(choices, &mut files);
    }
    for _ in 0..choices.few(3) {
        harm(choices, &mut files);
    }
    files
}

fn program(choices: &mut Choices<'_>, machine: &Machine) -> What {
    let mode = choices
        .rare(|of| of.one_of(&[0o644, 0o010, 0o4755]))
        .unwrap_or(0o755);
    let needed: &[&str] = choices.one_of(&[&[], &["liba.so"], &["liba.so", "libb.so.1"]]);
    let program = match choices.byte() % 8 {
        0 | 1 => Program::default(),
        2..4 => dynamic(machine.musl, &[&[machine.libc], needed].concat()),
        4 | 5 => dynamic(machine.glibc, &[&["libc.so.6"], needed].concat()),
        6 => return What::File(mode, choices.one_of(&LINES).to_vec()),
        _ => {
            return What::Link(choices.one_of(&["/bin/busybox", "../lib/systemd/systemd", "init"]));
        }
    };
    let program = Program {
        machine: machine.e_machine,
        isa_needed: choices.rare(|of| u32::from(of.byte())),
        runpath: choices.rare(|of| of.one_of(&["$ORIGIN/../lib", "/opt:/usr/lib", "${LIB}"])),
        rpath: choices.rare(|of| of.one_of(&["/usr/lib", "$PLATFORM", ""])),
        ..program
    };
    What::File(mode, lying(choices, program).build())
}

/// One field in eight programs is another.
fn lying(choices: &mut Choices<'_>, program: Program) -> Program {
    if !choices.rarely() {
        return program;
    }
    match choices.byte() % 7 {
        0 => Program {
            machine: choices.one_of(&[3, 40, 62, 183, 243]),
            ..program
        },
        1 => Program {
            is_64: false,
            ..program
        },
        2 => Program {
            big_endian: true,
            ..program
        },
        3 => Program {
            cut_bytes: choices.byte().into(),
            ..program
        },
        4 => Program {
            interpreter_bytes: Some(choices.byte().into()),
            ..program
        },
        5 => Program {
            phnum: Some(choices.byte().into()),
            ..program
        },
        _ => Program {
            e_type: choices.byte().into(),
            ..program
        },
    }
}

fn libraries(choices: &mut Choices<'_>, machine: &Machine, files: &mut Files) {
    let mut library = |name, needed: &[&'static str]| {
        let library = Program {
            machine: machine.e_machine,
            ..library(name, needed)
        };
        What::File(0o755, lying(choices, library).build())
    };
    let musl = library(machine.libc, &[]);
    let glibc = library("ld-linux-x86-64.so.2", &[]);
    files.extend([(machine.musl, musl), (machine.glibc, glibc)]);
    files.push(("/lib/libc.so.6", library("libc.so.6", &[])));
    files.push(("/usr/lib/liba.so", library("liba.so", &["libb.so.1"])));
    files.push(("/lib/libb.so.1", library("libb.so.1", &["liba.so"])));
}

fn texts(choices: &mut Choices<'_>, files: &mut Files) {
    let of = choices.byte();
    let all: [(&str, &[u8]); 8] = [
        ("/etc/os-release", b"ID=alpine\nVERSION_ID=3.20\n"),
        ("/etc/alpine-release", b"3.20.1\n"),
        (
            "/etc/fstab",
            b"/dev/vda / ext4 rw 0 1\nUUID=00-11 /boot vfat ro 0 0\n",
        ),
        (
            "/etc/inittab",
            b"::sysinit:/sbin/openrc sysinit\nttyS0::respawn:/sbin/getty 115200 ttyS0\n",
        ),
        ("/etc/ld-musl-x86_64.path", b"/lib:/usr/lib\n/opt"),
        ("/etc/modules", b"virtio_blk\next4\n"),
        ("/conf/initramfs.conf", b"MODULES=most\n"),
        ("/usr/lib/dracut/modules.txt", b"rootfs-block\n"),
    ];
    for (bit, (path, text)) in all.into_iter().enumerate() {
        if of >> bit & 1 == 1 {
            files.push((path, What::File(0o644, text.to_vec())));
        }
    }
}

fn modules(choices: &mut Choices<'_>, files: &mut Files) {
    let vermagic = choices.rare(|_| "6.2.0-other").unwrap_or("6.1.0-forged");
    let info = format!("name=ext4\0vermagic={vermagic} SMP\0depends=mbcache\0license=GPL\0");
    let module = Elf {
        kind: 1,
        loads: Vec::new(),
        notes: Vec::new(),
        sections: vec![(".modinfo", info.into_bytes())],
        ..Elf::default()
    };
    let module = module.build();
    let (codec, packed) = choices.one_of(&compressed(&module));
    let (suffix, ext4) = match codec {
        "gzip" => (".gz", "/lib/modules/6.1.0-forged/kernel/ext4.ko.gz"),
        "xz" => (".xz", "/lib/modules/6.1.0-forged/kernel/ext4.ko.xz"),
        "zstd" => (".zst", "/lib/modules/6.1.0-forged/kernel/ext4.ko.zst"),
        _ => ("", "/lib/modules/6.1.0-forged/kernel/ext4.ko"),
    };
    let content = if suffix.is_empty() { module } else { packed };
    let list = format!(
        "kernel/ext4.ko{suffix}: kernel/mbcache.ko\nkernel/mbcache.ko:\nkernel/virtio_blk.ko: kernel/mbcache.ko\n"
    );
    debug_assert!(ext4.starts_with(RELEASE));
    files.push((ext4, What::File(0o644, content.clone())));
    if !choices.rarely() {
        files.push((
            "/lib/modules/6.1.0-forged/kernel/mbcache.ko",
            What::File(0o644, content),
        ));
    }
    if !choices.rarely() {
        files.push((
            "/lib/modules/6.1.0-forged/modules.dep",
            What::File(0o644, list.into_bytes()),
        ));
    }
    if choices.often() {
        let builtin = b"kernel/drivers/virtio/virtio.ko\nkernel/drivers/block/virtio_blk.ko\n";
        files.push((
            "/lib/modules/6.1.0-forged/modules.builtin",
            What::File(0o644, builtin.to_vec()),
        ));
    }
}

/// One file is gone, cut, another thing, or has a byte changed.
fn harm(choices: &mut Choices<'_>, files: &mut Files) {
    let at = choices.below(files.len());
    let (kind, place, byte) = (choices.byte(), choices.below(1 << 12), choices.byte());
    let Some((_, what)) = files.get_mut(at) else {
        return;
    };
    match (kind % 8, what) {
        (0, _) => drop(files.remove(at)),
        (1, what) => *what = What::Directory,
        (2, what) => *what = What::Link("/nowhere"),
        (3, what) => *what = What::Link("init"),
        (4, what) => *what = What::Device(1, 3),
        (5, What::File(_, content)) => content.truncate(place % (content.len() + 1)),
        (_, What::File(_, content)) if !content.is_empty() => {
            let at = place % content.len();
            content[at] = byte;
        }
        _ => {}
    }
}
