//! A tree of files, read by node: what an ext4 file system, a folder of the host and a cpio archive
//! have in common.
//!
//! Source: `Documentation/filesystems/path-lookup.rst` for how a path is resolved (`fs/namei.c`);
//! `include/linux/namei.h` (`MAXSYMLINKS`), `include/uapi/linux/limits.h` (`PATH_MAX`, `NAME_MAX`).

use crate::error::{Error, Result};
use std::fmt;
use std::sync::Arc;

/// How many symbolic links one lookup follows before it gives up with `ELOOP`.
pub const MAXSYMLINKS: usize = 40;
/// Bytes of a path with its closing NUL.
pub const PATH_MAX: usize = 4096;
/// Bytes of one component of a path.
pub const NAME_MAX: usize = 255;

/// A node: an inode number, or a place in a table. It means something to its own tree alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharacterDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// What is known of a node without reading its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its type.
    pub file_type: FileType,
    /// Permission bits with set-user-ID, set-group-ID and sticky: `0o7777`.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Length of the content: of a symbolic link, the length of its target.
    pub size_bytes: u64,
    /// How many names it has.
    pub links: u32,
    /// Seconds since 1970, of the last change of the content.
    pub modified: i64,
    /// Major and minor number of a device.
    pub device: Option<(u32, u32)>,
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name, as the bytes that it is.
    pub name: Vec<u8>,
    /// What it names.
    pub node: NodeId,
    /// The type, where the directory itself tells.
    pub file_type: Option<FileType>,
}

/// A tree of files. Every answer costs a bounded number of positioned reads; an error is a fact that
/// could not be had, never a file that is not there.
pub trait Tree: Send + Sync {
    /// The root directory.
    fn root(&self) -> NodeId;

    /// Whether procfs is mounted on its /proc when a program of it is started, as far as that is known.
    fn has_proc(&self) -> bool {
        true
    }

    /// What is at a node.
    fn stat(&self, node: NodeId) -> Result<Stat>;

    /// The node that `name` names in a directory; `None` where it has no such name. `.` and `..` are
    /// never asked for.
    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>>;

    /// The names in a directory, in its own order, without `.` and `..`.
    fn list(&self, directory: NodeId) -> Result<Vec<Entry>>;

    /// The target of a symbolic link.
    fn read_link(&self, node: NodeId) -> Result<Vec<u8>>;

    /// Content from `offset` on; fewer than `length` bytes only where the file ends.
    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>>;
}

impl<T: Tree + ?Sized> Tree for Arc<T> {
    fn root(&self) -> NodeId {
        (**self).root()
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        (**self).stat(node)
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        (**self).lookup(directory, name)
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        (**self).list(directory)
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        (**self).read_link(node)
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        (**self).read(node, offset, length)
    }
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The node.
    pub node: NodeId,
    /// What it is.
    pub stat: Stat,
    /// Its path without links, from the root: `/bin/busybox`.
    pub path: Vec<u8>,
    /// The symbolic links that were followed, each with its target, in order.
    pub links: Vec<Link>,
}

/// A symbolic link on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it is.
    pub path: Vec<u8>,
    /// What it says.
    pub target: Vec<u8>,
}

/// Why a path leads nowhere, as the kernel answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Errno {
    /// `ENOENT`: no such name.
    NotFound,
    /// `ENOTDIR`: something on the way is no directory.
    NotADirectory,
    /// `ELOOP`: more than 40 symbolic links.
    Loop,
    /// `ENAMETOOLONG`: a component of more than 255 bytes, or a path of more than 4095.
    NameTooLong,
    /// `EUCLEAN`: a directory names an inode that was deleted.
    Deleted,
}

impl Errno {
    /// The kernel's number, positive.
    pub fn number(self) -> i32 {
        match self {
            Self::NotFound => 2,
            Self::NotADirectory => 20,
            Self::NameTooLong => 36,
            Self::Loop => 40,
            Self::Deleted => 117,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::NotFound => "no such file or directory",
            Self::NotADirectory => "not a directory",
            Self::NameTooLong => "name too long",
            Self::Loop => "too many symbolic links",
            Self::Deleted => "a deleted inode on its path",
        })
    }
}

/// Where a lookup ended, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The kernel's answer.
    pub errno: Errno,
    /// The path that could not be resolved further, without links before its last component.
    pub at: Vec<u8>,
    /// The symbolic links that had been followed.
    pub links: Vec<Link>,
}

/// The outcome of a lookup that could be made.
pub type Resolution = std::result::Result<Found, Lost>;

/// Resolves `path` from the root as the kernel does: component by component, symbolic links
/// followed, the last one too, absolute targets inside this root, `..` at the root stays there.
///
/// An error is a fact that could not be had; a path that leads nowhere is an answer.
pub fn resolve(tree: &dyn Tree, path: &[u8]) -> Result<Resolution> {
    walk(tree, path, true)
}

/// As [`resolve`], but a symbolic link at the end is itself the answer.
pub fn resolve_no_follow(tree: &dyn Tree, path: &[u8]) -> Result<Resolution> {
    walk(tree, path, false)
}

/// The names of `path`, without those that stay where they are.
fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
        .filter(|name| !name.is_empty() && *name != b".")
}

/// Whether `path` ends so that only a directory will do.
fn asks_for_directory(path: &[u8]) -> bool {
    path.ends_with(b"/") || path.ends_with(b"/.")
}

fn walk(tree: &dyn Tree, path: &[u8], follow_last: bool) -> Result<Resolution> {
    let mut links: Vec<Link> = Vec::new();
    // The directories from the root to where we are, each with the name that led there.
    let mut way: Vec<(Vec<u8>, NodeId)> = Vec::new();
    // What is left to walk, last component first.
    let mut ahead: Vec<Vec<u8>> = components(path).rev().map(<[u8]>::to_vec).collect();
    let mut wants_directory = asks_for_directory(path);
    if path.len() >= PATH_MAX {
        return Ok(lost(Errno::NameTooLong, path.to_vec(), links));
    }
    let root = tree.root();
    let mut stat = tree.stat(root)?;
    let mut node = root;
    while let Some(name) = ahead.pop() {
        if name == b".." {
            if stat.file_type != FileType::Directory {
                return Ok(lost(Errno::NotADirectory, joined(&way, b""), links));
            }
            way.pop();
            node = way.last().map_or(root, |(_, node)| *node);
            stat = tree.stat(node)?;
            continue;
        }
        // Made only when it is needed: in a damaged file system directories may hold one another,
        // and the way through them has thousands of names.
        let here = || joined(&way, &name);
        if stat.file_type != FileType::Directory {
            return Ok(lost(Errno::NotADirectory, here(), links));
        }
        if name.len() > NAME_MAX {
            return Ok(lost(Errno::NameTooLong, here(), links));
        }
        let Some(next) = tree.lookup(node, &name)? else {
            return Ok(lost(Errno::NotFound, here(), links));
        };
        let next_stat = tree.stat(next)?;
        let is_last = ahead.is_empty();
        if next_stat.file_type == FileType::Symlink && (!is_last || follow_last || wants_directory)
        {
            let here = here();
            if links.len() >= MAXSYMLINKS {
                return Ok(lost(Errno::Loop, here, links));
            }
            let mut target = tree.read_link(next)?;
            // To the kernel a target is a C string, whatever its length says.
            if let Some(end) = target.iter().position(|byte| *byte == 0) {
                target.truncate(end);
            }
            if target.is_empty() {
                return Ok(lost(Errno::NotFound, here, links));
            }
            if target.len() >= PATH_MAX {
                return Ok(lost(Errno::NameTooLong, here, links));
            }
            if target.starts_with(b"/") {
                way.clear();
                node = root;
                stat = tree.stat(root)?;
            }
            wants_directory |= is_last && asks_for_directory(&target);
            ahead.extend(components(&target).rev().map(<[u8]>::to_vec));
            links.push(Link { path: here, target });
            continue;
        }
        way.push((name, next));
        node = next;
        stat = next_stat;
    }
    let path = joined(&way, b"");
    if wants_directory && stat.file_type != FileType::Directory {
        return Ok(lost(Errno::NotADirectory, path, links));
    }
    Ok(Ok(Found {
        node,
        stat,
        path,
        links,
    }))
}

fn lost(errno: Errno, at: Vec<u8>, links: Vec<Link>) -> Resolution {
    Err(Lost { errno, at, links })
}

fn joined(way: &[(Vec<u8>, NodeId)], last: &[u8]) -> Vec<u8> {
    let mut path = Vec::new();
    for name in way.iter().map(|(name, _)| name.as_slice()).chain([last]) {
        if !name.is_empty() {
            path.push(b'/');
            path.extend_from_slice(name);
        }
    }
    if path.is_empty() {
        path.push(b'/');
    }
    path
}

/// The entries of a folder; none if there is no folder of that path.
pub fn entries(tree: &dyn Tree, path: &[u8]) -> Result<Vec<Entry>> {
    match resolve(tree, path)? {
        Ok(found) if found.stat.file_type == FileType::Directory => tree.list(found.node),
        _ => Ok(Vec::new()),
    }
}

/// The regular file of that path; `None` if there is none.
pub fn regular(tree: &dyn Tree, path: &[u8]) -> Result<Option<Found>> {
    let found = resolve(tree, path)?.ok();
    Ok(found.filter(|found| found.stat.file_type == FileType::Regular))
}

/// The whole content of a file of at most `limit_bytes`; an error that names `limit` beyond that.
pub fn read_whole(
    tree: &dyn Tree,
    found: &Found,
    limit: &'static str,
    limit_bytes: u64,
) -> Result<Vec<u8>> {
    if found.stat.size_bytes > limit_bytes {
        return Err(Error::limit(limit, limit_bytes));
    }
    tree.read(found.node, 0, found.stat.size_bytes)
}

impl FileType {
    /// The letter that `ls -l` begins a line with.
    pub fn letter(self) -> char {
        match self {
            Self::Regular => '-',
            Self::Directory => 'd',
            Self::Symlink => 'l',
            Self::CharacterDevice => 'c',
            Self::BlockDevice => 'b',
            Self::Fifo => 'p',
            Self::Socket => 's',
        }
    }

    /// The type by the bits of `S_IFMT` in a mode.
    pub fn of_mode(mode: u32) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o020_000 => Self::CharacterDevice,
            0o060_000 => Self::BlockDevice,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ => return None,
        })
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Regular => "regular file",
            Self::Directory => "directory",
            Self::Symlink => "symbolic link",
            Self::CharacterDevice => "character device",
            Self::BlockDevice => "block device",
            Self::Fifo => "named pipe",
            Self::Socket => "socket",
        })
    }
}
