//! What a file is that was given as an initramfs and is none.
//!
//! Sources: the documents of each format; only what is handed over by mistake is told apart.

use crate::bytes::Window;
use crate::error::{Error, hex};
use crate::source::Source;

/// A kind of file: what it is, and how its first 68 KiB tell.
struct Foreign {
    what: &'static str,
    recognise: fn(Window<'_>) -> bool,
}

/// The special before the general.
const FOREIGN: &[Foreign] = &[
    Foreign {
        what: "a Git LFS pointer: fetch the file itself with `git lfs pull`",
        recognise: |head| head.has(0, b"version https://git-lfs"),
    },
    Foreign {
        what: "an HTML page, usually the result of a failed download",
        recognise: is_html,
    },
    Foreign {
        what: "a Linux kernel for x86",
        recognise: |head| head.has(0x202, b"HdrS"),
    },
    Foreign {
        what: "a Linux kernel for arm64",
        recognise: |head| head.has(0x38, b"ARM\x64"),
    },
    Foreign {
        what: "an EFI program, such as a kernel",
        recognise: |head| head.has(0, b"MZ"),
    },
    Foreign {
        what: "an ELF file, such as a kernel or a program",
        recognise: |head| head.has(0, b"\x7fELF"),
    },
    Foreign {
        what: "an ext2, ext3 or ext4 file system: an image of a disk, which the kernel takes as an initrd only with CONFIG_BLK_DEV_RAM",
        recognise: |head| head.has(0x438, b"\x53\xef"),
    },
    Foreign {
        what: "a squashfs file system",
        recognise: |head| head.has(0, b"hsqs"),
    },
    Foreign {
        what: "an EROFS file system",
        recognise: |head| head.has(0x400, b"\xe2\xe1\xf5\xe0"),
    },
    Foreign {
        what: "a tar archive",
        recognise: |head| head.has(257, b"ustar"),
    },
    Foreign {
        what: "a ZIP archive",
        recognise: |head| head.has(0, b"PK\x03\x04"),
    },
    Foreign {
        what: "an image with U-Boot's header: remove its first 64 bytes",
        recognise: |head| head.has(0, b"\x27\x05\x19\x56"),
    },
    Foreign {
        what: "lz4's frame format, of which the kernel reads only the legacy one: compress with `lz4 -l`",
        recognise: |head| head.has(0, b"\x04\x22\x4d\x18"),
    },
    Foreign {
        what: "zstd after a skippable frame, as pzstd writes it: compress with `zstd`",
        recognise: |head| head.has(1, b"\x2a\x4d\x18"),
    },
    Foreign {
        what: "an old binary cpio archive: make it with `cpio -o -H newc`",
        recognise: |head| head.has(0, b"\xc7\x71") || head.has(0, b"\x71\xc7"),
    },
];

fn is_html(head: Window<'_>) -> bool {
    let begin = head.get(0, head.len().min(64)).unwrap_or_default();
    let text = begin.trim_ascii_start().to_ascii_lowercase();
    text.starts_with(b"<!doctype html") || text.starts_with(b"<html")
}

/// The error of a file whose first byte that is not zero is at `at`, and begins nothing known.
pub(super) fn name(source: &Source, at: u64) -> Error {
    let head = match source.head() {
        Ok(head) => head,
        Err(error) => return error,
    };
    let found = match FOREIGN.iter().find(|foreign| (foreign.recognise)(head)) {
        Some(foreign) => foreign.what.to_owned(),
        None => {
            let length = source.len().saturating_sub(at).min(8);
            let first = source.read("file", at, length).unwrap_or_default();
            format!("{} at {at:#x}", hex(&first))
        }
    };
    unrecognised(found)
}

/// What is found in a file of zeros, which a kernel passes over without a word.
pub const ZEROS: &str = "nothing but zeros";

/// The error of a file without any segment.
pub(super) fn nothing(source: &Source) -> Error {
    unrecognised(if source.is_empty() {
        "an empty file".to_owned()
    } else {
        ZEROS.to_owned()
    })
}

fn unrecognised(found: String) -> Error {
    Error::unrecognised(found).expected("a cpio archive, plain or compressed")
}
