//! Kernel modules in a tree: which there are, what they depend on, and for which kernel they were
//! built.
//!
//! Sources: `modules.dep(5)`, `depmod(8)`; kmod's `libkmod` (names, softdeps); the kernel's
//! `scripts/Makefile.modinst` (suffixes) and `Documentation/kbuild/modules.rst`.

mod modinfo;
mod policy;

pub use modinfo::{Modinfo, modinfo};
pub use policy::{Policy, loads_nothing, policy};

use crate::bytes::escaped;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{FileType, Found, NodeId, Tree, entries, read_whole, resolve};
use std::collections::{BTreeMap, BTreeSet};

/// Where modules are; in systems with merged directories through a link.
const ROOT: &[u8] = b"/lib/modules";
/// Longest list of modules that is read; a distribution's `modules.dep` has some 700 KiB.
const LIST_BYTES: u64 = 4 * 1024 * 1024;
/// How many directories may lie inside one another below `kernel/`.
const DEPTH: usize = 32;

/// How a module's file is compressed, by its suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// `.ko`
    None,
    /// `.ko.gz`
    Gzip,
    /// `.ko.xz`
    Xz,
    /// `.ko.zst`
    Zstd,
}

impl Compression {
    const SUFFIXES: [(&'static str, Self); 4] = [
        (".ko", Self::None),
        (".ko.gz", Self::Gzip),
        (".ko.xz", Self::Xz),
        (".ko.zst", Self::Zstd),
    ];

    /// The suffix of a file's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::None => ".ko",
            Self::Gzip => ".ko.gz",
            Self::Xz => ".ko.xz",
            Self::Zstd => ".ko.zst",
        }
    }
}

/// One module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name, with `_` for `-`, as the kernel has it.
    pub name: String,
    /// Its file, from the root of the tree.
    pub path: Vec<u8>,
    /// How that is compressed.
    pub compression: Compression,
    /// The names of those that it depends on, as `modules.dep` states them.
    pub depends: Vec<String>,
}

/// The state of an index that depmod writes and kmod reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Index {
    /// It is not there.
    Missing,
    /// It is there without the magic of kmod, and kmod refuses it.
    Foreign,
    /// It is there.
    There,
}

/// What an index of kmod begins with (`libkmod/libkmod-index.h`, `INDEX_MAGIC`).
const INDEX_MAGIC: [u8; 4] = [0xb0, 0x07, 0xf4, 0x57];

/// The modules of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// The release: the name of the directory.
    pub release: String,
    /// The modules by their names.
    pub modules: BTreeMap<String, Module>,
    /// Whether `modules.dep` is there. Without it modprobe finds nothing, and
    /// [`Modules::modules`] are the files below `kernel/`, with no dependencies.
    pub has_dependencies: bool,
    /// The state of `modules.dep.bin`, which is all that kmod reads.
    pub index: Index,
    /// The state of `modules.alias.bin`, by which kmod finds the drivers of devices and file systems.
    pub alias_index: Index,
    /// The names in `modules.builtin`; `None` where it is not there.
    pub builtin: Option<BTreeSet<String>>,
    /// What `modules.softdep` asks to be loaded before and after a module, where it is there.
    pub soft_dependencies: BTreeMap<String, Vec<String>>,
}

/// What loading a module comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closure {
    /// The modules to load, dependencies first, the one asked for last.
    pub order: Vec<String>,
    /// Those of them that have no file, or an empty one.
    pub missing: Vec<String>,
}

/// A module's name as the kernel has it.
pub fn normalised(name: &str) -> String {
    name.replace('-', "_")
}

/// The name and the compression of a module's file; `None` of other files.
pub fn file_name(path: &str) -> Option<(String, Compression)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Compression::SUFFIXES
        .into_iter()
        .find_map(|(suffix, compression)| {
            let stem = name.strip_suffix(suffix).filter(|stem| !stem.is_empty())?;
            Some((normalised(stem), compression))
        })
}

/// The releases that a tree has modules for, in order. Reads one directory.
pub fn releases(tree: &dyn Tree) -> Result<Vec<String>> {
    let mut releases = Vec::new();
    for entry in entries(tree, ROOT)? {
        let path = [ROOT, b"/", &entry.name].concat();
        let is_directory =
            resolve(tree, &path)?.is_ok_and(|found| found.stat.file_type == FileType::Directory);
        if is_directory {
            releases.push(escaped(&entry.name));
        }
    }
    releases.sort();
    Ok(releases)
}

/// The modules of a release; `None` where the tree has no directory of it.
pub fn modules(tree: &dyn Tree, release: &str, limits: &Limits) -> Result<Option<Modules>> {
    if release.contains('/') || matches!(release, "" | "." | "..") {
        return Ok(None);
    }
    let Ok(found) = resolve(tree, &[ROOT, b"/", release.as_bytes()].concat())? else {
        return Ok(None);
    };
    if found.stat.file_type != FileType::Directory {
        return Ok(None);
    }
    let reader = Reader {
        tree,
        directory: &found,
        limits,
    };
    let listed = reader.list(b"modules.dep")?;
    let modules = match &listed {
        Some(text) => reader.dependencies(text)?,
        None => reader.walk()?,
    };
    Ok(Some(Modules {
        release: release.to_owned(),
        modules,
        has_dependencies: listed.is_some(),
        index: reader.index(b"modules.dep.bin")?,
        alias_index: reader.index(b"modules.alias.bin")?,
        builtin: reader.builtin()?,
        soft_dependencies: reader.soft_dependencies()?,
    }))
}

impl Modules {
    /// The module of that name, spelt either way.
    pub fn get(&self, name: &str) -> Option<&Module> {
        self.modules.get(&normalised(name))
    }

    /// Whether `modules.builtin` has that name; `None` where there is no such list.
    pub fn is_builtin(&self, name: &str) -> Option<bool> {
        let builtin = self.builtin.as_ref()?;
        Some(builtin.contains(&normalised(name)))
    }

    /// Everything that has to be loaded for a module. Soft dependencies are left out: what they
    /// ask for may be missing.
    pub fn closure(&self, tree: &dyn Tree, name: &str) -> Result<Closure> {
        let mut closure = Closure::default();
        let mut seen = BTreeSet::new();
        // Depth first without recursion: a name is left when all that it needs has been.
        let mut stack = vec![(normalised(name), false)];
        while let Some((name, done)) = stack.pop() {
            if done {
                closure.order.push(name);
                continue;
            }
            if !seen.insert(name.clone()) || self.is_builtin(&name) == Some(true) {
                continue;
            }
            let module = self.modules.get(&name);
            let is_there = match module {
                // The kernel refuses an empty file.
                Some(module) => {
                    resolve(tree, &module.path)?.is_ok_and(|found| found.stat.size_bytes > 0)
                }
                None => false,
            };
            if !is_there {
                closure.missing.push(name.clone());
            }
            stack.push((name, true));
            let depends = module.map_or(&[][..], |module| &module.depends);
            stack.extend(depends.iter().map(|needed| (needed.clone(), false)));
        }
        Ok(closure)
    }
}

/// Reads what is in the directory of a release.
struct Reader<'a> {
    tree: &'a dyn Tree,
    directory: &'a Found,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn find(&self, name: &[u8]) -> Result<Option<Found>> {
        let path = [self.directory.path.as_slice(), b"/", name].concat();
        Ok(resolve(self.tree, &path)?.ok())
    }

    fn index(&self, name: &[u8]) -> Result<Index> {
        let Some(found) = self.find(name)? else {
            return Ok(Index::Missing);
        };
        if found.stat.file_type != FileType::Regular {
            return Ok(Index::Foreign);
        }
        let head = self.tree.read(found.node, 0, 4)?;
        Ok(if head == INDEX_MAGIC {
            Index::There
        } else {
            Index::Foreign
        })
    }

    fn list(&self, name: &[u8]) -> Result<Option<String>> {
        let Some(found) = self.find(name)? else {
            return Ok(None);
        };
        if found.stat.file_type != FileType::Regular {
            return Ok(None);
        }
        let bytes = read_whole(self.tree, &found, "bytes of a list of modules", LIST_BYTES)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn over_limit(&self) -> Error {
        Error::limit("modules", self.limits.modules)
    }

    fn check(&self, count: usize) -> Result<()> {
        if u64::try_from(count).unwrap_or(u64::MAX) > self.limits.modules {
            return Err(self.over_limit());
        }
        Ok(())
    }

    /// The path of a module in a list: below the directory, or from the root.
    fn absolute(&self, path: &str) -> Vec<u8> {
        if path.starts_with('/') {
            return path.as_bytes().to_vec();
        }
        [self.directory.path.as_slice(), b"/", path.as_bytes()].concat()
    }

    fn dependencies(&self, text: &str) -> Result<BTreeMap<String, Module>> {
        let mut modules = BTreeMap::new();
        for line in text.lines() {
            let Some((path, needed)) = line.split_once(':') else {
                continue;
            };
            let path = path.trim();
            let Some((name, compression)) = file_name(path) else {
                continue;
            };
            let depends = needed
                .split_ascii_whitespace()
                .filter_map(|path| file_name(path).map(|(name, _)| name))
                .collect();
            let module = Module {
                name: name.clone(),
                path: self.absolute(path),
                compression,
                depends,
            };
            modules.entry(name).or_insert(module);
            self.check(modules.len())?;
        }
        Ok(modules)
    }

    /// The files below `kernel/`, where nothing lists them.
    fn walk(&self) -> Result<BTreeMap<String, Module>> {
        let mut modules = BTreeMap::new();
        let top = [self.directory.path.as_slice(), b"/kernel"].concat();
        let mut ahead: Vec<(NodeId, Vec<u8>, usize)> = match resolve(self.tree, &top)? {
            Ok(found) if found.stat.file_type == FileType::Directory => {
                vec![(found.node, top, 0)]
            }
            _ => Vec::new(),
        };
        let mut seen = BTreeSet::new();
        while let Some((node, path, depth)) = ahead.pop() {
            // In a damaged file system a directory may be inside itself.
            if !seen.insert(node) || depth >= DEPTH {
                continue;
            }
            self.check(seen.len())?;
            let mut entries = self.tree.list(node)?;
            entries.sort_by(|one, other| one.name.cmp(&other.name));
            for entry in entries {
                let file_type = match entry.file_type {
                    Some(file_type) => file_type,
                    None => self.tree.stat(entry.node)?.file_type,
                };
                let path = [path.as_slice(), b"/", &entry.name].concat();
                if file_type == FileType::Directory {
                    self.check(ahead.len())?;
                    ahead.push((entry.node, path, depth.saturating_add(1)));
                } else if let Some((name, compression)) =
                    file_name(&String::from_utf8_lossy(&entry.name))
                {
                    let module = Module {
                        name: name.clone(),
                        path,
                        compression,
                        depends: Vec::new(),
                    };
                    modules.entry(name).or_insert(module);
                    self.check(modules.len())?;
                }
            }
        }
        Ok(modules)
    }

    fn builtin(&self) -> Result<Option<BTreeSet<String>>> {
        let Some(text) = self.list(b"modules.builtin")? else {
            return Ok(None);
        };
        let names = text.lines().filter_map(|line| file_name(line.trim()));
        let names: BTreeSet<String> = names.map(|(name, _)| name).collect();
        self.check(names.len())?;
        Ok(Some(names))
    }

    fn soft_dependencies(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let mut soft: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let text = self.list(b"modules.softdep")?.unwrap_or_default();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("softdep ") else {
                continue;
            };
            let mut words = rest.split_ascii_whitespace();
            let Some(name) = words.next() else {
                continue;
            };
            soft.entry(normalised(name))
                .or_default()
                .extend(softdep_names(words));
            self.check(soft.len())?;
        }
        Ok(soft)
    }
}

/// The names in `pre: a b post: c`.
fn softdep_names<'a>(words: impl Iterator<Item = &'a str>) -> impl Iterator<Item = String> {
    words
        .filter(|word| !matches!(*word, "pre:" | "post:"))
        .map(normalised)
}
