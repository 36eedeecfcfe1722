//! qcow and qcow2: a backing file, and an external data file.
//!
//! Sources: QEMU `docs/interop/qcow2.rst`; `block/qcow.c`, `QCowHeader`.

use super::{Layout, Reference, ReferenceKind};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::source::Source;

/// QEMU's own limit for the name of a backing file.
const NAME_BYTES_MAX: u64 = 1023;
/// Where the header of version 2 ends, and its extensions start.
const V2_BYTES: u64 = 72;
/// Bit of `incompatible_features`: the clusters are in another file.
const EXTERNAL_DATA: u64 = 1 << 2;
/// The header extension with the name of that file.
const DATA_FILE_EXTENSION: u32 = 0x4441_5441;

pub(super) fn read(file: &Source) -> Result<Layout> {
    let head = file.head()?;
    let version = head.u32("qcow_header.version", 4, Endianness::Big)?;
    let mut references = Vec::new();
    references.extend(backing_file(head, file)?);
    if version >= 2 {
        references.extend(data_file(head, version)?);
    }
    let size = head.u64("qcow_header.size", 24, Endianness::Big)?;
    Ok(Layout {
        references,
        disk_bytes: Some(size),
    })
}

fn backing_file(head: Window<'_>, file: &Source) -> Result<Option<Reference>> {
    let offset = head.u64("qcow_header.backing_file_offset", 8, Endianness::Big)?;
    if offset == 0 {
        return Ok(None);
    }
    let length = head.u32("qcow_header.backing_file_size", 16, Endianness::Big)?;
    let length = u64::from(length);
    if length > NAME_BYTES_MAX {
        return Err(Error::invalid(
            "qcow_header.backing_file_size",
            16,
            format!("at most {NAME_BYTES_MAX}"),
            length.to_string(),
        ));
    }
    let name = file.read("qcow backing file name", offset, length)?;
    Ok(Some(Reference::new(ReferenceKind::BackingFile, &name)))
}

fn data_file(head: Window<'_>, version: u32) -> Result<Option<Reference>> {
    let (features, mut at) = match version {
        2 => (0, V2_BYTES),
        _ => (
            head.u64("qcow2_header.incompatible_features", 72, Endianness::Big)?,
            head.u32("qcow2_header.header_length", 100, Endianness::Big)?
                .into(),
        ),
    };
    // Each extension has at least the eight bytes of its own header.
    while let Ok(kind) = head.u32("qcow2 header extension", at, Endianness::Big) {
        let length = head.u32(
            "qcow2 header extension",
            at.saturating_add(4),
            Endianness::Big,
        )?;
        if kind == DATA_FILE_EXTENSION {
            let name = head.bytes("qcow2 data file name", at.saturating_add(8), length.into())?;
            return Ok(Some(Reference::new(ReferenceKind::DataFile, name)));
        }
        if kind == 0 {
            break;
        }
        let length = u64::from(length).next_multiple_of(8);
        at = at.saturating_add(8).saturating_add(length);
    }
    let is_external = features & EXTERNAL_DATA != 0;
    Ok(is_external.then(|| Reference::new(ReferenceKind::DataFile, b"")))
}
