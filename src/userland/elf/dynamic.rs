//! The dynamic section: the libraries that a file asks for, and where they are looked for.
//!
//! Source: the System V ABI, "Dynamic Linking".

use super::versions::Tables;
use super::{ElfFacts, Fault, Image, Read, until_nul};
use crate::bytes::Window;
use crate::error::Error;
use goblin::elf::program_header;

/// Longest `PT_DYNAMIC` that is read: four thousand entries; programs have some forty.
const DYNAMIC_BYTES: u64 = 64 * 1024;
/// Longest string of a dynamic section: the search path of a Nix program has thousands of bytes.
const STRING_BYTES: u64 = 64 * 1024;
/// How much of a string is read at first: most are names.
const SHORT_STRING_BYTES: u64 = 256;
/// Longest name of a library; those of files have 255 bytes at the most.
const NAME_BYTES: u64 = 1024;
/// How many libraries one file may ask for; browsers ask for some sixty.
const NEEDED: usize = 256;

const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DF_1_NODEFLIB: u64 = 0x800;
const DF_1_PIE: u64 = 0x0800_0000;
const DT_STRSZ: u64 = 10;
const DT_VERDEF: u64 = 0x6fff_fffc;
const DT_VERDEFNUM: u64 = 0x6fff_fffd;
const DT_VERNEED: u64 = 0x6fff_fffe;
const DT_VERNEEDNUM: u64 = 0x6fff_ffff;

impl Image<'_> {
    /// Puts into `facts` what the dynamic section says.
    pub(super) fn dynamic(&self, facts: &mut ElfFacts) -> Read<()> {
        let Some(segment) = self.segment(program_header::PT_DYNAMIC) else {
            return Ok(());
        };
        // Loaders go by its address, and on to the entry that ends it.
        let address = segment.p_vaddr;
        let (offset, left) = self
            .place(address)
            .ok_or_else(|| outside("PT_DYNAMIC p_vaddr", segment.p_offset, address))?;
        let bytes = self.file.read_some(offset, left.min(DYNAMIC_BYTES))?;
        let window = Window::new(&bytes, offset);
        let half = self.word_bytes();
        let mut entries = Vec::new();
        let mut at = 0_u64;
        let mut is_closed = false;
        while let Some((tag, value)) = self
            .word(window, at)
            .zip(self.word(window, at.saturating_add(half)))
        {
            if tag == 0 {
                is_closed = true;
                break;
            }
            entries.push((tag, value));
            at = at.saturating_add(half.saturating_mul(2));
        }
        // Behind the segment there are zeros.
        if !is_closed && left > DYNAMIC_BYTES {
            let most = format!("a DT_NULL within {DYNAMIC_BYTES} bytes");
            let error = Error::corrupt("PT_DYNAMIC", offset, most, "none");
            return Err(Fault::Unread(error));
        }
        // Of a tag that stands there twice loaders take the last.
        let last = |wanted: u64| {
            let mut matching = entries.iter().rev().filter(|(tag, _)| *tag == wanted);
            matching.next().map(|(_, value)| *value)
        };
        let flags_1 = last(DT_FLAGS_1).unwrap_or(0);
        facts.no_default_directories = flags_1 & DF_1_NODEFLIB != 0;
        facts.is_program = flags_1 & DF_1_PIE != 0;
        let needed = entries.iter().filter(|(tag, _)| *tag == DT_NEEDED);
        let needed: Vec<u64> = needed.map(|(_, value)| *value).collect();
        let (soname, rpath, runpath) = (last(DT_SONAME), last(DT_RPATH), last(DT_RUNPATH));
        if needed.is_empty() && soname.is_none() {
            return Ok(());
        }
        let strings = self.strings(last(DT_STRTAB), offset)?;
        if needed.len() > NEEDED {
            return Err(Fault::Unread(Error::corrupt(
                "DT_NEEDED",
                offset,
                format!("at most {NEEDED}"),
                needed.len().to_string(),
            )));
        }
        for offset in needed {
            facts.needed.push(self.string(strings, offset, NAME_BYTES)?);
        }
        let tables = Tables {
            strings_bytes: last(DT_STRSZ),
            needed: last(DT_VERNEED).zip(last(DT_VERNEEDNUM)),
            defined: last(DT_VERDEF).zip(last(DT_VERDEFNUM)),
        };
        facts.versions = self.versions(&tables, strings)?;
        for (place, offset, longest) in [
            (&mut facts.soname, soname, NAME_BYTES),
            (&mut facts.rpath, rpath, STRING_BYTES),
            (&mut facts.runpath, runpath, STRING_BYTES),
        ] {
            *place = offset
                .map(|offset| self.string(strings, offset, longest))
                .transpose()?;
        }
        Ok(())
    }

    /// The place of the table of strings in the file.
    fn strings(&self, address: Option<u64>, dynamic: u64) -> Read<u64> {
        let missing = || {
            let expected = "an address in a segment";
            Fault::Refused(Error::invalid("DT_STRTAB", dynamic, expected, "none"))
        };
        let address = address.ok_or_else(missing)?;
        let place = self.place(address);
        let (offset, _) = place.ok_or_else(|| outside("DT_STRTAB", dynamic, address))?;
        Ok(offset)
    }

    fn string(&self, strings: u64, offset: u64, longest: u64) -> Read<Vec<u8>> {
        let at = strings.saturating_add(offset);
        for length in [SHORT_STRING_BYTES, longest] {
            let bytes = self.file.read_some(at, length)?;
            if bytes.contains(&0) {
                return Ok(until_nul(bytes));
            }
        }
        Err(Fault::Refused(Error::invalid(
            "dynamic string",
            at,
            format!("a NUL within {longest} bytes"),
            "none",
        )))
    }
}

fn outside(field: &'static str, at: u64, address: u64) -> Fault {
    let expected = "an address in a segment";
    Fault::Refused(Error::invalid(field, at, expected, format!("{address:#x}")))
}
