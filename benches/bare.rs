//! The bare codec as a process: reads a kernel's payload, decodes it in memory, and does nothing else.
//!
//! What a full report is measured against (`benches/peers.sh`): no check can cost less than this.
//! Where the payload lies is read from the header by the library; decoding is left to the codec's
//! own crate, into a fresh buffer of the stated size. Prints the processor time of that call, too.

use kelpie_check::codec::{self, Codec};
use kelpie_check::kernel::{Kernel, Payload};
use kelpie_check::limits::Limits;
use kelpie_check::source::Source;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    for path in &paths {
        match decoded_bytes(Path::new(path)) {
            Ok((bytes, spent)) => println!("{path}: {bytes} bytes in {:.3} ms", spent * 1e3),
            Err(why) => {
                eprintln!("bare: {path}: {why}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// Seconds that this process has run on a processor; where the system does not say so precisely,
/// seconds that have passed.
fn seconds(since: Instant) -> f64 {
    std::fs::read_to_string("/proc/self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(|| since.elapsed().as_secs_f64(), |nanos| nanos / 1e9)
}

/// What the payload decodes to, and how many seconds that took.
fn decoded_bytes(path: &Path) -> Result<(usize, f64), String> {
    let text = |error: kelpie_check::error::Error| error.to_string();
    let source = Source::open(path).map_err(text)?;
    let kernel = Kernel::new(source, Limits::default());
    let (offset, length, codec, stated) = match kernel.header().map(|header| &header.payload) {
        Ok(Some(Payload::Compressed {
            offset,
            length,
            codec: Some(codec),
            stated_decoded_bytes: Some(stated),
        })) => (*offset, *length, *codec, *stated),
        _ => stream(kernel.source())?,
    };
    let payload = kernel
        .source()
        .read("payload", offset, length)
        .map_err(text)?;
    let room = usize::try_from(stated).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let before = seconds(started);
    let decoded = match codec.name {
        "zstd" => zstd(&payload, room),
        "xz" => xz(&payload, room),
        "gzip" => gzip(&payload, room),
        "lz4" => lz4(&payload, room),
        other => Err(format!("{other} is not measured")),
    }?;
    let spent = seconds(started) - before;
    (decoded.len() == room)
        .then_some((room, spent))
        .ok_or_else(|| format!("{} bytes instead of {stated}", decoded.len()))
}

/// The whole file as one gzip stream: its last word is its length.
fn stream(source: &Source) -> Result<(u64, u64, &'static Codec, u64), String> {
    let text = |error: kelpie_check::error::Error| error.to_string();
    let codec = codec::recognise(&source.read("head", 0, 16).map_err(text)?)
        .filter(|codec| codec.name == "gzip")
        .ok_or("neither a kernel with a payload of a stated size nor a gzip stream")?;
    let word = source.read("length", source.len() - 4, 4).map_err(text)?;
    let stated = u32::from_le_bytes(word[..].try_into().map_err(|_| "no length")?);
    Ok((0, source.len(), codec, stated.into()))
}

fn zstd(payload: &[u8], room: usize) -> Result<Vec<u8>, String> {
    let name = zstd_safe::get_error_name;
    let length = zstd_safe::find_frame_compressed_size(payload).map_err(name)?;
    let mut decoded = Vec::with_capacity(room);
    zstd_safe::decompress(&mut decoded, &payload[..length]).map_err(name)?;
    Ok(decoded)
}

fn xz(payload: &[u8], room: usize) -> Result<Vec<u8>, String> {
    use liblzma::stream::{Action, Stream};
    let mut decoded = Vec::with_capacity(room);
    Stream::new_stream_decoder(u64::MAX, 0)
        .and_then(|mut decoder| decoder.process_vec(payload, &mut decoded, Action::Run))
        .map_err(|error| error.to_string())?;
    Ok(decoded)
}

fn gzip(payload: &[u8], room: usize) -> Result<Vec<u8>, String> {
    use flate2::{Decompress, FlushDecompress};
    let mut decoded = Vec::with_capacity(room);
    Decompress::new_gzip(15)
        .decompress_vec(payload, &mut decoded, FlushDecompress::Finish)
        .map_err(|error| error.to_string())?;
    Ok(decoded)
}

/// The legacy frame: blocks behind their sizes, until all is there that is stated.
fn lz4(payload: &[u8], room: usize) -> Result<Vec<u8>, String> {
    let mut decoded = vec![0; room];
    let mut filled = 0;
    let mut rest = &payload[4..];
    while filled < room {
        let (size, behind) = rest.split_first_chunk().ok_or("lz4 ends early")?;
        let size = usize::try_from(u32::from_le_bytes(*size)).map_err(|error| error.to_string())?;
        let (block, behind) = behind.split_at_checked(size).ok_or("lz4 ends early")?;
        filled += lz4_flex::block::decompress_into(block, &mut decoded[filled..])
            .map_err(|error| error.to_string())?;
        rest = behind;
    }
    Ok(decoded)
}
