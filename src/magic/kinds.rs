//! Every kind, the special before the general.
//!
//! Sources: Linux `include/uapi/linux/magic.h`, `fs/*/` (super blocks), `mm/swapfile.c`;
//! QEMU `docs/interop/qcow2.rst`; VMware "Virtual Disk Format 5.0"; Android `libsparse`
//! `sparse_format.h`; POSIX `pax` and GNU tar; LVM2 `lib/format_text/layout.h`; the Git LFS
//! specification.

use super::{Class, Kind, Mount};
use crate::bytes::{Endianness, Window};

macro_rules! kind {
    ($class:ident, $name:literal, $title:literal, $recognise:expr) => {
        Kind {
            name: $name,
            title: $title,
            class: Class::$class,
            mount: None,
            recognise: $recognise,
        }
    };
    ($class:ident, $name:literal, $title:literal, $rootfstype:literal $kconfig:literal, $recognise:expr) => {
        Kind {
            name: $name,
            title: $title,
            class: Class::$class,
            mount: Some(Mount {
                rootfstype: $rootfstype,
                kconfig: $kconfig,
            }),
            recognise: $recognise,
        }
    };
}

/// Every kind; the first that fits names a file.
pub static KINDS: &[Kind] = &[
    kind!(Failure, "empty", "an empty file", |head| head.is_empty()),
    kind!(Failure, "git-lfs", "a Git LFS pointer", |head| head
        .has(0, b"version https://git-lfs.github.com/spec/v1")),
    kind!(Failure, "html", "an HTML page", is_html),
    kind!(Failure, "xml", "an XML document", |head| text(head)
        .starts_with(b"<?xml")),
    kind!(Failure, "json", "a JSON document", is_json),
    kind!(DiskFormat, "qcow2", "a qcow2 disk image", |head| {
        // Version 1 is another format of the same magic.
        head.has(0, b"QFI\xfb") && !head.has(4, &[0, 0, 0, 1])
    }),
    kind!(
        DiskFormat,
        "qcow",
        "a qcow disk image of version 1",
        |head| { head.has(0, b"QFI\xfb") }
    ),
    kind!(DiskFormat, "vmdk", "a VMDK disk image", |head| {
        head.has(0, b"KDMV") || head.has(0, b"COWD") || head.has(0, b"# Disk DescriptorFile")
    }),
    kind!(DiskFormat, "vhdx", "a VHDX disk image", |head| head
        .has(0, b"vhdxfile")),
    // A fixed one has this at its end only, and is a raw disk up to there.
    kind!(DiskFormat, "vhd", "a dynamic VHD disk image", |head| head
        .has(0, b"conectix")),
    kind!(DiskFormat, "vdi", "a VDI disk image", |head| {
        head.has(0x40, &[0x7f, 0x10, 0xda, 0xbe])
    }),
    kind!(
        DiskFormat,
        "android-sparse",
        "an Android sparse image",
        |head| { head.has(0, &[0x3a, 0xff, 0x26, 0xed]) }
    ),
    kind!(Archive, "android-boot", "an Android boot image", |head| {
        head.has(0, b"ANDROID!") || head.has(0, b"VNDRBOOT")
    }),
    kind!(Volume, "luks", "an encrypted disk (LUKS)", |head| head
        .has(0, b"LUKS\xba\xbe")),
    kind!(FileSystem, "ext4", "an ext2, ext3 or ext4 file system", "ext4" "EXT4_FS", is_ext),
    kind!(FileSystem, "squashfs", "a squashfs file system", "squashfs" "SQUASHFS", |head| {
        head.has(0, b"hsqs")
    }),
    // Linux mounts version 4, and that is little endian only.
    kind!(
        FileSystem,
        "squashfs-big-endian",
        "a big-endian squashfs file system of version 3 or older",
        |head| head.has(0, b"sqsh")
    ),
    kind!(FileSystem, "erofs", "an erofs file system", "erofs" "EROFS_FS", |head| {
        head.has(0x400, &[0xe2, 0xe1, 0xf5, 0xe0])
    }),
    kind!(FileSystem, "btrfs", "a btrfs file system", "btrfs" "BTRFS_FS", |head| {
        head.has(0x10040, b"_BHRfS_M")
    }),
    kind!(FileSystem, "xfs", "an XFS file system", "xfs" "XFS_FS", |head| head.has(0, b"XFSB")),
    kind!(FileSystem, "f2fs", "an F2FS file system", "f2fs" "F2FS_FS", |head| {
        head.has(0x400, &[0x10, 0x20, 0xf5, 0xf2])
    }),
    kind!(FileSystem, "cramfs", "a cramfs file system", "cramfs" "CRAMFS", |head| {
        head.has(0, &[0x45, 0x3d, 0xcd, 0x28])
    }),
    kind!(FileSystem, "romfs", "a romfs file system", "romfs" "ROMFS_FS", |head| head
        .has(0, b"-rom1fs-")),
    kind!(FileSystem, "iso9660", "an ISO 9660 image", "iso9660" "ISO9660_FS", |head| head
        .has(0x8001, b"CD001")),
    kind!(Volume, "lvm2", "an LVM2 physical volume", is_lvm2),
    kind!(Volume, "swap", "a swap area", is_swap),
    kind!(ForeignFileSystem, "ntfs", "an NTFS file system", "ntfs3" "NTFS3_FS", |head| head
        .has(3, b"NTFS    ")),
    kind!(ForeignFileSystem, "exfat", "an exFAT file system", "exfat" "EXFAT_FS", |head| head
        .has(3, b"EXFAT   ")),
    kind!(ForeignFileSystem, "fat", "a FAT file system", "vfat" "VFAT_FS", is_fat),
    kind!(
        Initramfs,
        "cpio",
        "a cpio archive, as an initramfs is one",
        is_cpio
    ),
    kind!(Archive, "tar", "a tar archive", |head| head
        .has(257, b"ustar")),
    kind!(Archive, "zip", "a zip archive", |head| {
        head.has(0, b"PK\x03\x04") || head.has(0, b"PK\x05\x06")
    }),
    kind!(Archive, "7z", "a 7z archive", |head| head
        .has(0, b"7z\xbc\xaf\x27\x1c")),
    kind!(Archive, "apk", "an Alpine package", |head| head
        .has(0, b"ADB")),
    kind!(Archive, "deb", "a Debian package", |head| head
        .has(0, b"!<arch>\ndebian-binary")),
    kind!(Archive, "ar", "an ar archive", |head| head
        .has(0, b"!<arch>\n")),
    kind!(Archive, "rpm", "an RPM package", |head| head
        .has(0, &[0xed, 0xab, 0xee, 0xdb])),
    kind!(Kernel, "bzimage", "a Linux kernel (bzImage)", |head| {
        head.has(0x202, b"HdrS") && has_boot_flag(head)
    }),
    kind!(
        Kernel,
        "arm64-image",
        "a Linux kernel (arm64 Image)",
        |head| head.has(0x38, b"ARM\x64")
    ),
    kind!(Program, "elf", "an ELF program", |head| head
        .has(0, b"\x7fELF")),
    kind!(
        Partitioned,
        "gpt",
        "a partitioned disk image (GPT)",
        |head| {
            // Behind the first sector, of 512 or of 4096 bytes.
            head.has(512, b"EFI PART") || head.has(4096, b"EFI PART")
        }
    ),
    kind!(
        Partitioned,
        "mbr",
        "a boot sector or partitioned disk image",
        has_boot_flag
    ),
    kind!(Failure, "zeros", "nothing but zeros", |head| {
        head.as_bytes().iter().all(|byte| *byte == 0)
    }),
];

/// The bytes without a byte order mark and white space in front.
pub(crate) fn text<'a>(head: Window<'a>) -> &'a [u8] {
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

fn is_cpio(head: Window<'_>) -> bool {
    // New, with checksums, old in ASCII, old in binary of either byte order.
    [
        &b"070701"[..],
        b"070702",
        b"070707",
        &[0xc7, 0x71],
        &[0x71, 0xc7],
    ]
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

/// The label stands in one of the first four sectors.
fn is_lvm2(head: Window<'_>) -> bool {
    [0_u64, 512, 1024, 1536]
        .iter()
        .any(|sector| head.has(*sector, b"LABELONE") && head.has(sector | 0x18, b"LVM2 001"))
}

/// The magic ends the first page, of whatever size.
fn is_swap(head: Window<'_>) -> bool {
    [4096_u64, 8192, 16384, 65536].iter().any(|page| {
        let at = page.saturating_sub(10);
        head.has(at, b"SWAPSPACE2") || head.has(at, b"SWAP-SPACE")
    })
}

/// The fields that `fs/fat/inode.c` checks, for a boot sector's texts are for show.
fn is_fat(head: Window<'_>) -> bool {
    let byte = |offset| head.get(offset, 1).and_then(|bytes| bytes.first().copied());
    let half = |offset| head.u16("boot sector", offset, Endianness::Little).ok();
    has_boot_flag(head)
        && matches!(byte(0), Some(0xeb | 0xe9))
        && matches!(half(0x0b), Some(512 | 1024 | 2048 | 4096))
        && byte(0x0d).is_some_and(u8::is_power_of_two)
        && half(0x0e).is_some_and(|reserved| reserved != 0)
        && matches!(byte(0x10), Some(1 | 2))
        && matches!(byte(0x15), Some(0xf0 | 0xf8..))
}

fn has_boot_flag(head: Window<'_>) -> bool {
    head.has(510, &[0x55, 0xaa])
}
