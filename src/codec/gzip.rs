//! gzip

use super::Codec;
use crate::error::{Error, Result};
use crate::limits::Sink;

/// The codec.
pub static GZIP: Codec = Codec {
    name: "gzip",
    kconfig: "GZIP",
    recognise,
    decode,
    ends_itself: true,
};

fn recognise(_first_bytes: &[u8]) -> bool {
    false
}

fn decode(_input: &[u8], _sink: &mut Sink) -> Result<u64> {
    Err(Error::unsupported("gzip", "not yet"))
}
