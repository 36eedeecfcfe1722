//! The codecs that kernels and initramfs archives are compressed with, a file each.
//!
//! Sources: the kernel's `lib/decompress*.c` and `scripts/Makefile.lib` (what is written),
//! `Documentation/arch/x86/boot.rst` (what may follow a stream).

mod bzip2;
mod fields;
mod gzip;
mod head;
mod lz4;
mod lz4_frame;
mod lzma;
mod lzo;
#[cfg(feature = "native-codecs")]
mod native;
#[cfg(not(feature = "native-codecs"))]
mod pure;
mod stream;
mod xz;
mod zstd;

#[cfg(feature = "native-codecs")]
use native as backend;
#[cfg(not(feature = "native-codecs"))]
use pure as backend;

pub use gzip::{has_unknown_flags, lacks_trailer, refusal as gzip_refusal, unread_trailer_bytes};
pub use head::{STREAM_HEAD_BYTES, decode_head};
pub use lzo::{HEAD_BYTES as LZO_HEAD_BYTES, refusal as lzo_refusal};

use crate::error::{Error, Result};
use crate::limits::Sink;
use crate::source::Pieces;

/// One compression format, as the kernel's build writes it.
#[derive(Debug)]
pub struct Codec {
    /// The name that reports use: `gzip`.
    pub name: &'static str,
    /// The Kconfig suffix: `GZIP` of `KERNEL_GZIP` and `RD_GZIP`.
    pub kconfig: &'static str,
    /// Whether these first bytes begin a stream. Looks at more than the magic where the header
    /// has more that can be checked.
    pub recognise: fn(&[u8]) -> bool,
    /// Decodes the one stream that comes next in the input, and verifies its checksums; gives the
    /// number of input bytes it took, and leaves the input behind them. What follows is not looked
    /// at. Offsets in errors count from the stream's beginning.
    pub decode_from: fn(&mut Pieces<'_>, &mut Sink) -> Result<u64>,
    /// Whether streams of this codec end by themselves. lz4's legacy frame does not: whatever
    /// follows is taken for its next block, so the caller has to cut the input.
    pub ends_itself: bool,
}

impl Codec {
    /// As `decode_from`, for the one stream at the beginning of bytes in memory.
    pub fn decode(&self, input: &[u8], sink: &mut Sink) -> Result<u64> {
        let taken = (self.decode_from)(&mut Pieces::of_memory(input), sink)?;
        // A stream may be long and decode to nothing.
        sink.charge_input(taken)?;
        Ok(taken)
    }
}

impl PartialEq for Codec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Codec {}

/// Every codec.
pub static CODECS: [&Codec; 7] = [
    &gzip::GZIP,
    &bzip2::BZIP2,
    &lzma::LZMA,
    &xz::XZ,
    &lzo::LZO,
    &lz4::LZ4,
    &zstd::ZSTD,
];

/// The codec whose stream these bytes begin.
pub fn recognise(first_bytes: &[u8]) -> Option<&'static Codec> {
    CODECS
        .into_iter()
        .find(|codec| (codec.recognise)(first_bytes))
}

/// The codec of that name.
pub fn by_name(name: &str) -> Option<&'static Codec> {
    CODECS.into_iter().find(|codec| codec.name == name)
}

/// Decodes the stream at the beginning of `input` and all that follow it directly in the same
/// codec (as `cat a.gz b.gz`); gives the number of input bytes they took.
pub fn decode_concatenated(codec: &Codec, input: &[u8], sink: &mut Sink) -> Result<u64> {
    let (mut taken, mut streams) = (0_u64, 0_u64);
    loop {
        let rest = usize::try_from(taken)
            .ok()
            .and_then(|at| input.get(at..))
            .unwrap_or_default();
        if streams > 0 && !(codec.recognise)(rest) {
            return Ok(taken);
        }
        if streams >= sink.streams() {
            return Err(Error::limit("streams", sink.streams()).at(taken));
        }
        let stream = codec
            .decode(rest, sink)
            .map_err(|error| error.shifted(taken))?;
        if stream == 0 {
            return Ok(taken);
        }
        taken = taken.saturating_add(stream);
        streams = streams.saturating_add(1);
    }
}
