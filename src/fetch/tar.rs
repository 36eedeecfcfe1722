//! A tar archive as it passes by: its entries, one behind the other, and the data of those that are
//! wanted.
//!
//! Sources: POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header"; GNU tar's
//! manual, "Basic Tar Format" (base-256 numbers, `L` and `K` entries).

use crate::error::{Error, Result};
use binrw::BinRead;
use std::io::Cursor;

/// Entries begin and end on multiples of this.
const BLOCK_BYTES: u64 = 512;
/// The longest extended header or long name: a path has at most 4096 bytes.
const EXTENSION_BYTES: u64 = 64 * 1024;
/// `ustar` and a NUL: the prefix field is part of the name.
const POSIX_MAGIC: [u8; 6] = *b"ustar\0";
/// What GNU tar writes there.
const GNU_MAGIC: [u8; 6] = *b"ustar ";
/// Where the header's checksum is, which counts as spaces in itself.
const CHKSUM: std::ops::Range<usize> = 148..156;

#[derive(BinRead)]
struct Header {
    name: [u8; 100],
    #[br(pad_before = 24)]
    size: [u8; 12],
    #[br(pad_before = 12)]
    chksum: [u8; 8],
    typeflag: u8,
    linkname: [u8; 100],
    magic: [u8; 6],
    #[br(pad_before = 82)]
    prefix: [u8; 155],
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    HardLink,
    Symlink,
    Directory,
    /// A device, a pipe, or something of a later format.
    Other,
}

/// One entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its name as the archive has it.
    pub path: Vec<u8>,
    pub kind: EntryKind,
    /// Where a link leads.
    pub link: Vec<u8>,
    pub size_bytes: u64,
    /// Where its data begins in the archive.
    pub offset: u64,
}

/// Who looks at an archive.
pub(super) trait Visitor {
    /// Whether the data of this entry is wanted.
    fn entry(&mut self, entry: &Entry) -> Result<bool>;
    /// Data of the entry that was wanted.
    fn data(&mut self, bytes: &[u8]) -> Result<()>;
    /// That data is whole.
    fn end(&mut self) -> Result<()>;
}

enum State {
    Header,
    Body { left_bytes: u64, purpose: Purpose },
    Padding { left_bytes: u64 },
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Wanted,
    Skipped,
    LongName,
    LongLink,
    Pax,
}

/// What extension entries say of the entry behind them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size_bytes: Option<u64>,
}

/// Reads an archive that comes in pieces.
pub(super) struct TarReader {
    state: State,
    gathered: Vec<u8>,
    position: u64,
    padding_bytes: u64,
    extension: Extension,
    left_entries: u64,
    entries_max: u64,
}

impl TarReader {
    /// At the beginning of an archive that may have so many entries.
    pub fn new(entries_max: u64) -> Self {
        Self {
            state: State::Header,
            gathered: Vec::new(),
            position: 0,
            padding_bytes: 0,
            extension: Extension::default(),
            left_entries: entries_max,
            entries_max,
        }
    }

    /// Takes the next piece.
    pub fn feed(&mut self, mut bytes: &[u8], visitor: &mut dyn Visitor) -> Result<()> {
        while !bytes.is_empty() {
            let wanted = match &self.state {
                State::Header => BLOCK_BYTES.saturating_sub(length(&self.gathered)),
                State::Body { left_bytes, .. } | State::Padding { left_bytes } => *left_bytes,
                State::End => return Ok(()),
            };
            let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
            let (piece, rest) = bytes.split_at(wanted.min(bytes.len()));
            bytes = rest;
            self.position = self.position.saturating_add(length(piece));
            self.take(piece, visitor)?;
        }
        Ok(())
    }

    /// How many bytes from here on nobody wants.
    pub fn skippable_bytes(&self) -> u64 {
        match self.state {
            State::Body {
                left_bytes,
                purpose: Purpose::Skipped,
            } => left_bytes.saturating_add(self.padding_bytes),
            _ => 0,
        }
    }

    /// Goes on behind [`TarReader::skippable_bytes`], which were not fed.
    pub fn skip(&mut self) {
        self.position = self.position.saturating_add(self.skippable_bytes());
        self.state = State::Header;
    }

    /// Whether the archive's own end was met.
    pub fn is_at_end(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// The archive is over: an error where that is in the middle of an entry.
    pub fn finish(&self) -> Result<()> {
        match &self.state {
            State::End => Ok(()),
            State::Header if self.gathered.is_empty() => Ok(()),
            State::Header => Err(Error::truncated(
                "tar header",
                self.position.saturating_sub(length(&self.gathered)),
                BLOCK_BYTES,
                length(&self.gathered),
            )),
            State::Body { left_bytes, .. } | State::Padding { left_bytes } => {
                Err(Error::truncated("tar entry", self.position, *left_bytes, 0))
            }
        }
    }

    fn take(&mut self, piece: &[u8], visitor: &mut dyn Visitor) -> Result<()> {
        match &mut self.state {
            State::Header => {
                self.gathered.extend_from_slice(piece);
                if length(&self.gathered) < BLOCK_BYTES {
                    return Ok(());
                }
                let block = std::mem::take(&mut self.gathered);
                self.state = self.begin(&block, visitor)?;
                self.settle(visitor)
            }
            State::Body {
                left_bytes,
                purpose,
            } => {
                *left_bytes = left_bytes.saturating_sub(length(piece));
                match purpose {
                    Purpose::Wanted => visitor.data(piece)?,
                    Purpose::Skipped => {}
                    _ => self.gathered.extend_from_slice(piece),
                }
                self.settle(visitor)
            }
            State::Padding { left_bytes } => {
                *left_bytes = left_bytes.saturating_sub(length(piece));
                if *left_bytes == 0 {
                    self.state = State::Header;
                }
                Ok(())
            }
            State::End => Ok(()),
        }
    }

    /// Leaves a body that is whole.
    fn settle(&mut self, visitor: &mut dyn Visitor) -> Result<()> {
        let State::Body {
            left_bytes: 0,
            purpose,
        } = self.state
        else {
            return Ok(());
        };
        let text = std::mem::take(&mut self.gathered);
        match purpose {
            Purpose::Wanted => visitor.end()?,
            Purpose::Skipped => {}
            Purpose::LongName => self.extension.path = Some(until_nul(&text).to_vec()),
            Purpose::LongLink => self.extension.link = Some(until_nul(&text).to_vec()),
            Purpose::Pax => self.pax(&text)?,
        }
        self.state = match self.padding_bytes {
            0 => State::Header,
            left_bytes => State::Padding { left_bytes },
        };
        Ok(())
    }

    fn begin(&mut self, block: &[u8], visitor: &mut dyn Visitor) -> Result<State> {
        let offset = self.position.saturating_sub(BLOCK_BYTES);
        if block.iter().all(|byte| *byte == 0) {
            return Ok(State::End);
        }
        self.left_entries = self
            .left_entries
            .checked_sub(1)
            .ok_or_else(|| Error::limit("cpio_entries", self.entries_max))?;
        let header = Header::read_be(&mut Cursor::new(block))
            .map_err(|_| Error::truncated("tar header", offset, BLOCK_BYTES, length(block)))?;
        check_sum(&header, block, offset)?;
        let stated = number(&header.size).ok_or_else(|| {
            Error::invalid(
                "tar header size",
                offset.saturating_add(124),
                "an octal number",
                String::from_utf8_lossy(&header.size)
                    .escape_debug()
                    .to_string(),
            )
        })?;
        let extends = match header.typeflag {
            b'L' => Some(Purpose::LongName),
            b'K' => Some(Purpose::LongLink),
            b'x' => Some(Purpose::Pax),
            // What a global header says is about owners and times, or overridden by each entry's.
            b'g' => Some(Purpose::Skipped),
            _ => None,
        };
        if let Some(purpose) = extends {
            if stated > EXTENSION_BYTES {
                return Err(Error::limit("tar_extension_bytes", EXTENSION_BYTES));
            }
            self.padding_bytes = padding(stated);
            return Ok(State::Body {
                left_bytes: stated,
                purpose,
            });
        }
        let extension = std::mem::take(&mut self.extension);
        let kind = match header.typeflag {
            b'0' | 0 | b'7' => EntryKind::File,
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::Symlink,
            b'5' => EntryKind::Directory,
            _ => EntryKind::Other,
        };
        let size_bytes = match kind {
            EntryKind::File => extension.size_bytes.unwrap_or(stated),
            // Only files have data; GNU's sparse files and directories' dumps have theirs skipped.
            EntryKind::Other if matches!(header.typeflag, b'3' | b'4' | b'6') => 0,
            EntryKind::Other => extension.size_bytes.unwrap_or(stated),
            EntryKind::HardLink | EntryKind::Symlink | EntryKind::Directory => 0,
        };
        let entry = Entry {
            path: extension.path.unwrap_or_else(|| name(&header)),
            kind,
            link: extension
                .link
                .unwrap_or_else(|| until_nul(&header.linkname).to_vec()),
            size_bytes,
            offset: self.position,
        };
        self.padding_bytes = padding(size_bytes);
        let purpose = if visitor.entry(&entry)? {
            Purpose::Wanted
        } else {
            Purpose::Skipped
        };
        Ok(State::Body {
            left_bytes: size_bytes,
            purpose,
        })
    }

    /// Records of the form `25 path=boot/vmlinuz-virt\n`, the number being the record's length.
    fn pax(&mut self, mut text: &[u8]) -> Result<()> {
        let wrong = || {
            Error::invalid(
                "pax header",
                self.position,
                "records that begin with their length",
                "something else",
            )
        };
        while !text.is_empty() {
            let space = text
                .iter()
                .position(|byte| *byte == b' ')
                .ok_or_else(wrong)?;
            let digits = text.get(..space).unwrap_or_default();
            let record_bytes: usize = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(wrong)?;
            let record = text
                .get(space.saturating_add(1)..record_bytes)
                .and_then(|record| record.strip_suffix(b"\n"))
                .ok_or_else(wrong)?;
            text = text.get(record_bytes..).unwrap_or_default();
            let equals = record
                .iter()
                .position(|byte| *byte == b'=')
                .ok_or_else(wrong)?;
            let (key, value) = record.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => self.extension.path = Some(value.to_vec()),
                b"linkpath" => self.extension.link = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value)
                        .ok()
                        .and_then(|text| text.parse().ok());
                    self.extension.size_bytes = Some(size.ok_or_else(wrong)?);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn check_sum(header: &Header, block: &[u8], offset: u64) -> Result<()> {
    let sum: u64 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            if CHKSUM.contains(&at) {
                u64::from(b' ')
            } else {
                u64::from(*byte)
            }
        })
        .sum();
    let is_tar = header.magic == POSIX_MAGIC || header.magic == GNU_MAGIC || header.magic == [0; 6];
    if number(&header.chksum) == Some(sum) && is_tar {
        return Ok(());
    }
    Err(Error::invalid(
        "tar header chksum",
        offset.saturating_add(148),
        format!("{sum:o}"),
        String::from_utf8_lossy(until_nul(&header.chksum))
            .escape_debug()
            .to_string(),
    ))
}

fn name(header: &Header) -> Vec<u8> {
    let name = until_nul(&header.name);
    let prefix = until_nul(&header.prefix);
    if header.magic == POSIX_MAGIC && !prefix.is_empty() {
        [prefix, b"/", name].concat()
    } else {
        name.to_vec()
    }
}

/// Octal digits between spaces and NULs; or, with the highest bit set, a big-endian number.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let mut value = u64::from(first & 0x7f);
        for byte in rest {
            value = value.checked_mul(256)?.checked_add(u64::from(*byte))?;
        }
        return Some(value);
    }
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches([' ', '\0']);
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, 8).ok()
}

fn padding(size_bytes: u64) -> u64 {
    let over = size_bytes.checked_rem(BLOCK_BYTES).unwrap_or(0);
    match over {
        0 => 0,
        over => BLOCK_BYTES.saturating_sub(over),
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
