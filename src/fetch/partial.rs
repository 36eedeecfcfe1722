//! A file of the cache that is still being received, and what a later run needs to resume it.

use super::private;
use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// The longest validator: an entity tag or a date.
const VALIDATOR_BYTES: u64 = 4096;

/// A file that is being received. One run at a time resumes what an earlier run left; another run
/// that wants the same URL at that time receives a file of its own, which does not outlive it.
pub(super) struct Partial {
    path: PathBuf,
    /// Locked as long as this run writes to the shared file.
    lock: Option<File>,
    /// Removes the file of a run that has not the lock.
    _own: Option<TempPath>,
}

impl Partial {
    /// The file `name` in a folder.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        if let Some(lock) = lock(&folder.join(format!("{name}.lock"))) {
            return Ok(Self {
                path: folder.join(name),
                lock: Some(lock),
                _own: None,
            });
        }
        let own = tempfile::Builder::new()
            .prefix(name)
            .tempfile_in(folder)?
            .into_temp_path();
        Ok(Self {
            path: own.to_path_buf(),
            lock: None,
            _own: Some(own),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes of it are there.
    pub fn len(&self) -> u64 {
        private::length(&self.path)
    }

    /// Opens it to write at `offset`, which is its beginning or its end.
    pub fn open(&self, offset: u64) -> io::Result<File> {
        if offset > 0 {
            private::append(&self.path)
        } else {
            private::create(&self.path)
        }
    }

    /// Removes what was received.
    pub fn forget(&self) {
        // What is not there any more is forgotten as well.
        private::remove(&self.path).ok();
    }

    fn validator_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".validator");
        name.into()
    }

    /// Returns the entity tag or the date that identifies the version of the file.
    pub fn validator(&self) -> Option<String> {
        let mut text = String::new();
        let file = private::open(&self.validator_path()).ok()?;
        file.take(VALIDATOR_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Remembers the validator. Without one the next request starts at the beginning.
    pub fn keep_validator(&self, validator: Option<&str>) {
        let path = self.validator_path();
        let kept = validator.is_some_and(|validator| {
            self.lock.is_some() && private::replace(&path, validator.as_bytes()).is_ok()
        });
        if !kept {
            private::remove(&path).ok();
        }
    }
}

/// Locks a file; `None` if another run has the lock, or if the file system has no locks.
fn lock(path: &Path) -> Option<File> {
    let file = private::open_lock(path).ok()?;
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}
