//! One cpio archive in a stream of bytes: the kernel's own state machine, which takes its input in
//! pieces of any size.
//!
//! Source: `init/initramfs.c` (`do_header` to `do_reset`).

use super::failure::Failure;
use super::header::{HEADER_BYTES, Header};
use super::unpacked::Unpacked;
use crate::error::{Error, Result, hex};
use crate::tree::{FileType, PATH_MAX};

/// The name of the entry that ends an archive.
pub(super) const TRAILER: &[u8] = b"TRAILER!!!";

/// How a piece of input ended.
pub(super) enum Fed {
    /// All of it was taken.
    All,
    /// This many bytes were taken; what follows is no padding, and the archive is between entries.
    UpTo(usize),
    /// The kernel stops here.
    Failed(Box<Failure>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Collecting the header, from its first byte on.
    Header,
    /// Collecting name (and, of a symbolic link, target).
    Name,
    /// Handing on the content.
    Content,
    /// Passing over what is left of the entry.
    Skip,
    /// Between entries: zeros may come.
    Padding,
}

/// The state machine.
pub(super) struct Parser {
    state: State,
    /// What of a header or a name has come so far.
    collected: Vec<u8>,
    header: Header,
    /// The offset of the next byte: absolute in a plain archive, of the decoded stream otherwise.
    position: u64,
    /// Where the entry began.
    entry_offset: u64,
    /// Where the next header is expected.
    next_header: u64,
    content_left: u64,
    checksum: u32,
    /// Entries that began, trailers not counted.
    pub entries: u64,
    /// Whether the archive said that it ends.
    pub saw_trailer: bool,
}

impl Parser {
    /// Between entries, the next byte at `position`.
    pub fn new(position: u64) -> Self {
        Self {
            state: State::Header,
            collected: Vec::new(),
            header: Header::default(),
            position,
            entry_offset: position,
            next_header: position,
            content_left: 0,
            checksum: 0,
            entries: 0,
            saw_trailer: false,
        }
    }

    /// Begins an entry at the next byte.
    pub fn start(&mut self) {
        self.state = State::Header;
        self.collected.clear();
        self.entry_offset = self.position;
    }

    /// Whether the last entry is complete: what the kernel looks at when a stream ends.
    pub fn is_between_entries(&self) -> bool {
        self.state == State::Padding
    }

    /// The offset of the next byte.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Counts offsets from here on.
    pub fn restart_at(&mut self, position: u64) {
        self.position = position;
    }

    /// What is missing of the entry at the end of the input.
    pub fn cut_off(&self) -> Error {
        let (field, expected) = match self.state {
            State::Header => ("cpio header", length(HEADER_BYTES)),
            State::Name => ("cpio name", self.wanted()),
            _ => (
                "cpio entry",
                self.next_header.saturating_sub(self.entry_offset),
            ),
        };
        let found = match self.state {
            State::Header | State::Name => length(self.collected.len()),
            _ => self.position.saturating_sub(self.entry_offset),
        };
        Error::truncated(field, self.entry_offset, expected, found)
    }

    fn wanted(&self) -> u64 {
        match self.state {
            State::Header => length(HEADER_BYTES),
            _ if self.header.file_type() == Some(FileType::Symlink) => self
                .header
                .padded_name_bytes()
                .saturating_add(self.header.filesize.into()),
            _ => self.header.padded_name_bytes(),
        }
    }

    /// Takes `input` as far as it goes, and unpacks it. An error is a fact of ours (a limit); what
    /// the kernel would say comes as [`Fed::Failed`].
    pub fn feed(&mut self, input: &[u8], unpacked: &mut Unpacked) -> Result<Fed> {
        let mut rest = input;
        loop {
            if self.state == State::Padding {
                let zeros = leading_zeros(rest);
                self.take(&mut rest, zeros);
                if rest.is_empty() {
                    return Ok(Fed::All);
                }
                if self.position & 3 != 0 {
                    let error = Error::invalid(
                        "cpio padding",
                        self.position,
                        "zeros up to a multiple of four",
                        hex(rest.get(..4).unwrap_or(rest)),
                    );
                    return Ok(failed("broken padding", error));
                }
                return Ok(Fed::UpTo(input.len().saturating_sub(rest.len())));
            }
            if rest.is_empty() && !self.needs_nothing() {
                return Ok(Fed::All);
            }
            if let Some(failure) = self.step(&mut rest, unpacked)? {
                return Ok(Fed::Failed(Box::new(failure)));
            }
        }
    }

    /// Whether the state can be left without input.
    fn needs_nothing(&self) -> bool {
        match self.state {
            State::Content => self.content_left == 0,
            State::Skip => self.position >= self.next_header,
            _ => false,
        }
    }

    fn step(&mut self, rest: &mut &[u8], unpacked: &mut Unpacked) -> Result<Option<Failure>> {
        match self.state {
            State::Header => {
                if self.collect(rest) {
                    return self.got_header(unpacked);
                }
            }
            State::Name => {
                if self.collect(rest) {
                    return self.got_name(unpacked);
                }
            }
            State::Content => return self.content(rest, unpacked),
            State::Skip => {
                let left = self.next_header.saturating_sub(self.position);
                self.take(rest, usize::try_from(left).unwrap_or(usize::MAX));
                if self.position >= self.next_header {
                    self.state = State::Padding;
                }
            }
            State::Padding => {}
        }
        Ok(None)
    }

    fn take<'a>(&mut self, rest: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (taken, left) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        *rest = left;
        self.position = self.position.saturating_add(length(taken.len()));
        taken
    }

    /// Collects what the state wants; whether all of it is there.
    fn collect(&mut self, rest: &mut &[u8]) -> bool {
        let wanted = usize::try_from(self.wanted()).unwrap_or(usize::MAX);
        let missing = wanted.saturating_sub(self.collected.len());
        let taken = self.take(rest, missing);
        self.collected.extend_from_slice(taken);
        self.collected.len() >= wanted
    }

    fn got_header(&mut self, unpacked: &mut Unpacked) -> Result<Option<Failure>> {
        self.header = match Header::read(&self.collected, self.entry_offset) {
            Ok(header) => header,
            Err(failure) => return Ok(Some(failure)),
        };
        self.collected.clear();
        self.entries = self.entries.saturating_add(1);
        let header = &self.header;
        let padded_name_bytes = header.padded_name_bytes();
        self.next_header = self
            .position
            .saturating_add(padded_name_bytes)
            .saturating_add(header.filesize.into())
            .saturating_add(3)
            & !3;
        let path_max = u32::try_from(PATH_MAX).unwrap_or(u32::MAX);
        let has_content = header.filesize > 0;
        let is_taken = (1..=path_max).contains(&header.namesize)
            && match header.file_type() {
                Some(FileType::Symlink) => header.filesize <= path_max,
                Some(FileType::Regular) => true,
                _ => !has_content,
            };
        self.state = if is_taken { State::Name } else { State::Skip };
        unpacked.count_entry(is_taken)?;
        Ok(None)
    }

    fn got_name(&mut self, unpacked: &mut Unpacked) -> Result<Option<Failure>> {
        let name_bytes = usize::try_from(self.header.namesize).unwrap_or(usize::MAX);
        let padded = usize::try_from(self.header.padded_name_bytes()).unwrap_or(usize::MAX);
        let collected = std::mem::take(&mut self.collected);
        let name = collected.get(..name_bytes).unwrap_or_default();
        let (target, path) = (collected.get(padded..).unwrap_or_default(), c_string(name));
        self.state = State::Skip;
        if name.last() != Some(&0) {
            let error = Error::invalid(
                "cpio name",
                self.entry_offset.saturating_add(length(HEADER_BYTES)),
                "a NUL at its end",
                crate::bytes::escaped(name),
            );
            return Ok(Some(Failure::new("malformed archive", error)));
        }
        if self.header.file_type() == Some(FileType::Symlink) {
            unpacked.symlink(&self.header, path, c_string(target))?;
        } else if path == TRAILER {
            self.saw_trailer = true;
            self.entries = self.entries.saturating_sub(1);
            unpacked.trailer();
        } else if unpacked.node(&self.header, path, self.position)? {
            self.content_left = self.header.filesize.into();
            self.checksum = 0;
            self.state = State::Content;
        }
        // The buffer is used again.
        self.collected = collected;
        self.collected.clear();
        Ok(None)
    }

    fn content(&mut self, rest: &mut &[u8], unpacked: &mut Unpacked) -> Result<Option<Failure>> {
        let count = usize::try_from(self.content_left).unwrap_or(usize::MAX);
        let bytes = self.take(rest, count);
        self.content_left = self.content_left.saturating_sub(length(bytes.len()));
        unpacked.content(bytes);
        if self.header.has_checksum {
            self.checksum = bytes.iter().fold(self.checksum, |sum, byte| {
                sum.wrapping_add(u32::from(*byte))
            });
        }
        if self.content_left > 0 {
            return Ok(None);
        }
        self.state = State::Skip;
        unpacked.end_content();
        if self.header.has_checksum && self.checksum != self.header.chksum {
            let error = Error::corrupt(
                "cpio c_chksum",
                self.entry_offset.saturating_add(102),
                format!("{:#010x}, the sum of the content", self.checksum),
                format!("{:#010x}", self.header.chksum),
            );
            return Ok(Some(Failure::new("bad data checksum", error)));
        }
        Ok(None)
    }
}

/// How many zeros come first; a page at a time, since padding can be all there is.
pub(super) fn leading_zeros(bytes: &[u8]) -> usize {
    const PAGE: [u8; 4096] = [0; 4096];
    let (pages, _) = bytes.as_chunks::<4096>();
    let whole = pages.iter().take_while(|page| **page == PAGE).count();
    let start = whole.saturating_mul(PAGE.len());
    let rest = bytes.get(start..).unwrap_or_default();
    let behind = rest.iter().position(|byte| *byte != 0);
    start.saturating_add(behind.unwrap_or(rest.len()))
}

/// What stands before the first NUL.
fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

pub(super) fn failed(kernel_message: &'static str, error: Error) -> Fed {
    Fed::Failed(Box::new(Failure::new(kernel_message, error)))
}

pub(super) fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
