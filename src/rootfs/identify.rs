//! What an image or a partition is: a kind of [`crate::magic`], bare or inside a compression.
//!
//! Sources: those of [`crate::magic`] and [`crate::codec`].

use crate::bytes::{Endianness, Window};
use crate::codec::{self, Codec, STREAM_HEAD_BYTES};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::magic::{self, Kind, Mount};
use crate::source::{HEAD_BYTES, Source};

/// Bytes of a stream that tell what is in it, but where the codec has larger blocks.
const SMALL_STREAM_HEAD_BYTES: u64 = 1024 * 1024;

/// What bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// The kind, of what is inside the compression if there is one; `None` where it is none that
    /// is known.
    pub kind: Option<&'static Kind>,
    /// The codec around it.
    pub codec: Option<&'static Codec>,
}

impl Contents {
    /// Whether these are the bytes of that kind, and not compressed.
    pub fn is(&self, name: &str) -> bool {
        self.codec.is_none() && self.kind.is_some_and(|kind| kind.name == name)
    }

    /// The name in machine formats: `squashfs`, `gzip`, `unknown`.
    pub fn name(&self) -> &'static str {
        match (self.codec, self.kind) {
            (Some(codec), _) => codec.name,
            (None, Some(kind)) => kind.name,
            (None, None) => "unknown",
        }
    }

    /// What it is, with its article: `a gzip stream that holds a tar archive`.
    pub fn title(&self) -> String {
        let kind = self.kind.map_or("something else", |kind| kind.title);
        match (self.codec, self.kind) {
            (None, _) => kind.to_owned(),
            (Some(codec), None) => format!("{} stream", with_article(codec.name)),
            (Some(codec), Some(_)) => {
                format!("{} stream that holds {kind}", with_article(codec.name))
            }
        }
    }

    /// How Linux mounts it as it is.
    pub fn mount(&self) -> Option<Mount> {
        self.kind
            .filter(|_| self.codec.is_none())
            .and_then(|kind| kind.mount)
    }

    /// The error of who needs a tree of files, and is given this.
    pub(super) fn not_read(&self) -> Error {
        if self.kind.is_none() && self.codec.is_none() {
            return Error::unrecognised("something else").expected("a root file system");
        }
        Error::unsupported("root file system", self.title())
    }
}

fn with_article(codec: &str) -> String {
    let article = if codec == "xz" { "an" } else { "a" };
    format!("{article} {codec}")
}

/// What the bytes of `source` are. Reads their first 68 KiB; of a compressed stream a few MiB at
/// the most, and decodes no more.
pub fn identify(source: &Source, limits: &Limits) -> Result<Contents> {
    let head = source.head()?;
    if let Some(kind) = magic::identify(head).or_else(|| damaged_ext4(head)) {
        return Ok(Contents {
            kind: Some(kind),
            codec: None,
        });
    }
    let codec = codec::recognise(head.as_bytes());
    let kind = match codec {
        Some(codec) => inside(codec, source, limits)?,
        None => None,
    };
    Ok(Contents { kind, codec })
}

/// ext4, where the magic is followed by what a superblock has there, and only the block size is none
/// that exists: its reader says so.
fn damaged_ext4(head: Window<'_>) -> Option<&'static Kind> {
    let half = |at| head.u16("superblock", at, Endianness::Little).ok();
    let word = |at| head.u32("superblock", at, Endianness::Little).ok();
    let is_superblock = half(0x438) == Some(0xef53)
        && matches!(half(0x43a), Some(0..=7))
        && matches!(half(0x43c), Some(0..=3))
        && matches!(word(0x448), Some(0..=4))
        && matches!(word(0x44c), Some(0..=1));
    is_superblock
        .then(|| magic::KINDS.iter().find(|kind| kind.name == "ext4"))
        .flatten()
}

fn inside(codec: &Codec, source: &Source, limits: &Limits) -> Result<Option<&'static Kind>> {
    let wanted = match codec.name {
        "lz4" => STREAM_HEAD_BYTES,
        _ => SMALL_STREAM_HEAD_BYTES,
    };
    limits.charge_work(source.len().min(wanted))?;
    let stream = source.read_bounded("stream", 0, source.len().min(wanted), limits)?;
    let head = codec::decode_head(codec, &stream, HEAD_BYTES, limits);
    // An empty head is no answer when the work was used up.
    limits.work().check()?;
    if head.is_empty() {
        return Ok(None);
    }
    Ok(magic::identify(Window::new(&head, 0)))
}
