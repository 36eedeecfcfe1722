//! The segments of an initramfs: plain and compressed archives behind one another, zeros between
//! them, unpacked in order until the first that the kernel cannot take.
//!
//! Source: `init/initramfs.c` (`unpack_to_rootfs`, `flush_buffer`), `lib/decompress.c` and the
//! `lib/decompress_*.c` for what each says;
//! `Documentation/driver-api/early-userspace/buffer-format.rst`.

use super::cpio::{Failure, Fed, Parser, leading_zeros, length};
use super::unpacked::Unpacked;
use super::xz::XzSettings;
use crate::codec::{self, Codec};
use crate::error::{Error, Kind, Result, hex};
use crate::limits::{Budget, Limits, Sink};

/// What the kernel goes by: two bytes, and the codec that they stand for.
const MAGICS: [([u8; 2], &str); 8] = [
    ([0x1f, 0x8b], "gzip"),
    ([0x1f, 0x9e], "gzip"),
    ([0x42, 0x5a], "bzip2"),
    ([0x5d, 0x00], "lzma"),
    ([0xfd, 0x37], "xz"),
    ([0x89, 0x4c], "lzo"),
    ([0x02, 0x21], "lz4"),
    ([0x28, 0xb5], "zstd"),
];

/// One archive of the file.
#[derive(Debug, Clone)]
pub struct Segment {
    /// How it is compressed; `None` is plain.
    pub codec: Option<&'static Codec>,
    /// Where it begins in the file.
    pub offset: u64,
    /// How much of the file it takes, without padding behind it; up to where decoding stopped, or
    /// to the end of the file, where it is broken.
    pub stored_bytes: u64,
    /// What it decodes to, as far as it does.
    pub decoded_bytes: u64,
    /// How many entries it has, its trailer not counted.
    pub entries: u64,
    /// Whether it holds data for early boot: microcode, ACPI tables.
    pub has_early_data: bool,
    /// Whether the kernel finds these before it unpacks anything: only in plain archives before
    /// the first compressed one.
    pub early: bool,
    /// Whether the archive says that it ends: `TRAILER!!!`.
    pub has_trailer: bool,
    /// How an xz stream was made.
    pub xz: Option<XzSettings>,
}

/// Something wrong with the archive.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The segment, by its place in [`Archive::segments`](super::Archive::segments), if it is in one.
    pub segment: Option<usize>,
    /// Where in the file: the field itself, or the compressed segment that it is in.
    pub offset: u64,
    /// How many entries had begun when it was met.
    pub entry: u64,
    /// What is wrong.
    pub error: Error,
    /// What the kernel says behind `Initramfs unpacking failed: `; `None` where it does not notice.
    pub kernel_message: Option<&'static str>,
    /// Whether the kernel unpacks nothing that follows. What it unpacked before stays.
    pub fatal_to_rest: bool,
}

/// All segments, and what was found wrong with them.
pub(super) struct Segments {
    pub segments: Vec<Segment>,
    pub problems: Vec<Problem>,
    /// Where the kernel stopped because the bytes are of nothing that it knows.
    pub unknown_at: Option<u64>,
}

/// The loop over segments.
struct Unpacking<'a> {
    file: &'a [u8],
    limits: &'a Limits,
    budget: &'a Budget,
    unpacked: &'a mut Unpacked,
    parser: Parser,
    at: usize,
    decoded_left_bytes: u64,
    found: Segments,
}

/// Unpacks `file`. An error is a limit that was met; what the kernel stumbles on is a problem.
pub(super) fn unpack(
    file: &[u8],
    limits: &Limits,
    budget: &Budget,
    unpacked: &mut Unpacked,
) -> Result<Segments> {
    let mut unpacking = Unpacking {
        file,
        limits,
        budget,
        unpacked,
        parser: Parser::new(0),
        at: 0,
        decoded_left_bytes: limits.archive_bytes,
        found: Segments {
            segments: Vec::new(),
            problems: Vec::new(),
            unknown_at: None,
        },
    };
    while !unpacking.is_stopped() && unpacking.next()? {}
    Ok(unpacking.found)
}

impl Unpacking<'_> {
    fn is_stopped(&self) -> bool {
        self.found
            .problems
            .last()
            .is_some_and(|problem| problem.fatal_to_rest)
    }

    fn rest(&self) -> &[u8] {
        self.file.get(self.at..).unwrap_or_default()
    }

    /// The next segment, behind zeros; whether there was one.
    fn next(&mut self) -> Result<bool> {
        self.at = self.at.saturating_add(leading_zeros(self.rest()));
        if self.rest().is_empty() {
            return Ok(false);
        }
        if length(self.found.segments.len()) >= self.limits.streams {
            return Err(Error::limit("streams", self.limits.streams).at(length(self.at)));
        }
        let first = self.rest().get(..2).unwrap_or_default();
        if self.rest().first() == Some(&b'0') && self.at.is_multiple_of(4) {
            self.plain()?;
            return Ok(true);
        }
        let codec = MAGICS
            .iter()
            .find(|(magic, _)| magic == first)
            .and_then(|(_, name)| codec::by_name(name));
        match codec {
            Some(codec) => self.compressed(codec)?,
            None => self.unknown(),
        }
        Ok(true)
    }

    fn begin(&mut self, codec: Option<&'static Codec>) -> usize {
        let index = self.found.segments.len();
        self.found.segments.push(Segment {
            codec,
            offset: length(self.at),
            stored_bytes: 0,
            decoded_bytes: 0,
            entries: 0,
            has_early_data: false,
            early: false,
            has_trailer: false,
            xz: None,
        });
        self.unpacked.begin_segment(index, codec.is_none());
        self.parser.entries = 0;
        self.parser.saw_trailer = false;
        index
    }

    /// Writes down what the segment came to.
    fn end(&mut self, index: usize, stored_bytes: u64, decoded_bytes: u64) {
        self.unpacked.end_content();
        let is_early = self
            .found
            .segments
            .iter()
            .all(|segment| segment.codec.is_none());
        if let Some(segment) = self.found.segments.get_mut(index) {
            segment.stored_bytes = stored_bytes;
            segment.decoded_bytes = decoded_bytes;
            segment.entries = self.parser.entries;
            segment.has_trailer = self.parser.saw_trailer;
            segment.has_early_data = self.unpacked.saw_early_data;
            segment.early = segment.has_early_data && is_early;
        }
    }

    fn problem(&mut self, segment: Option<usize>, offset: u64, problem: Failure) {
        self.found.problems.push(Problem {
            segment,
            offset,
            entry: self.parser.entries,
            error: problem.error,
            kernel_message: Some(problem.kernel_message),
            fatal_to_rest: true,
        });
    }

    /// A plain archive, up to its trailer or to what is no entry.
    fn plain(&mut self) -> Result<()> {
        let index = self.begin(None);
        let start = length(self.at);
        self.parser.restart_at(start);
        let failure = loop {
            self.parser.start();
            let rest = self.file.get(self.at..).unwrap_or_default();
            match self.parser.feed(rest, self.unpacked)? {
                Fed::All => {
                    self.at = self.file.len();
                    break None;
                }
                Fed::UpTo(taken) => self.at = self.at.saturating_add(taken),
                Fed::Failed(failure) => {
                    self.at = usize::try_from(self.parser.position()).unwrap_or(usize::MAX);
                    break Some(*failure);
                }
            }
            if self.parser.saw_trailer || self.rest().first() != Some(&b'0') {
                break None;
            }
        };
        let stored_bytes = length(self.at).saturating_sub(start);
        self.end(index, stored_bytes, stored_bytes);
        if let Some(failure) = failure {
            let offset = failure.error.offset().unwrap_or(start);
            self.problem(Some(index), offset, failure);
        } else if self.at >= self.file.len() && !self.parser.is_between_entries() {
            let error = self.parser.cut_off();
            self.found.problems.push(Problem {
                segment: Some(index),
                offset: error.offset().unwrap_or(start),
                entry: self.parser.entries,
                error,
                kernel_message: None,
                fatal_to_rest: true,
            });
        }
        Ok(())
    }

    fn compressed(&mut self, codec: &'static Codec) -> Result<()> {
        let index = self.begin(Some(codec));
        let start = length(self.at);
        let input = self.file.get(self.at..).unwrap_or_default();
        if codec.name == "xz"
            && let Some(segment) = self.found.segments.get_mut(index)
        {
            segment.xz = XzSettings::read(input);
        }
        self.parser.restart_at(0);
        let mut stop: Option<Stop> = None;
        let (parser, unpacked) = (&mut self.parser, &mut *self.unpacked);
        let mut consumer = |piece: &[u8]| {
            take_piece(piece, parser, unpacked).map_err(|reason| {
                let error = reason.error().clone();
                stop = Some(reason);
                error
            })
        };
        let mut sink = Sink::streaming(
            self.limits,
            self.budget,
            self.decoded_left_bytes,
            &mut consumer,
        );
        let outcome = (codec.decode)(input, &mut sink);
        let decoded_bytes = sink.len();
        drop(sink);
        self.decoded_left_bytes = self.decoded_left_bytes.saturating_sub(decoded_bytes);
        let layer = || format!("{} segment at {start:#x}", codec.name);
        match stop {
            Some(Stop::Limit(error)) => return Err(error.within(layer())),
            Some(Stop::Failed(mut failure)) => {
                failure.error = failure.error.within(layer());
                let stored = length(input.len());
                self.end(index, stored, decoded_bytes);
                self.problem(Some(index), start, *failure);
                return Ok(());
            }
            None => {}
        }
        let taken = match outcome {
            Ok(taken) => taken,
            Err(error) if error.kind() == Kind::Limit => return Err(error.shifted(start)),
            Err(error) => match self.undecodable(codec, index, error, decoded_bytes) {
                Some(taken) => taken,
                None => return Ok(()),
            },
        };
        self.end(index, taken, decoded_bytes);
        self.at = self
            .at
            .saturating_add(usize::try_from(taken).unwrap_or(usize::MAX));
        if !self.parser.is_between_entries() {
            let error = self.parser.cut_off().within(layer());
            let failure = Failure::new("junk at the end of compressed archive", error);
            self.problem(Some(index), start, failure);
        }
        Ok(())
    }

    /// A stream that does not decode: what it took of the file, if the kernel does not notice.
    fn undecodable(
        &mut self,
        codec: &'static Codec,
        index: usize,
        error: Error,
        decoded_bytes: u64,
    ) -> Option<u64> {
        let start = length(self.at);
        let left = codec::unread_trailer_bytes(&error).filter(|_| codec.name == "gzip");
        let taken = error
            .offset()
            .zip(left)
            .map(|(offset, left)| offset.saturating_add(left));
        let kernel_message = match taken {
            Some(_) => None,
            None => Some(decoder_message(codec, &error)),
        };
        let stored = length(self.rest().len());
        self.end(index, taken.unwrap_or(stored), decoded_bytes);
        self.found.problems.push(Problem {
            segment: Some(index),
            offset: start,
            entry: self.parser.entries,
            error: error.shifted(start),
            kernel_message,
            fatal_to_rest: taken.is_none(),
        });
        taken
    }

    /// Bytes that begin nothing that the kernel knows.
    fn unknown(&mut self) {
        let at = length(self.at);
        self.found.unknown_at = Some(at);
        let rest = self.rest();
        let first = hex(rest.get(..6).unwrap_or(rest));
        let error = if rest.first() == Some(&b'0') {
            Error::invalid("segment", at, "an archive at a multiple of four", first)
        } else {
            Error::invalid("segment", at, "cpio, or the magic of a codec", first)
        };
        let failure = Failure::new("invalid magic at start of compressed archive", error);
        self.problem(None, at, failure);
    }
}

/// Why a consumer takes no more.
enum Stop {
    /// A limit of ours.
    Limit(Error),
    /// What the kernel stumbles on.
    Failed(Box<Failure>),
}

impl Stop {
    fn error(&self) -> &Error {
        match self {
            Self::Limit(error) => error,
            Self::Failed(failure) => &failure.error,
        }
    }
}

/// One piece of a decoded stream: the kernel's `flush_buffer`.
fn take_piece(
    piece: &[u8],
    parser: &mut Parser,
    unpacked: &mut Unpacked,
) -> std::result::Result<(), Stop> {
    let mut rest = piece;
    // A stream begins in whatever state the last segment left.
    loop {
        let taken = match parser.feed(rest, unpacked).map_err(Stop::Limit)? {
            Fed::All => return Ok(()),
            Fed::UpTo(taken) => taken,
            Fed::Failed(failure) => return Err(Stop::Failed(failure)),
        };
        rest = rest.get(taken..).unwrap_or_default();
        if rest.first() != Some(&b'0') {
            let error = Error::invalid(
                "cpio header",
                parser.position(),
                "070701 or 070702",
                hex(rest.get(..6).unwrap_or(rest)),
            );
            let failure = Failure::new("junk within compressed archive", error);
            return Err(Stop::Failed(Box::new(failure)));
        }
        parser.start();
    }
}

/// What the kernel's decoder says of a stream that ours refuses.
fn decoder_message(codec: &Codec, error: &Error) -> &'static str {
    let is_cut = error.kind() == Kind::Truncated;
    match codec.name {
        "gzip" if is_cut => "read error",
        "gzip" if error.offset().unwrap_or(0) < 10 => "Not a gzip file",
        "gzip" => "uncompression error",
        "lzma" if is_cut => "unexpected EOF",
        "lzma" => "LZMA data is corrupt",
        "xz" if error.kind() == Kind::Unsupported => {
            "Input was encoded with settings that are not supported by this XZ decoder"
        }
        "xz" => "XZ-compressed data is corrupt",
        "lzo" | "lz4" if error.field().ends_with("magic") => "invalid header",
        "lzo" if is_cut => "file corrupted",
        "lzo" => "Compressed data violation",
        "lz4" if is_cut => "data corrupted",
        "lz4" => "Decoding failed",
        "zstd" if is_cut => "ZSTD-compressed data is truncated",
        "zstd" => "ZSTD-compressed data is corrupt",
        _ => "decompressor failed",
    }
}

/// Decodes a compressed segment again, and gives each piece of it with the offset that it has there
/// to `take`, which says whether it wants more.
pub(super) fn decode_again(
    input: &[u8],
    codec: &Codec,
    limits: &Limits,
    budget: &Budget,
    take: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> Result<()> {
    let mut offset = 0_u64;
    let mut is_enough = false;
    let mut consumer = |piece: &[u8]| {
        let wants_more = take(offset, piece);
        offset = offset.saturating_add(length(piece.len()));
        if wants_more {
            return Ok(());
        }
        is_enough = true;
        Err(Error::absent("more of the segment", "nobody asked for it"))
    };
    let mut sink = Sink::streaming(limits, budget, limits.archive_bytes, &mut consumer);
    let outcome = (codec.decode)(input, &mut sink);
    drop(sink);
    match outcome {
        Err(error) if !is_enough && error.kind() == Kind::Limit => Err(error),
        // A stream that breaks off gave the first time what it gives now.
        _ => Ok(()),
    }
}
