//! The segments of an initramfs: plain and compressed archives behind one another, zeros between
//! them, unpacked in order until the first that the kernel cannot take.
//!
//! Source: `init/initramfs.c` (`unpack_to_rootfs`), `lib/decompress.c`;
//! `Documentation/driver-api/early-userspace/buffer-format.rst`.

use super::compressed::{self, End, layer};
use super::cpio::{Fed, Parser, leading_zeros, length};
use super::failure::{Failure, LZMA_STOPS, decoder_message, unnoticed};
use super::unpacked::Unpacked;
use super::xz::XzSettings;
use crate::codec::{self, Codec};
use crate::error::{Error, Kind, Result, hex};
use crate::limits::{Budget, Limits};
use crate::source::Pieces;

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

/// How much of what is unknown is told; enough for every magic.
const LOOKED_AT: usize = 6;

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
    /// Whether a compressed stream is other than it was made, so that the content that came out of it
    /// before may be so too.
    pub taints_content: bool,
}

impl Problem {
    /// What the kernel's decoders do otherwise than ours, where that makes another tree: that of gzip
    /// steps over a trailer without asking whether it is there, and reads what lies behind the file;
    /// that of lzma hands on whole dictionaries, and nothing of the one in which it stops.
    ///
    /// Source: Linux `lib/decompress_inflate.c` (`__gunzip`), `lib/decompress_unlzma.c`
    /// (`write_byte`).
    pub fn goes_otherwise(&self) -> Option<&'static str> {
        let said = self.kernel_message.unwrap_or_default();
        if codec::lacks_trailer(&self.error) {
            Some("the kernel reads beyond its end")
        } else if codec::has_unknown_flags(&self.error) {
            Some("the kernel ignores these flags")
        } else if LZMA_STOPS.contains(&said) {
            Some("the kernel drops more than the damaged part")
        } else {
            None
        }
    }
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
    input: Pieces<'a>,
    limits: &'a Limits,
    budget: &'a Budget,
    unpacked: &'a mut Unpacked,
    parser: Parser,
    decoded_left_bytes: u64,
    found: Segments,
}

/// Unpacks a file from its beginning. An error is a limit that was met, or a file that cannot be read;
/// what the kernel stumbles on is a problem.
pub(super) fn unpack(
    input: Pieces<'_>,
    limits: &Limits,
    budget: &Budget,
    unpacked: &mut Unpacked,
) -> Result<Segments> {
    let mut unpacking = Unpacking {
        input,
        limits,
        budget,
        unpacked,
        parser: Parser::new(0),
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

    /// The next segment, behind zeros; whether there was one.
    fn next(&mut self) -> Result<bool> {
        self.pass_zeros()?;
        let at = self.input.offset();
        let head = self.input.at_least(LOOKED_AT)?;
        let (first, magic) = (head.first().copied(), head.first_chunk::<2>().copied());
        if self.input.left_bytes() == 0 {
            return Ok(false);
        }
        if length(self.found.segments.len()) >= self.limits.streams {
            return Err(Error::limit("streams", self.limits.streams).at(at));
        }
        if first == Some(b'0') && at.is_multiple_of(4) {
            self.plain()?;
            return Ok(true);
        }
        let codec = MAGICS
            .iter()
            .find(|(known, _)| magic == Some(*known))
            .and_then(|(_, name)| codec::by_name(name));
        match codec {
            Some(codec) => self.compressed(codec)?,
            None => self.unknown()?,
        }
        Ok(true)
    }

    fn pass_zeros(&mut self) -> Result<()> {
        loop {
            let piece = self.input.piece()?;
            let zeros = leading_zeros(piece);
            let goes_on = zeros == piece.len() && zeros > 0;
            self.input.consume(zeros);
            if !goes_on {
                return Ok(());
            }
        }
    }

    fn begin(&mut self, codec: Option<&'static Codec>) -> usize {
        let index = self.found.segments.len();
        self.found.segments.push(Segment {
            codec,
            offset: self.input.offset(),
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
            taints_content: false,
        });
    }

    /// Whether a stream with this error may have given other bytes before it than were packed. One that
    /// is cut off gave what it had.
    fn taints_content(&self, error: &Error) -> bool {
        self.parser.entries > 0 && matches!(error.kind(), Kind::Corrupt | Kind::Invalid)
    }

    /// A plain archive, up to its trailer or to what is no entry.
    fn plain(&mut self) -> Result<()> {
        let index = self.begin(None);
        let start = self.input.offset();
        self.parser.restart_at(start);
        self.parser.start();
        let failure = loop {
            let piece = self.input.piece()?;
            let piece_bytes = piece.len();
            if piece_bytes == 0 {
                break None;
            }
            match self.parser.feed(piece, self.unpacked)? {
                Fed::All => self.input.consume(piece_bytes),
                Fed::UpTo(taken) => {
                    self.input.consume(taken);
                    if self.parser.saw_trailer || self.input.piece()?.first() != Some(&b'0') {
                        break None;
                    }
                    self.parser.start();
                }
                Fed::Failed(failure) => break Some(*failure),
            }
        };
        let end = match failure {
            Some(_) => self.parser.position(),
            None => self.input.offset(),
        };
        let stored_bytes = end.saturating_sub(start);
        self.end(index, stored_bytes, stored_bytes);
        if let Some(failure) = failure {
            let offset = failure.error.offset().unwrap_or(start);
            self.problem(Some(index), offset, failure);
        } else if self.input.left_bytes() == 0 && !self.parser.is_between_entries() {
            let error = self.parser.cut_off();
            self.found.problems.push(Problem {
                segment: Some(index),
                offset: error.offset().unwrap_or(start),
                entry: self.parser.entries,
                error,
                kernel_message: None,
                fatal_to_rest: true,
                taints_content: false,
            });
        }
        Ok(())
    }

    fn compressed(&mut self, codec: &'static Codec) -> Result<()> {
        let index = self.begin(Some(codec));
        let start = self.input.offset();
        let left_bytes = self.input.left_bytes();
        if codec.name == "xz"
            && let Some(segment) = self.found.segments.get_mut(index)
        {
            segment.xz = XzSettings::read(self.input.at_least(XzSettings::BYTES_MAX)?);
        }
        self.parser.restart_at(0);
        let (decoded_bytes, end) = compressed::unpack(
            codec,
            &mut self.input,
            (self.limits, self.budget, self.decoded_left_bytes),
            (&mut self.parser, self.unpacked),
        )?;
        self.decoded_left_bytes = self.decoded_left_bytes.saturating_sub(decoded_bytes);
        match end {
            End::Complete(taken) => self.end(index, taken, decoded_bytes),
            End::Refused(mut failure, damage) => {
                failure.error = failure.error.within(layer(codec, start));
                self.end(index, left_bytes, decoded_bytes);
                // The kernel says one thing, and that is the first.
                if let Some(error) = damage {
                    self.found.problems.push(Problem {
                        segment: Some(index),
                        offset: start,
                        entry: self.parser.entries,
                        taints_content: self.taints_content(&error),
                        error: error.shifted(start),
                        kernel_message: None,
                        fatal_to_rest: false,
                    });
                }
                self.problem(Some(index), start, *failure);
                return Ok(());
            }
            End::Undecodable(error) => {
                let taken = unnoticed(codec, &error);
                self.end(index, taken.unwrap_or(left_bytes), decoded_bytes);
                self.found.problems.push(Problem {
                    segment: Some(index),
                    offset: start,
                    entry: self.parser.entries,
                    kernel_message: match taken {
                        Some(_) => None,
                        None => Some(decoder_message(codec, &error)),
                    },
                    taints_content: self.taints_content(&error),
                    error: error.shifted(start),
                    fatal_to_rest: taken.is_none(),
                });
                let Some(taken) = taken else {
                    return Ok(());
                };
                let end = start.saturating_add(taken);
                self.input.skip(end.saturating_sub(self.input.offset()));
            }
        }
        if !self.parser.is_between_entries() {
            let error = self.parser.cut_off().within(layer(codec, start));
            let failure = Failure::new("junk at the end of compressed archive", error);
            self.problem(Some(index), start, failure);
        }
        Ok(())
    }

    /// Bytes that begin nothing that the kernel knows.
    fn unknown(&mut self) -> Result<()> {
        let at = self.input.offset();
        self.found.unknown_at = Some(at);
        let rest = self.input.at_least(LOOKED_AT)?;
        let first = hex(rest.get(..LOOKED_AT).unwrap_or(rest));
        let error = if rest.first() == Some(&b'0') {
            Error::invalid("segment", at, "an archive at a multiple of four", first)
        } else {
            Error::invalid("segment", at, "cpio, or the magic of a codec", first)
        };
        let failure = Failure::new("invalid magic at start of compressed archive", error);
        self.problem(None, at, failure);
        Ok(())
    }
}
