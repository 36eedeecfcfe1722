//! The kernel image: containers inside one another, and the facts of what is at the bottom.
//!
//! [`Kernel`] is a handle over cells that fill once. [`Kernel::header`] reads 68 KiB;
//! [`Kernel::chain`] decodes every layer once and remembers success or failure.

mod arm64;
mod arm_zimage;
mod banner;
mod bzimage;
mod chain;
mod compressed;
pub mod config;
mod container;
mod elf;
mod flat;
mod header;
mod hidden;
pub mod kallsyms;
mod libkrunfw;
mod loongarch;
mod near_miss;
pub mod options;
mod pe;
mod raw_image;
mod riscv;
mod s390;
mod setup_header;
mod stream;
mod uimage;
mod uki;
mod zboot;

pub use crate::architecture::Architecture;
pub use banner::{Banner, Preemption};
pub use chain::{Chain, Layer};
pub use container::{CONTAINERS, Container};
pub use header::{Header, Payload, PayloadCrc32, Section, Segment};
pub use near_miss::Miss;

use crate::error::{Error, Kind, Result};
use crate::limits::{Budget, Limits};
use crate::source::Source;
use config::Config;
use kallsyms::Symbols;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::OnceLock;

/// How much is read at once where only a digest is wanted.
const DIGEST_STEP_BYTES: u64 = 1024 * 1024;

/// A kernel image and what is known of it. Nothing is read or decoded before it is asked for, and
/// nothing twice.
pub struct Kernel {
    source: Source,
    limits: Limits,
    budget: Budget,
    quick: bool,
    container: OnceLock<Result<(&'static Container, Header)>>,
    chain: OnceLock<Chain>,
    banner: OnceLock<Result<Banner>>,
    config: OnceLock<Result<Vec<u8>>>,
    symbols: OnceLock<Result<Symbols>>,
}

impl Kernel {
    /// The kernel image in `source`.
    pub fn new(source: Source, limits: Limits) -> Self {
        let limits = limits.metered();
        Self {
            budget: Budget::new(&limits),
            source,
            limits,
            quick: false,
            container: OnceLock::new(),
            chain: OnceLock::new(),
            banner: OnceLock::new(),
            config: OnceLock::new(),
            symbols: OnceLock::new(),
        }
    }

    /// Reads headers only, and never decompresses: facts that need more fail with
    /// [`Kind::NotAsked`].
    #[must_use]
    pub fn quick(mut self) -> Self {
        self.quick = true;
        self
    }

    /// The limit of work or time that ended reading, if one did.
    pub fn overrun(&self) -> Option<Error> {
        self.limits.work().overrun()
    }

    /// The bytes of the file itself.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The outermost container. Costs one read of 68 KiB, and for ELF and PE their tables.
    pub fn container(&self) -> Result<&'static Container> {
        self.outermost().map(|(container, _)| *container)
    }

    /// What the outermost header says.
    pub fn header(&self) -> Result<&Header> {
        self.outermost().map(|(_, header)| header)
    }

    fn outermost(&self) -> Result<&(&'static Container, Header)> {
        self.container
            .get_or_init(|| container::identify(&self.source, &self.limits))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// What the file is instead, where it is none of a kernel's containers and is known.
    pub fn near_miss(&self) -> Option<Miss> {
        match self.outermost() {
            Err(error) if error.kind() == Kind::Unrecognised => {
                near_miss::name(self.source.head().ok()?, &self.source)
            }
            _ => None,
        }
    }

    /// Returns the containers and codecs as people say them, outermost first, and whether they reach the
    /// kernel itself. If nothing may be decoded, the header tells.
    pub fn titles(&self) -> Result<(Vec<&'static str>, bool)> {
        let (container, header) = self.outermost()?;
        if let Ok(chain) = self.chain() {
            return Ok((chain.titles(), chain.end.is_ok()));
        }
        let codec = header.payload.as_ref().and_then(Payload::codec);
        let codec = codec.map(|codec| codec.name);
        let codec = codec.filter(|codec| *codec != container.name);
        let titles = [container.title].into_iter().chain(codec);
        Ok((titles.collect(), header.payload.is_none()))
    }

    /// Every layer down to the kernel itself. Decodes all of them, once.
    pub fn chain(&self) -> Result<&Chain> {
        let (container, header) = self.outermost()?;
        if self.quick {
            return Err(Error::not_asked("--quick reads only headers"));
        }
        Ok(self.chain.get_or_init(|| {
            Chain::unwrap(
                (container, header.clone()),
                &self.source,
                &self.limits,
                &self.budget,
            )
        }))
    }

    /// The innermost layer's header and bytes: the kernel as it runs.
    pub fn image(&self) -> Result<(&Header, &Source)> {
        let chain = self.chain()?;
        let image = chain.image()?;
        let header = chain
            .layers
            .last()
            .map(|layer| &layer.header)
            .ok_or_else(|| Error::absent("kernel image", "no layer was read"))?;
        Ok((header, image))
    }

    /// The kernel's architecture; decodes only where the outermost header does not tell.
    pub fn architecture(&self) -> Result<Architecture> {
        self.fact("architecture", |header| header.architecture)
    }

    /// A fact that any layer may state: the outermost that does is believed.
    pub fn fact<T>(&self, name: &'static str, fact: impl Fn(&Header) -> Option<T>) -> Result<T> {
        if let Some(value) = fact(self.header()?) {
            return Ok(value);
        }
        let chain = self.chain()?;
        if let Some(value) = chain.layers.iter().find_map(|layer| fact(&layer.header)) {
            return Ok(value);
        }
        match &chain.end {
            Err(error) => Err(error.clone()),
            Ok(_) => Err(Error::absent(name, "no layer of this kernel states it")),
        }
    }

    /// As [`Kernel::fact`], for what a kernel may do without stating.
    pub fn optional<T>(&self, fact: impl Fn(&Header) -> Option<T>) -> Result<Option<T>> {
        match self.fact("fact", fact) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == Kind::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The banner that the kernel prints first: `Linux version 6.1.0 (…) #1 SMP …`.
    pub fn banner(&self) -> Result<&Banner> {
        self.banner
            .get_or_init(|| Banner::find(self.image_bytes()?))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The release, `6.1.0-21-amd64`: the banner's, or where nothing may be decoded the one that
    /// the header states.
    pub fn release(&self) -> Result<String> {
        match self.banner() {
            Ok(banner) => Ok(banner.release.clone()),
            Err(error) => match &self.header()?.version_text {
                Some(text) => Ok(text.split(' ').next().unwrap_or_default().to_owned()),
                None => Err(error),
            },
        }
    }

    /// Major and minor number of the release, where that is known.
    pub fn version(&self) -> Option<(u16, u16)> {
        let release = self.release().ok()?;
        let mut numbers = release.split(['.', '-']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    }

    /// The configuration that the kernel carries within itself (`CONFIG_IKCONFIG`). Costs a search
    /// of the decoded kernel at memory speed, once.
    pub fn embedded_config(&self) -> Result<&[u8]> {
        self.config
            .get_or_init(|| {
                Config::embedded(self.image_bytes()?, &self.limits)?.ok_or_else(|| {
                    Error::absent(
                        "embedded configuration",
                        "the kernel was built without CONFIG_IKCONFIG",
                    )
                })
            })
            .as_deref()
            .map_err(Clone::clone)
    }

    /// The kernel's symbol table (`CONFIG_KALLSYMS`). Costs a search of the decoded kernel and a
    /// step a symbol, once.
    pub fn symbols(&self) -> Result<&Symbols> {
        self.symbols
            .get_or_init(|| {
                let (header, _) = self.image()?;
                let hints = kallsyms::Hints {
                    bits: header.bits,
                    segments: &header.segments,
                    from: self.banner().map_or(0, |banner| banner.offset),
                };
                Symbols::decode(self.image_bytes()?, hints, &self.limits)
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The symbols as System.map has them: address, kind, name. Where the table of addresses was
    /// not understood, the address is a question mark.
    pub fn system_map(&self) -> Result<String> {
        let digits = match self.fact("bits", |header| header.bits) {
            Ok(32) => 8,
            _ => 16,
        };
        let mut text = String::new();
        for symbol in self.symbols()?.iter() {
            let line = match symbol.address {
                Some(address) => {
                    writeln!(text, "{address:0digits$x} {} {}", symbol.kind, symbol.name)
                }
                None => writeln!(text, "{:>digits$} {} {}", "?", symbol.kind, symbol.name),
            };
            line.map_err(|_| Error::unsupported("symbols", "cannot be written"))?;
        }
        Ok(text)
    }

    fn image_bytes(&self) -> Result<&[u8]> {
        let (_, image) = self.image()?;
        image
            .in_memory()
            .ok_or_else(|| Error::absent("kernel image", "it was not loaded"))
    }

    /// The SHA-256 of the file, in hexadecimal. Reads all of it, in pieces, once.
    pub fn sha256(&self) -> Result<String> {
        if self.quick {
            return Err(Error::not_asked("--quick reads only headers"));
        }
        let mut digest = Sha256::new();
        let mut offset = 0_u64;
        while offset < self.source.len() {
            let length = DIGEST_STEP_BYTES.min(self.source.len().saturating_sub(offset));
            digest.update(&self.source.read("file", offset, length)?);
            offset = offset.saturating_add(length);
        }
        Ok(digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }
}
