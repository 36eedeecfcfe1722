//! A library of macOS: Mach-O of 64 bits, also as one of several in a fat file.
//!
//! Sources: Apple's `mach-o/loader.h` (`mach_header_64`, `segment_command_64`, `symtab_command`),
//! `mach-o/nlist.h` and `mach-o/fat.h`, from XNU.

use super::library::{Library, Mapping, Symbol, names};
use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

const MH_MAGIC_64: &[u8] = &[0xcf, 0xfa, 0xed, 0xfe];
/// The fat header is big endian.
const FAT_MAGIC: &[u8] = &[0xca, 0xfe, 0xba, 0xbe];
const FAT_MAGIC_64: &[u8] = &[0xca, 0xfe, 0xba, 0xbf];
/// The classes of Java have the same magic, and a version number where the count stands.
const FAT_PARTS: u32 = 30;

const HEADER_BYTES: u64 = 32;
/// Longest commands that are read; programs have some kilobytes.
const COMMANDS_BYTES: u32 = 1024 * 1024;
const LC_SYMTAB: u32 = 2;
const LC_SEGMENT_64: u32 = 0x19;
const CPU_TYPE_X86_64: u32 = 0x0100_0007;
const CPU_TYPE_ARM64: u32 = 0x0100_000c;
const SYMBOL_BYTES: u64 = 16;
/// Bits of `n_type` that mark a symbol of a debugger.
const N_STAB: u8 = 0xe0;
const N_TYPE: u8 = 0x0e;
/// It is defined in a section.
const N_SECT: u8 = 0x0e;

/// `mach_header_64`.
#[derive(BinRead)]
struct MachHeader {
    /// 0x00: `MH_MAGIC_64`.
    _magic: u32,
    /// 0x04: the CPU.
    cputype: u32,
    /// 0x08: its model.
    _cpusubtype: u32,
    /// 0x0c: library, program, bundle.
    _filetype: u32,
    /// 0x10: number of load commands.
    ncmds: u32,
    /// 0x14: their length together.
    sizeofcmds: u32,
    /// 0x18: flags.
    _flags: u32,
    /// 0x1c: reserved.
    _reserved: u32,
}

/// `segment_command_64` up to `filesize`.
#[derive(BinRead)]
struct SegmentCommand {
    /// 0x00: `LC_SEGMENT_64`.
    _cmd: u32,
    /// 0x04: length of the command.
    _cmdsize: u32,
    /// 0x08: name.
    _segname: [u8; 16],
    /// 0x18: address.
    vmaddr: u64,
    /// 0x20: bytes in memory.
    _vmsize: u64,
    /// 0x28: offset in the file.
    fileoff: u64,
    /// 0x30: bytes in the file.
    filesize: u64,
}

/// `symtab_command`.
#[derive(BinRead)]
struct SymtabCommand {
    /// 0x00: `LC_SYMTAB`.
    _cmd: u32,
    /// 0x04: length of the command.
    _cmdsize: u32,
    /// 0x08: offset of the symbols.
    symoff: u32,
    /// 0x0c: number of symbols.
    nsyms: u32,
    /// 0x10: offset of the strings.
    stroff: u32,
    /// 0x14: length of the strings.
    strsize: u32,
}

/// `nlist_64`.
#[derive(BinRead)]
struct Nlist {
    /// 0x00: offset of the name in the strings.
    n_strx: u32,
    /// 0x04: kind.
    n_type: u8,
    /// 0x05: section, counted from 1.
    _n_sect: u8,
    /// 0x06: description.
    _n_desc: u16,
    /// 0x08: address.
    n_value: u64,
}

/// Returns true if these first bytes are of a Mach-O file of 64 bits, or of a fat file.
pub(super) fn begins(head: Window<'_>) -> bool {
    head.has(0, MH_MAGIC_64) || parts(head).is_some()
}

/// The number of parts of a fat file, and whether their places have 64 bits.
fn parts(head: Window<'_>) -> Option<(u32, bool)> {
    let is_64 = head.has(0, FAT_MAGIC_64);
    if !is_64 && !head.has(0, FAT_MAGIC) {
        return None;
    }
    let count = head.u32("nfat_arch", 4, Endianness::Big).ok()?;
    (count < FAT_PARTS).then_some((count, is_64))
}

/// The library in the file; of a fat file, the first one that `wanted` takes.
pub(super) fn read(
    source: &Source,
    limits: &Limits,
    wanted: fn(&Library) -> bool,
) -> Result<Option<Library>> {
    let head = source.head()?;
    if head.len() < HEADER_BYTES {
        return Ok(None);
    }
    let Some((count, is_64)) = parts(head) else {
        let library = thin(source, 0, limits)?;
        return Ok(library.filter(wanted));
    };
    for index in 0..u64::from(count) {
        let (base, length) = part(head, index, is_64)?;
        if base
            .checked_add(length)
            .is_none_or(|end| end > source.len())
        {
            let found = source.len().saturating_sub(base);
            return Err(Error::truncated("fat_arch", base, length, found));
        }
        let bytes = source.part(base, length);
        if !bytes.head()?.has(0, MH_MAGIC_64) {
            continue;
        }
        let library = thin(&bytes, base, limits).map_err(|error| error.shifted(base))?;
        if let Some(library) = library.filter(wanted) {
            return Ok(Some(library));
        }
    }
    Ok(None)
}

/// Where a part of a fat file is, and its length: the third and fourth field of `fat_arch` and
/// `fat_arch_64`.
fn part(head: Window<'_>, index: u64, is_64: bool) -> Result<(u64, u64)> {
    let order = Endianness::Big;
    let at = |entry_bytes: u64| index.saturating_mul(entry_bytes).saturating_add(8);
    if is_64 {
        let at = at(32);
        let offset = head.u64("fat_arch_64.offset", at.saturating_add(8), order)?;
        Ok((
            offset,
            head.u64("fat_arch_64.size", at.saturating_add(16), order)?,
        ))
    } else {
        let at = at(20);
        let offset = head.u32("fat_arch.offset", at.saturating_add(8), order)?;
        let size = head.u32("fat_arch.size", at.saturating_add(12), order)?;
        Ok((offset.into(), size.into()))
    }
}

/// The library that begins where `source` does; `None` where its CPU is not known.
fn thin(source: &Source, base: u64, limits: &Limits) -> Result<Option<Library>> {
    let order = Endianness::Little;
    let header: MachHeader = source.head()?.header("mach_header_64", 0, order)?;
    let architecture = match header.cputype {
        CPU_TYPE_X86_64 => Architecture::X86_64,
        CPU_TYPE_ARM64 => Architecture::Aarch64,
        _ => return Ok(None),
    };
    if header.sizeofcmds > COMMANDS_BYTES {
        let expected = format!("at most {COMMANDS_BYTES} bytes");
        let found = header.sizeofcmds.to_string();
        return Err(Error::invalid("sizeofcmds", 0x14, expected, found));
    }
    if u64::from(header.ncmds) > limits.sections {
        return Err(Error::limit("sections", limits.sections));
    }
    let commands = source.read("load commands", HEADER_BYTES, header.sizeofcmds.into())?;
    let commands = Window::new(&commands, HEADER_BYTES);
    let mut library = Library {
        base,
        source: source.clone(),
        architecture,
        mappings: Vec::new(),
        symbols: Vec::new(),
        symbols_at: 0,
    };
    let mut symtab = None;
    let mut at = 0_u64;
    for _ in 0..header.ncmds {
        let kind = commands.u32("load command", at, order)?;
        let size = u64::from(commands.u32("cmdsize", at.saturating_add(4), order)?);
        let command = commands.window("load command", at, size)?;
        match kind {
            LC_SEGMENT_64 => {
                let segment: SegmentCommand = command.header("LC_SEGMENT_64", 0, order)?;
                library.mappings.push(Mapping {
                    address: segment.vmaddr,
                    offset: segment.fileoff,
                    file_bytes: segment.filesize,
                });
            }
            LC_SYMTAB => symtab = Some(command.header("LC_SYMTAB", 0, order)?),
            _ => {}
        }
        if size < 8 {
            let found = format!("{size} bytes");
            let field = command.base().saturating_add(4);
            return Err(Error::invalid("cmdsize", field, "at least 8 bytes", found));
        }
        at = at.saturating_add(size);
    }
    if let Some(symtab) = symtab {
        symbols(&mut library, &symtab, limits)?;
    }
    Ok(Some(library))
}

/// Puts the symbols of libkrunfw into the library. C's names have an underscore before them.
fn symbols(library: &mut Library, symtab: &SymtabCommand, limits: &Limits) -> Result<()> {
    let count = u64::from(symtab.nsyms);
    if count > limits.symbols {
        return Err(Error::limit("symbols", limits.symbols));
    }
    let table_bytes = count.saturating_mul(SYMBOL_BYTES);
    limits.charge_work(table_bytes.saturating_add(symtab.strsize.into()))?;
    let source = library.source.clone();
    let read =
        |field, offset: u32, length| source.read_bounded(field, offset.into(), length, limits);
    let table = read("LC_SYMTAB symbols", symtab.symoff, table_bytes)?;
    let strings = read("LC_SYMTAB strings", symtab.stroff, symtab.strsize.into())?;
    let table = Window::new(&table, symtab.symoff.into());
    let strings = Window::new(&strings, symtab.stroff.into());
    library.symbols_at = symtab.symoff.into();
    for index in 0..count {
        let at = index.saturating_mul(SYMBOL_BYTES);
        let entry: Nlist = table.header("nlist_64", at, Endianness::Little)?;
        if entry.n_type & N_STAB != 0 || entry.n_type & N_TYPE != N_SECT {
            continue;
        }
        let is_named = |name: &&str| {
            let text = [b"_", name.as_bytes(), b"\0"].concat();
            strings.has(entry.n_strx.into(), &text)
        };
        if let Some(name) = names().find(is_named)
            && library.symbol(name).is_none()
        {
            library.symbols.push(Symbol {
                name,
                address: entry.n_value,
                size: None,
            });
        }
    }
    Ok(())
}
