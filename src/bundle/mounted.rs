//! The root as init finds it: what the kernel mounts itself, with devtmpfs on its /dev.
//!
//! Source: Linux `init/do_mounts.c` (`mount_nodev_root`, `mount_block_root`),
//! `drivers/base/devtmpfs.c` (`devtmpfs_mount`), `drivers/char/mem.c` (`devlist`),
//! `drivers/tty/tty_io.c` (`tty_init`).

use super::{Bundle, Mounter};
use crate::cmdline::RootWait;
use crate::error::{Error, Result};
use crate::initramfs::MountType;
use crate::role::Role;
use crate::tree::{Entry, FileType, NodeId, Stat, Tree};

/// File systems in memory: mounted as the root, they are empty, whatever device is named.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// Devices that every kernel with devtmpfs has, by major and minor number.
const DEVICES: [(&str, u32, u32); 7] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
    ("console", 5, 1),
];

/// Nodes that the root below does not have: no file system numbers its own so high.
const EMPTY: NodeId = NodeId(u64::MAX);
const DEV: NodeId = NodeId(u64::MAX - 1);
const FIRST_DEVICE: u64 = u64::MAX - 64;

/// What is mounted as the root.
pub struct Mounted<'a> {
    /// The given root; none where the kernel mounts an empty file system in its place.
    root: Option<&'a dyn Tree>,
    /// Whether devtmpfs is mounted on its /dev.
    has_devtmpfs: bool,
}

impl Bundle {
    /// The file system in memory that is mounted as the root, empty, since `rootfstype=` names it first:
    /// by the kernel, or by an initramfs that hands the type on to mount.
    pub fn root_in_memory(&self) -> Result<Option<&'static str>> {
        let Some(name) = self.names_memory()? else {
            return Ok(None);
        };
        Ok(match self.mounter()? {
            Mounter::Kernel => Some(name),
            Mounter::Initramfs(generator) => generator
                .model
                .is_some_and(|model| model.mount_type == MountType::Stated)
                .then_some(name),
            Mounter::Archive => None,
        })
    }

    /// Such a file system, whoever mounts the root.
    pub(super) fn names_memory(&self) -> Result<Option<&'static str>> {
        if !self.has_kernel() || self.is_command_line_assumed() {
            return Ok(None);
        }
        let line = self.command_line()?;
        // A device that is waited for may never come.
        if line.rootwait() != RootWait::No {
            return Ok(None);
        }
        let first = line.rootfstypes().first().copied();
        Ok(IN_MEMORY.into_iter().find(|name| first == Some(name)))
    }

    /// Whether the kernel mounts devtmpfs once it has mounted the root.
    pub fn mounts_devtmpfs(&self) -> Result<bool> {
        let asked = self
            .command_line()?
            .value("devtmpfs.mount")
            .map(|value| value.parse::<u64>().is_ok_and(|number| number != 0));
        if asked == Some(false) || !self.builds_in("DEVTMPFS")? {
            return Ok(false);
        }
        match asked {
            Some(asked) => Ok(asked),
            None => self.builds_in("DEVTMPFS_MOUNT"),
        }
    }

    /// The root as the init on it is looked for.
    pub(super) fn mounted(&self) -> Result<Mounted<'_>> {
        let root = self.root()?.ok_or_else(|| Error::not_given(Role::Rootfs))?;
        if self.root_in_memory()?.is_some() {
            return Ok(Mounted {
                root: None,
                has_devtmpfs: false,
            });
        }
        if !self.has_kernel() || !self.kernel_mounts_root()? {
            return Ok(Mounted {
                root: Some(root.as_linux()?),
                has_devtmpfs: false,
            });
        }
        Ok(Mounted {
            root: Some(root.as_linux()?),
            has_devtmpfs: self.mounts_devtmpfs().unwrap_or(false),
        })
    }
}

impl Mounted<'_> {
    fn below(&self) -> Result<&dyn Tree> {
        self.root
            .ok_or_else(|| Error::unsupported("node", "an empty root has none"))
    }
}

impl Tree for Mounted<'_> {
    fn root(&self) -> NodeId {
        self.root.map_or(EMPTY, Tree::root)
    }

    fn stat(&self, node: NodeId) -> Result<Stat> {
        let stat = |file_type, mode, device| Stat {
            file_type,
            mode,
            uid: 0,
            gid: 0,
            size_bytes: 0,
            links: 1,
            modified: 0,
            device,
        };
        match (node, device(node)) {
            (EMPTY | DEV, _) => Ok(stat(FileType::Directory, 0o755, None)),
            (_, Some((_, major, minor))) => {
                Ok(stat(FileType::CharacterDevice, 0o666, Some((major, minor))))
            }
            _ => self.below()?.stat(node),
        }
    }

    fn lookup(&self, directory: NodeId, name: &[u8]) -> Result<Option<NodeId>> {
        if directory == EMPTY {
            return Ok(None);
        }
        if directory == DEV {
            let place = DEVICES
                .iter()
                .zip(FIRST_DEVICE..)
                .find(|((device, ..), _)| device.as_bytes() == name);
            return Ok(place.map(|(_, number)| NodeId(number)));
        }
        let below = self.below()?;
        let found = below.lookup(directory, name)?;
        if self.has_devtmpfs
            && directory == below.root()
            && name == b"dev"
            && let Some(found) = found
            && below.stat(found)?.file_type == FileType::Directory
        {
            return Ok(Some(DEV));
        }
        Ok(found)
    }

    fn list(&self, directory: NodeId) -> Result<Vec<Entry>> {
        match directory {
            EMPTY => Ok(Vec::new()),
            DEV => Ok(DEVICES
                .iter()
                .zip(FIRST_DEVICE..)
                .map(|((name, ..), number)| Entry {
                    name: name.as_bytes().to_vec(),
                    node: NodeId(number),
                    file_type: Some(FileType::CharacterDevice),
                })
                .collect()),
            _ => self.below()?.list(directory),
        }
    }

    fn read_link(&self, node: NodeId) -> Result<Vec<u8>> {
        self.below()?.read_link(node)
    }

    fn read(&self, node: NodeId, offset: u64, length: u64) -> Result<Vec<u8>> {
        if device(node).is_some() {
            return Err(Error::unsupported("node", "it is a device"));
        }
        self.below()?.read(node, offset, length)
    }
}

fn device(node: NodeId) -> Option<(&'static str, u32, u32)> {
    let place = node.0.checked_sub(FIRST_DEVICE)?;
    DEVICES.get(usize::try_from(place).ok()?).copied()
}
