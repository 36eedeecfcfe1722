//! From the file to the kernel itself: each layer's header, and what the last one holds.

use super::banner::Banner;
use super::compressed::is_compressed;
use super::container::{self, Container};
use super::elf;
use super::flat::{self, FLAT};
use super::header::{Header, Payload, PayloadCrc32, Segment};
use super::hidden::{Found, Search};
use crate::bytes::{Endianness, Window};
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
    innermost: Source,
}

impl Chain {
    /// The bytes of the innermost layer. An ELF file ends here with its last segment: debug
    /// information behind it is not loaded.
    pub fn image(&self) -> Result<&Source> {
        self.end.as_ref().map_err(Clone::clone)
    }

    /// The last layer that was read as it lies in the one around it: an ELF file with what follows
    /// its last segment.
    pub fn innermost(&self) -> &Source {
        &self.innermost
    }

    /// As [`Chain::names`], for people: `EFI zboot`, `gzip`, `arm64 Image`.
    pub fn titles(&self) -> Vec<&'static str> {
        let mut titles: Vec<&'static str> = Vec::new();
        for layer in &self.layers {
            titles.push(layer.container.title);
            let codec = layer.codec.map(|codec| codec.name);
            titles.extend(codec.filter(|codec| *codec != layer.container.name));
        }
        titles
    }

    /// The names of containers and codecs, outermost first: `efi-zboot`, `gzip`, `arm64-image`.
    pub fn names(&self) -> Vec<&'static str> {
        // A bare gzip file is its codec: it is named once.
        let mut names: Vec<&'static str> = Vec::new();
        for layer in &self.layers {
            names.push(layer.container.name);
            let codec = layer.codec.map(|codec| codec.name);
            names.extend(codec.filter(|codec| *codec != layer.container.name));
        }
        names
    }

    pub(super) fn unwrap(
        outermost: (&'static Container, Header),
        source: &Source,
        limits: &Limits,
        budget: &Budget,
    ) -> Self {
        let mut walk = Walk {
            layers: Vec::new(),
            bytes: source.clone(),
            inside: None,
            held_bytes: 0,
            limits,
            budget,
        };
        let end = walk.run(outermost);
        Self {
            end: end.map_err(|error| walk.placed(error)),
            layers: walk.layers,
            innermost: walk.bytes,
        }
    }
}

/// The way inwards.
struct Walk<'a> {
    layers: Vec<Layer>,
    /// The bytes of the last layer.
    bytes: Source,
    /// What the offsets of the last layer count in; `None` is the file.
    inside: Option<Cow<'static, str>>,
    /// What the budget was charged for the decoded bytes that are held.
    held_bytes: u64,
    limits: &'a Limits,
    budget: &'a Budget,
}

/// What is in a layer.
enum Inside {
    /// The kernel: this is the last layer.
    Kernel(Source),
    /// Another layer, where it lies as it is.
    Stored(Source, &'static Container, Header),
    /// Another layer, which was compressed; with what the budget was charged for it.
    Decoded(Found),
}

impl Walk<'_> {
    fn run(&mut self, outermost: (&'static Container, Header)) -> Result<Source> {
        let (mut container, mut header) = outermost;
        loop {
            for problem in &mut header.problems {
                *problem = self.placed(problem.clone());
            }
            let codec = header.payload.as_ref().and_then(Payload::codec);
            self.layers.push(Layer {
                container,
                header: header.clone(),
                codec,
                decoded_bytes: None,
            });
            match self.open(container, &header)? {
                Inside::Kernel(image) => return Ok(image),
                Inside::Stored(bytes, inner, inner_header) => {
                    self.inside = Some(format!("payload of the {}", container.title).into());
                    self.bytes = bytes;
                    (container, header) = (inner, inner_header);
                }
                Inside::Decoded(found) => {
                    if let Some(layer) = self.layers.last_mut() {
                        layer.codec = Some(found.codec);
                        layer.decoded_bytes = Some(found.decoded.len());
                    }
                    self.inside = Some(format!("{} payload", found.codec.name).into());
                    // What the previous layer had decoded to is let go.
                    self.budget.give(self.held_bytes);
                    self.held_bytes = found.decoded.len();
                    self.bytes = found.decoded;
                    (container, header) = (found.container, found.header);
                }
            }
            if u64::try_from(self.layers.len()).unwrap_or(u64::MAX) >= self.limits.layers {
                return Err(Error::limit("layers", self.limits.layers));
            }
        }
    }

    /// An error of the last layer, with the place that its offset counts in.
    fn placed(&self, error: Error) -> Error {
        match &self.inside {
            Some(inside) if error.offset().is_some() => error.within(inside.clone()),
            _ => error,
        }
    }

    fn open(&mut self, container: &'static Container, header: &Header) -> Result<Inside> {
        match &header.payload {
            None => self.innermost(header),
            Some(Payload::Stored { offset, length }) => {
                let part = self.bytes.part(*offset, *length);
                let name = format!("payload of the {}", container.title);
                if let Some(stated) = &header.payload_crc32 {
                    self.verify(stated)?;
                }
                let (inner, inner_header) = self
                    .identify(&part, header)
                    .map_err(|error| inside_of(error, container, name))?;
                Ok(Inside::Stored(part, inner, inner_header))
            }
            Some(Payload::Compressed {
                offset,
                length,
                codec,
                stated_decoded_bytes,
            }) => {
                if let Some(stated) = &header.payload_crc32 {
                    self.verify(stated)?;
                }
                let stream = self.stream(*offset, *length)?;
                let codec = codec.or_else(|| codec::recognise(&stream)).ok_or_else(|| {
                    Error::unknown_codec("payload", *offset, stream.get(..8).unwrap_or(&stream))
                })?;
                let (decoded, taken) = self
                    .decode(codec, &stream, *stated_decoded_bytes)
                    .map_err(|error| error.shifted(*offset))?;
                let behind = Window::new(&stream, *offset)
                    .get(taken, length.saturating_sub(taken))
                    .is_some_and(|rest| rest.iter().any(|byte| *byte != 0));
                self.release(stream);
                let end = offset.saturating_add(taken);
                if let Some(layer) = self.layers.last_mut() {
                    if is_compressed(container) {
                        layer.header.end = Some(end);
                    } else if behind {
                        let count = length.saturating_sub(taken);
                        let problem = Error::corrupt(
                            "payload",
                            end,
                            format!("the end of the {} stream", codec.name),
                            format!("{count} more bytes"),
                        );
                        layer.header.problems.push(match &self.inside {
                            Some(inside) => problem.within(inside.clone()),
                            None => problem,
                        });
                    }
                }
                let (inner, inner_header) = self.identify(&decoded, header).map_err(|error| {
                    inside_of(error, container, format!("{} payload", codec.name))
                })?;
                Ok(Inside::Decoded(Found {
                    codec,
                    decoded,
                    container: inner,
                    header: inner_header,
                }))
            }
            Some(Payload::Hidden {
                offset,
                length,
                end,
            }) => self.hidden(container, header, *offset, *length, *end),
        }
    }

    /// The last layer; unless it is an ELF wrapper, which looks like a kernel until one sees that
    /// no banner is in it.
    fn innermost(&self, header: &Header) -> Result<Inside> {
        let cut_off = header
            .problems
            .iter()
            .find(|problem| problem.field() == elf::SEGMENT);
        if let Some(problem) = cut_off {
            // A part of a kernel would only mislead: what it lacks may be behind the end.
            return Err(problem.clone());
        }
        let image = self
            .loadable(&header.segments)
            .loaded(self.limits, self.budget)?;
        let bytes = image.in_memory().unwrap_or_default();
        if !header.segments.is_empty()
            && Banner::find(bytes).is_err()
            && let Ok(found) = self.search(header, Window::new(bytes, 0), None)
        {
            if self.bytes.in_memory().is_none() {
                self.budget.give(image.len());
            }
            return Ok(Inside::Decoded(found));
        }
        Ok(Inside::Kernel(image))
    }

    /// The bytes of this layer up to the last that a loader copies.
    fn loadable(&self, segments: &[Segment]) -> Source {
        let end = segments
            .iter()
            .map(|segment| segment.offset.saturating_add(segment.file_bytes))
            .max();
        self.bytes.part(0, end.unwrap_or(u64::MAX))
    }

    fn hidden(
        &self,
        container: &'static Container,
        header: &Header,
        offset: u64,
        length: u64,
        end: Option<u64>,
    ) -> Result<Inside> {
        let part = self.bytes.part(offset, length);
        // A wrapper may hold its kernel uncompressed.
        if let Ok((inner, inner_header)) = container::identify(&part, self.limits)
            && !is_compressed(inner)
        {
            return Ok(Inside::Stored(part, inner, inner_header));
        }
        let end = end.map(|end| end.saturating_sub(offset));
        if let Some(end) = end.filter(|end| *end > part.len()) {
            return Err(Error::truncated("payload", offset, end, part.len()));
        }
        let bytes = self.stream(offset, part.len())?;
        match self.search(header, Window::new(&bytes, offset), end) {
            Ok(found) => {
                self.release(bytes);
                Ok(Inside::Decoded(found))
            }
            // Or flat, with its banner among the wrapper's own bytes.
            Err(error)
                if matches!(error.kind(), Kind::Absent | Kind::Limit)
                    && end.is_none()
                    && Banner::find(&bytes).is_ok() =>
            {
                self.release(bytes);
                self.bytes
                    .loaded(self.limits, self.budget)
                    .map(Inside::Kernel)
            }
            Err(error) => Err(inside_of(
                error,
                container,
                format!("payload of the {}", container.title),
            )),
        }
    }

    fn search(&self, header: &Header, part: Window<'_>, end: Option<u64>) -> Result<Found> {
        Search {
            part,
            end,
            limits: self.limits,
            budget: self.budget,
            accept: |decoded: &Source| {
                let (inner, inner_header) = self.identify(decoded, header)?;
                if is_compressed(inner) {
                    return Err(Error::unrecognised(format!("a {}", inner.title)));
                }
                Ok((inner, inner_header))
            },
        }
        .run()
    }

    /// The container of inner bytes; flat where nothing but a banner tells that it is a kernel.
    fn identify(&self, bytes: &Source, outer: &Header) -> Result<(&'static Container, Header)> {
        let error = match container::identify(bytes, self.limits) {
            Ok(identified) => return Ok(identified),
            Err(error) => error,
        };
        if error.kind() != Kind::Unrecognised {
            return Err(error);
        }
        let loaded = bytes.loaded(self.limits, self.budget)?;
        let flat = flat::inside(outer, &loaded, self.limits);
        if bytes.in_memory().is_none() {
            self.budget.give(loaded.len());
        }
        flat.map(|header| (&FLAT, header)).map_err(|_| error)
    }

    fn stream(&self, offset: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        self.bytes
            .read_large("payload", offset, length, self.limits, self.budget)
    }

    /// Gives back what a stream cost, if it had to be read.
    fn release(&self, stream: Cow<'_, [u8]>) {
        if self.bytes.in_memory().is_none() {
            self.budget
                .give(u64::try_from(stream.len()).unwrap_or(u64::MAX));
        }
    }

    /// Decodes one stream that a container points at, charges what it became, and compares its
    /// size with the stated one. Gives how many bytes it took, too.
    fn decode(
        &self,
        codec: &'static Codec,
        stream: &[u8],
        stated_decoded_bytes: Option<u64>,
    ) -> Result<(Source, u64)> {
        let hint_bytes = stated_decoded_bytes.or_else(|| isize_hint(codec, stream));
        let mut sink = Sink::new(self.limits, self.budget, hint_bytes);
        let taken = codec::decode_concatenated(codec, stream, &mut sink)?;
        if let Some(stated) = stated_decoded_bytes.filter(|stated| *stated != sink.len()) {
            return Err(Error::corrupt(
                "decoded size of the payload",
                0,
                format!("{stated} bytes, as stated"),
                format!("{} bytes", sink.len()),
            ));
        }
        self.budget.take(sink.len())?;
        Ok((Source::from_bytes(sink.into_bytes()), taken))
    }

    fn verify(&mut self, stated: &PayloadCrc32) -> Result<()> {
        let bytes = self.stream(stated.offset, stated.length)?;
        let mut crc = flate2::Crc::new();
        crc.update(&bytes);
        self.release(bytes);
        if crc.sum() != stated.stated {
            let problem = self.placed(Error::corrupt(
                stated.field,
                stated.field_offset,
                format!("{:#010x}, the CRC-32 of the data", crc.sum()),
                format!("{:#010x}", stated.stated),
            ));
            if let Some(layer) = self.layers.last_mut() {
                layer.header.problems.push(problem);
            }
        }
        Ok(())
    }
}

/// What a gzip file says it decodes to, in its last word: worth something as a hint only, since
/// anything may follow the stream. Deflate shrinks by 1032 at the best.
fn isize_hint(codec: &Codec, stream: &[u8]) -> Option<u64> {
    let length = u64::try_from(stream.len()).ok()?;
    let word = length.checked_sub(4)?;
    let stated = Window::new(stream, 0)
        .u32("ISIZE", word, Endianness::Little)
        .ok()?;
    (codec.name == "gzip").then(|| u64::from(stated).min(length.saturating_mul(1032)))
}

/// An error about what is inside a container: a compressed file of something that is no kernel is
/// said in one, `gzip of a tar archive`.
fn inside_of(error: Error, container: &Container, name: String) -> Error {
    if error.kind() == Kind::Unrecognised {
        let outer = if is_compressed(container) {
            container.name
        } else {
            container.title
        };
        let named = Error::unrecognised(format!("{outer} of {}", error.found()));
        return match error.hint() {
            Some(hint) => named.hinted(hint),
            None => named,
        };
    }
    // A limit has no place.
    if error.offset().is_some() {
        error.within(name)
    } else {
        error
    }
}
