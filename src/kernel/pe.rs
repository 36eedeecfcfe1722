//! The part of a PE file that a kernel image's header needs: machine, sections, certificates.
//!
//! Source: Microsoft's PE Format, "COFF File Header", "Optional Header (Image Only)", "Section
//! Table"; the kernel's `include/linux/pe.h` for what its own stubs write. Read here and not by a
//! library, so that each failing field is named: a kernel's PE header is hand-written assembly.

use super::Architecture;
use super::header::{Header, Section};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result, hex};
use crate::limits::Limits;
use crate::source::Source;
use binrw::BinRead;

const MZ: &[u8] = b"MZ";
const SIGNATURE: &[u8] = b"PE\0\0";
/// `LINUX_PE_MAGIC`, at [`LINUX_MAGIC_AT`]: x86, zboot and loongarch write it, Linux 6.1
/// did not yet.
pub(super) const LINUX_MAGIC: &[u8] = &[0xcd, 0x23, 0x82, 0x81];
pub(super) const LINUX_MAGIC_AT: u64 = 0x38;
const LFANEW_AT: u64 = 0x3c;
const SIGNATURE_BYTES: u64 = 4;
const COFF_BYTES: u64 = 20;
const SECTION_BYTES: u64 = 40;
const SYMBOL_BYTES: u64 = 18;
const PE32: u16 = 0x10b;
const PE32_PLUS: u16 = 0x20b;
const CERTIFICATE_TABLE: u64 = 4;
const DIRECTORY_BYTES: u64 = 8;

/// The COFF file header, behind the signature.
#[derive(Debug, BinRead)]
#[allow(non_snake_case)]
struct CoffHeader {
    /// 0x00: what the code runs on.
    Machine: u16,
    /// 0x02: rows of the section table.
    NumberOfSections: u16,
    /// 0x04: when it was linked; 0 in kernels.
    _TimeDateStamp: u32,
    /// 0x08: file offset of the COFF symbols; 0 where there are none, as in kernels.
    PointerToSymbolTable: u32,
    /// 0x0c: how many they are.
    NumberOfSymbols: u32,
    /// 0x10: length of the optional header, behind which the section table begins.
    SizeOfOptionalHeader: u16,
    /// 0x12: flags.
    _Characteristics: u16,
}

/// A row of the section table.
#[derive(Debug, BinRead)]
#[allow(non_snake_case)]
struct SectionHeader {
    /// 0x00: name, padded with NULs; no NUL behind eight characters.
    Name: [u8; 8],
    /// 0x08: length in memory; what the file has beyond it is padding.
    VirtualSize: u32,
    /// 0x0c: address in memory, from the image's base.
    _VirtualAddress: u32,
    /// 0x10: length in the file, padded to the file alignment.
    SizeOfRawData: u32,
    /// 0x14: offset in the file.
    PointerToRawData: u32,
    /// 0x18: relocations and line numbers; unused in images.
    _unused: [u32; 3],
    /// 0x24: flags.
    _Characteristics: u32,
}

/// What was read of a PE header.
#[derive(Debug)]
pub(super) struct Pe {
    /// Where its signature stands.
    pub(super) offset: u64,
    /// `Machine`.
    pub(super) machine: u16,
    /// `Subsystem`: 10 to 12 are EFI's.
    pub(super) subsystem: Option<u16>,
    /// The sections in the table's order; what is padding in the file is not counted.
    pub(super) sections: Vec<Section>,
    /// Offset and length of the certificate table; `None` where there is none.
    pub(super) certificates: Option<(u64, u64)>,
    /// Offset and length of the COFF symbols, which a string table follows.
    symbols: Option<(u64, u64)>,
    /// Where the last section's bytes in the file end, padding counted.
    pub(super) sections_end: u64,
}

/// Whether the bytes begin as a PE file does.
pub(super) fn begins(head: Window<'_>) -> bool {
    head.has(0, MZ)
}

/// The machine, where the bytes begin a PE file.
pub(super) fn machine(head: Window<'_>) -> Option<u16> {
    let at = signature_at(head).ok()?;
    head.u16(
        "coff_header.Machine",
        at.checked_add(SIGNATURE_BYTES)?,
        Endianness::Little,
    )
    .ok()
}

fn signature_at(head: Window<'_>) -> Result<u64> {
    if !begins(head) {
        let found = head.get(0, 2).unwrap_or(head.as_bytes());
        return Err(Error::invalid(
            "dos_header.e_magic",
            0,
            "\"MZ\"",
            hex(found),
        ));
    }
    let at = head.u32("dos_header.e_lfanew", LFANEW_AT, Endianness::Little)?;
    let at = u64::from(at);
    match head.get(at, SIGNATURE_BYTES) {
        Some(SIGNATURE) => Ok(at),
        Some(other) => Err(Error::invalid(
            "pe_header.Signature",
            at,
            "\"PE\\0\\0\"",
            hex(other),
        )),
        // No kernel has its PE header anywhere but at its beginning.
        None => Err(Error::invalid(
            "dos_header.e_lfanew",
            LFANEW_AT,
            format!(
                "the offset of a PE header in the first {} bytes",
                head.len()
            ),
            format!("{at:#x}"),
        )),
    }
}

impl Pe {
    /// Reads the header that is all in `head`.
    pub(super) fn read(head: Window<'_>, limits: &Limits) -> Result<Self> {
        let offset = signature_at(head)?;
        let coff_at = offset.saturating_add(SIGNATURE_BYTES);
        let coff: CoffHeader = head.header("coff_header", coff_at, Endianness::Little)?;
        let optional_at = coff_at.saturating_add(COFF_BYTES);
        let optional_bytes = u64::from(coff.SizeOfOptionalHeader);
        let optional = head.window("optional_header", optional_at, optional_bytes)?;
        let count = u64::from(coff.NumberOfSections);
        if count > limits.sections {
            return Err(Error::limit("sections", limits.sections));
        }
        let mut pe = Self {
            offset,
            machine: coff.Machine,
            subsystem: subsystem(optional),
            sections: Vec::new(),
            certificates: certificates(optional)?,
            symbols: (coff.PointerToSymbolTable > 0).then(|| {
                let bytes = u64::from(coff.NumberOfSymbols).saturating_mul(SYMBOL_BYTES);
                (u64::from(coff.PointerToSymbolTable), bytes)
            }),
            sections_end: 0,
        };
        let table_at = optional_at.saturating_add(optional_bytes);
        let table_bytes = count.saturating_mul(SECTION_BYTES);
        let table = head.window("section_table", table_at, table_bytes)?;
        for row in 0..count {
            let section: SectionHeader = table.header(
                "section_table",
                row.saturating_mul(SECTION_BYTES),
                Endianness::Little,
            )?;
            pe.add(&section);
        }
        Ok(pe)
    }

    fn add(&mut self, section: &SectionHeader) {
        let raw_bytes = u64::from(section.SizeOfRawData);
        let raw_at = u64::from(section.PointerToRawData);
        let name = section.Name.split(|byte| *byte == 0).next();
        if raw_bytes > 0 {
            let end = raw_at.saturating_add(raw_bytes);
            self.sections_end = self.sections_end.max(end);
        }
        self.sections.push(Section {
            name: String::from_utf8_lossy(name.unwrap_or_default()).into_owned(),
            offset: raw_at,
            // 0 is what linkers of object files write, and means the raw size.
            length: match u64::from(section.VirtualSize) {
                0 => raw_bytes,
                virtual_bytes => raw_bytes.min(virtual_bytes),
            },
        });
    }

    /// The first section of that name.
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// What runs its code.
    pub(super) fn architecture(&self) -> Option<Architecture> {
        Architecture::from_pe(self.machine)
    }

    /// Where the file ends that this header describes: sections, then certificates.
    pub(super) fn end(&self) -> u64 {
        let (at, length) = self.certificates.unwrap_or_default();
        self.sections_end.max(at.saturating_add(length))
    }

    /// As [`Pe::end`], for programs that a linker made: they may end with symbols.
    pub(super) fn linked_end(&self, source: &Source) -> u64 {
        let symbols_end = self.symbols.and_then(|(at, bytes)| {
            let strings_at = at.checked_add(bytes)?;
            // The length of the string table counts itself.
            let strings = source.read("string_table", strings_at, 4).ok()?;
            let strings = Window::new(&strings, strings_at).u32("size", 0, Endianness::Little);
            strings_at.checked_add(u64::from(strings.ok()?))
        });
        self.end().max(symbols_end.unwrap_or(0))
    }

    /// Writes to `header` what every PE kernel has: stub, signature, and what is cut off. The
    /// architecture is set where the caller knows none.
    pub(super) fn describe(&self, header: &mut Header, file_bytes: u64) {
        header.efi_stub = Some(true);
        header.signed = Some(self.certificates.is_some());
        header.architecture = header.architecture.or_else(|| self.architecture());
        for section in &self.sections {
            let end = section.offset.saturating_add(section.length);
            if section.length > 0 && end > file_bytes {
                header.problems.push(Error::truncated(
                    format!("section {}", printable(&section.name)),
                    section.offset,
                    section.length,
                    file_bytes.saturating_sub(section.offset),
                ));
            }
        }
        if let Some((at, length)) = self.certificates
            && at.saturating_add(length) > file_bytes
        {
            header.problems.push(Error::truncated(
                "certificate table",
                at,
                length,
                file_bytes.saturating_sub(at),
            ));
        }
    }
}

/// Reads the PE header of a kernel that may have none, into `header`: where it has, its bounds;
/// where it is broken, a problem, for the kernel is still one without it.
pub(super) fn describe(
    header: &mut Header,
    head: Window<'_>,
    file_bytes: u64,
    limits: &Limits,
) -> Option<Pe> {
    header.efi_stub = Some(false);
    header.signed = Some(false);
    if !begins(head) {
        return None;
    }
    match Pe::read(head, limits) {
        Ok(pe) => {
            pe.describe(header, file_bytes);
            Some(pe)
        }
        Err(error) => {
            header.problems.push(error);
            None
        }
    }
}

/// A name from a file, as a message may show it.
pub(super) fn printable(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect()
}

fn subsystem(optional: Window<'_>) -> Option<u16> {
    optional
        .u16("optional_header.Subsystem", 68, Endianness::Little)
        .ok()
}

/// The data directory of the certificate table. Its address is a file offset, unlike the others'.
fn certificates(optional: Window<'_>) -> Result<Option<(u64, u64)>> {
    let little = Endianness::Little;
    if optional.is_empty() {
        return Ok(None);
    }
    let count_at = match optional.u16("optional_header.Magic", 0, little)? {
        PE32 => 92,
        PE32_PLUS => 108,
        other => {
            return Err(Error::invalid(
                "optional_header.Magic",
                optional.base(),
                "0x10b or 0x20b",
                format!("{other:#x}"),
            ));
        }
    };
    let count = optional.u32("optional_header.NumberOfRvaAndSizes", count_at, little)?;
    if u64::from(count) <= CERTIFICATE_TABLE {
        return Ok(None);
    }
    let directory_at = CERTIFICATE_TABLE
        .saturating_mul(DIRECTORY_BYTES)
        .saturating_add(count_at)
        .saturating_add(4);
    let field = "optional_header.CertificateTable";
    let address = optional.u32(field, directory_at, little)?;
    let size = optional.u32(field, directory_at.saturating_add(4), little)?;
    Ok((size > 0).then_some((u64::from(address), u64::from(size))))
}
