//! From the file to the kernel itself: each layer's header, and what the last one holds.

use super::container::{self, Container};
use super::header::{Header, Payload};
use crate::codec::{self, Codec};
use crate::error::{Error, Kind, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::source::Source;
use std::borrow::Cow;

/// One layer that was read.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its container.
    pub container: &'static Container,
    /// What its header says.
    pub header: Header,
    /// How its payload was compressed, where it had one and it was.
    pub codec: Option<&'static Codec>,
    /// What its payload decoded to.
    pub decoded_bytes: Option<u64>,
}

/// The layers from the file inwards.
pub struct Chain {
    /// Those that were read, outermost first.
    pub layers: Vec<Layer>,
    /// The bytes of the last layer, in memory; or why the chain ended before the kernel.
    pub end: Result<Source>,
}

impl Chain {
    /// The bytes of the innermost layer.
    pub fn image(&self) -> Result<&Source> {
        self.end.as_ref().map_err(Clone::clone)
    }

    /// The names of containers and codecs, outermost first: `efi-zboot`, `gzip`, `arm64-image`.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::new();
        for layer in &self.layers {
            for name in [
                Some(layer.container.name),
                layer.codec.map(|codec| codec.name),
            ] {
                // A bare gzip file is its codec: it is named once.
                if let Some(name) = name.filter(|name| names.last() != Some(name)) {
                    names.push(name);
                }
            }
        }
        names
    }

    pub(super) fn unwrap(
        outermost: (&'static Container, Header),
        source: &Source,
        limits: &Limits,
        budget: &Budget,
    ) -> Self {
        let mut chain = Self {
            layers: Vec::new(),
            end: Err(Error::absent("kernel image", "no layer was read")),
        };
        let mut next = Some(outermost);
        let mut bytes = source.clone();
        while let Some((container, header)) = next.take() {
            let payload = header.payload.clone();
            chain.layers.push(Layer {
                container,
                header,
                codec: payload.as_ref().and_then(Payload::codec),
                decoded_bytes: None,
            });
            let Some(payload) = payload else {
                chain.end = bytes.loaded(limits, budget);
                return chain;
            };
            if u64::try_from(chain.layers.len()).unwrap_or(u64::MAX) >= limits.layers {
                chain.end = Err(Error::limit("layers", limits.layers));
                return chain;
            }
            let step = chain.inner(&payload, &bytes, limits, budget);
            match step {
                Ok((inner, header)) => {
                    bytes = inner;
                    next = Some(header);
                }
                Err(error) => {
                    chain.end = Err(error);
                    return chain;
                }
            }
        }
        chain
    }

    /// Decodes the payload of the last layer and identifies what is in it.
    fn inner(
        &mut self,
        payload: &Payload,
        bytes: &Source,
        limits: &Limits,
        budget: &Budget,
    ) -> Result<(Source, (&'static Container, Header))> {
        let depth = self.layers.len();
        let layer = self
            .layers
            .last_mut()
            .ok_or_else(|| Error::absent("layer", "none"))?;
        let name: Cow<'static, str> = match payload.codec() {
            Some(codec) => format!("{} payload", codec.name).into(),
            None => format!("payload of the {}", layer.container.title).into(),
        };
        let inner = match payload {
            Payload::Stored { offset, length } => bytes.part(*offset, *length),
            Payload::Compressed {
                offset,
                length,
                codec,
                stated_decoded_bytes,
            } => {
                let stream = bytes.read_large("payload", *offset, *length, limits, budget)?;
                let codec = codec.ok_or_else(|| {
                    Error::unknown_codec("payload", *offset, stream.get(..8).unwrap_or(&stream))
                })?;
                let decoded = decode(codec, &stream, *stated_decoded_bytes, limits, budget)
                    .map_err(|error| error.shifted(*offset))?;
                if let Cow::Owned(stream) = stream {
                    budget.give(u64::try_from(stream.len()).unwrap_or(u64::MAX));
                }
                layer.decoded_bytes = Some(decoded.len());
                decoded
            }
            Payload::Hidden { .. } => return Err(Error::unsupported("payload", "hidden")),
        };
        let header = container::identify(&inner, limits).map_err(|error| match error.kind() {
            // At depth 1 the file itself is only a compressed something.
            Kind::Unrecognised if depth > 0 => error.within(name),
            _ => error.within(name),
        })?;
        Ok((inner, header))
    }
}

/// Decodes one stream that a container points at, charges what it became, and compares its size
/// with the stated one. The limits hold for it as for every other input.
fn decode(
    codec: &'static Codec,
    stream: &[u8],
    stated_decoded_bytes: Option<u64>,
    limits: &Limits,
    budget: &Budget,
) -> Result<Source> {
    let mut sink = Sink::new(limits, budget, stated_decoded_bytes);
    codec::decode_concatenated(codec, stream, &mut sink)?;
    if let Some(stated) = stated_decoded_bytes.filter(|stated| *stated != sink.len()) {
        return Err(Error::corrupt(
            "decoded size of the payload",
            0,
            format!("{stated} bytes, as stated"),
            format!("{} bytes", sink.len()),
        ));
    }
    budget.take(sink.len())?;
    Ok(Source::from_bytes(sink.into_bytes()))
}
