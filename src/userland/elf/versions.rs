//! Versions of symbols: those that a file needs of each library, and those that it defines.
//!
//! Source: the Linux Standard Base, "Symbol Versioning"; glibc's `elf/dl-version.c`.

use super::{Fault, Image, Read, until_nul};
use crate::bytes::Window;
use crate::error::Error;

/// Longest table of strings that is read for versions; the largest libraries have some MiB of C++.
const STRINGS_BYTES: u64 = 8 << 20;
/// Longest table of versions that is read.
const TABLE_BYTES: u64 = 256 * 1024;
/// How many versions one file may need or define; libc has some sixty.
const VERSIONS: usize = 512;
/// Longest name of a version, or of the library that has it; C++ has some of 30 bytes.
const NAME_BYTES: usize = 128;

/// `VER_FLG_WEAK`: without it a program runs too.
const VER_FLG_WEAK: u16 = 2;

/// A version that a file needs of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionNeed {
    /// The name of the library: `libc.so.6`.
    pub library: Vec<u8>,
    /// The version: `GLIBC_2.38`.
    pub version: Vec<u8>,
}

/// The versions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// Those without which the loader does not start it.
    pub needed: Vec<VersionNeed>,
    /// Those that it defines; `None` of a file without any, which is taken for all.
    pub defined: Option<Vec<Vec<u8>>>,
}

/// Where the dynamic section says that the tables are, and how many entries they have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tables {
    pub strings_bytes: Option<u64>,
    pub needed: Option<(u64, u64)>,
    pub defined: Option<(u64, u64)>,
}

impl Image<'_> {
    /// The versions of the file, whose strings begin at an offset.
    pub(super) fn versions(&self, tables: &Tables, strings: u64) -> Read<Versions> {
        let mut versions = Versions::default();
        if tables.needed.is_none() && tables.defined.is_none() {
            return Ok(versions);
        }
        let length = tables.strings_bytes.unwrap_or(STRINGS_BYTES);
        let texts = self.file.read_some(strings, length.min(STRINGS_BYTES))?;
        let text = |at: u32| -> Option<Vec<u8>> {
            let rest = texts.get(usize::try_from(at).ok()?..)?;
            let rest = rest.get(..NAME_BYTES).unwrap_or(rest);
            rest.contains(&0).then(|| until_nul(rest.to_vec()))
        };
        let odd = |field| {
            let error = Error::corrupt(field, strings, "as documented", "something else");
            Fault::Unread(error)
        };
        if let Some((address, count)) = tables.needed {
            let table = self.table(address)?;
            let needed = self.needed(Window::new(&table, 0), count, &text);
            versions.needed = needed.ok_or_else(|| odd("DT_VERNEED"))?;
        }
        if let Some((address, count)) = tables.defined {
            let table = self.table(address)?;
            let defined = self.defined(Window::new(&table, 0), count, &text);
            versions.defined = Some(defined.ok_or_else(|| odd("DT_VERDEF"))?);
        }
        Ok(versions)
    }

    fn table(&self, address: u64) -> Read<Vec<u8>> {
        let (offset, left) = self.place(address).unwrap_or_default();
        self.file.read_some(offset, left.min(TABLE_BYTES))
    }

    /// `Elfxx_Verneed`, each with its `Elfxx_Vernaux`; nothing where the table is none.
    fn needed(
        &self,
        table: Window<'_>,
        count: u64,
        text: &dyn Fn(u32) -> Option<Vec<u8>>,
    ) -> Option<Vec<VersionNeed>> {
        let order = self.order();
        let long = |at: u64| table.u32("vn", at, order).ok();
        let short = |at: u64| table.u16("vn", at, order).ok();
        let mut needed = Vec::new();
        // Records may overlap, and a weak version costs as much as any other.
        let mut left = VERSIONS;
        let mut at = 0_u64;
        for _ in 0..count {
            let library = text(long(at.checked_add(4)?)?)?;
            let mut aux = at.checked_add(long(at.checked_add(8)?)?.into())?;
            for _ in 0..short(at.checked_add(2)?)? {
                left = left.checked_sub(1)?;
                let version = text(long(aux.checked_add(8)?)?)?;
                if short(aux.checked_add(4)?)? & VER_FLG_WEAK == 0 {
                    let library = library.clone();
                    needed.push(VersionNeed { library, version });
                }
                match long(aux.checked_add(12)?)? {
                    0 => break,
                    next => aux = aux.checked_add(next.into())?,
                }
            }
            match long(at.checked_add(12)?)? {
                0 => break,
                next => at = at.checked_add(next.into())?,
            }
        }
        Some(needed)
    }

    /// `Elfxx_Verdef`, each with the name of its first `Elfxx_Verdaux`; nothing where the table is none.
    fn defined(
        &self,
        table: Window<'_>,
        count: u64,
        text: &dyn Fn(u32) -> Option<Vec<u8>>,
    ) -> Option<Vec<Vec<u8>>> {
        let order = self.order();
        let long = |at: u64| table.u32("vd", at, order).ok();
        let mut defined = Vec::new();
        let mut at = 0_u64;
        for _ in 0..count {
            if defined.len() >= VERSIONS {
                return None;
            }
            let aux = at.checked_add(long(at.checked_add(12)?)?.into())?;
            defined.push(text(long(aux)?)?);
            match long(at.checked_add(16)?)? {
                0 => break,
                next => at = at.checked_add(next.into())?,
            }
        }
        Some(defined)
    }
}
