//! The stream of a compressed segment, handed on as it is decoded: to the parser, or to whoever wants
//! a part of it later.
//!
//! Source: `init/initramfs.c` (`flush_buffer`).

use super::cpio::{Fed, Parser, length};
use super::failure::Failure;
use super::unpacked::Unpacked;
use crate::codec::{Codec, LZO_HEAD_BYTES, gzip_refusal, lzo_refusal};
use crate::error::{Error, Kind, Result, hex};
use crate::limits::{Budget, Limits, Sink};
use crate::source::Pieces;

/// How a stream ended.
pub(super) enum End {
    /// By itself; it took so many bytes of the file.
    Complete(u64),
    /// The kernel stops at something in it; the offset is that in what was decoded. Whether the stream
    /// itself is whole is known all the same: then what is wrong in it was packed so.
    Refused(Box<Failure>, Option<Error>),
    /// It does not decode; the offset counts from its beginning.
    Undecodable(Error),
}

/// Decodes the stream that comes next, to `archive_bytes` at the most, and unpacks what it holds; gives
/// how much it decoded to, and how it ended. An error is a limit that was met, or a file that cannot
/// be read.
pub(super) fn unpack(
    codec: &Codec,
    input: &mut Pieces<'_>,
    (limits, budget, archive_bytes): (&Limits, &Budget, u64),
    (parser, unpacked): (&mut Parser, &mut Unpacked),
) -> Result<(u64, End)> {
    let start = input.offset();
    let head = input.at_least(LZO_HEAD_BYTES)?;
    let refusal = match codec.name {
        "lzo" => lzo_refusal(head),
        "gzip" => gzip_refusal(head),
        _ => None,
    };
    if let Some(error) = refusal {
        return Ok((0, End::Undecodable(error)));
    }
    let mut stop: Option<Stop> = None;
    let mut consumer = |piece: &[u8]| {
        if stop.is_some() {
            return Ok(());
        }
        stop = take_piece(piece, parser, unpacked).err();
        match &stop {
            Some(Stop::Limit(error)) => Err(error.clone()),
            Some(Stop::Refused(_)) | None => Ok(()),
        }
    };
    let mut sink = Sink::streaming(limits, budget, archive_bytes, &mut consumer);
    let outcome = (codec.decode_from)(input, &mut sink);
    let decoded_bytes = sink.len();
    drop(sink);
    if let Some(Stop::Limit(error)) = stop {
        return Err(error.within(layer(codec, start)));
    }
    if let Err(error) = &outcome {
        if let Some(failure) = input.failure() {
            return Err(failure.clone());
        }
        if error.kind() == Kind::Limit {
            return Err(error.clone().shifted(start));
        }
    }
    let end = match (stop, outcome) {
        (Some(Stop::Refused(failure)), outcome) => End::Refused(failure, outcome.err()),
        (_, Ok(taken)) => End::Complete(taken),
        (_, Err(error)) => End::Undecodable(error),
    };
    Ok((decoded_bytes, end))
}

/// What errors call the decoded bytes of the segment at `start`.
pub(super) fn layer(codec: &Codec, start: u64) -> String {
    format!("{} segment at {start:#x}", codec.name)
}

/// Why a consumer takes no more.
enum Stop {
    /// A limit of ours.
    Limit(Error),
    /// What the kernel stumbles on.
    Refused(Box<Failure>),
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
            Fed::Failed(failure) => return Err(Stop::Refused(failure)),
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
            return Err(Stop::Refused(Box::new(failure)));
        }
        parser.start();
    }
}

/// Decodes a compressed segment again, and gives each piece of it with the offset that it has there
/// to `take`, which says whether it wants more.
pub(super) fn decode_again(
    mut input: Pieces<'_>,
    codec: &Codec,
    limits: &Limits,
    budget: &Budget,
    take: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> Result<()> {
    limits.charge_work(input.left_bytes())?;
    let mut offset = 0_u64;
    let mut is_enough = false;
    let mut consumer = |piece: &[u8]| {
        let wants_more = take(offset, piece);
        offset = offset.saturating_add(length(piece.len()));
        if wants_more {
            return Ok(());
        }
        is_enough = true;
        Err(Error::absent("more of the segment", "it was not requested"))
    };
    let mut sink = Sink::streaming(limits, budget, limits.archive_bytes, &mut consumer);
    let outcome = (codec.decode_from)(&mut input, &mut sink);
    drop(sink);
    if let Some(error) = input.failure() {
        return Err(error.clone());
    }
    match outcome {
        Err(error) if !is_enough && error.kind() == Kind::Limit => Err(error),
        // A stream that breaks off gave the first time what it gives now.
        _ => Ok(()),
    }
}
