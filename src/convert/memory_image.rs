//! An ELF file around a kernel as it lies in memory, for loaders that read segments.
//!
//! Source: the System V ABI, "Object Files"; `arch/x86/kernel/vmlinux.lds.S` (`e_entry` is the physical
//! address of `startup_64`) and the "x86/HVM direct boot ABI" of Xen, for the PVH note.

use crate::error::{Error, Result};
use crate::kernel::{Architecture, Header, Segment};

const HEADER_BYTES: u64 = 64;
const PROGRAM_HEADER_BYTES: u64 = 56;
/// Where the image begins in the file, so that it lies there as in memory.
const IMAGE_AT: u64 = 0x1000;
const ELFCLASS64: u8 = 2;
const ELFDATA2LSB: u8 = 1;
const EV_CURRENT: u8 = 1;
const ET_EXEC: u16 = 2;
const EM_X86_64: u16 = 62;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const READ: u32 = 4;
const READ_WRITE_EXECUTE: u32 = 7;
const XEN_ELFNOTE_PHYS32_ENTRY: u32 = 18;

/// What the ELF file around this image says; an error if the header does not state it.
pub(super) fn elf(header: &Header, image: &[u8]) -> Result<Vec<u8>> {
    let (Some(segment), Some(entry), Some(Architecture::X86_64)) =
        (header.segments.first(), header.entry, header.architecture)
    else {
        let found = "the kernel inside is a flat image without a stated load address";
        return Err(Error::absent("ELF vmlinux", found));
    };
    let note = header.pvh_entry.map(pvh_note);
    let note_at = HEADER_BYTES.saturating_add(PROGRAM_HEADER_BYTES.saturating_mul(2));
    let load = program_header(PT_LOAD, READ_WRITE_EXECUTE, IMAGE_AT, segment, IMAGE_AT);
    let mut file = file_header(entry, if note.is_some() { 2 } else { 1 });
    file.extend(load);
    if let Some(note) = &note {
        let length = u64::try_from(note.len()).unwrap_or(u64::MAX);
        let place = Segment {
            offset: 0,
            file_bytes: length,
            memory_bytes: length,
            physical_address: 0,
            virtual_address: 0,
        };
        file.extend(program_header(PT_NOTE, READ, note_at, &place, 4));
        file.extend(note);
    }
    file.resize(usize::try_from(IMAGE_AT).unwrap_or(0), 0);
    file.extend(image);
    Ok(file)
}

fn file_header(entry: u64, program_headers: u16) -> Vec<u8> {
    let mut bytes = b"\x7fELF".to_vec();
    bytes.extend([ELFCLASS64, ELFDATA2LSB, EV_CURRENT]);
    bytes.extend([0; 9]);
    bytes.extend(ET_EXEC.to_le_bytes());
    bytes.extend(EM_X86_64.to_le_bytes());
    bytes.extend(u32::from(EV_CURRENT).to_le_bytes());
    bytes.extend(entry.to_le_bytes());
    bytes.extend(HEADER_BYTES.to_le_bytes());
    // No section headers, no flags.
    bytes.extend([0; 12]);
    for half in [64, 56, program_headers, 64, 0, 0] {
        bytes.extend(u16::to_le_bytes(half));
    }
    bytes
}

fn program_header(kind: u32, flags: u32, offset: u64, segment: &Segment, align: u64) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(flags.to_le_bytes());
    for long in [
        offset,
        segment.virtual_address,
        segment.physical_address,
        segment.file_bytes,
        segment.memory_bytes,
        align,
    ] {
        bytes.extend(long.to_le_bytes());
    }
    bytes
}

/// `XEN_ELFNOTE_PHYS32_ENTRY`, with an address of 64 bits as Linux writes it.
fn pvh_note(entry: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [4, 8, XEN_ELFNOTE_PHYS32_ENTRY] {
        bytes.extend(u32::to_le_bytes(word));
    }
    bytes.extend(b"Xen\0");
    bytes.extend(entry.to_le_bytes());
    bytes
}
