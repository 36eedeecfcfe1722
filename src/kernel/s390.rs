//! The boot image of s390x: a start program at 64 KiB, with the kernel behind it.
//!
//! Sources: `arch/s390/boot/head.S` (`ep_str_len`, `PARMAREA`), `arch/s390/include/asm/setup.h`
//! (`struct parmarea`), `arch/s390/boot/version.c`. Addresses in it are offsets of the file.

use super::container::Container;
use super::header::{Header, Payload};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window, escaped};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

/// The container.
pub(super) static S390: Container = Container {
    name: "s390-image",
    title: "s390 image",
    recognise,
    parse,
};

const ENTRY: u64 = 0x10000;
const MAGIC_OFFSET: u64 = 0x10008;
const MAGIC: &[u8] = b"S390EP";
const PARMAREA: u64 = 0x10400;
/// Behind the parameters and the command line.
const CODE: u64 = 0x11000;
const VERSION_BYTES: u64 = 512;

/// `struct parmarea`, what a loader writes to and reads from.
#[derive(Debug, BinRead)]
struct Parmarea {
    /// 0x10400: device that was started from; for the loader to write.
    _ipl_device: u64,
    /// 0x10408: address of the initramfs; for the loader to write.
    _initrd_start: u64,
    /// 0x10410: its size; for the loader to write.
    _initrd_size: u64,
    /// 0x10418: memory of a crashed kernel.
    _oldmem_base: u64,
    /// 0x10420: its size.
    _oldmem_size: u64,
    /// 0x10428: address of the release (Linux 4.19 and later), else 0.
    kernel_version: u64,
    /// 0x10430: room for the command line (Linux 5.17 and later), else 0.
    max_command_line_size: u64,
}

fn recognise(head: Window<'_>) -> bool {
    head.has(MAGIC_OFFSET, MAGIC)
}

fn parse(source: &Source, _limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let parmarea: Parmarea = head.header("parmarea", PARMAREA, Endianness::Big)?;
    let mut problems = Vec::new();
    let version_text = match parmarea.kernel_version {
        0 => None,
        at => match version(source, at) {
            Ok(text) => Some(text),
            Err(problem) => {
                problems.push(problem);
                None
            }
        },
    };
    Ok(Header {
        architecture: Some(Architecture::S390x),
        endianness: Some(Endianness::Big),
        bits: Some(64),
        load_address: Some(0),
        entry: Some(ENTRY),
        version_text,
        cmdline_max_bytes: parmarea.max_command_line_size.checked_sub(1),
        payload: Some(Payload::Hidden {
            offset: CODE,
            length: source.len().saturating_sub(CODE),
            end: None,
        }),
        problems,
        ..Header::default()
    })
}

fn version(source: &Source, at: u64) -> Result<String> {
    let length = source.len().saturating_sub(at).min(VERSION_BYTES);
    let bytes = source.read("kernel_version", at, length.max(1))?;
    let end = memchr::memchr(0, &bytes).unwrap_or(bytes.len());
    let text = bytes.get(..end).unwrap_or_default();
    if text.first().is_some_and(u8::is_ascii_digit) {
        Ok(escaped(text))
    } else {
        Err(Error::invalid(
            "kernel_version",
            at,
            "a release",
            format!("{:?}", escaped(text.get(..16).unwrap_or(text))),
        ))
    }
}
