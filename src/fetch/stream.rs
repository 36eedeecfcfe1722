//! An archive in a file, plain or compressed, fed to its reader piece by piece.
//!
//! gzip, which release tarballs of hundreds of MiB come in, is decoded as it is read; the other
//! codecs want the compressed stream in memory.

use super::catch::Catch;
use super::tar::{TarReader, Visitor};
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::source::Source;
use flate2::{Decompress, FlushDecompress, Status};

/// How much is read at once.
const PIECE_BYTES: u64 = 256 * 1024;
/// What the decoder is given to write to.
const ROOM_BYTES: usize = 256 * 1024;
/// Base-2 logarithm of deflate's largest window.
const WINDOW_BITS: u8 = 15;

/// Reads the tar archive in `source`, compressed or not.
pub(super) fn read_tar(source: &Source, limits: &Limits, catch: &mut Catch) -> Result<()> {
    let head = source.head()?;
    match codec::recognise(head.as_bytes()) {
        None => read_plain(source, limits, catch),
        Some(codec) => {
            let mut reader = TarReader::new(limits.cpio_entries);
            let mut take = |bytes: &[u8]| reader.feed(bytes, catch);
            if codec.name == "gzip" {
                gunzip(source, limits, &mut take)?;
            } else {
                let stream = source.read_bounded("archive", 0, source.len(), limits)?;
                decode(codec, &stream, limits, &mut take)?;
            }
            reader.finish()
        }
    }
}

/// Reads a plain tar archive, past what nobody wants of it.
pub(super) fn read_plain(
    source: &Source,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<()> {
    let mut reader = TarReader::new(limits.cpio_entries);
    let mut offset = 0_u64;
    while offset < source.len() && !reader.is_at_end() {
        let skippable_bytes = reader.skippable_bytes();
        if skippable_bytes >= PIECE_BYTES && offset.saturating_add(skippable_bytes) <= source.len()
        {
            offset = offset.saturating_add(skippable_bytes);
            reader.skip();
            continue;
        }
        let length = PIECE_BYTES.min(source.len().saturating_sub(offset));
        limits.charge_work(length)?;
        reader.feed(&source.read("tar archive", offset, length)?, visitor)?;
        offset = offset.saturating_add(length);
    }
    reader.finish()
}

/// Decodes a whole stream that is in memory, with all that follow it in the same codec. What is
/// behind them is refused: no archiver writes it, and nobody would look at it.
pub(super) fn decode(
    codec: &codec::Codec,
    stream: &[u8],
    limits: &Limits,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let budget = Budget::new(limits);
    let mut consumer = |bytes: &[u8]| take(bytes);
    let mut sink = Sink::streaming(limits, &budget, limits.archive_bytes, &mut consumer);
    let taken = codec::decode_concatenated(codec, stream, &mut sink)?;
    let there = u64::try_from(stream.len()).unwrap_or(u64::MAX);
    if taken < there {
        let behind = usize::try_from(taken)
            .ok()
            .and_then(|at| stream.get(at..))
            .unwrap_or_default();
        // Tapes and some packers fill up with zeros.
        if behind.iter().any(|byte| *byte != 0) {
            return Err(Error::corrupt(
                "archive",
                taken,
                "its end",
                format!("{} bytes more", there.saturating_sub(taken)),
            ));
        }
    }
    Ok(())
}

/// Decodes gzip members one behind the other as they are read from the file.
fn gunzip(
    source: &Source,
    limits: &Limits,
    take: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut inflate = Decompress::new_gzip(WINDOW_BITS);
    let mut out: Vec<u8> = Vec::with_capacity(ROOM_BYTES);
    let mut left_bytes = limits.archive_bytes;
    let mut left_streams = limits.streams;
    let mut is_inside = true;
    let mut offset = 0_u64;
    while offset < source.len() {
        let length = PIECE_BYTES.min(source.len().saturating_sub(offset));
        limits.charge_work(length)?;
        let piece = source.read("gzip stream", offset, length)?;
        let mut rest: &[u8] = &piece;
        while !rest.is_empty() {
            if !is_inside {
                if rest.iter().all(|byte| *byte == 0) {
                    break;
                }
                left_streams = left_streams
                    .checked_sub(1)
                    .ok_or_else(|| Error::limit("streams", limits.streams))?;
                inflate = Decompress::new_gzip(WINDOW_BITS);
                is_inside = true;
            }
            let taken_before = inflate.total_in();
            out.clear();
            let status = inflate
                .decompress_vec(rest, &mut out, FlushDecompress::None)
                .map_err(|error| {
                    Error::corrupt(
                        "gzip stream",
                        offset,
                        "what RFC 1952 allows",
                        error.message().unwrap_or("something else"),
                    )
                })?;
            let written = u64::try_from(out.len()).unwrap_or(u64::MAX);
            left_bytes = left_bytes
                .checked_sub(written)
                .ok_or_else(|| Error::limit("archive_bytes", limits.archive_bytes))?;
            limits.charge_work(written)?;
            take(&out)?;
            let taken = inflate.total_in().saturating_sub(taken_before);
            rest = usize::try_from(taken)
                .ok()
                .and_then(|taken| rest.get(taken..))
                .unwrap_or_default();
            match status {
                Status::StreamEnd => is_inside = false,
                _ if taken == 0 && written == 0 => {
                    return Err(Error::corrupt(
                        "gzip stream",
                        offset,
                        "a stream that goes on",
                        "none",
                    ));
                }
                _ => {}
            }
        }
        offset = offset.saturating_add(length);
    }
    // What the decoder still holds of input that it has taken.
    while is_inside {
        out.clear();
        let status = inflate
            .decompress_vec(&[], &mut out, FlushDecompress::None)
            .map_err(|_| ends_early(source))?;
        let written = u64::try_from(out.len()).unwrap_or(u64::MAX);
        left_bytes = left_bytes
            .checked_sub(written)
            .ok_or_else(|| Error::limit("archive_bytes", limits.archive_bytes))?;
        limits.charge_work(written)?;
        take(&out)?;
        match status {
            Status::StreamEnd => is_inside = false,
            _ if written == 0 => return Err(ends_early(source)),
            _ => {}
        }
    }
    Ok(())
}

fn ends_early(source: &Source) -> Error {
    let there = source.len();
    Error::truncated("gzip stream", 0, there, there).expected(format!("more than {there} bytes"))
}
