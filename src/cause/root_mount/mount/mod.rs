//! How the root is mounted: what mounts it, with which options, and what is seen when that is refused.
//!
//! Source: Linux `init/do_mounts.c`. The kernel goes on to the next type, and then tries once more
//! read-only, where a mount fails with EINVAL or EACCES; any other error ends in a panic at once.
//! It mounts silently (`MS_SILENT`), so that what is no ext4 is not told of.

pub(super) mod ext4_damage;
pub(super) mod ext4_options;
pub(super) mod superblock;
pub(super) mod tmpfs_options;
pub(super) mod types;

use crate::bundle::Bundle;
use crate::error::{Error, Result};
use crate::vmm;
use std::ops::Deref;

/// What mounts the root, and meets what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MountedBy {
    Kernel,
    Initramfs,
    /// Some Linux: no kernel was given, or the boot mounts no root.
    Any,
}

/// The mount of the root in one boot. It leads to the bundle.
pub(crate) struct Mount<'a> {
    pub(crate) bundle: &'a Bundle,
    /// What mounts it; an error if that is not known.
    pub(crate) by: Result<MountedBy>,
    /// Whether the kernel starts an init of the initramfs; an error if that is not known.
    pub(crate) has_early_init: Result<bool>,
    /// The partition that `root=` names, or without a command line the one that is read.
    pub(crate) partition: Option<u32>,
}

impl Deref for Mount<'_> {
    type Target = Bundle;

    fn deref(&self) -> &Bundle {
        self.bundle
    }
}

impl Mount<'_> {
    /// Returns true if the kernel mounts the root. An error if that is not known.
    pub(crate) fn is_by_kernel(&self) -> Result<bool> {
        Ok(self.by.clone()? == MountedBy::Kernel)
    }

    /// What the kernel calls the volume of the root: `vda`, `vda2`.
    fn device(&self) -> String {
        let disk = self.disk_name();
        match self.partition {
            Some(number) => vmm::partition_name(&disk, number),
            None => disk,
        }
    }

    /// What happens when ext4 refuses the root and says `line`, as one sentence.
    pub(super) fn refused(&self, line: &str) -> Result<String> {
        let line = format!("\"EXT4-fs ({}): {line}\"", self.device());
        Ok(match self.by.clone()? {
            MountedBy::Kernel => format!(
                "The kernel refuses it with {line} and panics: {}.",
                self.panic_line()
            ),
            MountedBy::Initramfs => {
                format!("The initramfs fails to mount it, and the kernel says {line}.")
            }
            MountedBy::Any => format!("Linux refuses to mount it: {line}."),
        })
    }

    /// What happens when the root is not mounted, for which the kernel has no line of its own.
    pub(super) fn stops(&self) -> Result<String> {
        Ok(match self.by.clone()? {
            MountedBy::Kernel => format!("The kernel panics: {}.", self.panic_line()),
            MountedBy::Initramfs => "The initramfs fails to mount the root.".to_owned(),
            MountedBy::Any => "Linux cannot mount it as the root.".to_owned(),
        })
    }

    /// The panic that ends a mount of the root, in quotes.
    fn panic_line(&self) -> String {
        let major = self.disk_kind().major.number;
        let minor = self.partition.unwrap_or(0);
        format!("\"VFS: Unable to mount root fs on unknown-block({major},{minor})\"")
    }
}

/// The options of `rootflags=`; none where no line is known.
pub(super) fn options(bundle: &Bundle) -> Vec<&str> {
    bundle
        .command_line()
        .ok()
        .and_then(|line| line.rootflags())
        .unwrap_or_default()
        .split(',')
        .filter(|option| !option.is_empty())
        .collect()
}

/// Whether the driver of ext4 gets to see the root: `rootfstype=` is not given, or has a name of its
/// own.
pub(crate) fn asks_ext4(bundle: &Bundle) -> bool {
    let Ok(line) = bundle.command_line() else {
        return true;
    };
    let types = line.rootfstypes();
    let is_own = |name: &&str| matches!(*name, "ext4" | "ext3" | "ext2" | "auto");
    bundle.is_command_line_assumed() || types.is_empty() || types.iter().any(is_own)
}

/// Whether the journal is left alone.
pub(super) fn leaves_journal_alone(bundle: &Bundle) -> bool {
    options(bundle)
        .iter()
        .any(|option| matches!(*option, "noload" | "norecovery"))
}

/// Whether the root is asked for read-write, of a disk that can be written: of another, Linux tries
/// once more read-only.
pub(crate) fn is_read_write(bundle: &Bundle) -> Result<bool> {
    Ok(!bundle.read_only_disk && !bundle.root_line()?.read_only())
}

/// The kernel's version, of which something depends. An error where it is not known.
pub(super) fn version(bundle: &Bundle) -> Result<(u16, u16)> {
    let kernel = bundle.kernel()?;
    let release = kernel.release()?;
    kernel
        .version()
        .ok_or_else(|| Error::unsupported("release", format!("{release} has no version")))
}
