//! Data that is handed over in a kernel's place: downloads that failed, disks, archives, texts.
//!
//! Sources: the magics of each format's own document, as `file` knows them too.

use super::NearMiss;
use crate::bytes::{Endianness, Window};
use crate::kernel::elf::{self, Purpose};

const FETCH: &str = "The download gave a message instead of the file: fetch it again.";
const ROOT: &str = "This is a root file system or a disk: give it as the root, and a kernel here.";
const ARCHIVE: &str = "Unpack it, and give the kernel that is in it.";
const INITRAMFS: &str = "Give it as the initramfs, and a kernel here.";
const TEXT: &str = "This tells of a kernel and is none: give the vmlinuz or Image of that name.";

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
pub(super) static DATA: &[NearMiss] = &[
    miss!("an empty file", FETCH, |head| head.is_empty()),
    miss!(
        "a Git LFS pointer",
        "The file itself was not fetched: run `git lfs pull`.",
        |head| head.has(0, b"version https://git-lfs.github.com/spec/v1")
    ),
    miss!("an HTML page", FETCH, is_html),
    miss!("an XML document", FETCH, |head| text(head)
        .starts_with(b"<?xml")),
    miss!("a JSON document", FETCH, is_json),
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
        "Give the kernel, not the memory of a program.",
        |head| elf::purpose(head) == Some(Purpose::Core)
    ),
    miss!(
        "a Mach-O program",
        "This is a program of macOS or iOS: give a Linux kernel.",
        is_mach_o
    ),
    miss!("a cpio archive, as an initramfs is one", INITRAMFS, is_cpio),
    miss!(
        "a FIT image",
        "Take the kernel out of it: `dumpimage -l` lists its parts, `dumpimage -T flat_dt -p 0 -o \
         kernel` writes the first.",
        is_fit
    ),
    miss!(
        "a device tree",
        "It describes the machine to a kernel: give the kernel itself.",
        is_device_tree
    ),
    miss!("a qcow2 disk image", ROOT, |head| head.has(0, b"QFI\xfb")),
    miss!("a VMDK disk image", ROOT, |head| {
        head.has(0, b"KDMV") || head.has(0, b"# Disk DescriptorFile")
    }),
    miss!("a VHDX disk image", ROOT, |head| head.has(0, b"vhdxfile")),
    miss!("a VDI disk image", ROOT, |head| {
        head.has(0x40, &[0x7f, 0x10, 0xda, 0xbe])
    }),
    miss!("an Android sparse image", ROOT, |head| {
        head.has(0, &[0x3a, 0xff, 0x26, 0xed])
    }),
    miss!(
        "an Android boot image",
        "Unpack it with `unpack_bootimg`, and give the kernel that is in it.",
        |head| head.has(0, b"ANDROID!") || head.has(0, b"VNDRBOOT")
    ),
    miss!("a squashfs file system", ROOT, |head| {
        head.has(0, b"hsqs") || head.has(0, b"sqsh")
    }),
    miss!("an XFS file system", ROOT, |head| head.has(0, b"XFSB")),
    miss!("an erofs file system", ROOT, |head| {
        head.has(0x400, &[0xe2, 0xe1, 0xf5, 0xe0])
    }),
    miss!("an F2FS file system", ROOT, |head| {
        head.has(0x400, &[0x10, 0x20, 0xf5, 0xf2])
    }),
    miss!("an ext2, ext3 or ext4 file system", ROOT, is_ext),
    miss!("a btrfs file system", ROOT, |head| {
        head.has(0x10040, b"_BHRfS_M")
    }),
    miss!("an encrypted disk (LUKS)", ROOT, |head| {
        head.has(0, b"LUKS\xba\xbe")
    }),
    miss!("an ISO 9660 image", ARCHIVE, |head| head
        .has(0x8001, b"CD001")),
    miss!("a partitioned disk image (GPT)", ROOT, |head| {
        head.has(512, b"EFI PART")
    }),
    miss!("a tar archive", ARCHIVE, |head| head.has(257, b"ustar")),
    miss!("a zip archive", ARCHIVE, |head| {
        head.has(0, b"PK\x03\x04") || head.has(0, b"PK\x05\x06")
    }),
    miss!("a 7z archive", ARCHIVE, |head| head
        .has(0, b"7z\xbc\xaf\x27\x1c")),
    miss!("an Alpine package", ARCHIVE, |head| head.has(0, b"ADB")),
    miss!("a Debian package", ARCHIVE, |head| {
        head.has(0, b"!<arch>\ndebian-binary")
    }),
    miss!("an ar archive", ARCHIVE, |head| head.has(0, b"!<arch>\n")),
    miss!("an RPM package", ARCHIVE, |head| {
        head.has(0, &[0xed, 0xab, 0xee, 0xdb])
    }),
    miss!(
        "a shell script",
        "This is a text to run, not a kernel.",
        |head| head.has(0, b"#!")
    ),
    miss!("a kernel configuration", TEXT, is_config),
    miss!("a System.map", TEXT, is_system_map),
    miss!("nothing but zeros", FETCH, |head| head
        .as_bytes()
        .iter()
        .all(|byte| *byte == 0)),
    miss!("a boot sector or partitioned disk image", ROOT, |head| {
        head.has(510, &[0x55, 0xaa])
    }),
    miss!(
        "a text",
        "A kernel is a binary image: give the vmlinuz, bzImage, Image or vmlinux itself.",
        is_text
    ),
];

/// The bytes without a byte order mark and white space in front.
fn text<'a>(head: Window<'a>) -> &'a [u8] {
    let bytes = head.as_bytes();
    bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(bytes)
        .trim_ascii_start()
}

fn is_html(head: Window<'_>) -> bool {
    let text = text(head);
    [&b"<!doctype html"[..], b"<html", b"<head"]
        .iter()
        .any(|tag| {
            text.get(..tag.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
        })
}

fn is_json(head: Window<'_>) -> bool {
    text(head)
        .strip_prefix(b"{")
        .is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')))
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

fn is_cpio(head: Window<'_>) -> bool {
    [&b"070701"[..], b"070702", b"070707", &[0xc7, 0x71]]
        .iter()
        .any(|magic| head.has(0, magic))
}

fn is_ext(head: Window<'_>) -> bool {
    // s_magic, and a block size that exists: two bytes alone are met by chance.
    head.has(0x438, &[0x53, 0xef])
        && head
            .u32("s_log_block_size", 0x418, Endianness::Little)
            .is_ok_and(|log| log <= 6)
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
