//! What the kernel makes of the initramfs: nothing, or a tree as far as it was unpacked, and the
//! init in it.
//!
//! Source: Linux `init/initramfs.c` (`unpack_to_rootfs`), `init/main.c` (`kernel_init_freeable`,
//! `kernel_init`), `lib/decompress.c` (`decompress_method`).

use super::Bundle;
use crate::error::{Error, Kind, Result};
use crate::initramfs::{Archive, DAMAGED_HEADER, INIT_PATH, Problem, Segment};
use crate::kernel::options::OPTIONS;
use crate::role::Role;
use crate::userland::{self, Program};

/// The first version that is known to refuse a cpio header with digits that are none.
const READS_DIGITS: (u16, u16) = (7, 2);

/// What becomes of an initramfs.
pub enum Unpacked<'a> {
    /// There is none.
    None,
    /// The kernel ignores it: it was built without `BLK_DEV_INITRD`.
    Ignored,
    /// It is no initramfs: nothing of it is unpacked.
    Foreign,
    /// The kernel lacks the codec of the segment that holds the files.
    CodecMissing(&'a Segment),
    /// The segment that holds the files is xz with settings that the kernel's decoder refuses.
    SettingsRefused {
        /// The segment.
        segment: &'a Segment,
        /// The setting, in words.
        setting: String,
    },
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
        let archive = match initramfs.archive() {
            Ok(archive) => archive,
            Err(error) if error.kind() == Kind::Unrecognised => return Ok(Unpacked::Foreign),
            Err(error) => return Err(error),
        };
        self.reads_digits(archive)?;
        is_unpacked_alike(archive)?;
        let mut has_files = false;
        for segment in archive.segments.iter().filter(|segment| !segment.early) {
            let stop = self.stops_at(segment)?;
            if stop.is_some() && has_files {
                return Err(Error::unsupported(
                    "initramfs",
                    "files in front of a segment that the kernel cannot decode",
                ));
            }
            if let Some(stop) = stop {
                return Ok(stop);
            }
            has_files |= segment.entries > 0;
        }
        Ok(Unpacked::Tree(archive))
    }

    /// An error where a header has digits that are none, and the kernel goes on with what there are: it
    /// comes to other entries then than are read here.
    ///
    /// Source: Linux `init/initramfs.c`, `parse_header`, with simple_strtoul in 6.18.56 (Alpine), and
    /// with hex2bin in 7.2.13 (Debian).
    fn reads_digits(&self, archive: &Archive) -> Result<()> {
        let is_meant = |problem: &&Problem| problem.kernel_message == Some(DAMAGED_HEADER);
        let Some(problem) = archive.problems.iter().find(is_meant) else {
            return Ok(());
        };
        let kernel = self.kernel()?;
        kernel.release()?;
        if kernel
            .version()
            .is_some_and(|version| version >= READS_DIGITS)
        {
            return Ok(());
        }
        Err(Error::unsupported(
            "cpio header",
            format!(
                "older kernels go on with it, and come to other entries: {}",
                problem.error
            ),
        )
        .of(Role::Initramfs))
    }

    /// What keeps the kernel from decoding a segment that is whole.
    fn stops_at<'a>(&self, segment: &'a Segment) -> Result<Option<Unpacked<'a>>> {
        let Some(codec) = segment.codec else {
            return Ok(None);
        };
        if !self.builds_in_codec(codec.kconfig)? {
            return Ok(Some(Unpacked::CodecMissing(segment)));
        }
        let Some(xz) = &segment.xz else {
            return Ok(None);
        };
        if let Some(setting) = xz.refused() {
            return Ok(Some(Unpacked::SettingsRefused { segment, setting }));
        }
        for filter in &xz.filters {
            if let Some(option) = filter.option
                && !self.builds_in(option)?
            {
                let setting = format!("the {} filter, without CONFIG_{option}", filter.name);
                return Ok(Some(Unpacked::SettingsRefused { segment, setting }));
            }
        }
        Ok(None)
    }

    /// The init of the initramfs that the command line asks for.
    pub fn rdinit(&self) -> Result<String> {
        match self.command_line() {
            Ok(line) => Ok(line.rdinit().unwrap_or(INIT_PATH).to_owned()),
            Err(_) if !self.has_kernel() => Ok(INIT_PATH.to_owned()),
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
        let program = userland::program(archive, path.as_bytes(), machine, &self.limits)
            .map_err(|error| error.of(Role::Initramfs))?;
        Ok(Some(program).filter(|program| program.found.is_some()))
    }

    fn builds_in_codec(&self, kconfig: &str) -> Result<bool> {
        let option = OPTIONS
            .iter()
            .find(|spec| spec.name.strip_prefix("RD_") == Some(kconfig));
        match option {
            Some(spec) => self.builds_in(spec.name),
            None => Ok(false),
        }
    }
}

/// An error where the kernel comes to another tree than is read here.
fn is_unpacked_alike(archive: &Archive) -> Result<()> {
    let Some((problem, what)) = archive
        .problems
        .iter()
        .find_map(|problem| Some((problem, problem.goes_otherwise()?)))
    else {
        return Ok(());
    };
    let found = format!("{what}: {}", problem.error);
    Err(Error::unsupported("initramfs", found).of(Role::Initramfs))
}
