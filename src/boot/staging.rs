//! The files of a boot under names of our own, in the scratch folder: links to what is booted as it
//! is, new files for what was made, copies of disks that a guest may write to. No VMM has to take a
//! strange path, and none is given the user's own file to write.

use super::copy::{self, Copied};
use crate::source::Source;
use std::io;
use std::path::{Path, PathBuf};

/// Puts files into the scratch folder.
#[derive(Debug, Clone, Copy)]
pub struct Staging<'a> {
    /// The scratch folder.
    pub scratch: &'a Path,
}

impl Staging<'_> {
    /// A file as it is, by a link.
    pub fn link(&self, name: &str, file: &Path) -> io::Result<PathBuf> {
        let link = self.scratch.join(name);
        std::os::unix::fs::symlink(file.canonicalize()?, &link)?;
        Ok(link)
    }

    /// A file that was made.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.scratch.join(name);
        std::fs::write(&path, bytes)
            .map_err(|error| in_place(&error, "cannot write", self.scratch))?;
        Ok(path)
    }

    /// A disk that an image holds, as a raw file.
    pub fn unpack(&self, name: &str, disk: &Source, most_bytes: u64) -> io::Result<PathBuf> {
        let path = self.scratch.join(name);
        copy::unpack(disk, &path, most_bytes)
            .map_err(|error| in_place(&error, "cannot unpack the disk", self.scratch))?;
        Ok(path)
    }

    /// A disk that a guest may write to.
    pub fn copy(&self, name: &str, disk: &Path, most_bytes: u64) -> io::Result<(PathBuf, Copied)> {
        let path = self.scratch.join(name);
        let copied = copy::private(disk, &path, most_bytes)
            .map_err(|error| in_place(&error, "cannot copy the disk", self.scratch))?;
        Ok((path, copied))
    }
}

fn in_place(error: &io::Error, what: &str, scratch: &Path) -> io::Error {
    let place = scratch.parent().unwrap_or(scratch);
    io::Error::new(
        error.kind(),
        format!(
            "{what} in {}: {error} (TMPDIR names another place)",
            place.display()
        ),
    )
}
