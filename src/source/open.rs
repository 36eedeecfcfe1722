//! Opens what an artefact is read from, without waiting: a named pipe waits for its writer, and a
//! device may do anything.
//!
//! Source: `open(2)` on `O_NONBLOCK` and `O_NOCTTY`, `pipe(7)`; Linux `include/uapi/linux/magic.h`.

use std::fs::{File, FileType};
use std::io;
use std::path::Path;

/// Opens a regular file, a block device, or a pipe without a name: `/dev/stdin`, and what a shell
/// passes for `<(…)`. Everything else is refused: directories, character devices, sockets and named
/// pipes.
pub fn open_file(path: &Path) -> io::Result<File> {
    // Asked first: to open a device can change it, such as a tape that is rewound.
    expect_readable(&std::fs::metadata(path)?.file_type())?;
    open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    // Another file can have taken the name since.
    let kind = file.metadata()?.file_type();
    expect_readable(&kind)?;
    if is_pipe(&kind) {
        if !has_no_name(&file, path)? {
            return Err(io::Error::other(
                "a named pipe; give its content on standard input, as -",
            ));
        }
        // The writer of a shell's pipe may be slow.
        fcntl_setfl(&file, fcntl_getfl(&file)?.difference(OFlags::NONBLOCK))?;
    }
    Ok(file)
}

/// Returns true if the file is a pipe, which has no length and no positions.
pub(super) fn is_stream(file: &File) -> io::Result<bool> {
    Ok(is_pipe(&file.metadata()?.file_type()))
}

fn expect_readable(kind: &FileType) -> io::Result<()> {
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if kind.is_file() || is_block_device(kind) || is_pipe(kind) {
        return Ok(());
    }
    Err(io::Error::other("not a regular file"))
}

#[cfg(unix)]
fn is_pipe(kind: &FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(kind)
}

#[cfg(not(unix))]
fn is_pipe(_kind: &FileType) -> bool {
    false
}

#[cfg(unix)]
fn is_block_device(kind: &FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(kind)
}

#[cfg(not(unix))]
fn is_block_device(_kind: &FileType) -> bool {
    false
}

/// Returns true if the pipe was made by `pipe(2)` rather than by `mkfifo(3)`.
#[cfg(target_os = "linux")]
fn has_no_name(file: &File, _path: &Path) -> io::Result<bool> {
    /// `PIPEFS_MAGIC`.
    const PIPEFS: u64 = 0x5049_5045;
    let found = rustix::fs::fstatfs(file)?.f_type;
    Ok(u64::try_from(found).is_ok_and(|found| found == PIPEFS))
}

/// Returns true if the path names a descriptor of this process.
#[cfg(all(unix, not(target_os = "linux")))]
fn has_no_name(_file: &File, path: &Path) -> io::Result<bool> {
    Ok(path == Path::new("/dev/stdin") || path.starts_with("/dev/fd"))
}
