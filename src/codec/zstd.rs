//! zstd

use super::Codec;
use crate::error::{Error, Result};
use crate::limits::Sink;

/// The codec.
pub static ZSTD: Codec = Codec {
    name: "zstd",
    kconfig: "ZSTD",
    recognise,
    decode,
    ends_itself: true,
};

fn recognise(_first_bytes: &[u8]) -> bool {
    false
}

fn decode(_input: &[u8], _sink: &mut Sink) -> Result<u64> {
    Err(Error::unsupported("zstd", "not yet"))
}
