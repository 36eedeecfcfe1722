//! The first root as unpacking makes it: files, directories and links, each made as the kernel's
//! `init_mkdir`, `filp_open`, `init_link` and their like make them, and lost where these fail.
//!
//! Source: `init/initramfs.c` (`do_name`, `do_symlink`, `maybe_link`, `clean_path`);
//! `usr/default_cpio_list` for what is there before (`/dev`, `/dev/console`, `/root`).

use super::contents::Contents;
use super::cpio::length;
use super::header::Header;
use super::nodes::{Kind, Node, directory};
use super::places::{Place, Places};
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::tree::{Errno, FileType, Stat};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many lost entries are told by name.
const LOST_TOLD: usize = 64;

/// An entry that the kernel passes over without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The path that the archive gives it.
    pub path: Vec<u8>,
    /// Why it cannot be made there.
    pub errno: Errno,
}

/// Device, inode and type: what tells one file with several names.
type LinkKey = (u32, u32, u32, u32);

/// What was unpacked so far.
pub(super) struct Unpacked {
    pub nodes: Vec<Node>,
    pub lost: Vec<Lost>,
    pub lost_entries: u64,
    pub entries: u64,
    /// Whether an entry of this segment is data for the kernel's early boot.
    pub saw_early_data: bool,
    links: HashMap<LinkKey, Vec<u8>>,
    places: Places,
    entries_max: u64,
    pub contents: Contents,
    budget: Arc<Budget>,
}

impl Unpacked {
    pub fn new(limits: &Limits, budget: Arc<Budget>) -> Self {
        let mut unpacked = Self {
            nodes: vec![directory(0o755)],
            lost: Vec::new(),
            lost_entries: 0,
            entries: 0,
            saw_early_data: false,
            links: HashMap::new(),
            places: Places::new(limits.cpio_entries),
            entries_max: limits.cpio_entries,
            contents: Contents::new(limits.kept_bytes),
            budget,
        };
        let dev = unpacked.add(0, b"dev", directory(0o755));
        unpacked.add(dev, b"console", {
            let mut console = directory(0o600);
            console.kind = Kind::Special;
            console.stat.file_type = FileType::CharacterDevice;
            console.stat.links = 1;
            console.stat.device = Some((5, 1));
            console
        });
        unpacked.add(0, b"root", directory(0o700));
        unpacked
    }

    /// What comes from here on is of this segment.
    pub fn begin_segment(&mut self, segment: usize, is_plain: bool) {
        self.contents.begin_segment(segment, is_plain);
        self.saw_early_data = false;
    }

    /// Counts an entry; `is_taken` tells whether the kernel makes anything of it.
    pub fn count_entry(&mut self, is_taken: bool) -> Result<()> {
        self.entries = self.entries.saturating_add(1);
        if self.entries > self.entries_max {
            return Err(Error::limit("cpio_entries", self.entries_max));
        }
        if !is_taken {
            self.lost_entries = self.lost_entries.saturating_add(1);
        }
        Ok(())
    }

    /// The end of an archive: its inode numbers mean nothing to the next.
    pub fn trailer(&mut self) {
        self.entries = self.entries.saturating_sub(1);
        self.links.clear();
    }

    fn lose(&mut self, path: &[u8], errno: Errno) {
        self.lost_entries = self.lost_entries.saturating_add(1);
        if self.lost.len() < LOST_TOLD {
            self.lost.push(Lost {
                path: path.to_vec(),
                errno,
            });
        }
    }

    /// Makes a symbolic link.
    pub fn symlink(&mut self, header: &Header, path: &[u8], target: &[u8]) -> Result<()> {
        let place = match self.places.find(&self.nodes, path)? {
            Ok(place) => place,
            Err(errno) => {
                self.lose(path, errno);
                return Ok(());
            }
        };
        self.clean(&place, None);
        if target.is_empty() || place.wants_directory {
            self.lose(path, Errno::NotFound);
        } else if self.child(&place).is_none() {
            self.budget.take(length(target.len()))?;
            self.make(&place, header, Kind::Symlink(target.to_vec()))?;
            self.places.forget();
        } else {
            // A directory that is not empty stays where it is.
            self.lose(path, Errno::NotADirectory);
        }
        Ok(())
    }

    /// Makes anything but a symbolic link; whether content follows, the next byte at `offset`.
    pub fn node(&mut self, header: &Header, path: &[u8], offset: u64) -> Result<bool> {
        let Some(file_type) = header.file_type() else {
            return Ok(false);
        };
        self.saw_early_data |= is_early_data(path);
        let place = match self.places.find(&self.nodes, path)? {
            Ok(place) => place,
            Err(errno) => {
                if file_type != FileType::Directory {
                    self.remember(header, path)?;
                }
                self.lose(path, errno);
                return Ok(false);
            }
        };
        self.clean(&place, Some(file_type));
        match file_type {
            FileType::Regular => self.regular(header, path, &place, offset),
            FileType::Directory => {
                match self.child(&place) {
                    None if place.name.is_empty() => self.change(place.directory, header),
                    None => {
                        self.make(&place, header, Kind::Directory(BTreeMap::new()))?;
                    }
                    Some(node) if self.is_directory(node) => self.change(node, header),
                    Some(_) => self.lose(path, Errno::NotADirectory),
                }
                Ok(false)
            }
            _ => {
                if place.wants_directory {
                    self.remember(header, path)?;
                    self.lose(path, Errno::NotFound);
                } else if self.link(header, path, &place)?.is_none() {
                    match self.child(&place) {
                        None => {
                            self.make(&place, header, Kind::Special)?;
                        }
                        Some(node) if self.file_type(node) == Some(file_type) => {
                            self.change(node, header);
                        }
                        Some(_) => self.lose(path, Errno::NotADirectory),
                    }
                }
                Ok(false)
            }
        }
    }

    fn regular(
        &mut self,
        header: &Header,
        path: &[u8],
        place: &Place,
        offset: u64,
    ) -> Result<bool> {
        if place.wants_directory {
            self.remember(header, path)?;
            self.lose(path, Errno::NotADirectory);
            return Ok(false);
        }
        let node = match self.link(header, path, place)? {
            Some(None) => {
                self.lose(path, Errno::NotFound);
                return Ok(false);
            }
            Some(Some(node)) => match self.open(node, header, path)? {
                Ok(node) => node,
                Err(errno) => {
                    self.lose(path, errno);
                    return Ok(false);
                }
            },
            None => match self.child(place) {
                Some(node) if self.file_type(node) == Some(FileType::Regular) => {
                    self.change(node, header);
                    self.clear(node, 0);
                    node
                }
                Some(_) => {
                    self.lose(path, Errno::NotADirectory);
                    return Ok(false);
                }
                None => self.make(place, header, Kind::Regular(None))?,
            },
        };
        let size_bytes = u64::from(header.filesize);
        if size_bytes == 0 {
            return Ok(true);
        }
        self.clear(node, size_bytes);
        self.contents.begin(node, &place.name, size_bytes, offset);
        Ok(true)
    }

    /// What the kernel opens to write to by a further name, which `linked` has: where a symbolic link
    /// took the place of the first name, what that leads to, and is made if it is not there.
    fn open(
        &mut self,
        linked: usize,
        header: &Header,
        path: &[u8],
    ) -> Result<std::result::Result<usize, Errno>> {
        let node = if matches!(self.kind(linked), Some(Kind::Symlink(_))) {
            let place = match self.places.open(&self.nodes, path)? {
                Ok(place) => place,
                Err(errno) => return Ok(Err(errno)),
            };
            match self.child(&place) {
                None if place.wants_directory => return Ok(Err(Errno::NotADirectory)),
                None => return self.make(&place, header, Kind::Regular(None)).map(Ok),
                Some(node) => node,
            }
        } else {
            linked
        };
        if self.file_type(node) != Some(FileType::Regular) {
            return Ok(Err(Errno::NotADirectory));
        }
        self.change(node, header);
        Ok(Ok(node))
    }

    /// Content of the file that was made last.
    pub fn content(&mut self, bytes: &[u8]) {
        self.contents.push(bytes);
    }

    /// The content of the file is complete, or no more of it comes.
    pub fn end_content(&mut self) {
        let Some((node, content)) = self.contents.end() else {
            return;
        };
        if let Some(Node {
            kind: Kind::Regular(place),
            ..
        }) = self.nodes.get_mut(node)
        {
            *place = Some(content);
        }
    }

    /// Forgets what a file holds, and gives back what was kept of it.
    fn clear(&mut self, node: usize, size_bytes: u64) {
        let Some(node) = self.nodes.get_mut(node) else {
            return;
        };
        node.stat.size_bytes = size_bytes;
        if let Kind::Regular(place) = &mut node.kind
            && let Some(old) = place.take()
        {
            self.contents.give_back(&old);
        }
    }

    /// The kernel's `maybe_link`: `None` where the entry is no further name of a file; otherwise
    /// the file, if it could be linked.
    fn link(
        &mut self,
        header: &Header,
        path: &[u8],
        place: &Place,
    ) -> Result<Option<Option<usize>>> {
        let Some(first) = self.remember(header, path)? else {
            return Ok(None);
        };
        self.clean(place, None);
        let target = match self.places.find(&self.nodes, &first)? {
            Ok(target) => self.child(&target),
            Err(_) => None,
        };
        let Some(node) = target.filter(|node| !self.is_directory(*node)) else {
            return Ok(Some(None));
        };
        if self.child(place).is_some() {
            return Ok(Some(None));
        }
        self.name(place, node)?;
        if let Some(node) = self.nodes.get_mut(node) {
            node.stat.links = node.stat.links.saturating_add(1);
        }
        Ok(Some(Some(node)))
    }

    /// The kernel's `find_link`: the first name of a file that has several. What is not known is
    /// remembered, whether it comes to be a file or not.
    fn remember(&mut self, header: &Header, path: &[u8]) -> Result<Option<Vec<u8>>> {
        if header.nlink < 2 {
            return Ok(None);
        }
        let key = (
            header.major,
            header.minor,
            header.ino,
            header.mode & 0o170_000,
        );
        if let Some(first) = self.links.get(&key) {
            return Ok(Some(first.clone()));
        }
        self.budget.take(length(path.len()))?;
        self.links.insert(key, path.to_vec());
        Ok(None)
    }

    /// The kernel's `clean_path`: removes what is of another type; of any, without one.
    fn clean(&mut self, place: &Place, keep: Option<FileType>) {
        let Some(node) = self.child(place) else {
            return;
        };
        if keep.is_some_and(|keep| self.file_type(node) == Some(keep)) {
            return;
        }
        let is_full = matches!(self.kind(node), Some(Kind::Directory(names)) if !names.is_empty());
        if is_full {
            return;
        }
        let was_directory = self.is_directory(node);
        if let Some(Kind::Directory(names)) = self.kind_mut(place.directory) {
            names.remove(&place.name);
        }
        self.places.forget();
        let mut links = 0;
        if let Some(node) = self.nodes.get_mut(node) {
            node.stat.links = node.stat.links.saturating_sub(1);
            links = node.stat.links;
        }
        if was_directory {
            if let Some(parent) = self.nodes.get_mut(place.directory) {
                parent.stat.links = parent.stat.links.saturating_sub(1);
            }
        } else if links == 0 {
            self.clear(node, 0);
        }
    }

    fn make(&mut self, place: &Place, header: &Header, kind: Kind) -> Result<usize> {
        let file_type = header.file_type().unwrap_or(FileType::Regular);
        let is_directory = file_type == FileType::Directory;
        let is_device = matches!(file_type, FileType::CharacterDevice | FileType::BlockDevice);
        let size_bytes = match &kind {
            Kind::Symlink(target) => length(target.len()),
            _ => 0,
        };
        let node = self.nodes.len();
        self.nodes.push(Node {
            stat: Stat {
                file_type,
                mode: permissions(header.mode),
                uid: header.uid,
                gid: header.gid,
                size_bytes,
                links: if is_directory { 2 } else { 1 },
                modified: header.mtime.into(),
                device: is_device.then_some((header.rmajor, header.rminor)),
            },
            kind,
        });
        self.name(place, node)?;
        if is_directory && let Some(parent) = self.nodes.get_mut(place.directory) {
            parent.stat.links = parent.stat.links.saturating_add(1);
        }
        Ok(node)
    }

    fn name(&mut self, place: &Place, node: usize) -> Result<()> {
        self.budget.take(length(place.name.len()))?;
        if let Some(Kind::Directory(names)) = self.kind_mut(place.directory) {
            names.insert(place.name.clone(), node);
        }
        Ok(())
    }

    fn add(&mut self, parent: usize, name: &[u8], node: Node) -> usize {
        let index = self.nodes.len();
        self.nodes.push(node);
        if let Some(Kind::Directory(names)) = self.kind_mut(parent) {
            names.insert(name.to_vec(), index);
        }
        index
    }

    /// Owner, permissions and time of what is there already.
    fn change(&mut self, node: usize, header: &Header) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.stat.mode = permissions(header.mode);
            node.stat.uid = header.uid;
            node.stat.gid = header.gid;
            node.stat.modified = header.mtime.into();
        }
    }

    fn kind(&self, node: usize) -> Option<&Kind> {
        self.nodes.get(node).map(|node| &node.kind)
    }

    fn kind_mut(&mut self, node: usize) -> Option<&mut Kind> {
        self.nodes.get_mut(node).map(|node| &mut node.kind)
    }

    fn file_type(&self, node: usize) -> Option<FileType> {
        self.nodes.get(node).map(|node| node.stat.file_type)
    }

    fn is_directory(&self, node: usize) -> bool {
        self.file_type(node) == Some(FileType::Directory)
    }

    fn child(&self, place: &Place) -> Option<usize> {
        match self.kind(place.directory)? {
            Kind::Directory(names) => names.get(&place.name).copied(),
            _ => None,
        }
    }
}

/// Whether the kernel looks for this before it unpacks anything: microcode
/// (`Documentation/arch/x86/microcode.rst`), and ACPI tables
/// (`Documentation/admin-guide/acpi/initrd_table_override.rst`).
fn is_early_data(path: &[u8]) -> bool {
    path.starts_with(b"kernel/x86/microcode/") || path.starts_with(b"kernel/firmware/acpi/")
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or_default()
}
