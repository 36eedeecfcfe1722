//! Data that is handed over in a kernel's place: what is next to kernels, and texts of them; and what
//! to do about everything that [`crate::magic`] knows.
//!
//! Sources: the magics of each format's own document, as `file` knows them too.

use super::{Miss, NearMiss};
use crate::bytes::{Endianness, Window};
use crate::kernel::elf::{self, Purpose};
use crate::magic::{self, Class, Kind, text};

const LFS: &str = "This is only a Git LFS pointer: run `git lfs pull`.";
const FETCH: &str = "The server sent a message instead of the file: fetch it again.";
const ROOT: &str = "This is a root file system or a disk: give it as the root, and a kernel here.";
const ARCHIVE: &str = "Unpack it, and give the kernel inside.";
const ANDROID: &str = "Unpack it with `unpack_bootimg`, and give the kernel inside.";
const INITRAMFS: &str = "Give it as the initramfs, and a kernel here.";
const TEXT: &str = "This file describes a kernel: give the vmlinuz or Image with that name.";

macro_rules! miss {
    ($what:literal, $hint:expr, $recognise:expr) => {
        NearMiss {
            what: $what,
            hint: $hint,
            recognise: $recognise,
        }
    };
}

/// Every kind of data; the first that fits names it.
static DATA: &[NearMiss] = &[
    miss!(
        "an ordinary ELF program",
        "A kernel is a vmlinux, vmlinuz or Image: this is an ordinary program.",
        |head| elf::purpose(head) == Some(Purpose::Program)
    ),
    miss!(
        "an object file or kernel module (relocatable ELF)",
        "Give the kernel that the module belongs to.",
        |head| elf::purpose(head) == Some(Purpose::Object)
    ),
    miss!(
        "a core dump (ELF)",
        "Give the kernel, not the memory dump of a program.",
        |head| elf::purpose(head) == Some(Purpose::Core)
    ),
    miss!(
        "a Mach-O program",
        "This is a program for macOS or iOS: give a Linux kernel.",
        is_mach_o
    ),
    miss!(
        "a FIT image",
        "Extract the kernel: `dumpimage -l` lists the parts, `dumpimage -T flat_dt -p 0 -o kernel` \
            writes the first.",
        is_fit
    ),
    miss!(
        "a device tree",
        "It describes the machine to a kernel: give the kernel itself.",
        is_device_tree
    ),
    miss!(
        "a shell script",
        "This is a script, not a kernel.",
        |head| head.has(0, b"#!")
    ),
    miss!("a kernel configuration", TEXT, is_config),
    miss!("a System.map", TEXT, is_system_map),
];

/// What has no better name.
static LAST: NearMiss = miss!(
    "a text",
    "A kernel is a binary image: give the vmlinuz, bzImage, Image or vmlinux itself.",
    is_text
);

/// The kind of data that these bytes are.
pub(super) fn name(head: Window<'_>) -> Option<Miss> {
    let row = |miss: &NearMiss| {
        (miss.recognise)(head).then_some(Miss {
            what: miss.what,
            hint: miss.hint,
        })
    };
    DATA.iter()
        .find_map(row)
        .or_else(|| magic::identify(head).and_then(common))
        .or_else(|| row(&LAST))
}

/// The kinds that are met in other places too. A kernel or a program is none of them here: one that
/// no container takes may be a damaged kernel.
fn common(kind: &'static Kind) -> Option<Miss> {
    let hint = match (kind.class, kind.name) {
        (Class::Kernel | Class::Program, _) => return None,
        (_, "git-lfs") => LFS,
        (_, "android-boot") => ANDROID,
        // What holds a kernel as files.
        (_, "iso9660") => ARCHIVE,
        (Class::Failure, "empty") => {
            "The file has no content: a download or a copy failed. Fetch it again."
        }
        (Class::Failure, "zeros") => {
            "The file has only zeros: a download or a copy stopped, or the disk was full. Fetch it again."
        }
        (Class::Failure, _) => FETCH,
        (Class::Initramfs, _) => INITRAMFS,
        (Class::Archive, _) => ARCHIVE,
        (
            Class::FileSystem
            | Class::ForeignFileSystem
            | Class::DiskFormat
            | Class::Partitioned
            | Class::Volume,
            _,
        ) => ROOT,
    };
    Some(Miss {
        what: kind.title,
        hint,
    })
}

fn is_mach_o(head: Window<'_>) -> bool {
    let fat_parts = head.u32("nfat_arch", 4, Endianness::Big);
    match head.u32("magic", 0, Endianness::Little) {
        Ok(0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe) => true,
        // The classes of Java have the same magic, and a version number where the count stands.
        Ok(0xbeba_feca) => fat_parts.is_ok_and(|count| count < 30),
        _ => false,
    }
}

fn is_device_tree(head: Window<'_>) -> bool {
    head.has(0, &[0xd0, 0x0d, 0xfe, 0xed])
}

/// A device tree whose root has a node `images`: `FDT_BEGIN_NODE` and that name.
fn is_fit(head: Window<'_>) -> bool {
    is_device_tree(head)
        && memchr::memmem::find(head.as_bytes(), b"\x00\x00\x00\x01images\x00\x00").is_some()
}

fn is_config(head: Window<'_>) -> bool {
    let text = text(head);
    text.starts_with(b"CONFIG_")
        || (text.starts_with(b"#")
            && is_text(head)
            && [&b"\nCONFIG_"[..], b"\n# CONFIG_"]
                .iter()
                .any(|line| memchr::memmem::find(text, line).is_some()))
}

/// `ffffffff81000000 T _text`, or its 32-bit form.
fn is_system_map(head: Window<'_>) -> bool {
    let line = head.as_bytes().split(|byte| *byte == b'\n').next();
    let mut fields = line.unwrap_or_default().splitn(3, |byte| *byte == b' ');
    let address = fields.next().unwrap_or_default();
    let kind = fields.next().unwrap_or_default();
    matches!(address.len(), 8 | 16)
        && address.iter().all(u8::is_ascii_hexdigit)
        && kind.len() == 1
        && kind.iter().all(u8::is_ascii_alphabetic)
        && fields.next().is_some()
}

fn is_text(head: Window<'_>) -> bool {
    let sample = head.as_bytes();
    let sample = sample.get(..1024).unwrap_or(sample);
    sample
        .iter()
        .all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
