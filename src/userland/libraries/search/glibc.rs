//! How glibc's loader finds a library.
//!
//! Sources: glibc's `elf/dl-load.c` (`_dl_map_object`, `open_path`, `open_verify`) and
//! `elf/dl-cache.c`; `ld.so(8)`.

use super::super::cache::{CACHE_BYTES, Cache};
use super::super::directory;
use super::{Candidate, Outcome, Search, joined, replaced};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::tree::{FileType, resolve};
use crate::userland::machine::Machine;

/// How much the directories of one object may take in memory, `$ORIGIN` replaced.
const SEARCH_PATH_KIB: u64 = 256;
const SEARCH_PATH_BYTES: usize = 256 * 1024;

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
            for path in self.glibc_expanded(name, directory(&object.opened)) {
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
        let mut ancestor = Some(by).filter(|_| !object.has_runpath);
        while let Some(object) = ancestor.and_then(|index| self.objects.get(index)) {
            if let Some(outcome) = self.best_of(name, &object.rpath, &mut wrong)? {
                return Ok(outcome);
            }
            ancestor = object.parent;
        }
        if let Some(outcome) = self.best_of(name, &object.runpath, &mut wrong)? {
            return Ok(outcome);
        }
        if !object.no_default_directories {
            let cached = self
                .cache
                .as_ref()
                .map_or(&[][..], |cache| cache.paths(name));
            for path in cached {
                if let Some(outcome) = self.taken(path.clone(), &mut wrong)? {
                    return Ok(outcome);
                }
            }
            if let Some(outcome) = self.best_of(name, &self.default_directories, &mut wrong)? {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Missing(wrong))
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

    pub(super) fn glibc_split(&self, path: &[u8], origin: &[u8]) -> Result<Vec<Vec<u8>>> {
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

    pub(super) fn glibc_directories(&self) -> Vec<Vec<u8>> {
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
        directories
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
        Ok(Cache::parse(&bytes, self.machine.endianness))
    }

    /// `$ORIGIN` and `$LIB` in a path, the latter by each of its values in use.
    fn glibc_expanded(&self, path: &[u8], origin: &[u8]) -> Vec<Vec<u8>> {
        if !path.contains(&b'$') {
            return vec![path.to_vec()];
        }
        let mut values: Vec<&[u8]> = vec![b"lib64", b"lib"];
        values.extend(self.triplets());
        let platform = self.machine.architecture().map_or("", Architecture::name);
        let mut expanded = Vec::new();
        for lib in values {
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
