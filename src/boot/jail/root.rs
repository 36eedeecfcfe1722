//! A root directory that holds only what the machine needs: a tmpfs of empty files and folders, on
//! which the host's are mounted, read-only except for the scratch folder.
//!
//! Sources: pivot_root(2), mount(2), mount_namespaces(7) ("Restrictions on mount namespaces": a less
//! privileged namespace keeps the flags of what it mounts), proc_pid_mountinfo(5).

use super::Needs;
use rustix::fs::StatVfsMountFlags;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Where the new root is built. Every Linux has the folder, and no machine needs it.
const SITE: &str = "/sys";

/// Devices that every program may expect.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/urandom", "/dev/random"];

/// Makes and enters the root of `needs`. The caller is in a mount namespace of its own.
pub(super) fn enter(needs: &Needs) -> Result<(), String> {
    if needs.folder.as_deref() == Some(Path::new("/")) {
        return Err("the folder is the host's own root".to_owned());
    }
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)
        .map_err(|error| told("make / private", "/", error))?;
    rustix::mount::mount(
        "tmpfs",
        SITE,
        "tmpfs",
        MountFlags::NOSUID | MountFlags::NODEV,
        c"mode=0755,size=4m",
    )
    .map_err(|error| told("mount a tmpfs", SITE, error))?;
    let mut paths: Vec<(&Path, Access)> = needs
        .files
        .iter()
        .chain(&needs.program)
        .chain(&needs.folder)
        .map(|path| (path.as_path(), Access::Read))
        .collect();
    paths.push((&needs.scratch, Access::Write));
    paths.extend(devices(needs).map(|path| (path, Access::Device)));
    // A folder comes before what lies in it.
    paths.sort();
    for (path, access) in paths {
        bind(path, access).map_err(|error| told("mount", path, error))?;
    }
    descriptors().map_err(|error| told("mount", "/proc/self/fd", error))?;
    pivot().map_err(|error| told("pivot_root", SITE, error))
}

/// Returns the devices of a machine that this host has.
pub(super) fn devices(needs: &Needs) -> impl Iterator<Item = &'static Path> {
    DEVICES
        .into_iter()
        .chain(needs.kvm.then_some("/dev/kvm"))
        .map(Path::new)
        .filter(|path| path.exists())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    Read,
    Write,
    Device,
}

fn told(what: &str, path: impl AsRef<Path>, error: impl Into<io::Error>) -> String {
    format!("{what} {}: {}", path.as_ref().display(), error.into())
}

/// Mounts a path of the host at the same path of the new root.
fn bind(path: &Path, access: Access) -> io::Result<()> {
    let relative = path
        .strip_prefix("/")
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let target = Path::new(SITE).join(relative);
    let kind = fs::symlink_metadata(path)?.file_type();
    // It lies in a folder that was mounted before, which shows the same.
    if access == Access::Read && fs::symlink_metadata(&target).is_ok() {
        return Ok(());
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(path)?, target);
    }
    if fs::symlink_metadata(&target).is_err() {
        if kind.is_dir() {
            fs::create_dir(&target)?;
        } else {
            File::create(&target)?;
        }
    }
    // A namespace of a user without privileges can't take a folder without the mounts below it.
    rustix::mount::mount_bind_recursive(path, &target)?;
    let flags = match access {
        Access::Device => return Ok(()),
        Access::Read if kind.is_block_device() => MountFlags::RDONLY | MountFlags::NOSUID,
        Access::Read => MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV,
        Access::Write => MountFlags::NOEXEC | MountFlags::NOSUID | MountFlags::NODEV,
    };
    if kind.is_dir() {
        mounts_below(&target)?
            .iter()
            .try_for_each(|mount| restrict(mount, flags))
    } else {
        restrict(&target, flags)
    }
}

fn restrict(mount: &Path, flags: MountFlags) -> io::Result<()> {
    let kept = flags_of(mount)?;
    rustix::mount::mount_remount(mount, MountFlags::BIND | flags | kept, c"")?;
    Ok(())
}

/// Returns the flags that a mount has, and that a less privileged namespace must not clear.
fn flags_of(mount: &Path) -> io::Result<MountFlags> {
    let found = rustix::fs::statvfs(mount)?.f_flag;
    let pairs = [
        (StatVfsMountFlags::RDONLY, MountFlags::RDONLY),
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    let mut flags = pairs
        .into_iter()
        .filter(|(is, _)| found.contains(*is))
        .fold(MountFlags::empty(), |flags, (_, set)| flags | set);
    if !flags.intersects(MountFlags::NOATIME | MountFlags::RELATIME) {
        flags |= MountFlags::STRICTATIME;
    }
    Ok(flags)
}

/// Returns the mount at `top` and every mount below it.
fn mounts_below(top: &Path) -> io::Result<Vec<PathBuf>> {
    let table = fs::read("/proc/self/mountinfo")?;
    Ok(table
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b' ').nth(4))
        .map(unescaped)
        .filter(|mount| mount.starts_with(top))
        .collect())
}

/// The kernel writes blanks and backslashes as three octal digits.
fn unescaped(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'\\')
            .then(|| after.split_at_checked(3))
            .flatten()
            .and_then(|(digits, after)| {
                let digits = std::str::from_utf8(digits).ok()?;
                Some((u8::from_str_radix(digits, 8).ok()?, after))
            });
        let (byte, after) = escaped.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    OsString::from_vec(bytes).into()
}

/// Shows this process its own descriptors, as libkrun's shares and QEMU's `/dev/fd` need, and nothing
/// else of /proc.
fn descriptors() -> io::Result<()> {
    let target = Path::new(SITE).join("proc/self/fd");
    fs::create_dir_all(&target)?;
    rustix::mount::mount_bind("/proc/self/fd", &target)?;
    std::os::unix::fs::symlink("/proc/self/fd", Path::new(SITE).join("dev/fd"))
}

fn pivot() -> io::Result<()> {
    std::env::set_current_dir(SITE)?;
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    std::env::set_current_dir("/")?;
    let flags = MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV;
    Ok(rustix::mount::mount_remount(
        "/",
        MountFlags::BIND | flags,
        c"",
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn names_in_the_table_of_mounts_are_unescaped() {
        let escaped = unescaped(br"/a\040b\134c\");
        assert_eq!(escaped.as_os_str().as_bytes(), br"/a b\c\");
    }

    #[test]
    fn the_table_of_mounts_names_the_root() {
        let mounts = mounts_below(Path::new("/")).unwrap();
        assert!(mounts.contains(&PathBuf::from("/")), "{mounts:?}");
    }
}
