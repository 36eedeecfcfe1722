//! What generators leave in a tree.

use super::super::Archive;
use crate::error::Result;
use crate::tree::{self, FileType, Found, Tree};
use memchr::memmem;

/// More of an init is not looked at.
const INIT_BYTES: u64 = 4 * 1024 * 1024;

/// Questions to a tree.
pub(super) struct Traces<'a>(&'a Archive);

impl<'a> Traces<'a> {
    pub fn new(archive: &'a Archive) -> Self {
        Self(archive)
    }

    fn find(&self, path: &[u8]) -> Result<Option<Found>> {
        Ok(tree::resolve(self.0, path)?.ok())
    }

    /// Whether there is anything at this path, links followed.
    pub fn has(&self, path: &[u8]) -> Result<bool> {
        self.find(path).map(|found| found.is_some())
    }

    /// The beginning of a file, if there is one.
    pub fn file(&self, path: &[u8]) -> Result<Option<Vec<u8>>> {
        match self.find(path)? {
            Some(found) if found.stat.file_type == FileType::Regular => {
                self.0.read(found.node, 0, INIT_BYTES).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The init, if there is one.
    pub fn init(&self) -> Result<Option<Vec<u8>>> {
        self.file(super::super::INIT_PATH.as_bytes())
    }

    /// Where the init is, links followed.
    pub fn init_path(&self) -> Result<Option<Vec<u8>>> {
        let found = self.find(super::super::INIT_PATH.as_bytes())?;
        Ok(found.map(|found| found.path))
    }

    /// Whether the init holds all of these.
    pub fn init_has(&self, texts: &[&str]) -> Result<bool> {
        Ok(self.init()?.is_some_and(|init| {
            texts
                .iter()
                .all(|text| memmem::find(&init, text.as_bytes()).is_some())
        }))
    }
}

/// The value of `NAME=value` at the beginning of a line, without quotes.
pub(super) fn assigned(text: &[u8], name: &str) -> Option<String> {
    let value = text
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    let value = String::from_utf8_lossy(value);
    Some(value.trim().trim_matches('"').to_owned())
}
