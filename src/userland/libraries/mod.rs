//! The libraries of a program, found as its loader finds them.
//!
//! Sources: musl's `ldso/dynlink.c` (`load_library`, `fixup_rpath`, `path_open`); glibc's
//! `elf/dl-load.c` (`_dl_map_object`, `open_verify`) and `ld.so(8)`; glibc's
//! `sysdeps/x86/dl-prop.h` for the level of the processor.
//!
//! Loaders ask `/proc` for the `$ORIGIN` of the program, which a kernel starts as init before anybody
//! has mounted that. Which directories a glibc has built in depends on who built it, and is read in the
//! loader; where it is not found there, all that are in use are searched.

mod cache;
mod search;

use super::elf::{ElfFacts, Versions};
use super::trouble::Trouble;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{Found, NodeId, Tree};
use search::{Outcome, Search};
use std::collections::{HashMap, HashSet};

/// A library that a program needs, itself or through others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// The name by which it is asked for.
    pub name: Vec<u8>,
    /// The file that asks for it first.
    pub needed_by: Vec<u8>,
    /// The file that it is, without links; `None` where none is found.
    pub path: Option<Vec<u8>>,
}

/// The kind of a loader: each looks for libraries in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loader {
    /// musl's, which is its C library too.
    Musl {
        /// The architecture in its name: `x86_64`.
        architecture: Vec<u8>,
    },
    /// glibc's.
    Glibc,
    /// Another: what it does is not known here.
    Other,
}

impl Loader {
    /// The kind of the loader that a program names `name`, which is the file `path`.
    ///
    /// gcompat puts a program of its own where glibc's loader would be, so a name is not enough.
    pub(super) fn of(name: &[u8], path: &[u8], facts: &ElfFacts) -> Self {
        for path in [path, name] {
            let architecture = file_name(path)
                .strip_prefix(b"ld-musl-")
                .and_then(|rest| rest.split(|byte| *byte == b'.').next());
            if let Some(architecture) = architecture {
                let architecture = architecture.to_vec();
                return Self::Musl { architecture };
            }
        }
        let soname = facts.soname.as_deref().unwrap_or_default();
        let known: [&[u8]; 4] = [b"ld-linux", b"ld64.so", b"ld.so", b"ld-2."];
        if known.iter().any(|known| soname.starts_with(known)) {
            return Self::Glibc;
        }
        Self::Other
    }
}

/// The level of x86-64 that a file states to need: glibc's loader refuses to go on where the
/// processor has less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsaNeed {
    /// 1 the baseline, then x86-64-v2, -v3 and -v4.
    pub level: u8,
    /// The file.
    pub path: Vec<u8>,
}

impl IsaNeed {
    /// The higher need: the one so far, or that of a file.
    pub(super) fn highest(so_far: Option<Self>, path: &[u8], facts: &ElfFacts) -> Option<Self> {
        let level = facts.x86_level().unwrap_or(0);
        if level <= so_far.as_ref().map_or(0, |need| need.level) {
            return so_far;
        }
        let path = path.to_vec();
        Some(Self { level, path })
    }
}

/// What the search begins with.
pub(super) struct Start<'a> {
    pub program: &'a Found,
    pub facts: &'a ElfFacts,
    /// `PT_INTERP`.
    pub loader_name: &'a [u8],
    pub loader: &'a Found,
    pub loader_facts: &'a ElfFacts,
    pub kind: &'a Loader,
}

/// What the search comes to.
#[derive(Default)]
pub(super) struct Closure {
    pub libraries: Vec<Library>,
    pub isa_level: Option<IsaNeed>,
    pub trouble: Option<Trouble>,
    /// Whether there is a list of libraries that glibc's loader reads.
    pub cache: Option<bool>,
}

/// An object that is loaded.
struct Object {
    node: NodeId,
    /// The directory from which it was opened, `$ORIGIN`; none where the loader does not get to know.
    origin: Option<Vec<u8>>,
    /// Its path without links.
    path: Vec<u8>,
    soname: Option<Vec<u8>>,
    needed: Vec<Vec<u8>>,
    /// The directories of `DT_RPATH`, where that counts.
    rpath: Vec<Vec<u8>>,
    /// The directories of `DT_RUNPATH`; with musl those of either.
    runpath: Vec<Vec<u8>>,
    has_runpath: bool,
    no_default_directories: bool,
    versions: Versions,
    /// The object that asked for it.
    parent: Option<usize>,
}

/// All libraries of a program, breadth first.
pub(super) fn closure(tree: &dyn Tree, start: Start<'_>, limits: &Limits) -> Result<Closure> {
    let mut closure = Closure::default();
    if *start.kind == Loader::Other {
        return Ok(closure);
    }
    let mut search = Search::new(tree, &start, limits)?;
    closure.cache = search.cache_is_there();
    let mut names = HashSet::new();
    let mut at = 0_usize;
    while let Some(object) = search.objects.get_mut(at) {
        let needed_by = object.path.clone();
        for name in std::mem::take(&mut object.needed) {
            if !names.insert(name.clone()) {
                continue;
            }
            if u64::try_from(names.len()).unwrap_or(u64::MAX) > limits.program_files {
                return Err(Error::limit("program_files", limits.program_files));
            }
            let library = Library {
                name: name.clone(),
                needed_by: needed_by.clone(),
                path: None,
            };
            let needed_by = needed_by.clone();
            let (path, trouble) =
                match search.load(&name, at)? {
                    Outcome::Loaded(path) => (Some(path), None),
                    Outcome::New(found, opened, facts) => {
                        let need = closure.isa_level.take();
                        closure.isa_level = IsaNeed::highest(need, &found.path, &facts);
                        let path = found.path.clone();
                        search.push(&found, &opened, &facts, Some(at))?;
                        let trouble = facts.problem.or(facts.dynamic_problem).map(|problem| {
                            Trouble::Damaged {
                                path: path.clone(),
                                problem,
                            }
                        });
                        (Some(path), trouble)
                    }
                    Outcome::Missing(wrong_architecture) => (
                        None,
                        Some(Trouble::LibraryMissing {
                            name,
                            needed_by,
                            wrong_architecture,
                        }),
                    ),
                    Outcome::Refused(path, problem) => (
                        None,
                        Some(Trouble::LibraryUnusable {
                            name,
                            needed_by,
                            path,
                            problem,
                        }),
                    ),
                };
            closure.libraries.push(Library { path, ..library });
            if let Some(trouble) = trouble {
                closure.trouble.get_or_insert(trouble);
            }
        }
        at = at.saturating_add(1);
    }
    if closure.trouble.is_none() && *start.kind == Loader::Glibc {
        let loader = (start.loader.path.as_slice(), &start.loader_facts.versions);
        closure.trouble = missing_version(&search.objects, &closure.libraries, loader);
    }
    Ok(closure)
}

/// The first version that a file needs of a library that defines others. glibc's loader looks once all
/// are loaded; musl's never does.
///
/// Source: glibc's `elf/dl-version.c`, `_dl_check_map_versions`.
fn missing_version(
    objects: &[Object],
    libraries: &[Library],
    loader: (&[u8], &Versions),
) -> Option<Trouble> {
    let paths: HashMap<&[u8], &[u8]> = libraries
        .iter()
        .filter_map(|library| Some((library.name.as_slice(), library.path.as_deref()?)))
        .collect();
    let own = objects
        .iter()
        .map(|object| (object.path.as_slice(), &object.versions));
    let versions: HashMap<&[u8], &Versions> = own.chain([loader]).collect();
    let defined: HashMap<&[u8], HashSet<&[u8]>> = versions
        .iter()
        .filter_map(|(path, versions)| {
            let names = versions.defined.as_ref()?.iter().map(Vec::as_slice);
            Some((*path, names.collect()))
        })
        .collect();
    objects.iter().find_map(|object| {
        object.versions.needed.iter().find_map(|need| {
            let library = *paths.get(need.library.as_slice())?;
            let has = defined.get(library)?;
            (!has.contains(need.version.as_slice())).then(|| Trouble::VersionMissing {
                version: need.version.clone(),
                library: library.to_vec(),
                needed_by: object.path.clone(),
            })
        })
    })
}

/// The last name of a path.
fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// A path without its last name.
fn directory(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.get(..end).unwrap_or_default()
}
