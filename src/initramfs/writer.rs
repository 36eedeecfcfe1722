//! An archive as we write it: newc, every time the same bytes.
//!
//! Source: `Documentation/driver-api/early-userspace/buffer-format.rst`. Owner and group are root,
//! times are zero, and inodes count from one: nothing of the machine that writes gets in.

use super::cpio::TRAILER;
use super::header::{Header, NEWC};
use crate::error::{Error, Result};

/// Types of files in `c_mode`.
const S_IFREG: u32 = 0o100_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFCHR: u32 = 0o020_000;

/// An archive that is being written. Directories come before what is in them.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
    entries: u32,
}

impl Writer {
    /// An archive of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory, with the permissions of `mode`.
    pub fn directory(&mut self, path: &str, mode: u32) -> Result<()> {
        let header = Header {
            mode: S_IFDIR | mode,
            nlink: 2,
            ..Header::default()
        };
        self.entry(path, header, b"")
    }

    /// A regular file.
    pub fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        let header = Header {
            mode: S_IFREG | mode,
            nlink: 1,
            ..Header::default()
        };
        self.entry(path, header, content)
    }

    /// A character device, which needs no privilege to be written down here.
    pub fn character_device(
        &mut self,
        path: &str,
        mode: u32,
        major: u32,
        minor: u32,
    ) -> Result<()> {
        let header = Header {
            mode: S_IFCHR | mode,
            nlink: 1,
            rmajor: major,
            rminor: minor,
            ..Header::default()
        };
        self.entry(path, header, b"")
    }

    fn entry(&mut self, path: &str, header: Header, content: &[u8]) -> Result<()> {
        self.entries = self.entries.saturating_add(1);
        self.raw(
            path.as_bytes(),
            Header {
                ino: self.entries,
                ..header
            },
            content,
        )
    }

    fn raw(&mut self, name: &[u8], header: Header, content: &[u8]) -> Result<()> {
        let header = Header {
            filesize: length("cpio c_filesize", content.len())?,
            namesize: length("cpio c_namesize", name.len().saturating_add(1))?,
            ..header
        };
        self.bytes.extend_from_slice(NEWC);
        for field in header.fields() {
            self.bytes.extend(format!("{field:08x}").into_bytes());
        }
        self.bytes.extend_from_slice(name);
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
        Ok(())
    }

    fn pad(&mut self) {
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }

    /// The archive, whole.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        let header = Header {
            nlink: 1,
            ..Header::default()
        };
        self.raw(TRAILER, header, b"")?;
        Ok(self.bytes)
    }
}

fn length(field: &'static str, bytes: usize) -> Result<u32> {
    u32::try_from(bytes)
        .map_err(|_| Error::invalid_setting(field, "less than 4 GiB", format!("{bytes} bytes")))
}
