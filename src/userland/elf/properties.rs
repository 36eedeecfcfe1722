//! Program properties: notes that tell which processor a file needs.
//!
//! Sources: the x86-64 psABI and the arm64 `aaelf64`, "Program Property".

use super::{ElfFacts, Fault, Image, Read};
use crate::bytes::Window;
use crate::error::Error;
use goblin::elf::{ProgramHeader, header, program_header};

/// Longest segment of notes that is read.
const NOTES_BYTES: u64 = 64 * 1024;
/// The longest that an arm64 kernel takes.
const PROPERTIES_BYTES: u64 = 1024;

const PT_GNU_PROPERTY: u32 = 0x6474_e553;
const NT_GNU_PROPERTY_TYPE_0: u32 = 5;
const GNU_PROPERTY_AARCH64_FEATURE_1_AND: u32 = 0xc000_0000;
const GNU_PROPERTY_X86_ISA_1_NEEDED: u32 = 0xc000_8002;

impl Image<'_> {
    /// Puts into `facts` what the notes say.
    pub(super) fn properties(&self, facts: &mut ElfFacts) -> Read<()> {
        let property = self.segment(PT_GNU_PROPERTY);
        let notes = self.headers.iter().filter(|header| match property {
            Some(_) => header.p_type == PT_GNU_PROPERTY,
            None => header.p_type == program_header::PT_NOTE,
        });
        for note in notes.take(16) {
            let there = self.file.size_bytes.saturating_sub(note.p_offset);
            if note.p_filesz <= NOTES_BYTES && note.p_filesz <= there {
                let bytes = self.file.read("PT_NOTE", note.p_offset, note.p_filesz)?;
                let align = if note.p_align == 8 { 8 } else { 4 };
                self.note(Window::new(&bytes, note.p_offset), align, facts);
            }
        }
        match property {
            Some(property) if self.machine.e_machine == header::EM_AARCH64 => {
                self.taken_by_arm64(property)
            }
            _ => Ok(()),
        }
    }

    /// An error where an arm64 kernel, which reads the properties itself, may refuse them.
    ///
    /// Source: Linux since 5.8 `fs/binfmt_elf.c`, `parse_elf_properties`.
    fn taken_by_arm64(&self, property: &ProgramHeader) -> Read<()> {
        let length = property.p_filesz.min(PROPERTIES_BYTES);
        let bytes = self.file.read_some(property.p_offset, length)?;
        let window = Window::new(&bytes, property.p_offset);
        let number = |at| window.u32("note", at, self.order()).ok();
        let is_whole = property.p_filesz <= PROPERTIES_BYTES
            && u64::try_from(bytes.len()).is_ok_and(|length| length == property.p_filesz);
        let is_property = number(8) == Some(NT_GNU_PROPERTY_TYPE_0)
            && number(0) == Some(4)
            && window.has(12, b"GNU\0");
        if is_whole && is_property {
            return Ok(());
        }
        Err(Fault::Unread(Error::corrupt(
            "PT_GNU_PROPERTY",
            property.p_offset,
            format!("a note of GNU's with type 5, of {PROPERTIES_BYTES} bytes at most"),
            format!("another, of {} bytes", property.p_filesz),
        )))
    }

    fn note(&self, notes: Window<'_>, align: u64, facts: &mut ElfFacts) -> Option<()> {
        let order = self.order();
        let mut at = 0_u64;
        loop {
            let namesz = u64::from(notes.u32("n_namesz", at, order).ok()?);
            let descsz = u64::from(notes.u32("n_descsz", at.checked_add(4)?, order).ok()?);
            let kind = notes.u32("n_type", at.checked_add(8)?, order).ok()?;
            let name = at.checked_add(12)?;
            let desc = name.checked_add(namesz)?.checked_next_multiple_of(align)?;
            if kind == NT_GNU_PROPERTY_TYPE_0 && notes.get(name, namesz) == Some(b"GNU\0") {
                let window = notes.window("n_desc", desc, descsz).ok()?;
                self.property(window, facts);
            }
            at = desc.checked_add(descsz)?.checked_next_multiple_of(align)?;
        }
    }

    fn property(&self, properties: Window<'_>, facts: &mut ElfFacts) -> Option<()> {
        let order = self.order();
        let mut at = 0_u64;
        loop {
            let kind = properties.u32("pr_type", at, order).ok()?;
            let length = properties
                .u32("pr_datasz", at.checked_add(4)?, order)
                .ok()?;
            let data = at.checked_add(8)?;
            let value = properties.u32("pr_data", data, order).unwrap_or(0);
            match (kind, length) {
                (GNU_PROPERTY_X86_ISA_1_NEEDED, 4) => facts.x86_isa_needed |= value,
                (GNU_PROPERTY_AARCH64_FEATURE_1_AND, 4) => facts.arm64_features |= value,
                _ => {}
            }
            at = data
                .checked_add(u64::from(length))?
                .checked_next_multiple_of(self.word_bytes())?;
        }
    }
}
