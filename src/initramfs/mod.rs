//! The initramfs, read as the kernel reads it.
//!
//! [`Initramfs`] is a handle over cells that fill once. [`Initramfs::archive`] unpacks the file in
//! one pass, in memory that does not grow with it. Source: `init/initramfs.c`;
//! `Documentation/driver-api/early-userspace/buffer-format.rst`.

mod archive;
mod captures;
mod compressed;
mod contents;
mod cpio;
mod device_tools;
mod drivers;
mod failure;
mod foreign;
mod generator;
mod header;
mod module_tools;
mod nodes;
mod places;
mod segments;
mod unpacked;
mod writer;
mod xz;

pub use archive::Archive;
pub use device_tools::Links;
pub use foreign::ZEROS;
pub use generator::{
    Generator, Helper, Loads, Model, MountType, Needed, OnFailure, Settings, ShellWord, Sourced,
    Tool, Usr,
};
pub use header::DAMAGED_HEADER;
pub use module_tools::ModuleReader;
pub use segments::{Problem, Segment};
pub use unpacked::Lost;
pub use writer::Writer;
pub use xz::{XzFilter, XzSettings};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::role::Role;
use crate::source::Source;
use std::path::Path;
use std::sync::OnceLock;

/// What the kernel runs in an initramfs where `rdinit=` says nothing else.
pub const INIT_PATH: &str = "/init";

/// An initramfs and what is known of it. Nothing is read before it is asked for, and nothing twice.
pub struct Initramfs {
    source: Source,
    limits: Limits,
    archive: OnceLock<Result<Archive>>,
    generator: OnceLock<Result<Generator>>,
    module_reader: OnceLock<Result<ModuleReader>>,
}

impl Initramfs {
    /// Opens the file; reads nothing of it.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let source = Source::open(path).map_err(|error| error.of(Role::Initramfs))?;
        Ok(Self::new(source, limits.clone()))
    }

    /// The initramfs in `source`.
    pub fn new(source: Source, limits: Limits) -> Self {
        Self {
            source,
            limits: limits.metered(),
            archive: OnceLock::new(),
            generator: OnceLock::new(),
            module_reader: OnceLock::new(),
        }
    }

    /// The limit of work or time that ended reading, if one did.
    pub fn overrun(&self) -> Option<Error> {
        let overrun = self.limits.work().overrun();
        overrun.map(|error| error.of(Role::Initramfs))
    }

    /// Length of the file.
    pub fn file_bytes(&self) -> u64 {
        self.source.len()
    }

    /// All that it unpacks to. An archive that breaks off is one with a problem; an error is a file
    /// that is no initramfs, cannot be read, or met a limit.
    pub fn archive(&self) -> Result<&Archive> {
        self.archive
            .get_or_init(|| {
                Archive::unpack(&self.source, &self.limits)
                    .map_err(|error| error.of(Role::Initramfs))
            })
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Who made it, and what its init does.
    pub fn generator(&self) -> Result<&Generator> {
        self.generator
            .get_or_init(|| generator::identify(self.archive()?))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// Who makes the links of this folder of `/dev/disk`, such as `by-uuid`.
    pub fn links(&self, folder: &str) -> Result<Links> {
        device_tools::links(self.archive()?, folder)
    }

    /// The program in it that makes a device of other devices: `lvm`, `cryptsetup`, `mdadm` and the like.
    pub fn stacking_tool(&self) -> Result<Option<&'static str>> {
        device_tools::stacking_tool(self.archive()?)
    }

    /// What loads modules in it, and which compressions that reads.
    pub fn module_reader(&self) -> Result<&ModuleReader> {
        self.module_reader
            .get_or_init(|| module_tools::read(self.archive()?))
            .as_ref()
            .map_err(Clone::clone)
    }
}
