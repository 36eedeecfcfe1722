//! How the root is mounted: what `root=` names, who mounts it, with which options, and what is seen
//! when that is refused.
//!
//! Source: Linux `init/do_mounts.c`. The kernel goes on to the next type, and then tries once more
//! read-only, where a mount fails with EINVAL or EACCES; any other error ends in a panic at once.
//! It mounts silently (`MS_SILENT`), so that what is no ext4 is not told of.

pub(super) mod ext4_damage;
pub(super) mod ext4_options;
pub(super) mod superblock;
pub(super) mod tmpfs_options;
pub(super) mod types;

use crate::bundle::{Bundle, Mounter, RootDevice};
use crate::error::{Error, Kind, Result};
use crate::role::Role;
use crate::rootfs::RootFs;
use crate::vmm;

/// The root, where it is a disk and what is read of it is what `root=` names; `None` where it is
/// something else.
pub(super) fn named_root(bundle: &Bundle) -> Result<Option<&RootFs>> {
    let Some(root) = bundle.root()? else {
        return Ok(None);
    };
    if root.is_folder() || bundle.root_in_memory()?.is_some() || bundle.mounts_none() {
        return Ok(None);
    }
    // Without a line that somebody gave, the artefact is judged by itself.
    if bundle.command_line().is_err() || bundle.is_command_line_assumed() {
        return Ok(Some(root));
    }
    let is_named = match bundle.root_device() {
        Ok(RootDevice::Disk) => root.partition()?.is_none(),
        Ok(RootDevice::Partition(number)) => root
            .partition()?
            .is_some_and(|partition| partition.number == number),
        Ok(RootDevice::Unstated | RootDevice::Share | RootDevice::Absent { .. }) => false,
        // What can't be read has no name that could be compared.
        Err(error) if error.role() == Some(Role::Rootfs) => true,
        Err(error) => return Err(error),
    };
    Ok(is_named.then_some(root))
}

/// What the kernel calls the volume of the root: `vda`, `vda2`.
fn device(bundle: &Bundle) -> String {
    let disk = vmm::disk_name(0);
    match partition(bundle) {
        Some(number) => format!("{disk}{number}"),
        None => disk,
    }
}

/// The partition that `root=` names, or where no line tells the one that is read.
fn partition(bundle: &Bundle) -> Option<u32> {
    match bundle.root_device() {
        Ok(RootDevice::Partition(number)) => return Some(number),
        Ok(RootDevice::Disk) if !bundle.is_command_line_assumed() => return None,
        _ => {}
    }
    let root = bundle.root().ok().flatten()?;
    root.partition().ok().flatten().map(|found| found.number)
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
pub(super) fn asks_ext4(bundle: &Bundle) -> bool {
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
pub(super) fn is_read_write(bundle: &Bundle) -> Result<bool> {
    Ok(!bundle.read_only_disk && !bundle.command_line()?.read_only())
}

/// Who refuses.
enum Refusing {
    Kernel,
    Initramfs,
    /// Nobody said what boots.
    Anybody,
}

fn refusing(bundle: &Bundle) -> Result<Refusing> {
    if !bundle.has_kernel() {
        return Ok(Refusing::Anybody);
    }
    match bundle.mounter() {
        Ok(Mounter::Kernel) => Ok(Refusing::Kernel),
        Ok(Mounter::Initramfs(_)) => Ok(Refusing::Initramfs),
        Ok(Mounter::Archive) => Ok(Refusing::Anybody),
        // Whoever mounts it meets the same.
        Err(error) if error.kind() == Kind::NotGiven => Ok(Refusing::Anybody),
        Err(error) => Err(error),
    }
}

/// What happens when ext4 refuses the root and says `line`, as one sentence. An error where an
/// initramfs mounts the root, and nobody knows how.
pub(super) fn refused(bundle: &Bundle, line: &str) -> Result<String> {
    let line = format!("\"EXT4-fs ({}): {line}\"", device(bundle));
    Ok(match refusing(bundle)? {
        Refusing::Kernel => format!(
            "The kernel refuses it with {line} and panics: {}.",
            panic_line(bundle)
        ),
        Refusing::Initramfs => {
            format!("The initramfs fails to mount it, and the kernel says {line}.")
        }
        Refusing::Anybody => format!("Linux refuses to mount it: {line}."),
    })
}

/// What happens when the root is not mounted, for which the kernel has no line of its own.
pub(super) fn stops(bundle: &Bundle) -> Result<String> {
    Ok(match refusing(bundle)? {
        Refusing::Kernel => format!("The kernel panics: {}.", panic_line(bundle)),
        Refusing::Initramfs => "The initramfs fails to mount the root.".to_owned(),
        Refusing::Anybody => "Linux can't mount it as the root.".to_owned(),
    })
}

/// The panic that ends a mount of the root, in quotes. The major number is the first free one.
fn panic_line(bundle: &Bundle) -> String {
    let minor = partition(bundle).unwrap_or(0);
    format!("\"VFS: Unable to mount root fs on unknown-block(254,{minor})\"")
}

/// The kernel's version, of which something depends. An error where it is not known.
pub(super) fn version(bundle: &Bundle) -> Result<(u16, u16)> {
    let kernel = bundle.kernel()?;
    let release = kernel.release()?;
    kernel
        .version()
        .ok_or_else(|| Error::unsupported("release", format!("{release} has no version")))
}
