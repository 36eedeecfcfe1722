//! The files, as far as they can be read, and as Linux reads them.

use super::Ext4;
use super::attributes;
use super::inode::ROOT_INODE;
use super::view::{Reading, View};
use crate::error::{Error, Result};
use crate::tree::{Entry, FileType, NodeId, Stat, Tree};
use std::sync::Arc;

/// The same files as Linux reads them: an error is an inode, a directory or a node of an extent tree
/// whose checksum is wrong, an inode that Linux does not take, and blocks that no file may have.
pub struct AsLinux(Arc<Ext4>);

impl AsLinux {
    /// Shares the file system, its blocks and its journal.
    pub fn of(ext4: &Arc<Ext4>) -> Self {
        Self(Arc::clone(ext4))
    }

    fn view(&self) -> Result<View<'_>> {
        Ok(self.0.view()?.read_as(Reading::Mounted))
    }
}

impl View<'_> {
    fn stat(&self, node: NodeId) -> Result<Stat> {
        self.used_inode(node.0)?.stat(self)
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        self.find(&self.used_inode(directory.0)?, name)
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        self.names(&self.used_inode(directory.0)?)
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        self.link_target(&self.used_inode(node.0)?)
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        let inode = self.used_inode(node.0)?;
        if inode.file_type()? != FileType::Regular {
            return Err(Error::unsupported(
                "i_mode",
                format!("the content of a {}", inode.file_type()?),
            ));
        }
        inode.refuse_protected()?;
        if self.reading == Reading::Mounted {
            attributes::check_block(self, &inode)?;
        }
        self.content(&inode, offset, length)
    }
}

macro_rules! read_by_view {
    ($type:ty) => {
        impl Tree for $type {
            fn root(&self) -> NodeId {
                NodeId(ROOT_INODE)
            }

            fn stat(&self, node: NodeId) -> Result<Stat> {
                self.view()?.stat(node)
            }

            fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
                self.view()?.lookup(directory, name)
            }

            fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
                self.view()?.list(directory)
            }

            fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
                self.view()?.read_link(node)
            }

            fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
                self.view()?.read(node, offset, length)
            }
        }
    };
}

read_by_view!(Ext4);
read_by_view!(AsLinux);
