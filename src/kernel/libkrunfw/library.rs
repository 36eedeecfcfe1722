//! A library as its loader sees it: symbols, and the parts of the file by their addresses.

use super::{GET_KERNEL, GET_VERSION, KERNEL_BUNDLE, PARTS, mach_o, shared_object};
use crate::architecture::Architecture;
use crate::bytes::Window;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use memchr::memmem;

/// A getter has some sixty bytes of code.
const CODE_BYTES: u64 = 512;
/// How much is searched at once for a library within a program.
const STEP_BYTES: u64 = 1024 * 1024;

/// A symbol that the library defines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    pub(super) name: &'static str,
    pub(super) address: u64,
    /// Its size, where the format states one.
    pub(super) size: Option<u64>,
}

/// A part of the file, and where it goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mapping {
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) file_bytes: u64,
}

/// The library. All offsets count from its own beginning.
pub(super) struct Library {
    /// Where it begins in the file.
    pub(super) base: u64,
    pub(super) source: Source,
    pub(super) architecture: Architecture,
    pub(super) mappings: Vec<Mapping>,
    pub(super) symbols: Vec<Symbol>,
    /// Where its table of symbols is.
    pub(super) symbols_at: u64,
}

/// The code of a function, from its first byte on.
pub(super) struct Code<'a> {
    pub(super) bytes: Window<'a>,
    /// The address of the first byte.
    pub(super) address: u64,
}

/// The names of libkrunfw.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let parts = PARTS
        .into_iter()
        .flat_map(|(bundle, getter)| [bundle, getter]);
    [KERNEL_BUNDLE, GET_KERNEL, GET_VERSION]
        .into_iter()
        .chain(parts)
}

impl Library {
    pub(super) fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.name == name)
    }

    /// Where `address` is in the file, and how many bytes of its segment follow.
    pub(super) fn place(&self, address: u64) -> Option<(u64, u64)> {
        self.mappings.iter().find_map(|mapping| {
            let distance = address.checked_sub(mapping.address)?;
            let left = mapping
                .file_bytes
                .checked_sub(distance)
                .filter(|left| *left > 0)?;
            Some((mapping.offset.checked_add(distance)?, left))
        })
    }

    /// Where what the symbol names is in the file; the table of symbols where it is not there.
    pub(super) fn offset_of(&self, name: &str) -> u64 {
        let place = self
            .symbol(name)
            .and_then(|symbol| self.place(symbol.address));
        place.map_or(self.symbols_at, |(offset, _)| offset)
    }

    /// The code of the function of that name.
    pub(super) fn code(&self, name: &'static str) -> Result<CodeBytes<'_>> {
        let symbol = self.symbol(name).ok_or_else(|| {
            let expected = format!("a symbol beside {KERNEL_BUNDLE}");
            Error::invalid(name, self.symbols_at, expected, "none")
        })?;
        let (offset, left) = self.place(symbol.address).ok_or_else(|| {
            let found = format!("{:#x}", symbol.address);
            Error::invalid(
                name,
                self.symbols_at,
                "an address in a segment of the file",
                found,
            )
        })?;
        let length = symbol.size.unwrap_or(CODE_BYTES).min(CODE_BYTES).min(left);
        let there = self.source.len().saturating_sub(offset).min(length);
        // A format without sizes does not say that there is more.
        let length = if symbol.size.is_some() { length } else { there };
        Ok(CodeBytes {
            bytes: self.source.read(name, offset, length)?,
            offset,
            address: symbol.address,
        })
    }

    /// Returns true if it has what makes a library a libkrunfw.
    fn has_kernel(&self) -> bool {
        self.symbol(KERNEL_BUNDLE).is_some() || self.symbol(GET_KERNEL).is_some()
    }
}

/// As [`Code`], with the bytes as they were read.
pub(super) struct CodeBytes<'a> {
    bytes: std::borrow::Cow<'a, [u8]>,
    offset: u64,
    address: u64,
}

impl CodeBytes<'_> {
    pub(super) fn code(&self) -> Code<'_> {
        Code {
            bytes: Window::new(&self.bytes, self.offset),
            address: self.address,
        }
    }
}

/// The libkrunfw that this library or program is, or holds.
pub(super) fn find(source: &Source, limits: &Limits) -> Result<Option<Library>> {
    if mach_o::begins(source.head()?) {
        return mach_o::read(source, limits, Library::has_kernel);
    }
    let Some(outermost) = shared_object::read(source, 0, limits) else {
        return Ok(None);
    };
    if outermost.library.has_kernel() {
        return Ok(Some(outermost.library));
    }
    if !outermost.is_linked {
        return Ok(None);
    }
    within(source, limits)
}

/// The libkrunfw among the data of a program, where `include_bytes!` and its like put the file.
fn within(source: &Source, limits: &Limits) -> Result<Option<Library>> {
    let magic = memmem::Finder::new(shared_object::MAGIC);
    let end = source.len().min(limits.file_bytes);
    let mut tried = 0_u64;
    // The program itself begins at 0.
    let mut offset = 1_u64;
    while offset < end {
        // A header that begins in this step may end in the next.
        let length = STEP_BYTES
            .saturating_add(shared_object::HEADER_BYTES)
            .min(end.saturating_sub(offset));
        limits.charge_work(length)?;
        let bytes = source.read("program", offset, length)?;
        for at in magic.find_iter(&bytes) {
            let start = u64::try_from(at).unwrap_or(u64::MAX);
            let header = bytes.get(at..).unwrap_or_default();
            if start >= STEP_BYTES || !shared_object::is_linked(Window::new(header, 0)) {
                continue;
            }
            if tried >= limits.payload_candidates {
                return Ok(None);
            }
            tried = tried.saturating_add(1);
            let base = offset.saturating_add(start);
            let inner = shared_object::read(&source.part(base, u64::MAX), base, limits);
            let library = inner.map(|inner| inner.library);
            if let Some(library) = library.filter(Library::has_kernel) {
                return Ok(Some(library));
            }
        }
        offset = offset.saturating_add(STEP_BYTES);
    }
    Ok(None)
}
