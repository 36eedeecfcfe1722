//! How glibc's loader finds a library.
//!
//! Sources: glibc's `elf/dl-load.c` (`_dl_map_object`, `open_path`, `open_verify`) and
//! `elf/dl-cache.c`; `ld.so(8)`.

use super::super::cache::{CACHE_BYTES, Cache};
use super::super::directory;
use super::{Candidate, Object, Outcome, Search, joined, replaced};
use crate::architecture::Architecture;
use crate::bytes::escaped;
use crate::error::{Error, Result};
use crate::tree::{FileType, resolve};
use crate::userland::elf::{self, ElfFacts};
use crate::userland::machine::Machine;

/// How much the directories of one object may take in memory, `$ORIGIN` replaced.
const SEARCH_PATH_KIB: u64 = 256;
const SEARCH_PATH_BYTES: usize = 256 * 1024;
/// How much of a loader is read; Debian's has 210 KiB.
const LOADER_BYTES: u64 = 4 << 20;

impl Search<'_> {
    pub(super) fn load_by_glibc(&self, name: &[u8], by: usize) -> Result<Outcome> {
        let loaded = self
            .objects
            .iter()
            .find(|object| object.soname.as_deref() == Some(name));
        if let Some(object) = loaded {
            return Ok(Outcome::Loaded(object.path.clone()));
        }
        if self.loader_soname == Some(name) || self.loader_name == name {
            return Ok(Outcome::Loaded(self.loader.path.clone()));
        }
        let Some(object) = self.objects.get(by) else {
            return Ok(Outcome::Missing(None));
        };
        if name.contains(&b'/') {
            let mut outcome = Outcome::Missing(None);
            for path in self.glibc_expanded(name, object.origin.as_deref()) {
                let candidate = self.candidate(&path)?;
                outcome = self.outcome(path, candidate);
                if !matches!(outcome, Outcome::Missing(_)) {
                    break;
                }
            }
            return Ok(outcome);
        }
        let mut wrong = None;
        // DT_RPATH of the object and of those that led to it, unless it has a DT_RUNPATH.
        for ancestor in self.ancestors(by) {
            if let Some(outcome) = self.best_of(name, &ancestor.rpath, &mut wrong)? {
                return Ok(outcome);
            }
        }
        if let Some(outcome) = self.best_of(name, &object.runpath, &mut wrong)? {
            return Ok(outcome);
        }
        let listed = self.cache.as_ref().and_then(|cache| cache.listed(name));
        // What is in a default directory is passed over by who forbids these.
        let is_forbidden = |path: &[u8]| {
            let mut defaults = self.default_directories.iter();
            object.no_default_directories
                && defaults.any(|default| path.starts_with(&joined(default, b"")))
        };
        if let Some(path) = listed.and_then(|listed| listed.path.as_ref())
            && !is_forbidden(path)
            && let Some(outcome) = self.taken(path.clone(), &mut wrong)?
        {
            return Ok(outcome);
        }
        if !object.no_default_directories
            && let Some(outcome) = self.best_of(name, &self.default_directories, &mut wrong)?
        {
            return Ok(outcome);
        }
        if listed.is_some_and(|listed| listed.has_variants) {
            return Err(for_some(name, b"/etc/ld.so.cache"));
        }
        let searched = self.ancestors(by).map(|object| object.rpath.as_slice());
        let defaults = [&object.runpath, &self.default_directories].map(Vec::as_slice);
        for directory in searched.chain(defaults).flatten() {
            self.has_no_variants(directory, name)?;
        }
        Ok(Outcome::Missing(wrong))
    }

    /// An error where the directory has folders for some processors: which of them the loader searches
    /// depends on the machine, and on the version of glibc.
    fn has_no_variants(&self, directory: &[u8], name: &[u8]) -> Result<()> {
        for folder in [&b"glibc-hwcaps"[..], b"tls"] {
            let path = joined(directory, folder);
            if !matches!(self.candidate(&path)?, Candidate::Absent(_)) {
                return Err(for_some(name, &path));
            }
        }
        Ok(())
    }

    /// The object and those that led to it, whose `DT_RPATH` counts.
    fn ancestors(&self, by: usize) -> impl Iterator<Item = &Object> {
        let own = self.objects.get(by).filter(|object| !object.has_runpath);
        std::iter::successors(own, |object| self.objects.get(object.parent?))
    }

    /// glibc passes over files of other machines.
    fn best_of(
        &self,
        name: &[u8],
        directories: &[Vec<u8>],
        wrong: &mut Option<(Vec<u8>, Machine)>,
    ) -> Result<Option<Outcome>> {
        for directory in directories {
            if let Some(outcome) = self.taken(joined(directory, name), wrong)? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    fn taken(
        &self,
        path: Vec<u8>,
        wrong: &mut Option<(Vec<u8>, Machine)>,
    ) -> Result<Option<Outcome>> {
        Ok(match self.candidate(&path)? {
            Candidate::Absent(_) => None,
            Candidate::Other(path, machine) => {
                wrong.get_or_insert((path, machine));
                None
            }
            candidate => Some(self.outcome(path, candidate)),
        })
    }

    pub(super) fn glibc_split(&self, path: &[u8], origin: Option<&[u8]>) -> Result<Vec<Vec<u8>>> {
        let mut directories = Vec::new();
        let mut left_bytes = SEARCH_PATH_BYTES;
        for part in path.split(|byte| *byte == b':') {
            for directory in self.glibc_expanded(part, origin) {
                let cost = directory.len().saturating_add(size_of::<Vec<u8>>());
                left_bytes = left_bytes
                    .checked_sub(cost)
                    .ok_or_else(|| Error::limit("KiB of a library path", SEARCH_PATH_KIB))?;
                directories.push(directory);
            }
        }
        Ok(directories)
    }

    /// Finds the directories that are searched last, and what `$LIB` is: as the loader has them built in,
    /// or all that are in use where it does not tell.
    pub(super) fn set_glibc_directories(&mut self) -> Result<()> {
        let mut directories: Vec<Vec<u8>> = Vec::new();
        let own = directory(&self.loader.path).to_vec();
        let mut names: Vec<&[u8]> = self.triplets().to_vec();
        let short: &[&[u8]] = if self.machine.bits == 64 {
            &[b"lib64", b"lib"]
        } else {
            &[b"lib", b"lib32", b"libx32"]
        };
        names.extend(short);
        for name in names {
            directories.push([b"/", name].concat());
            directories.push([b"/usr/", name].concat());
        }
        if !directories.contains(&own) {
            directories.push(own);
        }
        let length = self.loader.stat.size_bytes.min(LOADER_BYTES);
        let loader = self.tree.read(self.loader.node, 0, length)?;
        let mut libs: Vec<&[u8]> = vec![b"lib64", b"lib"];
        libs.extend(self.triplets());
        if let Some(own) = built_in(&loader, &directories) {
            let first = own.first().and_then(|first| first.strip_prefix(b"/"));
            if let Some(lib) = libs.iter().copied().find(|lib| first == Some(lib)) {
                libs = vec![lib];
            }
            directories = own;
        }
        self.libs = libs.into_iter().map(<[u8]>::to_vec).collect();
        self.default_directories = directories;
        Ok(())
    }

    /// The directories that Debian gives each architecture.
    fn triplets(&self) -> &'static [&'static [u8]] {
        match self.machine.architecture() {
            Some(Architecture::X86_64) => &[b"lib/x86_64-linux-gnu"],
            Some(Architecture::I386) => &[b"lib/i386-linux-gnu"],
            Some(Architecture::Aarch64) => &[b"lib/aarch64-linux-gnu"],
            Some(Architecture::Arm) => &[b"lib/arm-linux-gnueabihf", b"lib/arm-linux-gnueabi"],
            Some(Architecture::Riscv64) => &[b"lib/riscv64-linux-gnu"],
            Some(Architecture::Loongarch64) => &[b"lib/loongarch64-linux-gnu"],
            Some(Architecture::S390x) => &[b"lib/s390x-linux-gnu"],
            Some(Architecture::Ppc64) => &[b"lib/powerpc64le-linux-gnu"],
            None if self.machine.e_machine == 62 => &[b"lib/x86_64-linux-gnux32"],
            _ => &[],
        }
    }

    /// A cache that is not there, or no cache, is as good as none.
    pub(super) fn read_cache(&self) -> Result<Option<Cache>> {
        let Ok(found) = resolve(self.tree, b"/etc/ld.so.cache")? else {
            return Ok(None);
        };
        if found.stat.file_type != FileType::Regular || found.stat.size_bytes > CACHE_BYTES {
            return Ok(None);
        }
        let bytes = self.tree.read(found.node, 0, found.stat.size_bytes)?;
        Ok(Cache::parse(&bytes, self.machine))
    }

    /// `$ORIGIN` and `$LIB` in a path, the latter by each value that it may have; nothing where the path
    /// needs an origin that the loader does not get to know.
    fn glibc_expanded(&self, path: &[u8], origin: Option<&[u8]>) -> Vec<Vec<u8>> {
        if !path.contains(&b'$') {
            return vec![path.to_vec()];
        }
        let Some(origin) = origin.or_else(|| (!asks_for_origin(path)).then_some(b"")) else {
            return Vec::new();
        };
        let platform = self.machine.architecture().map_or("", Architecture::name);
        let mut expanded = Vec::new();
        for lib in &self.libs {
            let tokens: [(&[u8], &[u8]); 3] = [
                (b"ORIGIN", origin),
                (b"LIB", lib),
                (b"PLATFORM", platform.as_bytes()),
            ];
            let path = replaced(path, &tokens).0;
            if !expanded.contains(&path) {
                expanded.push(path);
            }
        }
        expanded
    }
}

/// What glibc's loader refuses of the first bytes of a library, which kernels do not look at.
///
/// Source: glibc's `elf/dl-load.c`, `open_verify`.
pub(super) fn refused_ident(first: &[u8]) -> Option<Error> {
    const NAMES: [&str; 3] = ["EI_VERSION", "EI_OSABI", "EI_ABIVERSION"];
    let ident = first.get(6..16).filter(|_| elf::is_elf(first))?;
    let (at, byte) = (6_u64..).zip(ident).find(|(at, byte)| match at {
        6 => **byte != 1,
        // Of no system, or of Linux.
        7 => !matches!(**byte, 0 | 3),
        8 => **byte > 3,
        _ => **byte != 0,
    })?;
    let index = usize::try_from(at).ok()?.checked_sub(6)?;
    let field = NAMES.get(index).copied().unwrap_or("EI_PAD");
    Some(Error::invalid(field, at, "as for Linux", byte.to_string()))
}

/// What it refuses of a file that is well made: a program is no library.
///
/// Source: glibc's `elf/dl-load.c`, `_dl_map_object_from_fd`.
pub(super) fn refused(facts: &ElfFacts) -> Option<Error> {
    let found = match facts.e_type {
        2 => "2, a program at an address of its own",
        _ if facts.is_program => "a program (DF_1_PIE)",
        _ => return None,
    };
    Some(Error::invalid("e_type", 16, "3, a library", found))
}

fn asks_for_origin(path: &[u8]) -> bool {
    let has = |token: &[u8]| path.windows(token.len()).any(|part| part == token);
    has(b"$ORIGIN") || has(b"${ORIGIN}")
}

/// A library that is found on some machines alone.
fn for_some(name: &[u8], place: &[u8]) -> Error {
    let (name, place) = (escaped(name), escaped(place));
    let found = format!("{place} has libraries that some loaders do not find, perhaps {name}");
    Error::unsupported("library", found)
}

/// The directories that a loader of glibc has built in: strings one behind the other, each a path of a lib
/// that ends with a slash, one of `known` among them.
///
/// Source: glibc's `elf/dl-load.c`, `system_dirs`.
fn built_in(loader: &[u8], known: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let is_directory = |text: &[u8]| {
        text.starts_with(b"/")
            && text.ends_with(b"/")
            && text.windows(4).any(|part| part == b"/lib")
            && text.iter().all(u8::is_ascii_graphic)
    };
    let mut texts = loader.split(|byte| *byte == 0).peekable();
    while let Some(text) = texts.next() {
        if !is_directory(text) {
            continue;
        }
        let mut run = vec![text];
        while let Some(next) = texts.next_if(|next| is_directory(next)) {
            run.push(next);
        }
        let directories: Vec<Vec<u8>> = run
            .into_iter()
            .filter_map(|text| text.strip_suffix(b"/"))
            .map(<[u8]>::to_vec)
            .collect();
        if directories
            .iter()
            .any(|directory| known.contains(directory))
        {
            return Some(directories);
        }
    }
    None
}
