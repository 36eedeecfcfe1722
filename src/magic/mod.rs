//! What a file is by its first bytes: file systems, disks, archives, and what is mistaken for them.
//!
//! Sources: the magics of each format's own document, as `file` and `blkid` know them too.

mod kinds;

pub use kinds::KINDS;
pub(crate) use kinds::text;

use crate::bytes::Window;

/// What sort of thing a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A file system that keeps what a Unix system needs: owners, modes, links.
    FileSystem,
    /// A file system that does not.
    ForeignFileSystem,
    /// The format of a virtual machine's disk: the disk is inside.
    DiskFormat,
    /// A disk with partitions, or a boot sector.
    Partitioned,
    /// What lies on a disk and is no file system: encrypted, pooled, swapped to.
    Volume,
    /// A cpio archive: what an initramfs is.
    Initramfs,
    /// Any other archive or package.
    Archive,
    /// A kernel.
    Kernel,
    /// A program.
    Program,
    /// What comes in place of the file: an error page, a pointer, nothing.
    Failure,
}

/// A kind of file.
#[derive(Debug)]
pub struct Kind {
    /// The name in machine formats: `squashfs`.
    pub name: &'static str,
    /// What it is, with its article: `a squashfs file system`.
    pub title: &'static str,
    /// What sort of thing it is.
    pub class: Class,
    /// How Linux mounts it, where it does.
    pub mount: Option<Mount>,
    /// Whether these first 68 KiB (fewer in a short file) are of it.
    pub recognise: fn(Window<'_>) -> bool,
}

/// How Linux mounts a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount {
    /// What `rootfstype=` calls it.
    pub rootfstype: &'static str,
    /// The option that builds it in, without `CONFIG_`.
    pub kconfig: &'static str,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

/// The kind that these first bytes are of.
pub fn identify(head: Window<'_>) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| (kind.recognise)(head))
}
