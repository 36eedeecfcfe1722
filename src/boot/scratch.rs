//! The private folder of one run: kernels that were converted, copies of disks, whatever a VMM
//! writes. It is removed with its owner, and what an owner left that was killed is swept later.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "kelpie-check-boot-";
/// Held by the owner for as long as it lives.
const LOCK: &str = "lock";
/// A younger folder may be one whose owner has not come to lock it yet.
const SETTLED: Duration = Duration::from_secs(60);

/// A folder of our own, removed when this is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// A new one in the system's folder for temporary files (`TMPDIR`).
    pub fn make() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.try_lock().map_err(io::Error::from)?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders whose owners are gone.
pub fn sweep() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left(&entry.path()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

/// Whether the folder is ours, old enough, and its lock held by nobody.
fn is_left(folder: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let is_own = |path: &PathBuf, is_kind: fn(&fs::Metadata) -> bool| {
        fs::symlink_metadata(path).is_ok_and(|found| is_kind(&found) && found.uid() == own)
    };
    let is_old = fs::symlink_metadata(folder)
        .and_then(|found| found.modified())
        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age >= SETTLED));
    let lock = folder.join(LOCK);
    is_old
        && is_own(&folder.to_path_buf(), fs::Metadata::is_dir)
        && is_own(&lock, fs::Metadata::is_file)
        && File::open(&lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// How many bytes may still be written there; `None` where the system does not say.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// What the files of a folder take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes of the disk, of all files together.
    pub disk_bytes: u64,
    /// The length of the longest file.
    pub longest_bytes: u64,
}

/// Measures the files of a folder. Links count as links.
pub fn used(folder: &Path) -> Used {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| fs::symlink_metadata(entry.path()).ok())
        .fold(Used::default(), |used, found| Used {
            disk_bytes: used
                .disk_bytes
                .saturating_add(found.blocks().saturating_mul(512)),
            longest_bytes: used.longest_bytes.max(found.len()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_owner() {
        let scratch = Scratch::make().unwrap();
        let path = scratch.path().to_owned();
        fs::write(path.join("kernel"), b"x").unwrap();
        assert!(!is_left(&path));
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn only_an_old_folder_that_nobody_holds_is_left_over() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("kelpie-check-boot-x");
        fs::create_dir(&folder).unwrap();
        let lock = File::create(folder.join(LOCK)).unwrap();
        assert!(!is_left(&folder), "too young");
        let old = std::time::SystemTime::now() - 2 * SETTLED;
        File::open(&folder).unwrap().set_modified(old).unwrap();
        lock.lock().unwrap();
        assert!(!is_left(&folder), "held");
        lock.unlock().unwrap();
        assert!(is_left(&folder));
        fs::remove_file(folder.join(LOCK)).unwrap();
        assert!(!is_left(&folder), "not one of ours");
    }
}
