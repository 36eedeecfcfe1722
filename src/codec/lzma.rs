//! lzma

use super::Codec;
use crate::error::{Error, Result};
use crate::limits::Sink;

/// The codec.
pub static LZMA: Codec = Codec {
    name: "lzma",
    kconfig: "LZMA",
    recognise,
    decode,
    ends_itself: true,
};

fn recognise(_first_bytes: &[u8]) -> bool {
    false
}

fn decode(_input: &[u8], _sink: &mut Sink) -> Result<u64> {
    Err(Error::unsupported("lzma", "not yet"))
}
