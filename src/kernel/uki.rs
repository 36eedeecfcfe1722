//! The unified kernel image: a PE program with the kernel, its initramfs and command line as
//! sections.
//!
//! Source: the UAPI Group's "Unified Kernel Image (UKI)" specification. With several profiles the
//! sections before the first `.profile` are the base one, which every profile shares: its
//! `.linux` is the first.

use super::container::Container;
use super::header::{Header, Payload, Section};
use super::pe::{self, Pe};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;

const KERNEL: &str = ".linux";
/// The release of the kernel, as `uname -r` prints it.
const RELEASE: &str = ".uname";
/// Longest release that is read: the kernel's own has 64 bytes at the most.
const RELEASE_BYTES: u64 = 256;

/// The container.
pub(super) static UKI: Container = Container {
    name: "uki",
    title: "unified kernel image",
    recognise,
    parse,
};

fn recognise(head: Window<'_>) -> bool {
    pe::begins(head)
        && Pe::read(head, &Limits::default()).is_ok_and(|pe| pe.section(KERNEL).is_some())
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let pe = Pe::read(head, limits)?;
    let kernel = pe
        .section(KERNEL)
        .ok_or_else(|| Error::absent("section .linux", "the PE file has none"))?;
    let mut header = Header {
        endianness: Some(Endianness::Little),
        payload: Some(Payload::Stored {
            offset: kernel.offset,
            length: kernel.length,
        }),
        end: Some(pe.linked_end(source)),
        ..Header::default()
    };
    if kernel.length == 0 {
        header.problems.push(Error::invalid(
            "section .linux",
            kernel.offset,
            "a kernel",
            "0 bytes",
        ));
    }
    header.version_text = pe
        .section(RELEASE)
        .and_then(|section| release(source, section));
    pe.describe(&mut header, source.len());
    header.bits = header.architecture.map(super::Architecture::bits);
    header.sections = pe.sections;
    header.sections.retain(|section| section.name != KERNEL);
    Ok(header)
}

fn release(source: &Source, section: &Section) -> Option<String> {
    let length = section.length.min(RELEASE_BYTES);
    let bytes = source.read("section .uname", section.offset, length).ok()?;
    let text = bytes.split(|byte| *byte == 0).next()?;
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    (!text.is_empty()).then(|| pe::printable(text))
}
