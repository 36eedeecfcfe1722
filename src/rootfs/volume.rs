//! What is read as a tree of files, and whose its errors are.

use super::ext4::{AsLinux, Ext4};
use super::{Contents, Folder, of_rootfs};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;
use crate::tree::{Entry, NodeId, Stat, Tree};
use std::sync::Arc;

/// A file system that is read here.
pub(super) enum Volume {
    Folder(Box<OfRoot<Folder>>),
    Ext4 {
        ext4: OfRoot<Arc<Ext4>>,
        as_linux: OfRoot<AsLinux>,
    },
}

impl Volume {
    /// The file system in these bytes; `None` where it is of a kind that is not read here.
    pub(super) fn open(
        contents: &Contents,
        source: Source,
        limits: &Limits,
    ) -> Result<Option<Self>> {
        if contents.is("ext4") {
            let ext4 = Arc::new(Ext4::open(source, limits)?);
            return Ok(Some(Self::Ext4 {
                as_linux: OfRoot(AsLinux::of(&ext4)),
                ext4: OfRoot(ext4),
            }));
        }
        Ok(None)
    }

    pub(super) fn folder(folder: Folder) -> Self {
        Self::Folder(Box::new(OfRoot(folder)))
    }

    pub(super) fn tree(&self) -> &dyn Tree {
        match self {
            Self::Folder(folder) => folder.as_ref(),
            Self::Ext4 { ext4, .. } => ext4,
        }
    }

    /// The same as Linux reads it.
    pub(super) fn as_linux(&self) -> &dyn Tree {
        match self {
            Self::Folder(folder) => folder.as_ref(),
            Self::Ext4 { as_linux, .. } => as_linux,
        }
    }

    pub(super) fn ext4(&self) -> Option<&Ext4> {
        match self {
            Self::Folder(_) => None,
            Self::Ext4 { ext4, .. } => Some(&ext4.0),
        }
    }
}

/// A tree that is the root: its errors say so, so that they are never taken for the kernel's.
pub(super) struct OfRoot<T>(T);

impl<T: Tree> Tree for OfRoot<T> {
    fn root(&self) -> NodeId {
        self.0.root()
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        self.0.stat(node).map_err(of_rootfs)
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        self.0.lookup(directory, name).map_err(of_rootfs)
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        self.0.list(directory).map_err(of_rootfs)
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        self.0.read_link(node).map_err(of_rootfs)
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        self.0.read(node, offset, length).map_err(of_rootfs)
    }
}
