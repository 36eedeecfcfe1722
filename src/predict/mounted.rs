//! The root as init finds it: what the kernel mounts itself, with devtmpfs on its /dev.
//!
//! Source: Linux `init/do_mounts.c` (`mount_nodev_root`, `mount_block_root`),
//! `drivers/base/devtmpfs.c` (`devtmpfs_mount`), `drivers/char/mem.c` (`devlist`),
//! `drivers/tty/tty_io.c` (`tty_init`).

use super::boot::{Boot, RootMounter};
use crate::bytes::escaped;
use crate::cmdline::RootWait;
use crate::error::{Error, Result};
use crate::initramfs::MountType;
use crate::role::Role;
use crate::tree::{Entry, FileType, NodeId, Stat, Tree, resolve};

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

/// How names begin that drivers give to devices and folders there: which of them are there depends on
/// the machine.
///
/// Source: `Documentation/admin-guide/devices.txt`, and the `devnode` of drivers.
const FAMILIES: &str = "autofs bsg bus btrfs console cpu cuse dax dm- dri fb fd fuse gpiochip hpet hvc \
    hwrng i2c input kmsg kvm loop mapper mcelog md mem mmcblk mtd nbd net nvme nvram pmem port ppp ptmx \
    ptp pts ram rfkill rtc sd snapshot sr tpm tty uhid userfaultfd v watchdog xvd zram";

/// Nodes that the root below does not have: no file system numbers its own so high.
const EMPTY: NodeId = NodeId(u64::MAX);
const DEV: NodeId = NodeId(u64::MAX - 1);
const FIRST_DEVICE: u64 = u64::MAX - 64;

/// What is mounted as the root.
pub struct Mounted<'a> {
    /// The given root; none where the kernel mounts an empty file system in its place.
    root: Option<&'a dyn Tree>,
    /// The directory that devtmpfs is mounted on.
    dev: Option<NodeId>,
    /// Whether who mounted it left procfs on its /proc.
    has_proc: bool,
}

impl Boot<'_> {
    /// The file system in memory that is mounted as the root, empty, since `rootfstype=` names it first:
    /// by the kernel, or by an initramfs that hands the type on to mount.
    pub fn root_in_memory(&self) -> Result<Option<&'static str>> {
        let Some(name) = self.names_memory()? else {
            return Ok(None);
        };
        Ok(match self.root_mounter()? {
            RootMounter::Kernel => Some(name),
            RootMounter::Initramfs(generator) => generator
                .model
                .is_some_and(|model| model.mount_type == MountType::Stated)
                .then_some(name),
            RootMounter::Nothing => None,
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
        let asked = self.command_line()?.devtmpfs_mount();
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
        let mut mounted = Mounted {
            root: None,
            dev: None,
            has_proc: true,
        };
        if self.root_in_memory()?.is_some() {
            return Ok(mounted);
        }
        let tree = root.as_linux()?;
        mounted.root = Some(tree);
        if !self.has_kernel() {
            return Ok(mounted);
        }
        match self.root_mounter()? {
            RootMounter::Kernel => {
                mounted.has_proc = false;
                if self.mounts_devtmpfs().unwrap_or(false) {
                    mounted.dev = covered(tree).map_err(|error| error.of(Role::Rootfs))?;
                }
            }
            RootMounter::Initramfs(generator) => {
                mounted.has_proc = generator.model.is_none_or(|model| model.leaves_proc);
            }
            RootMounter::Nothing => {}
        }
        Ok(mounted)
    }
}

/// The directory on which the kernel mounts devtmpfs. It is not in that root yet: an absolute link leads
/// through the one before, where there is nothing but /dev, and the new root on /root.
fn covered(root: &dyn Tree) -> Result<Option<NodeId>> {
    let outcome = resolve(root, b"dev")?;
    let links = match &outcome {
        Ok(found) => &found.links,
        Err(lost) => &lost.links,
    };
    let mut targets = links.iter().map(|link| link.target.as_slice());
    if let Some(target) = targets.find(|target| target.starts_with(b"/")) {
        let mut names = target
            .split(|byte| *byte == b'/')
            .filter(|name| !matches!(*name, b"" | b"."));
        if matches!(names.next(), None | Some(b"dev" | b"root" | b"..")) {
            let found = format!(
                "whether it is mounted, through a link to {}",
                escaped(target)
            );
            return Err(Error::unsupported("devtmpfs on /dev", found));
        }
        return Ok(None);
    }
    Ok(outcome
        .ok()
        .filter(|found| found.stat.file_type == FileType::Directory)
        .map(|found| found.node))
}

impl Mounted<'_> {
    fn below(&self) -> Result<&dyn Tree> {
        self.root
            .ok_or_else(|| Error::unsupported("node", "an empty root has no files"))
    }
}

impl Tree for Mounted<'_> {
    fn root(&self) -> NodeId {
        self.root.map_or(EMPTY, Tree::root)
    }

    fn has_proc(&self) -> bool {
        self.has_proc
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
            let mut families = FAMILIES.split(' ').map(str::as_bytes);
            if place.is_none() && families.any(|family| name.starts_with(family)) {
                let found = format!("whether it has {}", escaped(name));
                return Err(Error::unsupported("devtmpfs on /dev", found));
            }
            return Ok(place.map(|(_, number)| NodeId(number)));
        }
        let found = self.below()?.lookup(directory, name)?;
        if found.is_some() && found == self.dev {
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
