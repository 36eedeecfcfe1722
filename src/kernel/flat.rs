//! A kernel without any header: the memory image that a wrapper decodes to and jumps into.
//!
//! Source: `objcopy -O binary vmlinux` in the Makefiles of `arch/arm/boot`, `arch/s390/boot` and
//! `arch/mips/boot`; libkrunfw `bin2cbundle.py`. Nothing in such bytes says what they are but the banner, so they are taken
//! for a kernel only inside another container, whose architecture they inherit.

use super::banner::Banner;
use super::container::Container;
use super::elf;
use super::header::Header;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;

/// The container; not in the registry, since a file is never recognised as one.
pub(super) static FLAT: Container = Container {
    name: "flat",
    title: "flat kernel image",
    recognise: |_| false,
    parse,
};

fn parse(source: &Source, _limits: &Limits) -> Result<Header> {
    Banner::find(source.in_memory().unwrap_or_default())?;
    Ok(Header::default())
}

/// The header of flat bytes that lie in a layer with the header `outer`, if they hold a banner.
pub(super) fn inside(outer: &Header, bytes: &Source, limits: &Limits) -> Result<Header> {
    let mut header = Header {
        architecture: outer.architecture,
        endianness: outer.endianness,
        bits: outer.bits,
        ..(FLAT.parse)(bytes, limits)?
    };
    if let Some(segment) = &outer.memory_image {
        header.load_address = Some(segment.physical_address);
        header.image_size_bytes = Some(segment.memory_bytes);
        header.entry = outer.entry;
        header.segments = vec![segment.clone()];
        header.notes_read = true;
        header.pvh_entry = elf::pvh_entry_of_image(bytes.in_memory().unwrap_or_default(), segment);
    }
    Ok(header)
}
