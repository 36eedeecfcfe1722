//! What a module says of itself: the section `.modinfo`, names and values between NULs.
//!
//! Sources: `include/linux/module.h` (`MODULE_INFO`), `kernel/module/main.c`; the System V ABI,
//! "Sections".

use super::{normalised, softdep_names};
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::tree::{FileType, Tree, read_whole, resolve};
use crate::userland::elf;
use crate::userland::machine::Machine;
use goblin::container::Ctx;
use goblin::elf::{Elf, SectionHeader, header};

/// What a signed module ends with (`include/linux/module_signature.h`, `MODULE_SIG_STRING`).
const SIGNATURE_MARKER: &[u8] = b"~Module signature appended~\n";

/// How many values one module may have; those with the most aliases have some thousand.
const VALUES: usize = 65_536;

/// What a module says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modinfo {
    /// Its name.
    pub name: Option<String>,
    /// The kernel that it was built for: `6.6.14-0-virt SMP preempt mod_unload`.
    pub vermagic: Option<String>,
    /// The names of the modules that it needs.
    pub depends: Vec<String>,
    /// What it asks to be loaded before and after it, if that is there.
    pub soft_dependencies: Vec<String>,
    /// The devices and names that it answers to.
    pub aliases: Vec<String>,
    /// The machine that it is made for.
    pub machine: Machine,
    /// Whether a signature is appended to it.
    pub is_signed: bool,
    /// The codec that it is compressed with.
    pub codec: Option<&'static str>,
}

impl Modinfo {
    /// The release in the vermagic.
    pub fn release(&self) -> Option<&str> {
        self.vermagic.as_deref()?.split(' ').next()
    }
}

/// Reads `.modinfo` of the module at `path`, decoded in memory where it is compressed.
pub fn modinfo(tree: &dyn Tree, path: &[u8], limits: &Limits) -> Result<Modinfo> {
    let found = resolve(tree, path)?
        .map_err(|lost| Error::absent("kernel module", format!("error {}", lost.errno.number())))?;
    if found.stat.file_type != FileType::Regular {
        let what = format!("a {}", found.stat.file_type);
        return Err(Error::absent("kernel module", what));
    }
    let stored = read_whole(tree, &found, "file_bytes", limits.file_bytes)?;
    let Some(codec) = codec::recognise(&stored) else {
        return parse(&stored, None, limits);
    };
    let budget = Budget::new(limits);
    budget.take(u64::try_from(stored.len()).unwrap_or(u64::MAX))?;
    let mut sink = Sink::new(limits, &budget, None);
    codec::decode_concatenated(codec, &stored, &mut sink)?;
    parse(sink.as_bytes(), Some(codec.name), limits)
        .map_err(|error| error.within(format!("{} module", codec.name)))
}

fn parse(bytes: &[u8], codec: Option<&'static str>, limits: &Limits) -> Result<Modinfo> {
    let machine = elf::machine(bytes)?;
    let mut info = Modinfo {
        name: None,
        vermagic: None,
        depends: Vec::new(),
        soft_dependencies: Vec::new(),
        aliases: Vec::new(),
        machine,
        is_signed: bytes.ends_with(SIGNATURE_MARKER),
        codec,
    };
    let section = section(bytes, limits)?;
    for value in section.split(|byte| *byte == 0).take(VALUES) {
        let value = String::from_utf8_lossy(value);
        let Some((key, value)) = value.split_once('=') else {
            continue;
        };
        let names = || {
            value
                .split(',')
                .filter(|name| !name.is_empty())
                .map(normalised)
        };
        match key {
            "name" => info.name = Some(value.to_owned()),
            "vermagic" => info.vermagic = Some(value.to_owned()),
            "depends" => info.depends.extend(names()),
            "softdep" => info
                .soft_dependencies
                .extend(softdep_names(value.split_ascii_whitespace())),
            "alias" => info.aliases.push(value.to_owned()),
            _ => {}
        }
    }
    Ok(info)
}

/// The bytes of `.modinfo`.
fn section<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a [u8]> {
    let invalid = |field: &'static str, at: u64, error: goblin::error::Error| {
        Error::invalid(field, at, "as documented", error.to_string())
    };
    let file = Elf::parse_header(bytes).map_err(|error| invalid("ELF header", 0, error))?;
    if file.e_type != header::ET_REL {
        let found = file.e_type.to_string();
        return Err(Error::invalid("e_type", 16, "1, a module", found));
    }
    let context = file
        .container()
        .and_then(|class| Ok(Ctx::new(class, file.endianness()?)))
        .map_err(|error| invalid("e_ident", 4, error))?;
    let count = usize::from(file.e_shnum);
    if u64::from(file.e_shnum) > limits.sections {
        return Err(Error::limit("sections", limits.sections));
    }
    let place = |offset: u64, length: u64| {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        bytes.get(start..end)
    };
    let cut = |field: &'static str, offset: u64, length: u64| {
        let there = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Error::truncated(
            field,
            offset,
            length,
            there.saturating_sub(offset).min(length),
        )
    };
    let entry_bytes = u64::try_from(SectionHeader::size(context)).unwrap_or(u64::MAX);
    let table_bytes = entry_bytes.saturating_mul(u64::from(file.e_shnum));
    let table = place(file.e_shoff, table_bytes)
        .ok_or_else(|| cut("section header table", file.e_shoff, table_bytes))?;
    let headers = match count {
        0 => Vec::new(),
        _ => SectionHeader::parse_from(table, 0, count, context)
            .map_err(|error| invalid("section header table", file.e_shoff, error))?,
    };
    let names = headers
        .get(usize::from(file.e_shstrndx))
        .and_then(|names| place(names.sh_offset, names.sh_size))
        .unwrap_or_default();
    let named = |section: &&SectionHeader| {
        let name = names.get(section.sh_name..).unwrap_or_default();
        name.starts_with(b".modinfo\0")
    };
    let section = headers
        .iter()
        .find(named)
        .ok_or_else(|| Error::absent("section .modinfo", format!("{count} sections without it")))?;
    place(section.sh_offset, section.sh_size)
        .ok_or_else(|| cut(".modinfo", section.sh_offset, section.sh_size))
}
