//! A folder of the host as a tree of files: what an unpacked root file system is.
//!
//! Source: POSIX `lstat`, `readdir`, `readlink`; Linux `include/linux/kdev_t.h` for device numbers.
//!
//! The host never follows a link: a node's path is made of names that were looked up one by one, each
//! in a directory, and it is resolved beneath the folder (`beneath`). Only regular files are opened.

use super::beneath::Beneath;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use crate::tree::{Entry, FileType, NodeId, Stat, Tree};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

const ROOT: NodeId = NodeId(0);
/// What a question to the host costs, in bytes of work.
const QUESTION_WORK_BYTES: u64 = 512;
/// Bytes that a node takes beside its name: its entries in both tables, and two counters.
const NODE_BYTES: u64 = 128;

/// A folder of the host.
pub struct Folder {
    host: Beneath,
    nodes: Mutex<Nodes>,
    limits: Limits,
    left_reads: AtomicU64,
    budget: Budget,
}

/// The name of a node in the directory that holds it. A node stores no path: the paths of many
/// files in one deep directory would repeat that directory's path.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    parent: NodeId,
    name: Arc<OsStr>,
}

/// Every place that was looked up, by its node.
#[derive(Default)]
struct Nodes {
    /// The place of node n + 1.
    places: Vec<Place>,
    numbers: HashMap<Place, u64>,
}

impl Folder {
    /// The folder at `path`, which may itself be a link to one.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let failed = |error: io::Error| Error::io(path.display().to_string(), &error);
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self {
            host: Beneath::open(&path).map_err(failed)?,
            nodes: Mutex::default(),
            left_reads: AtomicU64::new(limits.reads),
            budget: Budget::new(limits),
            limits: limits.clone(),
        })
    }

    /// Each question to the host is charged.
    fn charge(&self) -> Result<()> {
        self.limits.charge_work(QUESTION_WORK_BYTES)?;
        self.left_reads
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .map(drop)
            .map_err(|_| Error::limit("reads", self.limits.reads))
    }

    /// The path of a node from the root of the folder.
    fn inside(&self, node: NodeId) -> Result<PathBuf> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<Arc<OsStr>> = Vec::new();
        let mut here = node;
        // A parent has a smaller number than its children, so this ends.
        while let Some(index) = here.0.checked_sub(1) {
            let place = usize::try_from(index)
                .ok()
                .and_then(|index| nodes.places.get(index))
                .ok_or_else(|| Error::absent("file", format!("no node {}", node.0)))?;
            names.push(Arc::clone(&place.name));
            here = place.parent;
        }
        Ok(names.iter().rev().map(|name| name.as_ref()).collect())
    }

    /// The node of `name` in the directory `parent`. A new one is charged to the memory budget.
    fn node(&self, parent: NodeId, name: OsString) -> Result<NodeId> {
        let place = Place {
            parent,
            name: name.into(),
        };
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = nodes.numbers.get(&place) {
            return Ok(NodeId(*number));
        }
        let name_bytes = u64::try_from(place.name.len()).unwrap_or(u64::MAX);
        self.budget.take(name_bytes.saturating_add(NODE_BYTES))?;
        nodes.places.push(place.clone());
        let number = u64::try_from(nodes.places.len()).unwrap_or(u64::MAX);
        nodes.numbers.insert(place, number);
        Ok(NodeId(number))
    }

    fn metadata(&self, inside: &Path) -> Result<Metadata> {
        self.charge()?;
        self.host
            .metadata(inside)
            .map_err(|error| failed(inside, &error))
    }

    /// The path of a node that has to be of that type.
    fn expect(&self, node: NodeId, wanted: FileType) -> Result<(PathBuf, Metadata)> {
        let inside = self.inside(node)?;
        let metadata = self.metadata(&inside)?;
        let found = file_type(&metadata.file_type());
        if found == wanted {
            return Ok((inside, metadata));
        }
        Err(Error::unsupported(shown(&inside), format!("a {found}"))
            .expected(format!("a {wanted}")))
    }
}

impl Tree for Folder {
    fn root(&self) -> NodeId {
        ROOT
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        let inside = self.inside(node)?;
        Ok(stat(&self.metadata(&inside)?))
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        let (parent, _) = self.expect(directory, FileType::Directory)?;
        let Some(name) = component(name) else {
            return Ok(None);
        };
        let inside = parent.join(name);
        self.charge()?;
        match self.host.metadata(&inside) {
            Ok(_) => self.node(directory, name.to_owned()).map(Some),
            Err(error) => match error.kind() {
                // The host's limits of names are those of its own file system.
                io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename => Ok(None),
                _ => Err(failed(&inside, &error)),
            },
        }
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        let (parent, _) = self.expect(directory, FileType::Directory)?;
        let fault = |error: io::Error| failed(&parent, &error);
        let mut entries = Vec::new();
        for entry in self.host.names(&parent).map_err(fault)? {
            let (name, file_type) = entry.map_err(fault)?;
            self.charge()?;
            if u64::try_from(entries.len()).unwrap_or(u64::MAX) >= self.limits.directory_entries {
                let limit = self.limits.directory_entries;
                return Err(Error::limit("directory_entries", limit));
            }
            entries.push(Entry {
                name: bytes(&name),
                node: self.node(directory, name)?,
                file_type,
            });
        }
        // A host has no order that would be the same elsewhere.
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        let (inside, _) = self.expect(node, FileType::Symlink)?;
        let target = self.host.read_link(&inside);
        target
            .map(|target| bytes(&target))
            .map_err(|error| failed(&inside, &error))
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        let (inside, metadata) = self.expect(node, FileType::Regular)?;
        let length = length.min(metadata.len().saturating_sub(offset));
        if length > self.limits.file_bytes {
            return Err(Error::limit("file_bytes", self.limits.file_bytes));
        }
        self.limits.charge_work(length)?;
        let mut content = Vec::new();
        let mut read = || -> io::Result<()> {
            let mut file = self.host.file(&inside)?;
            if !is_same(&metadata, &file.metadata()?) {
                return Err(io::Error::other("it is replaced while it is read"));
            }
            file.seek(SeekFrom::Start(offset))?;
            file.take(length).read_to_end(&mut content).map(drop)
        };
        read().map_err(|error| failed(&inside, &error))?;
        Ok(content)
    }
}

/// The name as the host takes it, if it is one name.
fn component(name: &[u8]) -> Option<&OsStr> {
    if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') || name.contains(&0)
    {
        return None;
    }
    let name = os_str(name)?;
    // Of a host that has more separators, or drives.
    (Path::new(name).components().count() == 1 && Path::new(name).file_name() == Some(name))
        .then_some(name)
}

#[cfg(unix)]
fn os_str(name: &[u8]) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    Some(OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn os_str(name: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(name).ok().map(OsStr::new)
}

#[cfg(unix)]
fn bytes(name: &OsStr) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes().to_vec()
}

#[cfg(not(unix))]
fn bytes(name: &OsStr) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}

#[cfg(unix)]
pub(super) fn file_type(kind: &fs::FileType) -> FileType {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_block_device() {
        FileType::BlockDevice
    } else if kind.is_char_device() {
        FileType::CharacterDevice
    } else if kind.is_fifo() {
        FileType::Fifo
    } else if kind.is_socket() {
        FileType::Socket
    } else {
        plain_type(kind)
    }
}

#[cfg(not(unix))]
pub(super) fn file_type(kind: &fs::FileType) -> FileType {
    plain_type(kind)
}

fn plain_type(kind: &fs::FileType) -> FileType {
    if kind.is_dir() {
        FileType::Directory
    } else if kind.is_symlink() {
        FileType::Symlink
    } else {
        FileType::Regular
    }
}

#[cfg(unix)]
fn stat(metadata: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    let file_type = file_type(&metadata.file_type());
    let is_device = matches!(file_type, FileType::BlockDevice | FileType::CharacterDevice);
    Stat {
        file_type,
        mode: u16::try_from(metadata.mode() & 0o7777).unwrap_or(0),
        uid: metadata.uid(),
        gid: metadata.gid(),
        size_bytes: metadata.len(),
        links: u32::try_from(metadata.nlink()).unwrap_or(u32::MAX),
        modified: metadata.mtime(),
        device: is_device.then(|| device(metadata.rdev())),
    }
}

/// A host without owners and modes: everything is root's, and may be read and run.
#[cfg(not(unix))]
fn stat(metadata: &Metadata) -> Stat {
    let since = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    Stat {
        file_type: file_type(&metadata.file_type()),
        mode: 0o755,
        uid: 0,
        gid: 0,
        size_bytes: metadata.len(),
        links: 1,
        modified: since
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or(0),
        device: None,
    }
}

/// Major and minor number as the C library of this host packs them.
#[cfg(unix)]
fn device(rdev: u64) -> (u32, u32) {
    let (major, minor) = if cfg!(any(target_os = "linux", target_os = "android")) {
        (
            ((rdev >> 8) & 0xfff) | ((rdev >> 32) & 0xffff_f000),
            (rdev & 0xff) | ((rdev >> 12) & 0xffff_ff00),
        )
    } else {
        ((rdev >> 24) & 0xff, rdev & 0x00ff_ffff)
    };
    (
        u32::try_from(major).unwrap_or(u32::MAX),
        u32::try_from(minor).unwrap_or(u32::MAX),
    )
}

#[cfg(unix)]
fn is_same(asked: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    opened.is_file() && (asked.dev(), asked.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_asked: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}

fn shown(inside: &Path) -> String {
    format!("/{}", inside.display())
}

fn failed(inside: &Path, error: &io::Error) -> Error {
    Error::io(format!("{} of the folder", shown(inside)), error)
}
