//! VMDK: the extents and the parent that a descriptor names.
//!
//! Sources: VMware "Virtual Disk Format 1.1"; QEMU `block/vmdk.c`, `vmdk_open_desc_file`,
//! `vmdk_open_vmdk4`, `vmdk_parent_open`.

use super::{Layout, Reference, ReferenceKind, not_understood};
use crate::bytes::{Endianness, Window};
use crate::error::Result;
use crate::source::Source;
use memchr::memmem;

const SECTOR_BYTES: u64 = 512;
/// How much of a descriptor QEMU reads (`DESC_SIZE`).
const DESCRIPTOR_BYTES: u64 = 20 * SECTOR_BYTES;
/// Where QEMU looks for a parent in a sparse extent, whatever its header says (`desc_offset`).
const QEMU_DESCRIPTOR_AT: u64 = 0x200;
const NO_PARENT: &[u8] = b"ffffffff";
/// The disk is in the sparse extent that holds the descriptor.
const OWN_EXTENT: &[u8] = b"SPARSE";

pub(super) fn read(file: &Source) -> Result<Layout> {
    let head = file.head()?;
    if head.get(0, 4) == Some(b"COWD") {
        return Err(not_understood("vmdk header", "a sparse extent of ESX"));
    }
    if head.get(0, 4) != Some(b"KDMV") {
        let mut references = Vec::new();
        Descriptor::at(0, file)?.add_to(&mut references, true);
        return Ok(Layout {
            references,
            disk_bytes: None,
        });
    }
    sparse(head, file)
}

fn sparse(head: Window<'_>, file: &Source) -> Result<Layout> {
    let sectors = head.u64("SparseExtentHeader.capacity", 12, Endianness::Little)?;
    let descriptor = head.u64(
        "SparseExtentHeader.descriptorOffset",
        28,
        Endianness::Little,
    )?;
    let at = descriptor.saturating_mul(SECTOR_BYTES);
    let mut references = Vec::new();
    // Without a capacity, the extents of the descriptor are the disk.
    let is_whole = sectors != 0;
    Descriptor::at(at, file)?.add_to(&mut references, !is_whole);
    if at != QEMU_DESCRIPTOR_AT {
        Descriptor::at(QEMU_DESCRIPTOR_AT, file)?.add_parent_to(&mut references);
    }
    Ok(Layout {
        references,
        disk_bytes: is_whole.then(|| sectors.saturating_mul(SECTOR_BYTES)),
    })
}

/// The text of a descriptor.
struct Descriptor(Vec<u8>);

impl Descriptor {
    fn at(offset: u64, file: &Source) -> Result<Self> {
        let length = file.len().saturating_sub(offset).min(DESCRIPTOR_BYTES);
        let text = match offset.max(length) {
            0 => Vec::new(),
            _ => file.read("vmdk descriptor", offset, length)?.into_owned(),
        };
        Ok(Self(text))
    }

    /// Adds what the text names. Unless `with_own`, one sparse extent is the file itself.
    fn add_to(&self, references: &mut Vec<Reference>, with_own: bool) {
        let extents: Vec<(&[u8], &[u8])> = self.lines().filter_map(extent).collect();
        let is_own = matches!(extents.as_slice(), [(kind, _)] if *kind == OWN_EXTENT);
        if with_own || !is_own {
            let extents = extents.iter();
            references.extend(extents.map(|(_, name)| Reference::new(ReferenceKind::Extent, name)));
        }
        self.add_parent_to(references);
    }

    fn add_parent_to(&self, references: &mut Vec<Reference>) {
        let hint = self
            .after(b"parentFileNameHint")
            .map(|rest| quoted(rest).unwrap_or_default());
        let has_parent_id = self.lines().any(|line| {
            let id = line.trim_ascii().strip_prefix(b"parentCID=");
            id.is_some_and(|id| !id.trim_ascii().eq_ignore_ascii_case(NO_PARENT))
        });
        if hint.is_some() || has_parent_id {
            references.push(Reference::new(
                ReferenceKind::Parent,
                hint.unwrap_or_default(),
            ));
        }
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| matches!(byte, b'\n' | b'\r' | 0))
    }

    fn after(&self, word: &[u8]) -> Option<&[u8]> {
        let at = memmem::find(&self.0, word)?;
        self.0.get(at.saturating_add(word.len())..)
    }
}

/// The type and the file of a line like `RW 2048 FLAT "disk-flat.vmdk" 0`.
fn extent(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let access = words.next()?;
    if ![&b"RW"[..], b"RDONLY", b"NOACCESS"].contains(&access) {
        return None;
    }
    words.next()?;
    Some((words.next()?, quoted(line)?))
}

/// The text between the first two quotation marks; up to the end of the line if there is only one.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let start = text.iter().position(|byte| *byte == b'"')?;
    let rest = text.get(start.saturating_add(1)..)?;
    rest.split(|byte| matches!(byte, b'"' | b'\n' | b'\r' | 0))
        .next()
}
