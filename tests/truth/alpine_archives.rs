//! Alpine's initramfs: as it comes, in other forms, and with a part taken out, renamed or broken.

use super::archives;
use super::forge::cpio::Entry;
use super::forge::{cpio, gzip, samples, zstd};
use super::programs::{Aarch64, living};
use super::space::{Part, Value, What};
use kelpie_check::architecture::Architecture;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The length of a header of cpio's newc.
const HEADER_BYTES: usize = 110;

pub fn values(machine: Architecture, target: &'static str, folder: &Path) -> Vec<Value> {
    let mut values = vec![
        of("its own", {
            let path = folder.join("initramfs-virt");
            move || Some(Part::File(path.clone()))
        }),
        of("none", || None),
    ];
    let folder = folder.to_owned();
    values.extend([
        made("built by kelpie-check", {
            let folder = folder.clone();
            move || {
                let kernel = folder.join("vmlinuz-virt");
                archives::built(target, &kernel, &folder.join("initramfs-virt"))
            }
        }),
        made("an init of ours, which mounts no root", move || {
            gzip(&cpio::archive(&[
                Entry::directory("dev"),
                Entry::device("dev/console", 0o020_600, (5, 1)),
                Entry::file("init", &living(machine)),
            ]))
        }),
    ]);
    values.extend(forms(&folder));
    values.extend(damaged(&folder));
    values.extend(edited(machine, &folder));
    values
}

fn of(name: &str, part: impl Fn() -> Option<Part> + Send + Sync + 'static) -> Value {
    Value::new(name, What::Archive(Arc::new(part)))
}

fn made(name: &str, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Value {
    of(name, move || Some(Part::Made(make())))
}

/// The same files in another form.
fn forms(folder: &Path) -> Vec<Value> {
    let form = |name: &str, pack: fn(Vec<u8>) -> Vec<u8>| {
        let path = folder.join("initramfs-virt");
        made(name, move || pack(unpacked(&path)))
    };
    vec![
        form("its own, not compressed", |files| files),
        form("its own in xz", |files| samples::xz(&files)),
        form("its own in zstd", |files| zstd(&files)),
        form("its own in lz4", |files| samples::lz4(&files)),
        form("its own in gzip twice", |files| gzip(&gzip(&files))),
        form("microcode, then its own", |files| {
            let early = cpio::archive(&[
                Entry::directory("kernel"),
                Entry::directory("kernel/x86"),
                Entry::directory("kernel/x86/microcode"),
                Entry::file("kernel/x86/microcode/GenuineIntel.bin", &[0x17; 2048]),
            ]);
            [early, gzip(&files)].concat()
        }),
        form(
            "its own, then one that lists ext4 in /etc/modules",
            |files| {
                let list = [
                    Entry::directory("etc"),
                    Entry::file("etc/modules", b"# of the root\next4\n"),
                ];
                [gzip(&files), gzip(&cpio::archive(&list))].concat()
            },
        ),
    ]
}

fn damaged(folder: &Path) -> Vec<Value> {
    let broken = |name: &str, breaks: fn(Vec<u8>) -> Vec<u8>| {
        let path = folder.join("initramfs-virt");
        made(name, move || breaks(std::fs::read(&path).unwrap()))
    };
    vec![
        broken("its own, cut in half", |mut whole| {
            whole.truncate(whole.len() / 2);
            whole
        }),
        broken("its own without its last 64 KiB", |mut whole| {
            whole.truncate(whole.len() - 0x1_0000);
            whole
        }),
        broken("its own, a bit flipped in the middle", |mut whole| {
            let middle = whole.len() / 2;
            whole[middle] ^= 0x10;
            whole
        }),
        broken("its own, and junk behind it", |mut whole| {
            whole.extend([0x5a; 512]);
            whole
        }),
    ]
}

/// With some files left out, renamed or rewritten.
fn edited(machine: Architecture, folder: &Path) -> Vec<Value> {
    let loader = match machine {
        Aarch64 => "ld-musl-aarch64.so.1",
        _ => "ld-musl-x86_64.so.1",
    };
    let edit = |name: &str, edit: fn(&mut Entry) -> bool| {
        let path = folder.join("initramfs-virt");
        made(name, move || {
            let mut entries = entries(&unpacked(&path));
            entries.retain_mut(edit);
            gzip(&cpio::archive(&entries))
        })
    };
    let without = |name: &str, file: &'static str| {
        let path = folder.join("initramfs-virt");
        made(name, move || {
            let mut entries = entries(&unpacked(&path));
            let before = entries.len();
            entries.retain(|entry| {
                let last = entry.name.rsplit(|byte| *byte == b'/').next();
                last != Some(file.as_bytes())
            });
            assert!(entries.len() < before, "no {file}");
            gzip(&cpio::archive(&entries))
        })
    };
    let empty = |name: &str, file: &'static str| {
        let path = folder.join("initramfs-virt");
        made(name, move || {
            let mut entries = entries(&unpacked(&path));
            let is_it = |entry: &&mut Entry| entry.name.ends_with(file.as_bytes());
            let found = entries.iter_mut().find(is_it).expect(file);
            found.content.clear();
            gzip(&cpio::archive(&entries))
        })
    };
    let settings = |name: &str, line: &'static str| {
        let path = folder.join("initramfs-virt");
        made(name, move || {
            let file = Entry::file("etc/modprobe.d/own.conf", line.as_bytes());
            [gzip(&unpacked(&path)), gzip(&cpio::archive(&[file]))].concat()
        })
    };
    vec![
        without("its own without ext4", "ext4.ko.gz"),
        without("its own without jbd2", "jbd2.ko.gz"),
        without("its own without virtio_blk", "virtio_blk.ko.gz"),
        without("its own without busybox", "busybox"),
        without("its own without musl", loader),
        without("its own without kmod", "kmod"),
        without("its own without modules.dep.bin", "modules.dep.bin"),
        without("its own without modules.alias.bin", "modules.alias.bin"),
        without("its own without nlplug-findfs", "nlplug-findfs"),
        without("its own without /init", "init"),
        empty("its own, modules.dep.bin empty", "modules.dep.bin"),
        empty("its own, modules.alias.bin empty", "modules.alias.bin"),
        empty("its own, virtio_blk empty", "virtio_blk.ko.gz"),
        empty("its own, nlplug-findfs empty", "nlplug-findfs"),
        settings(
            "its own, virtio_blk on the blacklist",
            "blacklist virtio_blk",
        ),
        settings("its own, ext4 on the blacklist", "blacklist ext4"),
        settings(
            "its own, /bin/false in place of virtio_blk",
            "install virtio_blk /bin/false",
        ),
        edit("its own without modules", |entry| {
            !entry.name.starts_with(b"usr/lib/modules")
        }),
        edit("its own, modules of another release", |entry| {
            rename(&mut entry.name, b"6.18.", b"6.17.");
            true
        }),
        edit("its own, /init not executable", |entry| {
            if entry.name == b"init" {
                entry.mode = 0o100_644;
            }
            true
        }),
        edit("its own, /init with CRLF", |entry| {
            if entry.name == b"init" {
                let text = String::from_utf8(std::mem::take(&mut entry.content)).unwrap();
                entry.content = text.replace('\n', "\r\n").into_bytes();
            }
            true
        }),
    ]
}

fn rename(name: &mut [u8], from: &[u8], to: &[u8]) {
    let found = name.windows(from.len()).position(|part| part == from);
    if let Some(at) = found {
        name[at..at + to.len()].copy_from_slice(to);
    }
}

fn unpacked(path: &Path) -> Vec<u8> {
    let file = std::fs::File::open(path).unwrap();
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(file);
    decoder.read_to_end(&mut bytes).unwrap();
    bytes
}

/// What an archive has, its trailer left out.
fn entries(archive: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    loop {
        let header = std::str::from_utf8(&archive[at..at + HEADER_BYTES]).unwrap();
        let field = |number: usize| {
            let from = 6 + number * 8;
            u32::from_str_radix(&header[from..from + 8], 16).unwrap()
        };
        let name_at = at + HEADER_BYTES;
        let content_at = (name_at + field(11) as usize).next_multiple_of(4);
        let end = content_at + field(6) as usize;
        let name = &archive[name_at..name_at + field(11) as usize - 1];
        if name == b"TRAILER!!!" {
            return entries;
        }
        entries.push(Entry {
            ino: field(0),
            mode: field(1),
            uid: field(2),
            gid: field(3),
            nlink: field(4),
            mtime: field(5),
            device: (field(7), field(8)),
            rdev: (field(9), field(10)),
            name: name.to_vec(),
            ..Entry::file("", &archive[content_at..end])
        });
        at = end.next_multiple_of(4);
    }
}
