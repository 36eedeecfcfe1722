//! An initramfs for one kernel, one target and one type of root: the modules that this boot needs,
//! and our own init ([`mounter`]) that loads them in order.
//!
//! The same input gives the same bytes: no time, no owner and no path of the machine that builds
//! gets in. Modules are stored as they are once decoded, whatever the kernel could decode itself:
//! the archive is compressed as a whole, which comes out smaller.

mod needs;
mod order;

use super::assembler::assemble;
use super::elf::executable;
use super::mounter;
use crate::codec;
use crate::error::{Error, Result};
use crate::initramfs::Writer;
use crate::kernel::options::{Driver, Options};
use crate::limits::{Budget, Limits, Sink};
use crate::machine::Machine;
use crate::tree::{FileType, Tree, read_whole, resolve};
use crate::userland::modules::{self, Modules};
use flate2::{Compression, GzBuilder};
pub use needs::SHARED;
use order::Ordered;
use std::io::Write as _;

/// What an archive is made for.
pub struct Wanted<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// The type of the root, as `rootfstype=` would have it.
    pub root_type: &'a str,
    /// The release of the kernel.
    pub release: &'a str,
    /// What is built into it.
    pub options: &'a Options,
    /// Where its modules are: a tree with `/lib/modules`.
    pub tree: &'a dyn Tree,
    /// What bounds all this.
    pub limits: &'a Limits,
}

/// An archive, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// How it is compressed.
    pub codec: Option<&'static str>,
    /// The modules in it, in the order in which they are loaded.
    pub modules: Vec<String>,
    /// How much the kernel unpacks.
    pub unpacked_bytes: u64,
}

/// Makes the archive. All that is read and decoded for it shares one count of work.
pub fn build(wanted: &Wanted<'_>) -> Result<Built> {
    let limits = &wanted.limits.metered();
    let wanted = &Wanted { limits, ..*wanted };
    if is_off(wanted.options, "BLK_DEV_INITRD") {
        return Err(Error::unsupported(
            "initramfs",
            "the kernel was built without CONFIG_BLK_DEV_INITRD, and ignores every one",
        ));
    }
    check_name("release of the kernel", wanted.release)?;
    let available = modules::modules(wanted.tree, wanted.release, wanted.limits)?;
    let names = needs::of(wanted, available.as_ref())?;
    let ordered = match &available {
        Some(available) => order::of(wanted, available, &names)?,
        None => Vec::new(),
    };
    let archive = pack(wanted, available.as_ref(), &ordered)?;
    let unpacked_bytes = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    let (bytes, codec) = match wanted.options.driver("RD_GZIP") {
        Driver::BuiltIn => (compress(&archive)?, Some("gzip")),
        // Every kernel takes what is not compressed.
        _ => (archive, None),
    };
    Ok(Built {
        bytes,
        codec,
        modules: ordered.into_iter().map(|module| module.name).collect(),
        unpacked_bytes,
    })
}

/// Whether an option is known to be off.
fn is_off(options: &Options, name: &str) -> bool {
    matches!(options.driver(name), Driver::Absent | Driver::NotBuiltIn)
}

/// Names become paths, and lines of a list.
fn check_name(field: &'static str, name: &str) -> Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_plain) || matches!(name, "." | "..") {
        let found = crate::bytes::escaped(name.as_bytes());
        return Err(Error::invalid_setting(field, "a plain name", found));
    }
    Ok(())
}

fn pack(wanted: &Wanted<'_>, available: Option<&Modules>, ordered: &[Ordered]) -> Result<Vec<u8>> {
    let folder = format!("lib/modules/{}", wanted.release);
    let mut archive = Writer::new();
    for directory in ["dev", "proc", "root"] {
        archive.directory(directory, 0o755)?;
    }
    // The kernel opens /dev/console for init before that has mounted anything.
    archive.character_device("dev/console", 0o600, 5, 1)?;
    let init = assemble(&mounter::init(), wanted.machine.architecture())?;
    archive.file("init", 0o755, &executable(&init))?;
    archive.file(mounter::TYPE_PATH, 0o644, wanted.root_type.as_bytes())?;
    let mut list = String::new();
    let mut dependencies = String::new();
    for module in ordered {
        let path = format!("{folder}/kernel/{}.ko", module.name);
        list.push_str(&format!("/{path}\n"));
        dependencies.push_str(&format!("kernel/{}.ko:", module.name));
        for needed in &module.needs {
            dependencies.push_str(&format!(" kernel/{needed}.ko"));
        }
        dependencies.push('\n');
    }
    let most = u64::from(mounter::LIST_BYTES.unsigned_abs());
    if u64::try_from(list.len()).unwrap_or(u64::MAX) >= most {
        return Err(Error::limit("bytes of a list of modules", most));
    }
    archive.file(mounter::MODULES_PATH, 0o644, list.as_bytes())?;
    let Some(available) = available.filter(|_| !ordered.is_empty()) else {
        return archive.finish();
    };
    for directory in ["lib", "lib/modules", &folder, &format!("{folder}/kernel")] {
        archive.directory(directory, 0o755)?;
    }
    archive.file(
        &format!("{folder}/modules.dep"),
        0o644,
        dependencies.as_bytes(),
    )?;
    let budget = Budget::new(wanted.limits);
    for module in ordered {
        let content = content(wanted, available, &module.name, &budget)?;
        let path = format!("{folder}/kernel/{}.ko", module.name);
        archive.file(&path, 0o644, &content)?;
    }
    archive.finish()
}

/// A module as the kernel loads it, its signature behind it.
fn content(
    wanted: &Wanted<'_>,
    available: &Modules,
    name: &str,
    budget: &Budget,
) -> Result<Vec<u8>> {
    let absent = |found: String| Error::absent(format!("module {name}"), found);
    let module = available
        .get(name)
        .ok_or_else(|| absent("it is not listed".to_owned()))?;
    let found = resolve(wanted.tree, &module.path)?
        .map_err(|lost| absent(format!("its file: error {}", lost.errno.number())))?;
    if found.stat.file_type != FileType::Regular {
        return Err(absent(format!("its file is a {}", found.stat.file_type)));
    }
    let stored = read_whole(wanted.tree, &found, "file_bytes", wanted.limits.file_bytes)?;
    budget.take(u64::try_from(stored.len()).unwrap_or(u64::MAX))?;
    let Some(codec) = codec::recognise(&stored) else {
        return Ok(stored);
    };
    let mut sink = Sink::new(wanted.limits, budget, None);
    codec::decode_concatenated(codec, &stored, &mut sink)
        .map_err(|error| error.within(format!("module {name}")))?;
    Ok(sink.into_bytes())
}

fn compress(archive: &[u8]) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Error::io("the archive to compress", &error);
    // 255: of no known system.
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    encoder.write_all(archive).map_err(failed)?;
    encoder.finish().map_err(failed)
}
