//! Where a loader looks for a library of a name.
//!
//! Sources: those of the two loaders, in `musl` and `glibc`.

mod glibc;
mod musl;

use super::cache::Cache;
use super::{Loader, Object, Start, directory};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{Errno, FileType, Found, Tree, resolve};
use crate::userland::elf::{self, ElfFacts, Image};
use crate::userland::machine::Machine;
use crate::userland::script::BINPRM_BUF_SIZE;
use std::borrow::Cow;
use std::cell::Cell;

/// How many paths are tried for each file that a program may need.
const TRIES: u64 = 64;

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
    /// What `$LIB` may be.
    libs: Vec<Vec<u8>>,
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
            libs: Vec::new(),
            cache: None,
            tries_left: Cell::new(limits.program_files.saturating_mul(TRIES)),
            limits,
            objects: Vec::new(),
        };
        match start.kind {
            Loader::Musl { architecture } => {
                search.default_directories = search.musl_directories(architecture)?;
            }
            _ => {
                search.set_glibc_directories()?;
                search.cache = search.read_cache()?;
            }
        }
        search.push(start.program, &start.program.path, start.facts, None)?;
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
        // A loader asks /proc for the program's, and knows where it has opened the others.
        let is_known = parent.is_some() || self.tree.has_proc();
        let origin = is_known.then(|| directory(opened));
        let rpath = facts.rpath.as_deref().filter(|_| facts.runpath.is_none());
        let (rpath, runpath) = match self.kind {
            // To musl the two are the same.
            Loader::Musl { .. } => {
                let path = facts.runpath.as_deref().or(rpath);
                let path = path.and_then(|path| musl::expanded(path, origin));
                (None, path.map(|path| musl::split(&path)))
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
            origin: origin.map(<[u8]>::to_vec),
            path: found.path.clone(),
            soname: facts.soname.clone(),
            needed: facts.needed.clone(),
            rpath: rpath.unwrap_or_default(),
            runpath: runpath.unwrap_or_default(),
            has_runpath: facts.runpath.is_some(),
            no_default_directories: facts.no_default_directories,
            versions: facts.versions.clone(),
            parent,
        });
        Ok(())
    }

    /// Loads the library `name` for the object `by`.
    pub(super) fn load(&self, name: &[u8], by: usize) -> Result<Outcome> {
        match self.kind {
            Loader::Musl { .. } => self.load_by_musl(name, by),
            _ => self.load_by_glibc(name, by),
        }
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
        // musl looks at the class and the byte order as little as the kernel does.
        let first = match self.kind {
            Loader::Musl { .. } => elf::as_executed(&first),
            _ => Cow::Borrowed(first.as_slice()),
        };
        if elf::is_elf(&first)
            && let Ok(machine) = elf::machine(&first)
            && machine != self.machine
        {
            let is_refused =
                machine.bits == self.machine.bits && machine.endianness != self.machine.endianness;
            if is_refused && *self.kind == Loader::Glibc {
                let [own, its] = [self.machine, machine].map(|machine| machine.endianness.name());
                let problem = Error::invalid("EI_DATA", 5, own, its);
                return Ok(Candidate::Refused(found.path, problem));
            }
            return Ok(Candidate::Other(found.path, machine));
        }
        if *self.kind == Loader::Glibc
            && let Some(problem) = glibc::refused_ident(&first)
        {
            return Ok(Candidate::Refused(found.path, problem));
        }
        let image = Image::open(self.tree, &found, &first);
        Ok(match elf::answer(image.and_then(|image| image.facts()))? {
            Ok(facts) => match glibc::refused(&facts).filter(|_| *self.kind == Loader::Glibc) {
                Some(problem) => Candidate::Refused(found.path, problem),
                None => Candidate::Good(Box::new(found), Box::new(facts)),
            },
            Err(problem) => Candidate::Refused(found.path, problem),
        })
    }
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
