//! The codecs: what real tools write is read, and what nobody should write is refused.

mod fixtures;
mod hostile;
mod made;

use kelpie_check::codec::{self, Codec};
use kelpie_check::error::Result;
use kelpie_check::limits::{Budget, Limits, Sink};

/// What one stream decodes to, and how many bytes of the input it took.
fn decode(codec: &Codec, input: &[u8], limits: &Limits) -> Result<(Vec<u8>, u64)> {
    let mut sink = Sink::new(limits, &Budget::new(limits), None);
    let taken = codec.decode(input, &mut sink)?;
    Ok((sink.into_bytes(), taken))
}

fn by_name(name: &str) -> &'static Codec {
    codec::by_name(name).unwrap_or_else(|| panic!("no codec {name}"))
}

fn limited(decoded_bytes: u64) -> Limits {
    Limits {
        decoded_bytes,
        ..Limits::default()
    }
}
