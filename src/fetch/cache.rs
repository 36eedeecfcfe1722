//! What was fetched before: files by their SHA-256, and what each URL gave last.
//!
//! ```text
//! sha256/HEX      the files
//! urls/HEX        what a URL (by the SHA-256 of its text) gave, and how to ask whether it changed
//! partial/HEX     what was received of a URL before the connection broke
//! seen/HEX        the newest that an index offered, see `seen`
//! ```
//!
//! Only the user can write to the cache (mode 0700, see `private`), and no link in it is followed.

use super::partial::Partial;
use super::private;
use super::signature::{hexadecimal, parse_sha256, sha256};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The longest record of a URL.
const RECORD_BYTES: u64 = 64 * 1024;

/// The cache.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

/// A file in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Where it is.
    pub path: PathBuf,
    /// Its digest, which was verified.
    pub sha256: String,
}

/// What a URL gave last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub url: String,
    pub sha256: String,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

impl Cache {
    /// The cache in that folder, which is made when it is needed.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder that the platform has for such things: `XDG_CACHE_HOME`, `~/.cache`,
    /// `~/Library/Caches`, `LOCALAPPDATA`.
    pub fn of_platform() -> Result<Self> {
        let variable = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let base = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Caches"))
        } else {
            variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
        };
        base.map(|base| Self::at(base.join("kelpie-check")))
            .ok_or_else(|| {
                Error::absent("cache folder", "neither XDG_CACHE_HOME nor HOME names one")
                    .hinted("Name one with --cache.")
            })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::io(format!("the cache in {}", self.folder.display()), error)
    }

    /// A folder of the cache, checked; `None` if it does not exist.
    fn existing(&self, name: &str) -> Result<Option<PathBuf>> {
        let folder = self.folder.join(name);
        let is_there = private::check_folder(&self.folder)? && private::check_folder(&folder)?;
        Ok(is_there.then_some(folder))
    }

    /// A folder of the cache, created if needed.
    pub(super) fn made(&self, name: &str) -> Result<PathBuf> {
        private::make_folder(&self.folder)?;
        let folder = self.folder.join(name);
        private::make_folder(&folder)?;
        Ok(folder)
    }

    /// The file with that digest. One that has another by now is thrown away.
    pub fn get(&self, sha256: &str) -> Result<Option<Blob>> {
        // The digest may be from kernel-metadata.json of a stranger, and becomes part of a path.
        let sha256 = parse_sha256(sha256).ok_or_else(|| {
            Error::invalid_setting("SHA-256", "64 hexadecimal digits", format!("{sha256:?}"))
        })?;
        let Some(folder) = self.existing("sha256")? else {
            return Ok(None);
        };
        let path = folder.join(&sha256);
        let is_same = match digest_of(&path) {
            Ok(found) => found == sha256,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => false,
        };
        if !is_same {
            private::remove(&path).map_err(|error| self.failed(&error))?;
            return Ok(None);
        }
        Ok(Some(Blob { path, sha256 }))
    }

    /// Takes over a file that was received as a whole.
    pub(super) fn adopt(&self, partial: &Path, sha256: &str) -> Result<Blob> {
        let path = self.made("sha256")?.join(sha256);
        let adopt = || {
            private::open(partial)?.sync_all()?;
            fs::rename(partial, &path)
        };
        adopt().map_err(|error| self.failed(&error))?;
        Ok(Blob {
            path,
            sha256: sha256.to_owned(),
        })
    }

    /// Where what a URL gives is written while it comes.
    pub(super) fn partial(&self, url: &str) -> Result<Partial> {
        let folder = self.made("partial")?;
        Partial::new(&folder, &sha256(url.as_bytes())).map_err(|error| self.failed(&error))
    }

    /// What a URL gave last, where it is known and the file still there.
    pub(super) fn record(&self, url: &str) -> Result<Option<(Record, Blob)>> {
        let Some(folder) = self.existing("urls")? else {
            return Ok(None);
        };
        let mut text = String::new();
        let read = private::open(&folder.join(sha256(url.as_bytes())))
            .and_then(|file| file.take(RECORD_BYTES).read_to_string(&mut text));
        if read.is_err() {
            return Ok(None);
        }
        // One that cannot be read is as good as none.
        let Ok(record) = serde_json::from_str::<Record>(&text) else {
            return Ok(None);
        };
        if record.url != url || parse_sha256(&record.sha256).is_none() {
            return Ok(None);
        }
        Ok(self.get(&record.sha256)?.map(|blob| (record, blob)))
    }

    /// Remembers what a URL gave.
    pub(super) fn remember(&self, record: &Record) -> Result<()> {
        let path = self.made("urls")?.join(sha256(record.url.as_bytes()));
        let text = serde_json::to_string(record)
            .map_err(|error| Error::unsupported("record of a URL", error.to_string()))?;
        private::replace(&path, text.as_bytes()).map_err(|error| self.failed(&error))
    }
}

/// The SHA-256 of a regular file that is not reached by a link.
pub(super) fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = private::open(path)?;
    let mut digest = Sha256::new();
    let mut piece = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut piece)?;
        match piece.get(..length) {
            Some([]) | None => return Ok(hexadecimal(&digest.finalize())),
            Some(bytes) => digest.update(bytes),
        }
    }
}
