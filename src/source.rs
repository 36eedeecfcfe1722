//! Where an artefact's bytes come from: a file or memory, read by position, never mapped.
//!
//! A disk image of 2 TiB costs what is asked of it; a header-only question costs 68 KiB.

mod open;
mod pieces;

pub use open::open_file;
pub use pieces::Pieces;

use crate::bytes::Window;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// How many bytes of the beginning are read ahead: enough for every header, and for the magics
/// that stand just behind 64 KiB (s390's boot image, btrfs).
pub const HEAD_BYTES: u64 = 68 * 1024;

/// Positioned reads of something with a length.
pub trait ReadAt: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether it has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads at `offset` into `buffer`; fewer bytes only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// How many bytes from `offset` on read as zeros, as far as that is known without reading them.
    fn hole_bytes(&self, _offset: u64) -> io::Result<u64> {
        Ok(0)
    }
}

/// A regular file, or a block device.
struct FileAt {
    file: File,
    length: u64,
    /// What it was when it was opened; none of a device, which is written without being changed.
    opened: Option<Stamp>,
}

/// By what a file shows that somebody wrote it.
#[derive(PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: SystemTime,
}

impl Stamp {
    fn of(file: &File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(None);
        }
        Ok(Some(Self {
            length: metadata.len(),
            modified: metadata.modified()?,
        }))
    }
}

impl FileAt {
    /// Reads, and looks whether what was read is still of the file that was opened: a report of one
    /// half of an old file and one half of a new one would be of neither.
    fn unchanged(&self, read: io::Result<usize>) -> io::Result<usize> {
        let count = read?;
        if Stamp::of(&self.file)? == self.opened {
            Ok(count)
        } else {
            Err(io::Error::other("it was changed while it was read"))
        }
    }
}

impl ReadAt for FileAt {
    fn len(&self) -> u64 {
        self.length
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.unchanged(std::os::unix::fs::FileExt::read_at(
            &self.file, buffer, offset,
        ))
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.unchanged(std::os::windows::fs::FileExt::seek_read(
            &self.file, buffer, offset,
        ))
    }
}

/// Bytes by position: a whole file, a part of one, or a decoded layer.
#[derive(Clone)]
pub struct Source {
    inner: Inner,
    start: u64,
    length: u64,
    head: Arc<OnceLock<Result<Vec<u8>>>>,
}

#[derive(Clone)]
enum Inner {
    Memory(Arc<Vec<u8>>),
    Positioned(Arc<dyn ReadAt>),
}

impl Source {
    /// Opens a file for reading, by [`open_file`]. A pipe is read to its end, within the default limit of
    /// a file.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let failed = |error: io::Error| Error::io(name.clone(), &error);
        let file = open_file(path).map_err(failed)?;
        if open::is_stream(&file).map_err(failed)? {
            return Self::from_reader(&name, file, &Limits::default());
        }
        Self::of_file(file).map_err(failed)
    }

    fn of_file(mut file: File) -> io::Result<Self> {
        let length = io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let opened = Stamp::of(&file)?;
        Ok(Self::positioned(Arc::new(FileAt {
            file,
            length,
            opened,
        })))
    }

    /// Anything that reads by position.
    pub fn positioned(read: Arc<dyn ReadAt>) -> Self {
        let length = read.len();
        Self {
            inner: Inner::Positioned(read),
            start: 0,
            length,
            head: Arc::default(),
        }
    }

    /// Bytes that are in memory already.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            length: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            inner: Inner::Memory(Arc::new(bytes)),
            start: 0,
            head: Arc::default(),
        }
    }

    /// A stream (standard input), read to its end within `limits`.
    pub fn from_reader(name: &str, reader: impl Read, limits: &Limits) -> Result<Self> {
        let mut bytes = Vec::new();
        reader
            .take(limits.file_bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| Error::io(name.to_owned(), &error))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.file_bytes {
            return Err(Error::limit("file_bytes", limits.file_bytes));
        }
        Ok(Self::from_bytes(bytes))
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.length
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes of `length` at `offset` as a source of their own, cut at this one's end.
    #[must_use]
    pub fn part(&self, offset: u64, length: u64) -> Self {
        let offset = offset.min(self.length);
        Self {
            inner: self.inner.clone(),
            start: self.start.saturating_add(offset),
            length: length.min(self.length.saturating_sub(offset)),
            head: Arc::default(),
        }
    }

    /// How many bytes from `offset` on read as zeros, as far as that is known without reading them.
    pub fn hole_bytes(&self, offset: u64) -> io::Result<u64> {
        let left = self.length.saturating_sub(offset);
        match &self.inner {
            Inner::Memory(_) => Ok(0),
            Inner::Positioned(read) => {
                let hole = read.hole_bytes(self.start.saturating_add(offset))?;
                Ok(hole.min(left))
            }
        }
    }

    /// The first 68 KiB, or all there is; read once.
    pub fn head(&self) -> Result<Window<'_>> {
        let length = self.length.min(HEAD_BYTES);
        let bytes = match &self.inner {
            Inner::Memory(bytes) => slice(bytes, self.start, length),
            Inner::Positioned(read) => self
                .head
                .get_or_init(|| read_exactly(read.as_ref(), "head", self.start, length))
                .as_ref()
                .map_err(Clone::clone)?,
        };
        Ok(Window::new(bytes, 0))
    }

    /// The bytes of `field`, exactly `length` of them; borrowed where they are in memory.
    /// A truncated source gives an error that names the field. Costs one read at the most.
    pub fn read(&self, field: &'static str, offset: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        let end = offset.checked_add(length).filter(|end| *end <= self.length);
        if end.is_none() {
            let found = self.length.saturating_sub(offset).min(length);
            return Err(Error::truncated(field, offset, length, found));
        }
        let start = self.start.saturating_add(offset);
        match &self.inner {
            Inner::Memory(bytes) => Ok(Cow::Borrowed(slice(bytes, start, length))),
            Inner::Positioned(read) => {
                if let Some(bytes) = self
                    .head
                    .get()
                    .and_then(|head| head.as_ref().ok())
                    .and_then(|head| Window::new(head, 0).get(offset, length))
                {
                    return Ok(Cow::Borrowed(bytes));
                }
                read_exactly(read.as_ref(), field, start, length).map(Cow::Owned)
            }
        }
    }

    /// As [`Source::read`], for a length that came from a file: refused beyond `file_bytes`, and
    /// charged to `budget` where it has to be read.
    pub fn read_large(
        &self,
        field: &'static str,
        offset: u64,
        length: u64,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<Cow<'_, [u8]>> {
        if let Inner::Positioned(_) = self.inner {
            if length.min(self.length) > limits.file_bytes {
                return Err(Error::limit("file_bytes", limits.file_bytes));
            }
            budget.take(length)?;
        }
        self.read(field, offset, length)
    }

    /// As [`Source::read`], for a length that came from a file and is soon forgotten again.
    pub fn read_bounded(
        &self,
        field: &'static str,
        offset: u64,
        length: u64,
        limits: &Limits,
    ) -> Result<Cow<'_, [u8]>> {
        if length > limits.file_bytes {
            return Err(Error::limit("file_bytes", limits.file_bytes));
        }
        self.read(field, offset, length)
    }

    /// The whole source in memory; itself where it is there already.
    pub fn loaded(&self, limits: &Limits, budget: &Budget) -> Result<Source> {
        match &self.inner {
            Inner::Memory(_) => Ok(self.clone()),
            Inner::Positioned(_) => {
                let bytes = self.read_large("file", 0, self.length, limits, budget)?;
                Ok(Self::from_bytes(bytes.into_owned()))
            }
        }
    }

    /// The bytes, where they are in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &self.inner {
            Inner::Memory(bytes) => Some(slice(bytes, self.start, self.length)),
            Inner::Positioned(_) => None,
        }
    }
}

fn slice(bytes: &[u8], start: u64, length: u64) -> &[u8] {
    Window::new(bytes, 0).get(start, length).unwrap_or_default()
}

fn read_exactly(
    read: &dyn ReadAt,
    field: &'static str,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>> {
    let size = usize::try_from(length).map_err(|_| Error::limit("file_bytes", length))?;
    let mut bytes = vec![0; size];
    fill(read, field, offset, &mut bytes)?;
    Ok(bytes)
}

/// Reads all of `bytes`, which is a part of `field`.
fn fill(read: &dyn ReadAt, field: &'static str, offset: u64, bytes: &mut [u8]) -> Result<()> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut done = 0_usize;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
        match read.read_at(at, rest) {
            Ok(0) => {
                let found = u64::try_from(done).unwrap_or(u64::MAX);
                return Err(Error::truncated(field, offset, length, found));
            }
            Ok(count) => done = done.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                // What reads a format says more than that it could not.
                let own = error.get_ref().and_then(|own| own.downcast_ref::<Error>());
                return Err(own.map_or_else(|| Error::io(field, &error), Clone::clone));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_from_their_own_beginning() {
        let source = Source::from_bytes((0..100).collect());
        let part = source.part(10, 20).part(5, 100);
        assert_eq!(part.len(), 15);
        assert_eq!(part.read("x", 0, 2).unwrap().as_ref(), &[15, 16]);
        assert_eq!(
            part.read("x", 14, 2).unwrap_err().to_string(),
            "x at 0xe: expected 2 bytes, found 1 bytes"
        );
        assert!(part.read("x", u64::MAX, 2).is_err());
    }

    #[test]
    fn a_directory_is_not_read() {
        let error = Source::open(Path::new(".")).err().unwrap();
        assert!(error.to_string().starts_with("cannot read .: "), "{error}");
    }

    #[test]
    fn a_stream_beyond_the_limit_is_refused() {
        let limits = Limits {
            file_bytes: 3,
            ..Limits::default()
        };
        assert!(Source::from_reader("-", &b"1234"[..], &limits).is_err());
        assert_eq!(
            Source::from_reader("-", &b"123"[..], &limits)
                .unwrap()
                .len(),
            3
        );
    }
}
