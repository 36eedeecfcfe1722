//! Files and folders that only the user may write to, opened without following links.
//!
//! Sources: open(2) (`O_NOFOLLOW`, `O_NONBLOCK`), the XDG Base Directory specification (mode 0700).

use crate::error::{Error, Result};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Opens a regular file. A symbolic link is an error, and a pipe does not wait for its writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    regular(options().read(true).open(path)?)
}

/// Opens a regular file to write after its end.
pub(super) fn append(path: &Path) -> io::Result<File> {
    regular(options().append(true).open(path)?)
}

/// Creates a file, instead of any file or link of that name.
pub(super) fn create(path: &Path) -> io::Result<File> {
    remove(path)?;
    options().write(true).create_new(true).open(path)
}

/// Opens a file that processes lock, and creates it if needed.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    regular(
        options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?,
    )
}

/// Writes a whole file beside its target, then renames it.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Removes a file or a link; a missing one is no error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the length of a regular file, and 0 for everything else.
pub(super) fn length(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |found| if found.is_file() { found.len() } else { 0 })
}

/// Creates a folder with mode 0700, and checks it.
pub(super) fn make_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let is_there = fs::symlink_metadata(path).is_ok();
    if !is_there && let Err(error) = builder.recursive(true).create(path) {
        return Err(Error::io(format!("folder {}", path.display()), &error));
    }
    check_folder(path).map(drop)
}

/// Checks that only the user can write to a folder. Returns false if there is no such folder.
pub(super) fn check_folder(path: &Path) -> Result<bool> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::io(format!("folder {}", path.display()), &error)),
    };
    let refused = |why: &str| {
        Err(
            Error::unsupported(format!("cache folder {}", path.display()), why.to_owned()).hinted(
                "Another user could change the files in it. Name another folder with --cache.",
            ),
        )
    };
    if found.is_symlink() {
        return refused("it is a symbolic link");
    }
    if !found.is_dir() {
        return refused("it is not a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if found.uid() != rustix::process::geteuid().as_raw() {
            return refused("it belongs to another user");
        }
        if found.mode() & 0o022 != 0 {
            return refused("other users can write to it; run chmod go-w on it");
        }
    }
    Ok(true)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits();
        options.custom_flags(flags.cast_signed()).mode(0o600);
    }
    options
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::other("not a regular file"))
}
