//! What an ELF program or library says of itself: machine, loader, libraries, and the level of the
//! processor that it needs.
//!
//! Sources: the System V ABI, "Object Files" and "Dynamic Linking"; `fs/binfmt_elf.c`
//! (`load_elf_phdrs`); the x86-64 psABI and the arm64 `aaelf64`, "Program Property".
//!
//! Everything is read by position, and only what is asked for: a program may be hundreds of MiB.

mod dynamic;
mod properties;
mod ranges;
mod versions;

use super::machine::{EM_486, Machine};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result, hex};
use crate::tree::{Found, NodeId, PATH_MAX, Tree};
use goblin::container::{Container as Class, Ctx, Endian};
use goblin::elf::{Elf, ProgramHeader, header, program_header};
pub(crate) use ranges::facts_ranges;
use std::borrow::Cow;
pub use versions::{VersionNeed, Versions};

/// The largest table of program headers that the kernel takes.
const PROGRAM_HEADERS_BYTES: u64 = 65_536;

/// What an ELF file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElfFacts {
    /// The machine that it is made for.
    pub machine: Machine,
    /// `ET_EXEC` (2) or `ET_DYN` (3).
    pub e_type: u16,
    /// `PT_INTERP`: the loader that it asks for. None of a static program, and of most libraries.
    pub interpreter: Option<Vec<u8>>,
    /// The name by which others ask for it.
    pub soname: Option<Vec<u8>>,
    /// The libraries that it asks for, in its own order.
    pub needed: Vec<Vec<u8>>,
    /// `DT_RPATH`: where these are looked for, by itself and what it loads.
    pub rpath: Option<Vec<u8>>,
    /// `DT_RUNPATH`: where these are looked for; makes `DT_RPATH` void.
    pub runpath: Option<Vec<u8>>,
    /// `DF_1_NODEFLIB`: the default directories are not searched.
    pub no_default_directories: bool,
    /// `DF_1_PIE`: it is a program, and no loader of glibc takes it for a library.
    pub is_program: bool,
    /// The versions of symbols that it needs and defines.
    pub versions: Versions,
    /// `GNU_PROPERTY_X86_ISA_1_NEEDED`: bit 0 the baseline, then x86-64-v2, -v3 and -v4. Zero where
    /// nothing is said.
    pub x86_isa_needed: u32,
    /// `GNU_PROPERTY_AARCH64_FEATURE_1_AND`: bit 0 BTI, bit 1 PAC. Those run without either too.
    pub arm64_features: u32,
    /// A segment past the end of the file.
    pub problem: Option<Error>,
    /// What a loader would not find of its dynamic section, such as a table of strings outside every
    /// segment. Of a static program, and of a loader, nobody looks for it.
    pub dynamic_problem: Option<Error>,
}

impl ElfFacts {
    /// The level of x86-64 that it needs, 1 to 4; `None` where it says nothing.
    pub fn x86_level(&self) -> Option<u8> {
        (1..=4_u8).rev().find(|level| {
            self.x86_isa_needed & 1_u32.wrapping_shl(u32::from(*level).saturating_sub(1)) != 0
        })
    }
}

/// Of all kernels; a segment is mapped in whole pages.
const SMALLEST_PAGE_BYTES: u64 = 4096;

/// Of all kernels of 64 bits: arm64 with pages of 4 KiB and 39 bits, half of which are left for the rest.
const SMALLEST_SPACE_BYTES: u64 = 1 << 38;

/// More zeros behind a segment than this may be more than the memory that there is.
const CLEARED_BYTES: u64 = 64 << 20;

/// Why a file gives no facts: the tree cannot be read, or the file is not as it has to be.
#[derive(Debug)]
pub(super) enum Fault {
    /// A fact that could not be had.
    Unread(Error),
    /// An answer: what the kernel, or a loader, refuses.
    Refused(Error),
}

type Read<T> = std::result::Result<T, Fault>;

/// The tree's errors apart from the file's.
pub(super) fn answer<T>(outcome: Read<T>) -> Result<std::result::Result<T, Error>> {
    match answered(outcome) {
        Ok(answer) => Ok(answer),
        Err(Fault::Refused(error) | Fault::Unread(error)) => Err(error),
    }
}

fn answered<T>(outcome: Read<T>) -> Read<std::result::Result<T, Error>> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Refused(problem)) => Ok(Err(problem)),
        Err(unread) => Err(unread),
    }
}

/// Whether these first bytes are an ELF file's.
pub(crate) fn is_elf(first: &[u8]) -> bool {
    first.starts_with(header::ELFMAG)
}

/// A file of the tree that is read by position.
#[derive(Clone, Copy)]
struct File<'a> {
    tree: &'a dyn Tree,
    node: NodeId,
    size_bytes: u64,
}

impl File<'_> {
    fn read(&self, field: &'static str, offset: u64, length: u64) -> Read<Vec<u8>> {
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > self.size_bytes) {
            let found = self.size_bytes.saturating_sub(offset).min(length);
            return Err(Fault::Refused(Error::truncated(
                field, offset, length, found,
            )));
        }
        let bytes = self
            .tree
            .read(self.node, offset, length)
            .map_err(Fault::Unread)?;
        let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if found != length {
            return Err(Fault::Refused(Error::truncated(
                field, offset, length, found,
            )));
        }
        Ok(bytes)
    }

    /// As many bytes as there are of `length`.
    fn read_some(&self, offset: u64, length: u64) -> Read<Vec<u8>> {
        let offset = offset.min(self.size_bytes);
        let there = self.size_bytes.saturating_sub(offset).min(length);
        self.read("string", offset, there)
    }
}

/// An ELF file whose header and program headers the kernel would take.
pub(super) struct Image<'a> {
    file: File<'a>,
    context: Ctx,
    headers: Vec<ProgramHeader>,
    /// The machine that it is made for.
    pub machine: Machine,
    e_type: u16,
    e_entry: u64,
}

/// The first bytes of a file as a kernel takes them: it goes by `e_machine`, in its own byte order, and
/// by the size of a program header, and looks at neither class nor byte order. Who loads libraries does.
///
/// Source: `elf_check_arch` of x86, arm64 and arm; `fs/binfmt_elf.c`, `load_elf_phdrs`.
pub(super) fn as_executed(first: &[u8]) -> Cow<'_, [u8]> {
    let header = Window::new(first, 0);
    let number = |at| header.u16("ELF header", at, Endianness::Little).ok();
    let class = match number(18) {
        Some(header::EM_X86_64 | header::EM_AARCH64) => {
            let is_short = number(54) != Some(56) && number(42) == Some(32);
            if is_short {
                header::ELFCLASS32
            } else {
                header::ELFCLASS64
            }
        }
        Some(header::EM_386 | EM_486 | header::EM_ARM) => header::ELFCLASS32,
        _ => return Cow::Borrowed(first),
    };
    let mut first = first.to_vec();
    if let Some(ident) = first.get_mut(header::EI_CLASS..=header::EI_DATA) {
        ident.copy_from_slice(&[class, header::ELFDATA2LSB]);
    }
    Cow::Owned(first)
}

/// Whether `e_type` says that it is a program or a library.
pub(super) fn is_loadable(first: &[u8]) -> bool {
    Elf::parse_header(first).is_ok_and(|elf| matches!(elf.e_type, header::ET_EXEC | header::ET_DYN))
}

/// The machine of an ELF file, by its first bytes alone.
pub(super) fn machine(first: &[u8]) -> std::result::Result<Machine, Error> {
    let file = Elf::parse_header(first)
        .map_err(|error| Error::invalid("ELF header", 0, "as documented", error.to_string()))?;
    let context = file
        .container()
        .and_then(|class| Ok(Ctx::new(class, file.endianness()?)))
        .map_err(|error| {
            Error::invalid("e_ident", 4, "a class and a byte order", error.to_string())
        })?;
    Ok(machine_of(context, file.e_machine))
}

fn machine_of(context: Ctx, e_machine: u16) -> Machine {
    Machine {
        e_machine,
        bits: if context.container == Class::Big {
            64
        } else {
            32
        },
        endianness: match context.le {
            Endian::Little => Endianness::Little,
            Endian::Big => Endianness::Big,
        },
    }
}

impl<'a> Image<'a> {
    /// Reads the header, which begins with `first`, and the program headers.
    pub(super) fn open(tree: &'a dyn Tree, found: &Found, first: &[u8]) -> Read<Self> {
        let file = File {
            tree,
            node: found.node,
            size_bytes: found.stat.size_bytes,
        };
        let refused = |field, at, error: goblin::error::Error| {
            Fault::Refused(Error::invalid(
                field,
                at,
                "as documented",
                error.to_string(),
            ))
        };
        if !is_elf(first) {
            let magic = first.get(..4).unwrap_or(first);
            let problem = Error::invalid("e_ident", 0, hex(header::ELFMAG), hex(magic));
            return Err(Fault::Refused(problem));
        }
        let elf = Elf::parse_header(first).map_err(|error| refused("ELF header", 0, error))?;
        let class = elf
            .container()
            .map_err(|error| refused("EI_CLASS", 4, error))?;
        let order = elf
            .endianness()
            .map_err(|error| refused("EI_DATA", 5, error))?;
        let context = Ctx::new(class, order);
        let machine = machine_of(context, elf.e_machine);
        let wide = class == Class::Big;
        if !matches!(elf.e_type, header::ET_EXEC | header::ET_DYN) {
            let found = format!("{} ({})", elf.e_type, header::et_to_str(elf.e_type));
            let problem = Error::invalid("e_type", 16, "2 or 3, a program", found);
            return Err(Fault::Refused(problem));
        }
        let entry_bytes = u64::try_from(ProgramHeader::size(context)).unwrap_or(u64::MAX);
        if u64::from(elf.e_phentsize) != entry_bytes {
            let at = if wide { 54 } else { 42 };
            let found = elf.e_phentsize.to_string();
            let problem = Error::invalid("e_phentsize", at, entry_bytes.to_string(), found);
            return Err(Fault::Refused(problem));
        }
        let table_bytes = entry_bytes.saturating_mul(u64::from(elf.e_phnum));
        if table_bytes == 0 || table_bytes > PROGRAM_HEADERS_BYTES {
            let at = if wide { 56 } else { 44 };
            let most = PROGRAM_HEADERS_BYTES.checked_div(entry_bytes).unwrap_or(0);
            let problem = Error::invalid(
                "e_phnum",
                at,
                format!("1 to {most}"),
                elf.e_phnum.to_string(),
            );
            return Err(Fault::Refused(problem));
        }
        let table = file.read("program header table", elf.e_phoff, table_bytes)?;
        let headers = ProgramHeader::parse(&table, 0, usize::from(elf.e_phnum), context)
            .map_err(|error| refused("program header table", elf.e_phoff, error))?;
        Ok(Self {
            file,
            context,
            headers,
            machine,
            e_type: elf.e_type,
            e_entry: elf.e_entry,
        })
    }

    fn segment(&self, kind: u32) -> Option<&ProgramHeader> {
        self.headers.iter().find(|header| header.p_type == kind)
    }

    /// The path of the loader, as the kernel reads it; `None` where it asks for none.
    pub(super) fn interpreter(&self) -> Read<Option<Vec<u8>>> {
        let Some(segment) = self.segment(program_header::PT_INTERP) else {
            return Ok(None);
        };
        let longest = u64::try_from(PATH_MAX).unwrap_or(u64::MAX);
        if !(2..=longest).contains(&segment.p_filesz) {
            let problem = Error::invalid(
                "PT_INTERP p_filesz",
                segment.p_offset,
                format!("2 to {PATH_MAX}"),
                segment.p_filesz.to_string(),
            );
            return Err(Fault::Refused(problem));
        }
        let path = self
            .file
            .read("PT_INTERP", segment.p_offset, segment.p_filesz)?;
        if path.last() != Some(&0) {
            let at = segment
                .p_offset
                .saturating_add(segment.p_filesz)
                .saturating_sub(1);
            let last = hex(path.last().map(std::slice::from_ref).unwrap_or_default());
            return Err(Fault::Refused(Error::invalid(
                "PT_INTERP",
                at,
                "a closing 00",
                last,
            )));
        }
        Ok(Some(until_nul(path)))
    }

    /// All that the file says.
    pub(super) fn facts(&self) -> Read<ElfFacts> {
        if let Some(error) = self.unloadable() {
            return Err(Fault::Unread(error));
        }
        let mut facts = ElfFacts {
            machine: self.machine,
            e_type: self.e_type,
            interpreter: None,
            soname: None,
            needed: Vec::new(),
            rpath: None,
            runpath: None,
            no_default_directories: false,
            is_program: false,
            versions: Versions::default(),
            x86_isa_needed: 0,
            arm64_features: 0,
            problem: self.missing_segment()?,
            dynamic_problem: None,
        };
        // Whoever executes it has asked for its loader before; who loads it does not look there.
        facts.interpreter = answered(self.interpreter())?.unwrap_or_default();
        facts.dynamic_problem = answered(self.dynamic(&mut facts))?.err();
        self.properties(&mut facts)?;
        Ok(facts)
    }

    /// An entry at which there is no code: a program with it is started, and crashes. An error where the
    /// kernel may refuse it, since it is no address of a program.
    pub(super) fn entry_fault(&self) -> Result<Option<Error>> {
        // There it may be the address of a function's descriptor, which is no code.
        if self.machine.e_machine == header::EM_PPC64 {
            return Ok(None);
        }
        let found = format!("{:#x}", self.e_entry);
        if self.e_entry > SMALLEST_SPACE_BYTES {
            let most = format!("at most {SMALLEST_SPACE_BYTES:#x}");
            return Err(Error::corrupt("e_entry", 24, most, found));
        }
        let is_code = self.loads().any(|load| {
            let first = load
                .p_vaddr
                .saturating_sub(load.p_vaddr % SMALLEST_PAGE_BYTES);
            let end = load.p_vaddr.saturating_add(load.p_memsz);
            let end = end.checked_next_multiple_of(SMALLEST_PAGE_BYTES);
            load.p_flags & program_header::PF_X != 0
                && (first..end.unwrap_or(u64::MAX)).contains(&self.e_entry)
        });
        let expected = "an address in a segment of code";
        Ok((!is_code).then(|| Error::invalid("e_entry", 24, expected, found)))
    }

    fn loads(&self) -> impl Iterator<Item = &ProgramHeader> {
        self.headers
            .iter()
            .filter(|header| header.p_type == program_header::PT_LOAD)
    }

    /// Where in the file an address is, and how many bytes of its segment are behind it.
    fn place(&self, address: u64) -> Option<(u64, u64)> {
        self.loads().find_map(|load| {
            let distance = address.checked_sub(load.p_vaddr)?;
            let left = load
                .p_filesz
                .checked_sub(distance)
                .filter(|left| *left > 0)?;
            Some((load.p_offset.checked_add(distance)?, left))
        })
    }

    /// A `PT_LOAD` that no linker writes, or none at all: what the kernel makes of it depends on its
    /// version, and on the memory that it has.
    ///
    /// Source: Linux 6.1 and 6.12 `fs/binfmt_elf.c`, `load_elf_binary`, `elf_map`, `elf_load`.
    fn unloadable(&self) -> Option<Error> {
        if self.loads().next().is_none() {
            return Some(Error::corrupt("program headers", 0, "a PT_LOAD", "none"));
        }
        self.loads().find_map(|load| {
            let [filesz, memsz] = [load.p_filesz, load.p_memsz];
            let skew = load.p_vaddr.wrapping_sub(load.p_offset) % SMALLEST_PAGE_BYTES;
            if filesz > memsz {
                let most = format!("at most {memsz} bytes, its p_memsz");
                Some(Error::corrupt(
                    "p_filesz",
                    load.p_offset,
                    most,
                    filesz.to_string(),
                ))
            } else if load.p_vaddr.saturating_add(memsz) > SMALLEST_SPACE_BYTES {
                let most = format!("an end at {SMALLEST_SPACE_BYTES:#x} at most");
                let found = format!("{memsz:#x} bytes from {:#x}", load.p_vaddr);
                Some(Error::corrupt("p_memsz", load.p_offset, most, found))
            } else if memsz.saturating_sub(filesz) > CLEARED_BYTES {
                let most = format!("at most {CLEARED_BYTES} bytes more than p_filesz");
                Some(Error::corrupt(
                    "p_memsz",
                    load.p_offset,
                    most,
                    memsz.to_string(),
                ))
            } else if filesz > 0 && skew != 0 {
                let like = format!("as far into a page as {:#x}", load.p_offset);
                let found = format!("{:#x}", load.p_vaddr);
                Some(Error::corrupt("p_vaddr", load.p_offset, like, found))
            } else {
                None
            }
        })
    }

    /// The first `PT_LOAD` that goes past the end of the file. What is missing of its last page there is
    /// zeros, and whether these do as well nobody knows.
    fn missing_segment(&self) -> Read<Option<Error>> {
        let size_bytes = self.file.size_bytes;
        let mapped = size_bytes.checked_next_multiple_of(SMALLEST_PAGE_BYTES);
        let mapped = mapped.unwrap_or(u64::MAX);
        let end = |load: &ProgramHeader| load.p_offset.saturating_add(load.p_filesz);
        let loads = || self.loads().filter(|load| load.p_filesz > 0);
        let found = |load: &ProgramHeader| size_bytes.saturating_sub(load.p_offset);
        if let Some(load) = loads().find(|load| end(load) > mapped) {
            let (at, length) = (load.p_offset, load.p_filesz);
            let cut = Error::truncated("PT_LOAD segment", at, length, found(load));
            return Ok(Some(cut));
        }
        let Some(load) = loads().find(|load| end(load) > size_bytes) else {
            return Ok(None);
        };
        let expected = format!("{} bytes", load.p_filesz);
        let found = format!("{}, and zeros to the end of the page", found(load));
        let error = Error::corrupt("PT_LOAD segment", load.p_offset, expected, found);
        Err(Fault::Unread(error))
    }

    fn order(&self) -> Endianness {
        self.machine.endianness
    }

    /// A number as wide as an address.
    fn word(&self, window: Window<'_>, at: u64) -> Option<u64> {
        if self.context.container == Class::Big {
            window.u64("word", at, self.order()).ok()
        } else {
            window.u32("word", at, self.order()).ok().map(u64::from)
        }
    }

    fn word_bytes(&self) -> u64 {
        if self.context.container == Class::Big {
            8
        } else {
            4
        }
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}
