//! The programs and rules of an archive that give devices further names, or make devices of others.
//!
//! Sources: systemd 252 `rules.d/60-persistent-storage.rules`; mdev-conf 4.8 `persistent-storage`, whose
//! BusyBox `blkid` prints neither PARTUUID nor PARTLABEL; Linux 6.12 `block/partitions/core.c`
//! (`part_uevent`), which adds PARTUUID to the environment of mdev; the hooks of lvm2 2.03, cryptsetup
//! 2.6, mdadm 4.2 and multipath-tools 0.9.

use super::Archive;
use crate::error::Result;
use crate::tree::{self, FileType, Found, Tree};
use memchr::memmem;

/// Longest file of rules that is read.
const RULES_BYTES: u64 = 1024 * 1024;
/// More of a program is not searched.
const PROGRAM_BYTES: u64 = 8 * 1024 * 1024;

/// Where udev's rules for disks are.
const UDEV_RULES: [&str; 3] = [
    "/usr/lib/udev/rules.d/60-persistent-storage.rules",
    "/lib/udev/rules.d/60-persistent-storage.rules",
    "/etc/udev/rules.d/60-persistent-storage.rules",
];
/// The script of mdev that does the same.
const MDEV_SCRIPT: &str = "/lib/mdev/persistent-storage";
const BLKID: [&str; 2] = ["/sbin/blkid", "/usr/sbin/blkid"];

/// The folders of programs.
const FOLDERS: [&str; 6] = [
    "/sbin",
    "/usr/sbin",
    "/bin",
    "/usr/bin",
    "/lib/systemd",
    "/usr/lib/systemd",
];
/// Programs that make a device of other devices.
const STACKING: [&str; 12] = [
    "lvm",
    "cryptsetup",
    "systemd-cryptsetup",
    "cryptroot-unlock",
    "veritysetup",
    "mdadm",
    "multipath",
    "kpartx",
    "dmraid",
    "zpool",
    "bcache-register",
    "nbd-client",
];

/// The links of a folder of `/dev/disk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// Nothing in the archive makes them.
    None,
    /// A script makes them of the PARTUUID that Linux 6.12 and later add to a uevent.
    FromUevent,
    /// A rule or a script makes them.
    Made,
}

/// Returns who makes the links of this folder of `/dev/disk`, such as `by-uuid`.
pub(super) fn links(archive: &Archive, folder: &str) -> Result<Links> {
    let named = format!("disk/{folder}/");
    for path in UDEV_RULES {
        if let Some(rules) = read(archive, path, RULES_BYTES)?
            && memmem::find(&rules, named.as_bytes()).is_some()
        {
            return Ok(Links::Made);
        }
    }
    let Some(script) = read(archive, MDEV_SCRIPT, RULES_BYTES)? else {
        return Ok(Links::None);
    };
    if memmem::find(&script, named.as_bytes()).is_none() {
        return Ok(Links::None);
    }
    if !folder.starts_with("by-part") {
        return Ok(Links::Made);
    }
    for path in BLKID {
        if let Some(program) = read(archive, path, PROGRAM_BYTES)?
            && memmem::find(&program, b"BusyBox v").is_none()
        {
            return Ok(Links::Made);
        }
    }
    Ok(match folder {
        "by-partuuid" => Links::FromUevent,
        _ => Links::None,
    })
}

/// Returns the first program of the archive that makes a device of others.
pub(super) fn stacking_tool(archive: &Archive) -> Result<Option<&'static str>> {
    for tool in STACKING {
        for folder in FOLDERS {
            let path = format!("{folder}/{tool}");
            if tree::resolve(archive, path.as_bytes())?.is_ok() {
                return Ok(Some(tool));
            }
        }
    }
    Ok(None)
}

fn read(archive: &Archive, path: &str, most_bytes: u64) -> Result<Option<Vec<u8>>> {
    let regular = |found: &Found| found.stat.file_type == FileType::Regular;
    match tree::resolve(archive, path.as_bytes())? {
        Ok(found) if regular(&found) => archive.read(found.node, 0, most_bytes).map(Some),
        _ => Ok(None),
    }
}
