//! A file that is one compressed stream: `Image.gz` and its like, a container for each codec.
//!
//! Source: `Documentation/arch/arm64/booting.rst`, "3. Decompress the kernel image" (the boot
//! loader does it). What follows the stream is nobody's business: loaders stop where it ends.

use super::container::Container;
use super::header::{Header, Payload};
use crate::bytes::Window;
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;

macro_rules! compressed {
    ($constant:ident, $name:literal) => {
        /// A file of one such stream.
        pub(super) static $constant: Container = Container {
            name: $name,
            title: concat!($name, " file"),
            recognise: |head| recognise(head, $name),
            parse: |source, limits| parse(source, limits, $name),
        };
    };
}

compressed!(GZIP, "gzip");
compressed!(BZIP2, "bzip2");
compressed!(LZMA, "lzma");
compressed!(XZ, "xz");
compressed!(LZO, "lzo");
compressed!(LZ4, "lz4");
compressed!(ZSTD, "zstd");

fn recognise(head: Window<'_>, name: &str) -> bool {
    codec::recognise(head.as_bytes()).is_some_and(|codec| codec.name == name)
}

fn parse(source: &Source, _limits: &Limits, name: &'static str) -> Result<Header> {
    let codec = codec::by_name(name).ok_or_else(|| Error::unsupported("codec", name))?;
    Ok(Header {
        payload: Some(Payload::Compressed {
            offset: 0,
            length: source.len(),
            codec: Some(codec),
            stated_decoded_bytes: None,
        }),
        ..Header::default()
    })
}

/// Whether this container is nothing but a compressed stream.
pub(super) fn is_compressed(container: &Container) -> bool {
    codec::by_name(container.name).is_some()
}
