//! Where a loader looks for a library of a name.

use super::cache::{CACHE_BYTES, Cache};
use super::{Loader, Object, Start, directory};
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{Errno, FileType, Found, NAME_MAX, Tree, read_whole, resolve};
use crate::userland::elf::{self, ElfFacts, Image};
use crate::userland::machine::Machine;
use crate::userland::script::BINPRM_BUF_SIZE;
use std::cell::Cell;

/// How many paths are tried for each file that a program may need.
const TRIES: u64 = 64;
/// Longest list of directories that is read.
const PATH_FILE_BYTES: u64 = 64 * 1024;
/// How much the directories of one object may take in memory, `$ORIGIN` replaced.
const SEARCH_PATH_KIB: u64 = 256;
const SEARCH_PATH_BYTES: usize = 256 * 1024;
/// The names that musl answers itself, between `lib` and what follows.
const MUSL_OWN: [&[u8]; 7] = [
    b"c.",
    b"pthread.",
    b"rt.",
    b"m.",
    b"dl.",
    b"util.",
    b"xnet.",
];
/// Where musl looks when nobody tells it.
const MUSL_DEFAULT: &[u8] = b"/lib:/usr/local/lib:/usr/lib";

/// What became of a library.
pub(super) enum Outcome {
    /// It is the loader, or loaded already.
    Loaded(Vec<u8>),
    /// It is loaded now, from the path that stands second.
    New(Box<Found>, Vec<u8>, Box<ElfFacts>),
    /// It is not found, but perhaps for another machine.
    Missing(Option<(Vec<u8>, Machine)>),
    /// It is found, and no library.
    Refused(Vec<u8>, Error),
}

/// What is at one path.
enum Candidate {
    Absent(Errno),
    Other(Vec<u8>, Machine),
    Refused(Vec<u8>, Error),
    Good(Box<Found>, Box<ElfFacts>),
}

/// One search through the objects of a program.
pub(super) struct Search<'a> {
    tree: &'a dyn Tree,
    machine: Machine,
    kind: &'a Loader,
    loader_name: &'a [u8],
    loader: &'a Found,
    loader_soname: Option<&'a [u8]>,
    /// The directories that are searched last.
    default_directories: Vec<Vec<u8>>,
    cache: Option<Cache>,
    tries_left: Cell<u64>,
    limits: &'a Limits,
    /// What is loaded; the program first.
    pub objects: Vec<Object>,
}

impl<'a> Search<'a> {
    pub(super) fn new(tree: &'a dyn Tree, start: &Start<'a>, limits: &'a Limits) -> Result<Self> {
        let mut search = Self {
            tree,
            machine: start.facts.machine,
            kind: start.kind,
            loader_name: start.loader_name,
            loader: start.loader,
            loader_soname: start.loader_facts.soname.as_deref(),
            default_directories: Vec::new(),
            cache: None,
            tries_left: Cell::new(limits.program_files.saturating_mul(TRIES)),
            limits,
            objects: Vec::new(),
        };
        search.push(start.program, &start.program.path, start.facts, None)?;
        match start.kind {
            Loader::Musl { architecture } => {
                search.default_directories = search.musl_directories(architecture)?;
            }
            _ => {
                search.default_directories = search.glibc_directories();
                search.cache = search.read_cache()?;
            }
        }
        Ok(search)
    }

    /// Whether there is a cache; `None` where the loader reads none.
    pub(super) fn cache_is_there(&self) -> Option<bool> {
        (*self.kind == Loader::Glibc).then_some(self.cache.is_some())
    }

    /// Takes an object for loaded.
    pub(super) fn push(
        &mut self,
        found: &Found,
        opened: &[u8],
        facts: &ElfFacts,
        parent: Option<usize>,
    ) -> Result<()> {
        let origin = directory(opened);
        let rpath = facts.rpath.as_deref().filter(|_| facts.runpath.is_none());
        let (rpath, runpath) = match self.kind {
            // To musl the two are the same.
            Loader::Musl { .. } => {
                let path = facts.runpath.as_deref().or(rpath);
                let path = path.and_then(|path| musl_expanded(path, origin));
                (None, path.map(|path| musl_split(&path)))
            }
            _ => {
                let split = |path: &[u8]| self.glibc_split(path, origin);
                (
                    rpath.map(split).transpose()?,
                    facts.runpath.as_deref().map(split).transpose()?,
                )
            }
        };
        self.objects.push(Object {
            node: found.node,
            opened: opened.to_vec(),
            path: found.path.clone(),
            soname: facts.soname.clone(),
            needed: facts.needed.clone(),
            rpath: rpath.unwrap_or_default(),
            runpath: runpath.unwrap_or_default(),
            has_runpath: facts.runpath.is_some(),
            no_default_directories: facts.no_default_directories,
            parent,
        });
        Ok(())
    }

    fn glibc_split(&self, path: &[u8], origin: &[u8]) -> Result<Vec<Vec<u8>>> {
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

    /// Loads the library `name` for the object `by`.
    pub(super) fn load(&self, name: &[u8], by: usize) -> Result<Outcome> {
        match self.kind {
            Loader::Musl { .. } => self.load_by_musl(name, by),
            _ => self.load_by_glibc(name, by),
        }
    }

    fn load_by_musl(&self, name: &[u8], by: usize) -> Result<Outcome> {
        let is_own = name
            .strip_prefix(b"lib")
            .is_some_and(|rest| MUSL_OWN.iter().any(|own| rest.starts_with(own)));
        if is_own || name == self.loader_name {
            return Ok(Outcome::Loaded(self.loader.path.clone()));
        }
        if name.is_empty() {
            return Ok(Outcome::Missing(None));
        }
        if name.contains(&b'/') {
            let candidate = self.candidate(name)?;
            return Ok(self.outcome(name.to_vec(), candidate));
        }
        if name.len() > NAME_MAX {
            return Ok(Outcome::Missing(None));
        }
        // The search paths of the object and of all that led to it.
        let mut ancestor = Some(by);
        while let Some(object) = ancestor.and_then(|index| self.objects.get(index)) {
            if let Some(outcome) = self.first_of(name, &object.runpath)? {
                return Ok(outcome);
            }
            ancestor = object.parent;
        }
        let outcome = self.first_of(name, &self.default_directories)?;
        Ok(outcome.unwrap_or(Outcome::Missing(None)))
    }

    /// musl takes the first file of that name, whatever it is.
    fn first_of(&self, name: &[u8], directories: &[Vec<u8>]) -> Result<Option<Outcome>> {
        for directory in directories {
            let path = joined(directory, name);
            match self.candidate(&path)? {
                Candidate::Absent(Errno::Loop) => return Ok(Some(Outcome::Missing(None))),
                Candidate::Absent(_) => {}
                candidate => return Ok(Some(self.outcome(path, candidate))),
            }
        }
        Ok(None)
    }

    fn load_by_glibc(&self, name: &[u8], by: usize) -> Result<Outcome> {
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

    fn outcome(&self, opened: Vec<u8>, candidate: Candidate) -> Outcome {
        match candidate {
            Candidate::Absent(_) => Outcome::Missing(None),
            Candidate::Other(path, machine) => Outcome::Missing(Some((path, machine))),
            Candidate::Refused(path, problem) => Outcome::Refused(path, problem),
            Candidate::Good(found, facts) => {
                let nodes = self.objects.iter().map(|object| object.node);
                if nodes
                    .chain([self.loader.node])
                    .any(|node| node == found.node)
                {
                    return Outcome::Loaded(found.path);
                }
                Outcome::New(found, opened, facts)
            }
        }
    }

    fn candidate(&self, path: &[u8]) -> Result<Candidate> {
        let over = || Error::limit("program_files", self.limits.program_files);
        let left = self.tries_left.get().checked_sub(1).ok_or_else(over)?;
        self.tries_left.set(left);
        let found = match resolve(self.tree, path)? {
            Ok(found) => found,
            Err(lost) => return Ok(Candidate::Absent(lost.errno)),
        };
        if found.stat.file_type != FileType::Regular {
            let problem = Error::unsupported("library", format!("a {}", found.stat.file_type));
            return Ok(Candidate::Refused(found.path, problem));
        }
        let length = u64::try_from(BINPRM_BUF_SIZE).unwrap_or(u64::MAX);
        let length = length.min(found.stat.size_bytes);
        let first = self.tree.read(found.node, 0, length)?;
        if elf::is_elf(&first)
            && let Ok(machine) = elf::machine(&first)
            && machine != self.machine
        {
            return Ok(Candidate::Other(found.path, machine));
        }
        let image = Image::open(self.tree, &found, &first);
        Ok(match elf::answer(image.and_then(|image| image.facts()))? {
            Ok(facts) => Candidate::Good(Box::new(found), Box::new(facts)),
            Err(problem) => Candidate::Refused(found.path, problem),
        })
    }

    /// The directories of `/etc/ld-musl-ARCH.path`, two levels above the loader; or those that are
    /// built in.
    fn musl_directories(&self, architecture: &[u8]) -> Result<Vec<Vec<u8>>> {
        let prefix = directory(directory(self.loader_name));
        let file = [prefix, b"/etc/ld-musl-", architecture, b".path"].concat();
        let found = match resolve(self.tree, &file)? {
            Ok(found) => found,
            Err(lost) if lost.errno == Errno::NotFound => return Ok(musl_split(MUSL_DEFAULT)),
            Err(_) => return Ok(Vec::new()),
        };
        if found.stat.file_type != FileType::Regular {
            return Ok(Vec::new());
        }
        let text = read_whole(self.tree, &found, "bytes of ld-musl path", PATH_FILE_BYTES)?;
        Ok(musl_split(&text))
    }

    fn glibc_directories(&self) -> Vec<Vec<u8>> {
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
    fn read_cache(&self) -> Result<Option<Cache>> {
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

/// musl's own: every `$` has to begin `$ORIGIN` or `${ORIGIN}`, or the whole path is void.
fn musl_expanded(path: &[u8], origin: &[u8]) -> Option<Vec<u8>> {
    let (expanded, unknown) = replaced(path, &[(b"ORIGIN", origin)]);
    (unknown == 0).then_some(expanded)
}

fn musl_split(path: &[u8]) -> Vec<Vec<u8>> {
    let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
    path.split(|byte| matches!(byte, b':' | b'\n'))
        .filter(|part| !part.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

/// A path with `$NAME` and `${NAME}` replaced, and how many dollars had another name.
fn replaced(path: &[u8], tokens: &[(&[u8], &[u8])]) -> (Vec<u8>, usize) {
    // A hostile path could be all tokens, each with a long value.
    let most = crate::tree::PATH_MAX.saturating_mul(16);
    let mut out = Vec::new();
    let mut unknown = 0_usize;
    let mut rest = path;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'$' {
            out.push(*byte);
            continue;
        }
        let token = tokens.iter().find_map(|(name, value)| {
            let braced = after
                .strip_prefix(b"{")
                .and_then(|inner| inner.strip_prefix(*name))
                .and_then(|inner| inner.strip_prefix(b"}"));
            braced
                .or_else(|| after.strip_prefix(*name))
                .map(|left| (*value, left))
        });
        match token {
            Some((value, left)) if out.len() < most => {
                out.extend_from_slice(value);
                rest = left;
            }
            _ => {
                unknown = unknown.saturating_add(1);
                out.push(*byte);
            }
        }
    }
    (out, unknown)
}

fn joined(directory: &[u8], name: &[u8]) -> Vec<u8> {
    [directory, b"/", name].concat()
}
