//! A shared object of Linux: ELF of 64 bits with a dynamic section.
//!
//! Sources: the System V ABI, "Object Files" and "Dynamic Linking"; binutils `bfd/elflink.c` and
//! glibc `elf/dl-lookup.c` for the GNU hash table. Symbols are found as `dlsym` finds them, and where
//! a library keeps them to itself, in its full table of symbols.

use super::library::{Library, Mapping, Symbol, names};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::limits::Limits;
use crate::source::Source;
use goblin::container::{Container as Class, Ctx, Endian};
use goblin::elf::{Elf, ProgramHeader, SectionHeader, header, program_header, section_header};

/// How every such file begins: ELF, 64 bits, little endian, version 1.
pub(super) const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01";

/// Length of the header.
pub(super) const HEADER_BYTES: u64 = 64;
const CONTEXT: Ctx = Ctx {
    container: Class::Big,
    le: Endian::Little,
};
const PROGRAM_HEADER_BYTES: u64 = 56;
const SECTION_HEADER_BYTES: u64 = 64;
const DYNAMIC_ENTRY_BYTES: u64 = 16;
const SYMBOL_BYTES: u64 = 24;
/// Longest dynamic section that is read; libraries have some thirty entries.
const DYNAMIC_BYTES: u64 = 64 * 1024;
/// Symbols of one bucket that are compared.
const CHAIN: u64 = 1024;

const DT_NEEDED: u64 = 1;
const DT_HASH: u64 = 4;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_SONAME: u64 = 14;
const DT_GNU_HASH: u64 = 0x6fff_fef5;

/// Returns true if these first bytes are of a linked ELF file with a dynamic section.
pub(super) fn begins(head: Window<'_>) -> bool {
    let Some((count, table)) = linked(head) else {
        return false;
    };
    let length = PROGRAM_HEADER_BYTES.saturating_mul(count);
    // A table elsewhere is read by `read`.
    match head.get(table, length) {
        Some(bytes) => program_headers(bytes, count)
            .is_some_and(|headers| find(&headers, program_header::PT_DYNAMIC).is_some()),
        None => true,
    }
}

/// Returns true if this is the header of a program or a shared object.
pub(super) fn is_linked(header: Window<'_>) -> bool {
    linked(header).is_some()
}

/// The number of program headers, and where they are.
fn linked(head: Window<'_>) -> Option<(u64, u64)> {
    if !head.has(0, MAGIC) {
        return None;
    }
    let file = Elf::parse_header(head.get(0, HEADER_BYTES)?).ok()?;
    matches!(file.e_type, header::ET_EXEC | header::ET_DYN)
        .then_some((u64::from(file.e_phnum), file.e_phoff))
}

fn program_headers(bytes: &[u8], count: u64) -> Option<Vec<ProgramHeader>> {
    ProgramHeader::parse(bytes, 0, usize::try_from(count).ok()?, CONTEXT).ok()
}

fn find(headers: &[ProgramHeader], kind: u32) -> Option<&ProgramHeader> {
    headers.iter().find(|header| header.p_type == kind)
}

/// A shared object or program.
pub(super) struct SharedObject {
    pub(super) library: Library,
    /// It names itself or what it needs, which no kernel does.
    pub(super) is_linked: bool,
}

/// The object at the start of `source`, which is `base` bytes into its file. `None` if the bytes are no
/// ELF object, or too damaged to read.
pub(super) fn read(source: &Source, base: u64, limits: &Limits) -> Option<SharedObject> {
    let header = source.read("ELF header", 0, HEADER_BYTES).ok()?;
    let (count, table) = linked(Window::new(&header, 0))?;
    if count > limits.sections {
        return None;
    }
    let file = Elf::parse_header(&header).ok()?;
    let architecture = Architecture::from_elf(file.e_machine, true)?;
    let length = PROGRAM_HEADER_BYTES.saturating_mul(count);
    let bytes = source.read("program header table", table, length).ok()?;
    let headers = program_headers(&bytes, count)?;
    let loads = headers
        .iter()
        .filter(|header| header.p_type == program_header::PT_LOAD);
    let mappings = loads.map(|load| Mapping {
        address: load.p_vaddr,
        offset: load.p_offset,
        file_bytes: load.p_filesz,
    });
    let mut library = Library {
        base,
        source: source.clone(),
        architecture,
        mappings: mappings.collect(),
        symbols: Vec::new(),
        symbols_at: 0,
    };
    let dynamic = find(&headers, program_header::PT_DYNAMIC)?;
    let dynamic = Dynamic::read(source, dynamic)?;
    dynamic.symbols(&mut library);
    let is_linked = dynamic.get(DT_SONAME).or(dynamic.get(DT_NEEDED)).is_some();
    if library.symbols.is_empty() && is_linked {
        let table = (file.e_shoff, u64::from(file.e_shnum));
        all_symbols(&mut library, table, limits);
    }
    Some(SharedObject { library, is_linked })
}

/// The dynamic section.
struct Dynamic {
    entries: Vec<(u64, u64)>,
}

impl Dynamic {
    fn read(source: &Source, header: &ProgramHeader) -> Option<Self> {
        let length = header.p_filesz.min(DYNAMIC_BYTES);
        let bytes = source.read("PT_DYNAMIC", header.p_offset, length).ok()?;
        let window = Window::new(&bytes, 0);
        let mut entries = Vec::new();
        let mut at = 0_u64;
        while let (Some(tag), Some(value)) = (
            u64_at(window, at),
            u64_at(window, at.saturating_add(DYNAMIC_ENTRY_BYTES / 2)),
        ) {
            if tag == 0 {
                break;
            }
            entries.push((tag, value));
            at = at.saturating_add(DYNAMIC_ENTRY_BYTES);
        }
        Some(Self { entries })
    }

    fn get(&self, wanted: u64) -> Option<u64> {
        let mut matching = self.entries.iter().filter(|(tag, _)| *tag == wanted);
        matching.next().map(|(_, value)| *value)
    }

    /// Puts the symbols of libkrunfw that the library exports into it.
    fn symbols(&self, library: &mut Library) {
        let place = |tag: u64| Some(library.place(self.get(tag)?)?.0);
        let (Some(symbols), Some(strings)) = (place(DT_SYMTAB), place(DT_STRTAB)) else {
            return;
        };
        let table = Table {
            source: &library.source,
            symbols,
            strings,
        };
        let (gnu, plain) = (place(DT_GNU_HASH), place(DT_HASH));
        let found = names().filter_map(|name| {
            gnu.and_then(|hash| table.by_gnu_hash(hash, name))
                .or_else(|| plain.and_then(|hash| table.by_hash(hash, name)))
        });
        let found = found.collect();
        library.symbols = found;
        library.symbols_at = symbols;
    }
}

/// The table of exported symbols, with the strings that it names.
struct Table<'a> {
    source: &'a Source,
    symbols: u64,
    strings: u64,
}

impl Table<'_> {
    fn word(&self, at: u64) -> Option<u64> {
        let bytes = self.source.read("hash table", at, 4).ok()?;
        let word = Window::new(&bytes, 0).u32("hash table", 0, Endianness::Little);
        word.ok().map(u64::from)
    }

    /// Words of 4 bytes, counted from `base`.
    fn entry(&self, base: u64, index: u64) -> Option<u64> {
        self.word(base.checked_add(index.checked_mul(4)?)?)
    }

    /// `DT_GNU_HASH`: number of buckets, first symbol, words and shift of the Bloom filter; the
    /// filter, the buckets, and a hash for each symbol, whose lowest bit ends a bucket.
    fn by_gnu_hash(&self, hash: u64, name: &'static str) -> Option<Symbol> {
        let (buckets, first) = (self.entry(hash, 0)?, self.entry(hash, 1)?);
        let filter_bytes = self.entry(hash, 2)?.checked_mul(8)?;
        let bucket_table = hash.checked_add(16)?.checked_add(filter_bytes)?;
        let chains = bucket_table.checked_add(buckets.checked_mul(4)?)?;
        let wanted = gnu_hash(name);
        let bucket = wanted.checked_rem(buckets)?;
        let start = self.entry(bucket_table, bucket)?;
        for step in 0..CHAIN {
            let index = start.checked_add(step)?;
            let entry = self.entry(chains, index.checked_sub(first)?)?;
            if entry | 1 == wanted | 1
                && let Some(symbol) = self.symbol(index, name)
            {
                return Some(symbol);
            }
            if entry & 1 == 1 {
                return None;
            }
        }
        None
    }

    /// `DT_HASH`: numbers of buckets and of symbols, the buckets, and the next symbol for each.
    fn by_hash(&self, hash: u64, name: &'static str) -> Option<Symbol> {
        let buckets = self.entry(hash, 0)?;
        let bucket_table = hash.checked_add(8)?;
        let chains = bucket_table.checked_add(buckets.checked_mul(4)?)?;
        let bucket = plain_hash(name).checked_rem(buckets)?;
        let mut index = self.entry(bucket_table, bucket)?;
        for _ in 0..CHAIN {
            if index == 0 {
                return None;
            }
            if let Some(symbol) = self.symbol(index, name) {
                return Some(symbol);
            }
            index = self.entry(chains, index)?;
        }
        None
    }

    /// The symbol of that number, if it has that name and is defined.
    fn symbol(&self, index: u64, name: &'static str) -> Option<Symbol> {
        let at = self.symbols.checked_add(index.checked_mul(SYMBOL_BYTES)?)?;
        let bytes = self.source.read("symbol", at, SYMBOL_BYTES).ok()?;
        let entry = Entry::read(Window::new(&bytes, 0))?;
        let length = u64::try_from(name.len()).ok()?.checked_add(1)?;
        let at = self.strings.checked_add(entry.name)?;
        let text = self.source.read("symbol name", at, length).ok()?;
        let text = text.strip_suffix(&[0])?;
        (text == name.as_bytes()).then(|| entry.symbol(name))?
    }
}

/// One symbol as it is stored.
struct Entry {
    name: u64,
    section: u16,
    value: u64,
    size: u64,
}

impl Entry {
    fn read(bytes: Window<'_>) -> Option<Self> {
        let order = Endianness::Little;
        Some(Self {
            name: bytes.u32("st_name", 0, order).ok()?.into(),
            section: bytes.u16("st_shndx", 6, order).ok()?,
            value: bytes.u64("st_value", 8, order).ok()?,
            size: bytes.u64("st_size", 16, order).ok()?,
        })
    }

    /// The symbol, if it is defined here.
    fn symbol(&self, name: &'static str) -> Option<Symbol> {
        let is_defined = u32::from(self.section) != section_header::SHN_UNDEF;
        is_defined.then_some(Symbol {
            name,
            address: self.value,
            size: (self.size > 0).then_some(self.size),
        })
    }
}

/// Puts the symbols of libkrunfw from the full table (`SHT_SYMTAB`) into the library. A library
/// without that table adds nothing.
fn all_symbols(library: &mut Library, (table, count): (u64, u64), limits: &Limits) -> Option<()> {
    if table == 0 || count > limits.sections {
        return None;
    }
    let source = library.source.clone();
    let length = SECTION_HEADER_BYTES.saturating_mul(count);
    let bytes = source.read("section header table", table, length).ok()?;
    let count = usize::try_from(count).ok()?;
    let headers = SectionHeader::parse_from(&bytes, 0, count, CONTEXT).ok()?;
    let symtab = headers
        .iter()
        .find(|section| section.sh_type == section_header::SHT_SYMTAB)?;
    let strtab = headers.get(usize::try_from(symtab.sh_link).ok()?)?;
    if symtab.sh_size / SYMBOL_BYTES > limits.symbols {
        return None;
    }
    let cost = symtab.sh_size.saturating_add(strtab.sh_size);
    limits.charge_work(cost).ok()?;
    let read = |section: &SectionHeader| {
        source.read_bounded("symbol table", section.sh_offset, section.sh_size, limits)
    };
    let (symbols, strings) = (read(symtab).ok()?, read(strtab).ok()?);
    let strings = Window::new(&strings, 0);
    let mut found: Vec<Symbol> = Vec::new();
    for bytes in symbols.chunks_exact(usize::try_from(SYMBOL_BYTES).ok()?) {
        let entry = Entry::read(Window::new(bytes, 0))?;
        let is_named = |name: &str| {
            let end = u64::try_from(name.len()).map(|length| entry.name.saturating_add(length));
            strings.has(entry.name, name.as_bytes()) && end.is_ok_and(|end| strings.has(end, &[0]))
        };
        if let Some(symbol) = names()
            .find(|name| is_named(name))
            .and_then(|name| entry.symbol(name))
            && !found.iter().any(|other| other.name == symbol.name)
        {
            found.push(symbol);
        }
    }
    if !found.is_empty() {
        library.symbols = found;
        library.symbols_at = symtab.sh_offset;
    }
    Some(())
}

fn u64_at(window: Window<'_>, at: u64) -> Option<u64> {
    window.u64("PT_DYNAMIC", at, Endianness::Little).ok()
}

/// `dl_new_hash` of glibc.
fn gnu_hash(name: &str) -> u64 {
    let step = |hash: u32, byte: u8| hash.wrapping_mul(33).wrapping_add(byte.into());
    name.bytes().fold(5381, step).into()
}

/// `elf_hash` of the System V ABI.
fn plain_hash(name: &str) -> u64 {
    let step = |hash: u32, byte: u8| {
        let hash = hash.wrapping_shl(4).wrapping_add(byte.into());
        let high = hash & 0xf000_0000;
        (hash ^ high.wrapping_shr(24)) & !high
    };
    name.bytes().fold(0, step).into()
}
