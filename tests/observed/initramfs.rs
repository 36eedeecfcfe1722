//! What the archive has, and what the kernel can read of it.

use super::forge::cpio::{self, Entry};
use super::forge::{gzip, program, samples};
use super::harness::{Case, Shows};
use super::programs::{Aarch64, BOTH, X86_64, exiting, living};
use kelpie_check::architecture::Architecture;

/// The command line of a system that is the initramfs alone.
const ALONE: &str = "rdinit=/init";

fn devices() -> Vec<Entry> {
    vec![
        Entry::directory("dev"),
        Entry::device("dev/console", 0o020_600, (5, 1)),
    ]
}

fn archive(entries: Vec<Entry>) -> Vec<u8> {
    cpio::archive(&[devices(), entries].concat())
}

/// An archive that boots.
fn good(machine: Architecture) -> Vec<u8> {
    archive(vec![Entry::file("init", &living(machine))])
}

fn alone(code: u16, machine: Architecture, what: &'static str, archive: Vec<u8>) -> Case {
    Case::new(code, machine, what)
        .initramfs(archive)
        .line(ALONE)
}

/// An archive with a file of noise before its init, in gzip.
fn noisy(machine: Architecture) -> Vec<u8> {
    let mut numbers = super::forge::Numbers(7);
    let noise: Vec<u8> = (0..100_000)
        .map(|_| u8::try_from(numbers.below(256)).unwrap())
        .collect();
    gzip(&archive(vec![
        Entry::file("noise", &noise),
        Entry::file("init", &living(machine)),
    ]))
}

pub fn cases() -> Vec<Case> {
    let mut cases = unread();
    cases.extend(damaged());
    cases.extend(inits());
    cases
}

/// What the kernel does not decompress, or has no room for.
fn unread() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes) in samples::compressed(&good(X86_64)) {
        let what = match name {
            "bzip2" => "an initramfs in bzip2",
            "lzma" => "an initramfs in lzma",
            "xz" => "an initramfs in xz",
            "lzo" => "an initramfs in lzo",
            "lz4" => "an initramfs in lz4",
            "zstd" => "an initramfs in zstd",
            _ => continue,
        };
        cases.push(alone(301, X86_64, what, bytes));
    }
    let zstd = super::forge::zstd(&good(Aarch64));
    cases.push(alone(301, Aarch64, "an initramfs in zstd", zstd));
    let large = gzip(&archive(vec![
        Entry::file("large", &vec![0; 96 << 20]),
        Entry::file("init", &living(X86_64)),
    ]));
    cases.push(
        alone(310, X86_64, "96 MiB unpacked, 64 MiB of RAM", large)
            .circumstance(&["--ram-mib", "64"]),
    );
    cases
}

fn damaged() -> Vec<Case> {
    let mut cases = Vec::new();
    for machine in BOTH {
        let whole = noisy(machine);
        let cut = whole[..whole.len() / 2].to_vec();
        let mut magic = good(machine);
        magic[..6].copy_from_slice(b"070707");
        cases.extend([
            alone(20, machine, "a gzip archive, cut in half", cut),
            alone(20, machine, "cpio of the old portable format", magic),
        ]);
    }
    cases.extend([
        alone(
            20,
            X86_64,
            "text in place of an archive",
            b"404: Not Found\n".repeat(50),
        ),
        alone(20, X86_64, "an archive, cut in its init", {
            let whole = good(X86_64);
            whole[..whole.len() - 300].to_vec()
        }),
        alone(20, X86_64, "an archive behind 0.5 KiB of junk", {
            [vec![0x5a; 512], good(X86_64)].concat()
        }),
    ]);
    cases
}

/// Whether what it starts is there and runs.
fn inits() -> Vec<Case> {
    let mut cases = Vec::new();
    for (machine, other) in [(X86_64, Aarch64), (Aarch64, X86_64)] {
        cases.extend([
            alone(303, machine, "an archive without /init", {
                archive(vec![Entry::directory("etc")])
            }),
            alone(304, machine, "an /init of another architecture", {
                archive(vec![Entry::file("init", &living(other))])
            }),
        ]);
    }
    let plain = Entry {
        mode: 0o100_644,
        ..Entry::file("init", &living(X86_64))
    };
    let dynamic = program::dynamic("/lib/ld-musl-x86_64.so.1", &[]).build();
    cases.extend([
        alone(
            303,
            X86_64,
            "an archive with a directory above its files",
            {
                archive(vec![
                    Entry::directory("rootfs"),
                    Entry::file("rootfs/init", &living(X86_64)),
                ])
            },
        ),
        alone(
            304,
            X86_64,
            "an /init without an execute bit",
            archive(vec![plain]),
        ),
        alone(304, X86_64, "a dynamic /init, no loader", {
            archive(vec![Entry::file("init", &dynamic)])
        }),
        alone(304, X86_64, "an /init of #!/bin/sh, no shell", {
            archive(vec![Entry::file("init", b"#!/bin/sh\n")])
        }),
        alone(611, X86_64, "an /init of an initramfs that ends", {
            archive(vec![Entry::file("init", &exiting(X86_64, 3))])
        })
        .shows(Shows::OnlyWhenRun),
    ]);
    cases
}
