//! The other files that a disk image refers to, read from its headers. None of them is opened.
//!
//! A reader here is stricter than a VMM: whatever a VMM would follow is reported, and a form that is
//! not understood completely is an error.

mod qcow;
mod vhd;
mod vhdx;
mod vmdk;

use super::DiskFormat;
use crate::bytes::Endianness;
use crate::error::{Error, Result};
use crate::source::Source;

/// How an image depends on another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The image holds only what differs from that file.
    BackingFile,
    /// The clusters of a qcow2 image are in that file.
    DataFile,
    /// A part of a VMDK disk is in that file.
    Extent,
    /// The image holds only what differs from that file: VMDK, VHD and VHDX.
    Parent,
}

impl ReferenceKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::BackingFile,
        Self::DataFile,
        Self::Extent,
        Self::Parent,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BackingFile => "backing file",
            Self::DataFile => "data file",
            Self::Extent => "extent",
            Self::Parent => "parent",
        }
    }
}

/// One file that an image refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// How.
    pub kind: ReferenceKind,
    /// The name in the image, with its unprintable bytes escaped; `None` if the image gives none.
    pub name: Option<String>,
}

impl Reference {
    fn new(kind: ReferenceKind, name: &[u8]) -> Self {
        let name = crate::bytes::escaped(name);
        Self {
            kind,
            name: Some(name).filter(|name| !name.is_empty()),
        }
    }
}

/// What the headers of an image say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The files that the image refers to, in the order of the image.
    pub references: Vec<Reference>,
    /// The size of the disk; `None` if only the other files tell.
    pub disk_bytes: Option<u64>,
}

/// Reads the headers of an image in that format.
pub(super) fn read(format: DiskFormat, file: &Source) -> Result<Layout> {
    match format {
        DiskFormat::Raw => Ok(Layout {
            references: Vec::new(),
            disk_bytes: Some(file.len()),
        }),
        DiskFormat::Qcow | DiskFormat::Qcow2 => qcow::read(file),
        DiskFormat::Vmdk => vmdk::read(file),
        DiskFormat::Vhdx => vhdx::read(file),
        DiskFormat::Vhd => vhd::read(file),
        DiskFormat::Vdi => vdi(file),
    }
}

/// VirtualBox `src/VBox/Storage/VDICore.h`: a header names no file. QEMU's `block/vdi.c` refuses
/// images that have a parent.
fn vdi(file: &Source) -> Result<Layout> {
    let disk_bytes = file
        .head()?
        .u64("vdi_header.disk_size", 0x170, Endianness::Little)?;
    Ok(Layout {
        references: Vec::new(),
        disk_bytes: Some(disk_bytes),
    })
}

/// UTF-16 as text, up to its first NUL.
fn utf16(bytes: &[u8], order: Endianness) -> String {
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ];
        match order {
            Endianness::Little => u16::from_le_bytes(pair),
            Endianness::Big => u16::from_be_bytes(pair),
        }
    });
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// The error for a form that is not understood completely.
fn not_understood(field: &'static str, found: impl Into<String>) -> Error {
    Error::unsupported(field, found).hinted(super::CONVERT)
}
