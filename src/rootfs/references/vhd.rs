//! VHD: the parent of a differencing image.
//!
//! Source: Microsoft "Virtual Hard Disk Image Format Specification" 1.0, "Hard Disk Footer Format"
//! and "Dynamic Disk Header Format".

use super::{Layout, Reference, ReferenceKind, not_understood, utf16};
use crate::bytes::Endianness;
use crate::error::Result;
use crate::source::Source;

const DYNAMIC: u32 = 3;
const DIFFERENCING: u32 = 4;
/// The parent's name within the dynamic header.
const PARENT_NAME_AT: u64 = 64;
const PARENT_NAME_BYTES: u64 = 512;

pub(super) fn read(file: &Source) -> Result<Layout> {
    let head = file.head()?;
    let references = match head.u32("vhd_footer.disk_type", 60, Endianness::Big)? {
        DYNAMIC => Vec::new(),
        DIFFERENCING => {
            let header = head.u64("vhd_footer.data_offset", 16, Endianness::Big)?;
            let at = header.saturating_add(PARENT_NAME_AT);
            let name = file.read("vhd parent name", at, PARENT_NAME_BYTES)?;
            let name = utf16(&name, Endianness::Big);
            vec![Reference::new(ReferenceKind::Parent, name.as_bytes())]
        }
        other => {
            let found = format!("a VHD image of type {other}");
            return Err(not_understood("vhd_footer.disk_type", found));
        }
    };
    let size = head.u64("vhd_footer.current_size", 48, Endianness::Big)?;
    Ok(Layout {
        references,
        disk_bytes: Some(size),
    })
}
