//! ELF: `vmlinux` as the linker makes it, and wrappers of some architectures.
//!
//! Sources: the System V ABI, "Object Files"; `include/xen/interface/elfnote.h` and
//! `Documentation/arch/x86/xen…` ("x86/HVM direct boot ABI") for the PVH note; the linker scripts
//! `arch/*/kernel/vmlinux.lds.S`.
//!
//! Only the tables are read, by position: debug information may be gigabytes.

use super::container::Container;
use super::header::{Header, Payload, Segment};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use goblin::container::{Container as Class, Ctx, Endian};
use goblin::elf::{
    self, Elf, ProgramHeader, SectionHeader, header, program_header, section_header,
};

/// The container.
pub(super) static ELF: Container = Container {
    name: "elf",
    title: "ELF file",
    recognise,
    parse,
};

/// The field of the problem that a segment is not whole.
pub(super) const SEGMENT: &str = "PT_LOAD segment";

/// Longest table of notes that is read; a kernel's has some hundred bytes.
const NOTES_BYTES: u64 = 1024 * 1024;

/// Longest table of section names that is read.
const NAMES_BYTES: u64 = 1024 * 1024;

/// Longest dynamic section that is read; libraries have some thirty entries.
const DYNAMIC_BYTES: u64 = 64 * 1024;

/// The PVH note: three words, `Xen` and an address of 64 bits.
const NOTE_BYTES: usize = 24;

/// `XEN_ELFNOTE_PHYS32_ENTRY`, of the owner `Xen`.
const XEN_ELFNOTE_PHYS32_ENTRY: u32 = 18;

/// Sections in which wrappers keep the kernel: powerpc's zImage, arm, x86 (`piggy.S` of each),
/// mips, s390, EFI zboot before it becomes a PE.
const PAYLOAD_SECTIONS: [&str; 7] = [
    ".kernel:vmlinux.strip",
    ".piggydata",
    ".rodata..compressed",
    ".rodata.compressed",
    ".vmlinux.bin.compressed",
    ".image",
    ".gzdata",
];

/// What an ELF file is for, as far as the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is loaded as it is, as a kernel is. A static program looks the same.
    Standalone,
    /// It asks for a loader (`PT_INTERP`): a program of some system.
    Program,
    /// It is not linked: a kernel module, or a compiler's output.
    Object,
    /// Memory of a process that crashed.
    Core,
}

/// What these first bytes are for; `None` where they are no ELF header.
pub(super) fn purpose(head: Window<'_>) -> Option<Purpose> {
    if !head.has(0, header::ELFMAG) {
        return None;
    }
    let Ok(file) = Elf::parse_header(head.as_bytes()) else {
        // Cut short, or strange: said by `parse`.
        return Some(Purpose::Standalone);
    };
    Some(match file.e_type {
        header::ET_REL => Purpose::Object,
        header::ET_CORE => Purpose::Core,
        _ if asks_for_loader(&file, head).unwrap_or(false) => Purpose::Program,
        _ => Purpose::Standalone,
    })
}

fn asks_for_loader(file: &elf::Header, head: Window<'_>) -> Option<bool> {
    let asks = |header: &ProgramHeader| header.p_type == program_header::PT_INTERP;
    Some(program_headers(file, head)?.iter().any(asks))
}

/// The program headers, if the head has all of them.
fn program_headers(file: &elf::Header, head: Window<'_>) -> Option<Vec<ProgramHeader>> {
    let context = context(file).ok()?;
    let length = table_bytes(ProgramHeader::size(context), u64::from(file.e_phnum));
    let table = head.get(file.e_phoff, length)?;
    ProgramHeader::parse(table, 0, usize::from(file.e_phnum), context).ok()
}

/// Returns true if its dynamic section names the file itself, or libraries that it needs. A relocatable
/// kernel may have such a section, but names neither.
pub(super) fn is_library(head: Window<'_>, source: &Source) -> bool {
    purpose(head) == Some(Purpose::Standalone) && names_libraries(head, source).unwrap_or(false)
}

fn names_libraries(head: Window<'_>, source: &Source) -> Option<bool> {
    const DT_NEEDED: u64 = 1;
    const DT_SONAME: u64 = 14;
    let file = Elf::parse_header(head.as_bytes()).ok()?;
    let headers = program_headers(&file, head)?;
    let is_dynamic = |header: &&ProgramHeader| header.p_type == program_header::PT_DYNAMIC;
    let dynamic = headers.iter().find(is_dynamic)?;
    let length = dynamic.p_filesz.min(DYNAMIC_BYTES);
    let bytes = source.read("PT_DYNAMIC", dynamic.p_offset, length).ok()?;
    let window = Window::new(&bytes, 0);
    let context = context(&file).ok()?;
    let order = match context.le {
        Endian::Little => Endianness::Little,
        Endian::Big => Endianness::Big,
    };
    let step = if context.is_big() { 16 } else { 8 };
    let mut at = 0_u64;
    loop {
        let tag = if context.is_big() {
            window.u64("d_tag", at, order).ok()?
        } else {
            window.u32("d_tag", at, order).ok()?.into()
        };
        match tag {
            0 => return Some(false),
            DT_NEEDED | DT_SONAME => return Some(true),
            _ => at = at.checked_add(step)?,
        }
    }
}

fn recognise(head: Window<'_>) -> bool {
    purpose(head) == Some(Purpose::Standalone)
}

fn context(file: &elf::Header) -> goblin::error::Result<Ctx> {
    Ok(Ctx::new(file.container()?, file.endianness()?))
}

fn table_bytes(entry_bytes: usize, count: u64) -> u64 {
    u64::try_from(entry_bytes)
        .unwrap_or(u64::MAX)
        .saturating_mul(count)
}

fn parse(source: &Source, limits: &Limits) -> Result<Header> {
    let head = source.head()?;
    let class = head.bytes("e_ident", 0, 16)?.get(4).copied();
    let header_bytes = match class {
        Some(header::ELFCLASS32) => 52,
        Some(header::ELFCLASS64) => 64,
        other => {
            let found = other.unwrap_or_default().to_string();
            return Err(Error::invalid("e_ident[EI_CLASS]", 4, "1 or 2", found));
        }
    };
    let bytes = head.bytes("ELF header", 0, header_bytes)?;
    let file = Elf::parse_header(bytes)
        .map_err(|error| Error::invalid("ELF header", 0, "as documented", error.to_string()))?;
    let context = context(&file)
        .map_err(|error| Error::invalid("e_ident[EI_DATA]", 5, "1 or 2", error.to_string()))?;
    if is_library(head, source) {
        return Err(Error::unrecognised("a shared library"));
    }
    if !matches!(file.e_type, header::ET_EXEC | header::ET_DYN) {
        let found = file.e_type.to_string();
        return Err(Error::invalid("e_type", 16, "2 or 3, an executable", found));
    }
    let is_64 = context.container == Class::Big;
    let Some(architecture) = Architecture::from_elf(file.e_machine, is_64) else {
        let found = format!("machine {}, which is unknown", file.e_machine);
        return Err(Error::unsupported("e_machine", found).at(18));
    };
    let mut reader = Reader {
        source,
        limits,
        file: &file,
        context,
        header: Header {
            architecture: Some(architecture),
            endianness: Some(match context.le {
                Endian::Little => Endianness::Little,
                Endian::Big => Endianness::Big,
            }),
            bits: Some(if is_64 { 64 } else { 32 }),
            // A kernel that was linked to a fixed place may still carry its own relocations.
            relocatable: (file.e_type == header::ET_DYN).then_some(true),
            end: Some(header_bytes),
            ..Header::default()
        },
    };
    reader.segments()?;
    if let Err(problem) = reader.sections() {
        reader.header.problems.push(problem);
    }
    reader.header.problems.sort_by_key(Error::offset);
    Ok(reader.header)
}

struct Reader<'a> {
    source: &'a Source,
    limits: &'a Limits,
    file: &'a elf::Header,
    context: Ctx,
    header: Header,
}

impl Reader<'_> {
    fn segments(&mut self) -> Result<()> {
        let count = u64::from(self.file.e_phnum);
        if count > self.limits.sections {
            return Err(Error::limit("sections", self.limits.sections));
        }
        let headers = self.table(
            "program header table",
            self.file.e_phoff,
            ProgramHeader::size(self.context),
            count,
            |bytes, count, context| ProgramHeader::parse(bytes, 0, count, context),
        )?;
        if headers
            .iter()
            .any(|header| header.p_type == program_header::PT_INTERP)
        {
            return Err(Error::unrecognised(
                "an ELF program, which needs a loader (PT_INTERP)",
            ));
        }
        let loads = headers
            .iter()
            .filter(|header| header.p_type == program_header::PT_LOAD && header.p_memsz > 0);
        for load in loads {
            self.extent(SEGMENT, load.p_offset, load.p_filesz);
            if load.p_filesz > load.p_memsz {
                self.header.problems.push(Error::invalid(
                    "p_filesz",
                    load.p_offset,
                    format!("at most p_memsz, {:#x}", load.p_memsz),
                    format!("{:#x}", load.p_filesz),
                ));
            }
            self.header.segments.push(Segment {
                offset: load.p_offset,
                file_bytes: load.p_filesz,
                memory_bytes: load.p_memsz,
                physical_address: load.p_paddr,
                virtual_address: load.p_vaddr,
            });
        }
        if self.header.segments.is_empty() {
            self.header.problems.push(Error::invalid(
                "e_phnum",
                if self.context.is_big() { 56 } else { 44 },
                "a PT_LOAD segment",
                "none",
            ));
        }
        self.place();
        self.notes(&headers);
        Ok(())
    }

    /// Where the segments go in memory, and where they are entered.
    fn place(&mut self) {
        let segments = &self.header.segments;
        let lowest = segments.iter().map(|load| load.physical_address).min();
        let highest = segments
            .iter()
            .map(|load| load.physical_address.saturating_add(load.memory_bytes))
            .max();
        self.header.load_address = lowest;
        self.header.image_size_bytes = lowest
            .zip(highest)
            .map(|(lowest, highest)| highest.saturating_sub(lowest));
        let entry = self.file.e_entry;
        let within = |start: u64, length: u64| {
            entry
                .checked_sub(start)
                .filter(|distance| *distance < length)
        };
        let is_physical = segments
            .iter()
            .any(|load| within(load.physical_address, load.memory_bytes).is_some());
        // powerpc and others state the virtual address.
        let translated = segments.iter().find_map(|load| {
            within(load.virtual_address, load.memory_bytes)
                .map(|distance| load.physical_address.saturating_add(distance))
        });
        self.header.entry = Some(if is_physical {
            entry
        } else {
            translated.unwrap_or(entry)
        });
    }

    fn notes(&mut self, headers: &[ProgramHeader]) {
        self.header.notes_read = true;
        let notes = headers
            .iter()
            .filter(|header| header.p_type == program_header::PT_NOTE);
        for note in notes {
            let read = if note.p_filesz > NOTES_BYTES {
                Err(Error::limit("PT_NOTE bytes", NOTES_BYTES))
            } else {
                self.source.read("PT_NOTE", note.p_offset, note.p_filesz)
            };
            match read {
                Ok(bytes) => {
                    let align = if note.p_align == 8 { 8 } else { 4 };
                    let order = self.header.endianness.unwrap_or(Endianness::Little);
                    if let Some(entry) = pvh_entry(Window::new(&bytes, note.p_offset), align, order)
                    {
                        self.header.pvh_entry.get_or_insert(entry);
                    }
                }
                Err(problem) => {
                    self.header.notes_read = false;
                    self.header.problems.push(problem);
                }
            }
        }
    }

    fn sections(&mut self) -> Result<()> {
        if self.file.e_shoff == 0 {
            return Ok(());
        }
        let count = self.section_count()?;
        if count > self.limits.sections {
            return Err(Error::limit("sections", self.limits.sections));
        }
        let headers = self.table(
            "section header table",
            self.file.e_shoff,
            SectionHeader::size(self.context),
            count,
            |bytes, count, context| match count {
                0 => Ok(Vec::new()),
                _ => SectionHeader::parse_from(bytes, 0, count, context),
            },
        )?;
        for section in &headers {
            if !matches!(
                section.sh_type,
                section_header::SHT_NOBITS | section_header::SHT_NULL
            ) {
                self.extent("section", section.sh_offset, section.sh_size);
            }
        }
        let names = match headers.get(usize::from(self.file.e_shstrndx)) {
            Some(names) if names.sh_size <= NAMES_BYTES => {
                self.source
                    .read("section names", names.sh_offset, names.sh_size)?
            }
            _ => return Ok(()),
        };
        let name = |section: &SectionHeader| {
            let rest = names.get(section.sh_name..).unwrap_or_default();
            rest.split(|byte| *byte == 0).next().unwrap_or_default()
        };
        let payload = headers.iter().find(|section| {
            section.sh_type != section_header::SHT_NOBITS
                && section.sh_size > 0
                && PAYLOAD_SECTIONS
                    .iter()
                    .any(|known| known.as_bytes() == name(section))
        });
        // The codec's stream may be followed by its size, or not: that depends on the wrapper.
        self.header.payload = payload.map(|section| Payload::Hidden {
            offset: section.sh_offset,
            length: section.sh_size,
            end: None,
        });
        Ok(())
    }

    /// `e_shnum`, or where that is too small for it the size of the first section.
    fn section_count(&self) -> Result<u64> {
        if self.file.e_shnum != 0 {
            return Ok(u64::from(self.file.e_shnum));
        }
        let first = self.table(
            "first section header",
            self.file.e_shoff,
            SectionHeader::size(self.context),
            1,
            |bytes, _, context| SectionHeader::parse_from(bytes, 0, 1, context),
        )?;
        Ok(first.first().map_or(0, |section| section.sh_size))
    }

    /// Reads a table whose number of entries was checked.
    fn table<T>(
        &self,
        field: &'static str,
        offset: u64,
        entry_bytes: usize,
        count: u64,
        parse: impl Fn(&[u8], usize, Ctx) -> goblin::error::Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let bytes = self
            .source
            .read(field, offset, table_bytes(entry_bytes, count))?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        parse(&bytes, count, self.context)
            .map_err(|error| Error::invalid(field, offset, "as documented", error.to_string()))
    }

    /// Notes how far the file goes, and whether it goes as far as it should.
    fn extent(&mut self, field: &'static str, offset: u64, length: u64) {
        let end = offset.saturating_add(length);
        self.header.end = self.header.end.max(Some(end));
        if end > self.source.len() && length > 0 {
            let found = self.source.len().saturating_sub(offset);
            let problem = Error::truncated(field, offset, length, found);
            self.header.problems.push(problem);
        }
    }
}

/// The entry that the PVH note of these notes states. The kernel writes it as wide as a pointer.
fn pvh_entry(notes: Window<'_>, align: u64, order: Endianness) -> Option<u64> {
    let mut at = 0_u64;
    loop {
        let namesz = notes.u32("n_namesz", at, order).ok()?;
        let descsz = notes.u32("n_descsz", at.checked_add(4)?, order).ok()?;
        let kind = notes.u32("n_type", at.checked_add(8)?, order).ok()?;
        let name = at.checked_add(12)?;
        let padded = |bytes: u32| u64::from(bytes).checked_next_multiple_of(align);
        let desc = name.checked_add(padded(namesz)?)?;
        if kind == XEN_ELFNOTE_PHYS32_ENTRY && notes.get(name, u64::from(namesz)) == Some(b"Xen\0")
        {
            return match descsz {
                4 => notes.u32("n_desc", desc, order).ok().map(u64::from),
                8 => notes.u64("n_desc", desc, order).ok(),
                _ => None,
            };
        }
        at = desc.checked_add(padded(descsz)?)?;
    }
}

/// The entry that the PVH note in a memory image states: one that lies in the image. The notes have no
/// table there, so the note is searched for.
pub(super) fn pvh_entry_of_image(image: &[u8], segment: &Segment) -> Option<u64> {
    /// `n_namesz`, `n_descsz` and `n_type` stand before the name.
    const BEFORE_NAME: usize = 12;
    let end = segment.physical_address.checked_add(segment.memory_bytes)?;
    memchr::memmem::find_iter(image, b"Xen\0").find_map(|name| {
        let note = name.checked_sub(BEFORE_NAME)?;
        let rest = image.get(note..)?;
        // One note is enough: the next may be anything.
        let rest = rest.get(..NOTE_BYTES).unwrap_or(rest);
        let entry = pvh_entry(Window::new(rest, 0), 4, Endianness::Little)?;
        (note.is_multiple_of(4) && (segment.physical_address..end).contains(&entry))
            .then_some(entry)
    })
}
