//! What the kernel makes of the initramfs: nothing, or a tree as far as it is unpacked.
//!
//! Source: Linux `init/initramfs.c` (`unpack_to_rootfs`), `lib/decompress.c` (`decompress_method`).

use super::boot::Boot;
use super::early_lookup::RootDevice;
use super::kernel_init_freeable::{is_cut_off, not_executed, of_early_init};
use super::recorder::Recorder;
use super::start_kernel::used_ram_bytes;
use crate::bytes::escaped;
use crate::cause::initramfs::{
    Sequel, corrupt_initramfs, initramfs_codec_not_built_in, initramfs_exceeds_ram,
    initramfs_unsupported, xz_settings_unsupported,
};
use crate::cmdline::Named;
use crate::error::{Error, Kind, Result};
use crate::finding::{Finding, Severity};
use crate::initramfs::{Archive, DAMAGED_HEADER, Initramfs, Problem, Segment};
use crate::kernel::options::OPTIONS;
use crate::role::Role;
use crate::tree::resolve;

/// The first version that is known to refuse a cpio header with digits that are none.
const READS_DIGITS: (u16, u16) = (7, 2);

/// The kernel's "text file busy".
const ETXTBSY: i32 = 26;

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

/// Follows the unpacking.
pub(super) fn populate_rootfs(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    recorder.ask_facts(&[309]);
    let Some(initramfs) = boot.initramfs()? else {
        return Ok(());
    };
    recorder.ask(20, || damage(boot, initramfs));
    boot.kernel()?;
    recorder.ask(302, || match boot.builds_in("BLK_DEV_INITRD")? {
        true => Ok(None),
        false => without_initramfs(boot).map(|sequel| Some(initramfs_unsupported::of(&sequel))),
    });
    match boot.unpacked()? {
        Unpacked::CodecMissing(segment) => recorder.ask(301, || {
            let sequel = without_initramfs(boot)?;
            Ok([initramfs_codec_not_built_in::of(boot, segment, &sequel)])
        }),
        Unpacked::SettingsRefused { segment, setting } => recorder.ask(311, || {
            let sequel = without_initramfs(boot)?;
            Ok([xz_settings_unsupported::of(
                boot, segment, &setting, &sequel,
            )])
        }),
        Unpacked::Tree(archive) => recorder.ask(310, || {
            let lack = lacks_ram(boot, initramfs, archive)?;
            Ok(lack.map(|lack| initramfs_exceeds_ram::of(&lack)))
        }),
        Unpacked::None | Unpacked::Ignored | Unpacked::Foreign => {}
    }
    Ok(())
}

/// Returns how a boot goes on whose initramfs is not used: the kernel mounts the root.
pub(super) fn without_initramfs(boot: &Boot<'_>) -> Result<Sequel> {
    boot.kernel_could_mount_root()
        .map(Sequel::without_initramfs)
}

/// What of the initramfs is damaged, or that it is none.
fn damage(boot: &Boot<'_>, initramfs: &Initramfs) -> Result<Option<Finding>> {
    let archive = match initramfs.archive() {
        Ok(archive) => archive,
        Err(error) if is_of_the_file(&error) => return foreign(boot, &error),
        Err(error) => return Err(error),
    };
    let mut problems = archive.problems.iter();
    let stop = problems.find(|problem| problem.fatal_to_rest);
    let Some(problem) = stop.or(archive.problems.first()) else {
        return Ok(None);
    };
    let Unpacked::Tree(archive) = boot.unpacked()? else {
        return Ok(None);
    };
    let sequel = after_damage(boot, archive, problem)?;
    Ok(Some(corrupt_initramfs::of(boot, problem, &sequel)))
}

fn is_of_the_file(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unrecognised | Kind::Truncated | Kind::Corrupt | Kind::Invalid | Kind::UnknownCodec
    )
}

/// The file is no initramfs at all.
fn foreign(boot: &Boot<'_>, error: &Error) -> Result<Option<Finding>> {
    let sequel = if !boot.has_kernel() {
        Sequel::new(Severity::Fatal, "none of it is unpacked")
    } else if boot.builds_in("BLK_DEV_INITRD")? {
        without_initramfs(boot)?
    } else {
        return Ok(None);
    };
    Ok(Some(corrupt_initramfs::of_foreign(boot, error, &sequel)))
}

/// How a boot goes on with what was unpacked before the damage.
fn after_damage(boot: &Boot<'_>, archive: &Archive, problem: &Problem) -> Result<Sequel> {
    // The kernel does not read an init that is cut off.
    let rdinit = boot.rdinit()?;
    let is_cut =
        resolve(archive, rdinit.as_bytes())?.is_ok_and(|found| archive.is_incomplete(found.node));
    if problem.fatal_to_rest && is_cut {
        return not_executed(boot, archive, rdinit.as_bytes(), ETXTBSY);
    }
    let Some(program) = boot.early_init()? else {
        if !boot.has_kernel() {
            let then = format!("{rdinit} is not unpacked by then");
            return Ok(Sequel::new(Severity::Fatal, then));
        }
        return without_initramfs(boot);
    };
    let mut problems = archive.problems.iter();
    let unnoticed = problems.find(|problem| is_unnoticed(problem));
    if let Some(problem) = unnoticed.filter(|_| boot.has_kernel()) {
        return Err(is_anywhere(problem));
    }
    if problem.fatal_to_rest {
        // What init lacks comes after the damage.
        if let Some(sequel) = of_early_init(boot, archive, program)? {
            return Ok(sequel);
        }
        if is_cut_off(archive, program) {
            return not_executed(boot, archive, &program.path, ETXTBSY);
        }
        for path in program.libraries.iter().filter_map(|one| one.path.as_ref()) {
            if let Ok(found) = resolve(archive, path)?
                && archive.is_incomplete(found.node)
            {
                return Ok(Sequel::new(
                    Severity::Fatal,
                    format!(
                        "{}, which {} needs, is truncated, and the kernel panics with \"Attempted \
                            to kill init!\"",
                        escaped(path),
                        escaped(&program.path)
                    ),
                ));
            }
        }
    }
    // It is executed, and what it does then is in bytes that may be others.
    let mut problems = archive.problems.iter();
    let tainted = problems.find(|problem| problem.taints_content);
    if let Some(problem) = tainted.filter(|_| boot.has_kernel()) {
        return Err(is_anywhere(problem));
    }
    let path = escaped(&program.path);
    // Without a kernel it is not known that what is lost is not needed; junk after the end is no loss.
    let severity = match problem.fatal_to_rest && !boot.has_kernel() && is_loss(archive) {
        true => Severity::Fatal,
        false => Severity::Warn,
    };
    let then = if problem.fatal_to_rest {
        format!("earlier files are unpacked, including {path} and everything that it needs")
    } else {
        format!("{path} exists, and the content of any file may be damaged")
    };
    Ok(Sequel::new(severity, then))
}

fn is_anywhere(problem: &Problem) -> Error {
    Error::unsupported(
        "initramfs",
        format!("the damaged part is unknown: {}", problem.error),
    )
    .of(Role::Initramfs)
}

/// Returns true if a checksum is wrong that the kernel does not compare: any byte may be another.
fn is_unnoticed(problem: &Problem) -> bool {
    !problem.fatal_to_rest && problem.kernel_message.is_none()
}

/// Returns true if the last archive in it has no end.
fn is_loss(archive: &Archive) -> bool {
    let mut segments = archive.segments.iter();
    let last = segments.rfind(|segment| segment.entries > 0);
    last.is_none_or(|segment| !segment.has_trailer)
}

/// Returns the RAM that is missing to unpack the initramfs.
pub(super) fn lacks_ram(
    boot: &Boot<'_>,
    initramfs: &Initramfs,
    archive: &Archive,
) -> Result<Option<initramfs_exceeds_ram::Lack>> {
    let ram_bytes = used_ram_bytes(boot)?;
    let file_bytes = initramfs.file_bytes();
    let unpacked_bytes = archive.unpacked_bytes;
    let mut needs_bytes = file_bytes.saturating_add(unpacked_bytes);
    if needs_bytes <= ram_bytes {
        needs_bytes = needs_bytes.saturating_add(boot.memory_bytes()?.unwrap_or(0));
    }
    let is_whole = needs_bytes > ram_bytes;
    let is_over = is_whole || (unpacked_bytes > ram_bytes / 2 && is_tmpfs(boot)?);
    if !is_over {
        return Ok(None);
    }
    Ok(Some(initramfs_exceeds_ram::Lack {
        file_bytes,
        unpacked_bytes,
        needs_bytes,
        ram_bytes,
        is_half: !is_whole,
    }))
}

/// Returns true if the first root is a tmpfs: the command line asks for one, and the kernel has it.
fn is_tmpfs(boot: &Boot<'_>) -> Result<bool> {
    let line = boot.root_line()?;
    let is_asked_for = match (line.value("root"), line.value("rootfstype")) {
        (_, Some(types)) => types.contains("tmpfs"),
        (root, None) => root.is_none_or(str::is_empty),
    };
    Ok(is_asked_for && boot.builds_in("TMPFS")?)
}

impl<'a> Boot<'a> {
    /// What the kernel makes of the initramfs.
    pub fn unpacked(&self) -> Result<Unpacked<'a>> {
        let Some(initramfs) = self.bundle().initramfs()? else {
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
                    "files before a segment that the kernel cannot decode",
                ));
            }
            if let Some(stop) = stop {
                return Ok(stop);
            }
            has_files |= segment.entries > 0;
        }
        Ok(Unpacked::Tree(archive))
    }

    /// Returns true if the kernel could mount the root without an initramfs: what `root=` names is
    /// there, and every driver is built in. A driver that is missing settles it; otherwise one that is
    /// not known is an error.
    fn kernel_could_mount_root(&self) -> Result<bool> {
        if self.root()?.is_none() {
            return Ok(false);
        }
        if self.names_memory()?.is_some() {
            return Ok(true);
        }
        let by_initramfs = self
            .root_line()?
            .root()
            .is_none_or(|root| root.needs_initramfs());
        let named = Named::parse(self.command_line()?.value("root").unwrap_or_default());
        if by_initramfs
            || matches!(
                named,
                Named::Link | Named::Path { .. } | Named::Tag { is_link: true, .. }
            )
        {
            return Ok(false);
        }
        let drivers = self.root_drivers()?;
        let mut unknown = None;
        for option in &drivers {
            match self.builds_in(option) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(error) => unknown = Some(error),
            }
        }
        if let RootDevice::Absent { .. } = self.root_device()? {
            return Ok(false);
        }
        match unknown {
            Some(error) => Err(error),
            None => Ok(!drivers.is_empty()),
        }
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
                "older kernels continue and read other entries: {}",
                problem.error
            ),
        )
        .of(Role::Initramfs))
    }

    /// What keeps the kernel from decoding a segment that is whole.
    fn stops_at(&self, segment: &'a Segment) -> Result<Option<Unpacked<'a>>> {
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
