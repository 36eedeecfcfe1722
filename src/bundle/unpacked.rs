//! What the kernel makes of the initramfs: nothing, or a tree as far as it was unpacked, and the
//! init in it.
//!
//! Source: Linux `init/initramfs.c` (`unpack_to_rootfs`), `init/main.c` (`kernel_init_freeable`,
//! `kernel_init`), `lib/decompress.c` (`decompress_method`).

use super::Bundle;
use crate::error::{Error, Result};
use crate::initramfs::{Archive, Segment};
use crate::userland::{self, Program};

/// Where the kernel looks for the init of an initramfs, without `rdinit=`.
const DEFAULT_RDINIT: &str = "/init";

/// What becomes of an initramfs.
pub enum Unpacked<'a> {
    /// There is none.
    None,
    /// The kernel ignores it: it was built without `BLK_DEV_INITRD`.
    Ignored,
    /// The kernel lacks the codec of the segment that holds the files.
    CodecMissing(&'a Segment),
    /// It is unpacked, to its end or as far as the kernel comes.
    Tree(&'a Archive),
}

impl Bundle {
    /// What the kernel makes of the initramfs.
    pub fn unpacked(&self) -> Result<Unpacked<'_>> {
        let Some(initramfs) = self.initramfs()? else {
            return Ok(Unpacked::None);
        };
        if !self.has_kernel() {
            return initramfs.archive().map(Unpacked::Tree);
        }
        if !self.builds_in("BLK_DEV_INITRD")? {
            return Ok(Unpacked::Ignored);
        }
        let archive = initramfs.archive()?;
        for segment in archive.segments.iter().filter(|segment| !segment.early) {
            if let Some(codec) = segment.codec
                && !self.builds_in_codec(codec.kconfig)?
            {
                return Ok(Unpacked::CodecMissing(segment));
            }
        }
        Ok(Unpacked::Tree(archive))
    }

    /// The init of the initramfs that the command line asks for.
    pub fn rdinit(&self) -> Result<String> {
        match self.command_line() {
            Ok(line) => Ok(line.rdinit().unwrap_or(DEFAULT_RDINIT).to_owned()),
            Err(_) if !self.has_kernel() => Ok(DEFAULT_RDINIT.to_owned()),
            Err(error) => Err(error),
        }
    }

    /// The init in the initramfs, with what becomes of it; `None` where there is none, so that the
    /// kernel goes on to mount the root itself.
    pub fn early_init(&self) -> Result<Option<&Program>> {
        self.early_init
            .get_or_init(|| self.find_early_init())
            .as_ref()
            .map(Option::as_ref)
            .map_err(Clone::clone)
    }

    fn find_early_init(&self) -> Result<Option<Program>> {
        let Unpacked::Tree(archive) = self.unpacked()? else {
            return Ok(None);
        };
        let path = self.rdinit()?;
        let machine = self.kernel_architecture()?;
        let program = userland::program(archive, path.as_bytes(), machine, &self.limits)?;
        Ok(Some(program).filter(|program| program.found.is_some()))
    }

    /// Whether the option is built in; an error where that is not known.
    pub fn builds_in(&self, option: &'static str) -> Result<bool> {
        use crate::kernel::options::Driver;
        match self.driver(option)? {
            Driver::BuiltIn => Ok(true),
            Driver::Module | Driver::Absent | Driver::NotBuiltIn => Ok(false),
            Driver::Unknown(why) => Err(Error::unsupported(option, why.to_owned())),
        }
    }

    fn builds_in_codec(&self, kconfig: &str) -> Result<bool> {
        let option = RD_OPTIONS
            .into_iter()
            .find(|option| option.strip_prefix("RD_") == Some(kconfig));
        match option {
            Some(option) => self.builds_in(option),
            None => Ok(false),
        }
    }
}

/// The options by which a kernel unpacks an initramfs, by codec.
pub(crate) const RD_OPTIONS: [&str; 7] = [
    "RD_GZIP", "RD_BZIP2", "RD_LZMA", "RD_XZ", "RD_LZO", "RD_LZ4", "RD_ZSTD",
];
