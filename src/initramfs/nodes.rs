//! The nodes of an unpacked tree, and the names by which paths find them.

use super::cpio::length;
use crate::error::{Error, Result};
use crate::tree::{Entry, FileType, NodeId, Stat, Tree};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Where the content of a file is.
#[derive(Debug)]
pub(super) struct Content {
    /// The segment it came from.
    pub segment: usize,
    /// Where it begins: in the file for a plain segment, in what is decoded otherwise.
    pub offset: u64,
    /// How much of it was there; what the archive states beyond it reads as zeros.
    pub there_bytes: u64,
    /// The bytes, if they were kept or read again.
    pub bytes: OnceLock<Arc<Vec<u8>>>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Directory(BTreeMap<Vec<u8>, usize>),
    Regular(Option<Content>),
    Symlink(Vec<u8>),
    Special,
}

#[derive(Debug)]
pub(super) struct Node {
    pub stat: Stat,
    pub kind: Kind,
}

/// An empty directory.
pub(super) fn directory(mode: u16) -> Node {
    Node {
        stat: Stat {
            file_type: FileType::Directory,
            mode,
            uid: 0,
            gid: 0,
            size_bytes: 0,
            links: 2,
            modified: 0,
            device: None,
        },
        kind: Kind::Directory(BTreeMap::new()),
    }
}

pub(super) fn index(node: NodeId) -> usize {
    usize::try_from(node.0).unwrap_or(usize::MAX)
}

/// The names alone: what resolving a path needs.
pub(super) struct Names<'a>(pub &'a [Node]);

impl Names<'_> {
    pub fn node(&self, node: NodeId) -> Result<&Node> {
        self.0
            .get(index(node))
            .ok_or_else(|| Error::absent("node", format!("the archive has no node {}", node.0)))
    }
}

impl Tree for Names<'_> {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        self.node(node).map(|node| node.stat.clone())
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        Ok(match &self.node(directory)?.kind {
            Kind::Directory(names) => names.get(name).map(|node| NodeId(length(*node))),
            _ => None,
        })
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        let Kind::Directory(names) = &self.node(directory)?.kind else {
            return Err(Error::absent("directory", "the node has another type"));
        };
        Ok(names
            .iter()
            .map(|(name, node)| Entry {
                name: name.clone(),
                node: NodeId(length(*node)),
                file_type: self.0.get(*node).map(|node| node.stat.file_type),
            })
            .collect())
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        match &self.node(node)?.kind {
            Kind::Symlink(target) => Ok(target.clone()),
            _ => Err(Error::absent("symbolic link", "the node has another type")),
        }
    }

    fn read(&self, _node: NodeId, _offset: u64, _length: u64) -> Result<Vec<u8>> {
        Err(Error::absent("content", "while the archive is unpacked"))
    }
}
