//! The search for a compressed kernel in a wrapper whose header does not say where it is.
//!
//! Source: `scripts/Makefile.lib` (`size_append`: every codec but gzip is followed by the decoded
//! size, a little-endian u32 on every architecture), `arch/arm/boot/compressed/vmlinux.lds.S`.
//!
//! The decompressor's own code holds the magics that it looks for, so a magic proves nothing: a
//! candidate counts when it decodes whole and a kernel comes out.

use super::container::Container;
use super::header::Header;
use crate::bytes::{Endianness, Window};
use crate::codec::{self, Codec};
use crate::error::{Error, Kind, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::source::Source;
use memchr::memmem;

/// How a stream of each codec begins. Only where to look; [`codec::recognise`] decides.
const MAGICS: [&[u8]; 8] = [
    &[0x1f, 0x8b, 0x08],
    b"BZh",
    &[0x5d, 0x00, 0x00],
    &[0xfd, b'7', b'z', b'X', b'Z', 0x00],
    &[0x89, b'L', b'Z', b'O', 0x00],
    &[0x02, 0x21, 0x4c, 0x18],
    &[0x04, 0x22, 0x4d, 0x18],
    &[0x28, 0xb5, 0x2f, 0xfd],
];

/// A legacy lz4 frame: its magic, and what each block but the last decodes to.
const LZ4_LEGACY_MAGIC: &[u8] = &[0x02, 0x21, 0x4c, 0x18];
const LZ4_LEGACY_BLOCK_BYTES: u64 = 8 * 1024 * 1024;

/// A candidate that fails with less than this decoded was no stream at all.
const TELLING_BYTES: u64 = 64 * 1024;

/// What the search found.
pub(super) struct Found {
    pub(super) codec: &'static Codec,
    pub(super) decoded: Source,
    pub(super) container: &'static Container,
    pub(super) header: Header,
}

/// Where to search, and what to accept.
pub(super) struct Search<'a, Accept> {
    /// The bytes to search, and where they begin in their layer.
    pub(super) part: Window<'a>,
    /// The offset in `part` just behind the stream and its length word, where that is stated.
    pub(super) end: Option<u64>,
    pub(super) limits: &'a Limits,
    pub(super) budget: &'a Budget,
    /// Tells a kernel from anything else.
    pub(super) accept: Accept,
}

impl<Accept> Search<'_, Accept>
where
    Accept: Fn(&Source) -> Result<(&'static Container, Header)>,
{
    /// The first candidate that holds a kernel. Where none does: the error of the candidate that
    /// came furthest, since that is most likely the kernel, damaged.
    pub(super) fn run(&self) -> Result<Found> {
        let mut furthest: Option<(u64, Error)> = None;
        let mut spent_bytes = 0_u64;
        let mut tried = 0_u64;
        let mut given_up = None;
        for (at, codec) in Candidates::new(self.part.as_bytes()) {
            if tried >= self.limits.payload_candidates {
                let most = self.limits.payload_candidates;
                given_up = Some(Error::limit("payload_candidates", most));
                break;
            }
            if spent_bytes > self.limits.decoded_bytes.saturating_mul(2) {
                given_up = Some(Error::limit("decoded_bytes", self.limits.decoded_bytes));
                break;
            }
            // What is used up ends every attempt at its first bytes, which says nothing of them.
            self.limits.work().check()?;
            tried = tried.saturating_add(1);
            for cut in self.cuts(at, codec) {
                match self.attempt(at, codec, cut, &mut spent_bytes) {
                    Ok(found) => return Ok(found),
                    Err((decoded_bytes, error)) => {
                        if furthest
                            .as_ref()
                            .is_none_or(|(most, _)| decoded_bytes > *most)
                        {
                            furthest = Some((decoded_bytes, error));
                        }
                    }
                }
            }
        }
        self.limits.work().check()?;
        match furthest {
            Some((decoded_bytes, error)) if decoded_bytes >= TELLING_BYTES => Err(error),
            _ => Err(given_up.unwrap_or_else(|| {
                let found = format!(
                    "{tried} offsets look like a compressed stream, but none contains a \
                        kernel"
                );
                Error::absent("payload", found)
            })),
        }
    }

    /// The stream at `at`; or how far it came, and why not further. What it cost is added to
    /// `spent_bytes`, also where nothing is left of it.
    fn attempt(
        &self,
        at: u64,
        codec: &'static Codec,
        cut: Cut,
        spent_bytes: &mut u64,
    ) -> std::result::Result<Found, (u64, Error)> {
        let offset = self.part.base().saturating_add(at);
        let bounds = Limits {
            decoded_bytes: cut
                .decoded_bytes
                .map_or(self.limits.decoded_bytes, |stated| {
                    stated.min(self.limits.decoded_bytes)
                }),
            ..self.limits.clone()
        };
        let mut sink = Sink::new(&bounds, self.budget, cut.decoded_bytes);
        let input = self
            .part
            .get(at, cut.end.saturating_sub(at))
            .unwrap_or_default();
        let taken = codec.decode(input, &mut sink);
        *spent_bytes = spent_bytes.saturating_add(sink.spent_bytes());
        let decoded_bytes = sink.len();
        let failed = |error: Error| (decoded_bytes, error);
        let mismatch = |stated: u64, found: String| {
            Error::corrupt(
                "decoded size of the payload",
                cut.end.saturating_add(self.part.base()),
                format!("{stated} bytes, as stated"),
                found,
            )
        };
        let taken = taken.map_err(|error| {
            failed(match cut.decoded_bytes {
                Some(stated)
                    if error.kind() == Kind::Limit && stated < self.limits.decoded_bytes =>
                {
                    mismatch(stated, "more".to_owned())
                }
                _ => error.shifted(offset),
            })
        })?;
        if let Some(stated) = cut.decoded_bytes {
            let behind = cut.end.saturating_sub(at.saturating_add(taken));
            if behind > 0 {
                return Err(failed(Error::corrupt(
                    "end of the payload",
                    offset.saturating_add(taken),
                    "the end that the header states",
                    format!("{behind} bytes after the stream"),
                )));
            }
            if stated != decoded_bytes {
                return Err(failed(mismatch(stated, format!("{decoded_bytes} bytes"))));
            }
        }
        self.budget.take(decoded_bytes).map_err(failed)?;
        let decoded = Source::from_bytes(sink.into_bytes());
        match (self.accept)(&decoded) {
            Ok((container, header)) => Ok(Found {
                codec,
                decoded,
                container,
                header,
            }),
            Err(error) => {
                self.budget.give(decoded_bytes);
                // A stream of something else is no sign of a damaged kernel, unless it lies
                // exactly where the header says that the kernel is.
                let told = if self.end.is_some() { decoded_bytes } else { 0 };
                Err((told, error))
            }
        }
    }

    /// Where the stream at `at` may end.
    fn cuts(&self, at: u64, codec: &Codec) -> Vec<Cut> {
        if let Some(end) = self.end {
            // gzip's own last word is the decoded size.
            let word = end.saturating_sub(4);
            let Ok(decoded_bytes) = self.part.u32("decoded size", word, Endianness::Little) else {
                return Vec::new();
            };
            return vec![Cut {
                end: if codec.name == "gzip" { end } else { word },
                decoded_bytes: Some(u64::from(decoded_bytes)),
            }];
        }
        let open = Cut {
            end: self.part.len(),
            decoded_bytes: None,
        };
        if codec.ends_itself || !self.part.has(at, LZ4_LEGACY_MAGIC) {
            return vec![open];
        }
        let mut cuts = self.lz4_cuts(at);
        cuts.push(open);
        cuts
    }

    /// A legacy lz4 frame has no end mark: it ends before a word that could be the decoded size of
    /// the blocks so far.
    fn lz4_cuts(&self, at: u64) -> Vec<Cut> {
        let mut cuts = Vec::new();
        let mut position = at.saturating_add(4);
        let mut decoded_bytes = 0_u64;
        while decoded_bytes <= self.limits.decoded_bytes {
            let Ok(word) = self
                .part
                .u32("lz4 block size", position, Endianness::Little)
            else {
                break;
            };
            let word = u64::from(word);
            if word > decoded_bytes.saturating_sub(LZ4_LEGACY_BLOCK_BYTES) && word <= decoded_bytes
            {
                cuts.push(Cut {
                    end: position,
                    decoded_bytes: Some(word),
                });
            }
            position = position.saturating_add(4).saturating_add(word);
            decoded_bytes = decoded_bytes.saturating_add(LZ4_LEGACY_BLOCK_BYTES);
        }
        cuts
    }
}

/// One place where a stream may end, and the decoded size stated there.
#[derive(Clone, Copy)]
struct Cut {
    end: u64,
    decoded_bytes: Option<u64>,
}

/// The places where a stream seems to begin, in order.
struct Candidates<'a> {
    bytes: &'a [u8],
    finds: Vec<std::iter::Peekable<memmem::FindIter<'a, 'static>>>,
}

impl<'a> Candidates<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let finds = MAGICS.map(|magic| memmem::find_iter(bytes, magic).peekable());
        Self {
            bytes,
            finds: finds.into(),
        }
    }
}

impl Iterator for Candidates<'_> {
    type Item = (u64, &'static Codec);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = self
                .finds
                .iter_mut()
                .filter_map(|find| find.peek().copied().map(|at| (at, find)))
                .min_by_key(|(at, _)| *at);
            let (at, find) = next?;
            find.next();
            if let Some(codec) = self.bytes.get(at..).and_then(codec::recognise) {
                return Some((u64::try_from(at).ok()?, codec));
            }
        }
    }
}
