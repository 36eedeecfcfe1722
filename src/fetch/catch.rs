//! The files that are wanted of an archive, kept as it passes by; and what no archive may do.
//!
//! Nothing of an archive is ever written under a name of its own, so a path that climbs out, or one
//! that goes through a link, could do no harm here. It is refused all the same: who packs such a
//! thing means harm, and the rest of the archive is worth no more.
//!
//! Source: OCI image specification 1.1, `layer.md`, for what layers hide.

use super::part;
use super::store::Store;
use super::tar::{Entry, EntryKind, Visitor};
use crate::bytes::escaped;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Work};
use crate::tree::{MAXSYMLINKS, PATH_MAX};
use std::collections::{BTreeMap, BTreeSet};

/// In front of the name that a layer hides.
const WHITEOUT: &str = ".wh.";
/// Hides all that lower layers have in this folder.
const OPAQUE: &str = ".wh..wh..opq";
/// What a name costs beside its bytes.
const NAME_COST_BYTES: u64 = 128;
/// How many copies of a name there are while a kernel is chosen.
const COPIES_OF_A_NAME: u64 = 4;

enum Held {
    Bytes(Vec<u8>),
    Symlink(String),
    HardLink(String),
}

/// What was kept of an archive, or of several layers.
pub(super) struct Catch {
    files: BTreeMap<String, Held>,
    modules: BTreeSet<String>,
    links: BTreeSet<String>,
    also: Vec<String>,
    is_layered: bool,
    growing: Option<(String, Vec<u8>)>,
    budget: Budget,
    work: Work,
}

impl Catch {
    /// Nothing yet.
    pub fn new(limits: &Limits) -> Self {
        Self {
            files: BTreeMap::new(),
            modules: BTreeSet::new(),
            links: BTreeSet::new(),
            also: Vec::new(),
            is_layered: false,
            growing: None,
            budget: Budget::new(limits),
            work: limits.work(),
        }
    }

    /// Keeps this file too, whatever it is.
    #[must_use]
    pub fn with(mut self, path: &str) -> Self {
        self.also.push(path.to_owned());
        self
    }

    /// What comes from here on is a layer over the others.
    pub fn begin_layer(&mut self) {
        self.is_layered = true;
        self.links.clear();
    }

    /// The content of a file that was asked for.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        match self.files.get(path)? {
            Held::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    fn forget_below(&mut self, path: &str) {
        if path.is_empty() {
            self.files.clear();
            self.modules.clear();
            return;
        }
        // The names below a folder are neighbours: they begin with it and a slash, and `0` is the
        // character after the slash. To go through all names for each entry takes quadratic time.
        let below = format!("{path}/")..format!("{path}0");
        let files: Vec<String> = self
            .files
            .range(below.clone())
            .map(|(name, _)| name.clone())
            .collect();
        for name in files {
            self.files.remove(&name);
        }
        let modules: Vec<String> = self.modules.range(below).cloned().collect();
        for name in modules {
            self.modules.remove(&name);
        }
    }

    /// Whether this entry hides something of lower layers, and is nothing itself.
    fn hides(&mut self, path: &str) -> bool {
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.is_layered || !file.starts_with(WHITEOUT) {
            return false;
        }
        if file == OPAQUE {
            self.forget_below(folder);
            return true;
        }
        let name = file.trim_start_matches(WHITEOUT);
        let hidden = if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        };
        self.forget_below(&hidden);
        self.files.remove(&hidden);
        self.modules.remove(&hidden);
        true
    }
}

impl Visitor for Catch {
    fn entry(&mut self, entry: &Entry) -> Result<bool> {
        let path = inside(&entry.path)?;
        if !self.links.is_empty() {
            // Each folder above the entry is compared with the links.
            let folders = path.matches('/').count().saturating_mul(path.len());
            self.work
                .charge(u64::try_from(folders).unwrap_or(u64::MAX))?;
        }
        for (at, _) in path.match_indices('/') {
            let above = path.get(..at).unwrap_or_default();
            if self.links.contains(above) {
                return Err(refused(
                    "path in the archive",
                    "a path without a symbolic link of the archive",
                    format!("{}, where {above} is one", escaped(&entry.path)),
                ));
            }
        }
        if self.hides(&path) {
            return Ok(false);
        }
        if entry.kind != EntryKind::Directory {
            self.forget_below(&path);
            self.files.remove(&path);
        }
        let is_wanted = part::of(&path).is_some() || self.also.contains(&path);
        match entry.kind {
            EntryKind::Symlink => {
                self.charge(&path, "")?;
                self.links.insert(path.clone());
                if is_wanted {
                    let target = escaped(&entry.link);
                    self.charge("", &target)?;
                    self.files.insert(path, Held::Symlink(target));
                }
                Ok(false)
            }
            EntryKind::HardLink if is_wanted => {
                let target = inside(&entry.link)?;
                self.charge(&path, &target)?;
                self.files.insert(path, Held::HardLink(target));
                Ok(false)
            }
            EntryKind::File if is_wanted => {
                self.charge(&path, "")?;
                self.budget.take(entry.size_bytes)?;
                if entry.size_bytes == 0 {
                    self.files.insert(path, Held::Bytes(Vec::new()));
                    return Ok(false);
                }
                self.growing = Some((path, Vec::new()));
                Ok(true)
            }
            EntryKind::File if part::is_module(&path) => {
                self.charge(&path, "")?;
                self.modules.insert(path);
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn data(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some((_, content)) = &mut self.growing {
            content.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if let Some((path, content)) = self.growing.take() {
            self.files.insert(path, Held::Bytes(content));
        }
        Ok(())
    }
}

impl Catch {
    /// Charges an entry that is remembered to the memory budget.
    fn charge(&self, path: &str, target: &str) -> Result<()> {
        let bytes = u64::try_from(path.len().saturating_add(target.len())).unwrap_or(u64::MAX);
        let copies = bytes.saturating_mul(COPIES_OF_A_NAME);
        self.budget.take(copies.saturating_add(NAME_COST_BYTES))
    }
}

impl Store for Catch {
    fn candidates(&self) -> Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>> {
        let mut here = path.to_owned();
        for _ in 0..MAXSYMLINKS {
            here = match self.files.get(&here) {
                Some(Held::Bytes(bytes)) => return Ok(bytes.clone()),
                Some(Held::HardLink(target)) => target.clone(),
                Some(Held::Symlink(target)) => followed(&here, target)?,
                None => {
                    return Err(Error::absent(
                        path.to_owned(),
                        format!("it leads to {here}, and the archive has no such file"),
                    ));
                }
            };
        }
        Err(Error::absent(path.to_owned(), "it is a loop of links"))
    }

    fn modules(&self) -> Result<Vec<String>> {
        Ok(self.modules.iter().cloned().collect())
    }
}

/// A path of an archive as one inside it: no `.`, nothing in front, nothing that climbs.
fn inside(path: &[u8]) -> Result<String> {
    let wrong = || {
        refused(
            "path in the archive",
            "one that stays inside",
            escaped(path.get(..PATH_MAX).unwrap_or(path)),
        )
    };
    if path.starts_with(b"/") || path.len() >= PATH_MAX || path.contains(&0) {
        return Err(wrong());
    }
    let text = String::from_utf8_lossy(path);
    let mut names: Vec<&str> = Vec::new();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => return Err(wrong()),
            name => names.push(name),
        }
    }
    Ok(names.join("/"))
}

/// Where a symbolic link leads; an error where that is outside.
fn followed(link: &str, target: &str) -> Result<String> {
    let mut names: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => link
            .rsplit_once('/')
            .map(|(folder, _)| folder.split('/').collect())
            .unwrap_or_default(),
    };
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop().ok_or_else(|| {
                    refused(
                        "symbolic link in the archive",
                        "one that leads inside",
                        format!("{link} -> {target}"),
                    )
                })?;
            }
            name => names.push(name),
        }
    }
    Ok(names.join("/"))
}

fn refused(field: &'static str, expected: &'static str, found: String) -> Error {
    Error::invalid_setting(field, expected, found)
        .hinted("The content of the archive contradicts its record; get it from its maker.")
}
