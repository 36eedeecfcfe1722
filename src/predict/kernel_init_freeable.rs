//! The init that runs first: the one of the initramfs, or none, so that the kernel mounts the root.
//!
//! Source: Linux `init/main.c` (`kernel_init_freeable`, `kernel_init`), `fs/exec.c`.

use super::boot::{Boot, is_shell};
use super::gap::{Gap, is_escaped, words, words_as};
use super::populate_rootfs::{Unpacked, lacks_ram, without_initramfs};
use super::recorder::Recorder;
use crate::bytes::escaped;
use crate::cause::initramfs::{
    Sequel, initramfs_init_not_runnable, no_init_in_initramfs, shell_requested,
};
use crate::cause::needed::Needed;
use crate::cmdline::Parameter;
use crate::error::Result;
use crate::finding::{Finding, Severity};
use crate::initramfs::{Archive, INIT_PATH};
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::resolve;
use crate::userland::program::DEFAULT_INITS;
use crate::userland::{self, Program, Trouble};

/// What systemd mounts before anything else, and gives up without.
const SYSTEMD_MOUNTS: [&str; 4] = ["CGROUPS", "DEVTMPFS", "PROC_FS", "SYSFS"];

/// What is not modelled of it.
pub(super) static GAPS: [Gap; 3] = [
    Gap {
        what: "An `rdinit=` that names a file of every kernel's own initramfs, or leaves it with \
            `..`.",
        from: Stage::Initramfs,
        met: |boot| {
            let has_init = !matches!(boot.early_init(), Ok(None));
            let is_open = |word: &Parameter| !has_init && word.is("rdinit") && names_built_in(word);
            words_as(boot, is_open, |word| {
                format!("the effect of {word}, which every kernel has")
            })
        },
    },
    Gap {
        what: "An `rdinit=` with escaped bytes.",
        from: Stage::Initramfs,
        met: |boot| {
            words(boot, |word| {
                word.is("rdinit") && is_escaped(word.value.as_deref())
            })
        },
    },
    Gap {
        what: "`LD_` variables for the loader of the init of an initramfs, and `ia32_emulation=` \
            with a 32-bit one.",
        from: Stage::Initramfs,
        met: |boot| {
            let early = boot.early_init().ok().flatten();
            loader_words(boot, early)
        },
    },
];

/// Returns true if a path leads to what is in every kernel's own initramfs (`usr/default_cpio_list`), or
/// nowhere.
fn names_built_in(parameter: &Parameter) -> bool {
    let path = parameter.value.as_deref();
    let names: Option<Vec<&str>> = path.map(|path| {
        let names = path.split('/');
        names.filter(|name| !matches!(*name, "" | ".")).collect()
    });
    names.is_some_and(|names| {
        names.contains(&"..") || matches!(names[..], [] | ["dev" | "root"] | ["dev", "console"])
    })
}

/// Words for the loader of a dynamic init, libraries that it loads and folders in which it looks; and the
/// word that turns programs of 32 bits off (Linux 6.7 and later).
pub(super) fn loader_words(boot: &Boot<'_>, init: Option<&Program>) -> Vec<String> {
    let has_loader = init.is_some_and(|init| init.interpreter.is_some());
    let is_compat = init.is_some_and(|init| init.needs.compat.is_some());
    let mut found = words(boot, |word| {
        let is_handed = word.value.is_some() && word.is_handed_to_init();
        let is_of_loader = has_loader && is_handed && word.name.starts_with("LD_");
        is_of_loader || (is_compat && word.is("ia32_emulation"))
    });
    found.truncate(1);
    found
}

/// Follows the start of the init of the initramfs.
pub(super) fn kernel_init_freeable(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    if boot.initramfs()?.is_none() {
        return Ok(());
    }
    if let Err(error) = boot.kernel() {
        recorder.blocked([303], &error);
    }
    let Unpacked::Tree(archive) = boot.unpacked()? else {
        return Ok(());
    };
    match boot.early_init()? {
        Some(program) => recorder.ask(304, || run(boot, archive, program)),
        None => recorder.ask(303, || no_init(boot, archive)),
    }
    Ok(())
}

/// Nothing is there that the kernel could execute.
fn no_init(boot: &Boot<'_>, archive: &Archive) -> Result<Option<Finding>> {
    // What comes after a damage is lost with it: that is another cause.
    let is_cut = archive.problems.iter().any(|problem| problem.fatal_to_rest);
    let lack = boot
        .initramfs()?
        .map(|initramfs| lacks_ram(boot, initramfs, archive));
    if is_cut || matches!(lack, Some(Ok(Some(_)))) {
        return Ok(None);
    }
    let rdinit = boot.rdinit()?;
    let sequel = without_initramfs(boot)?;
    let Err(lost) = resolve(archive, rdinit.as_bytes())? else {
        return Ok(None);
    };
    let errno = lost.errno.number();
    no_init_in_initramfs::of(boot, archive, &rdinit, errno, &sequel).map(Some)
}

/// `run_init_process` with the init of the initramfs.
fn run(boot: &Boot<'_>, archive: &Archive, program: &Program) -> Result<Option<Finding>> {
    let Some(sequel) = of_early_init(boot, archive, program)? else {
        return systemd_freezes(boot, program);
    };
    let lacks = lacks_format(boot, program)?;
    Ok(initramfs_init_not_runnable::of(program, lacks, &sequel))
}

/// systemd as the init of an initramfs, on a kernel without what it mounts.
fn systemd_freezes(boot: &Boot<'_>, program: &Program) -> Result<Option<Finding>> {
    if !program.is_systemd() || !boot.has_kernel() {
        return Ok(None);
    }
    let needed = Needed::of(boot, &SYSTEMD_MOUNTS);
    if let Some(error) = needed.unknown {
        return Err(error);
    }
    Ok(match needed.off.as_slice() {
        [] => None,
        off => Some(initramfs_init_not_runnable::of_systemd(off)),
    })
}

/// A word of the command line makes the init of the initramfs start a shell.
pub(super) fn maybe_break(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    if boot.initramfs()?.is_some() {
        boot.kernel()?;
        let asked = boot.asked_shell()?;
        let found = asked.map(|(generator, word)| shell_requested::of(generator.name, word));
        recorder.ask(312, || Ok(found));
    }
    Ok(())
}

impl Boot<'_> {
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
}

/// The kernel's "exec format error".
const ENOEXEC: i32 = 8;

/// The option that the kernel lacks to execute a program of the initramfs that its files let start; no
/// module comes in time. ELF is KC608's.
fn lacks_format(boot: &Boot<'_>, program: &Program) -> Result<Option<&'static str>> {
    if !boot.has_kernel() || !program.starts() {
        return Ok(None);
    }
    let script = program.needs.script.then_some("BINFMT_SCRIPT");
    for option in [script, program.needs.compat].into_iter().flatten() {
        if !boot.builds_in(option)? {
            return Ok(Some(option));
        }
    }
    Ok(None)
}

/// What comes of an init of the initramfs that does not run; `None` of one that does.
pub(super) fn of_early_init(
    boot: &Boot<'_>,
    archive: &Archive,
    program: &Program,
) -> Result<Option<Sequel>> {
    if lacks_format(boot, program)?.is_some() {
        return not_executed(boot, archive, &program.path, ENOEXEC).map(Some);
    }
    let Some(trouble) = &program.trouble else {
        return Ok(None);
    };
    match trouble.errno() {
        Some(errno) => not_executed(boot, archive, &program.path, errno).map(Some),
        None => Ok(Some(Sequel::new(
            Severity::Fatal,
            match trouble {
                Trouble::Damaged { .. } => {
                    "it crashes, and the kernel panics with \"Attempted to kill init!\""
                }
                _ => {
                    "its loader gives up, and the kernel panics with \"Attempted to kill init! \
                     exitcode=0x00007f00\""
                }
            },
        ))),
    }
}

/// What comes of an init that the kernel cannot execute: it looks for another one, in the initramfs
/// and not on the root.
pub(super) fn not_executed(
    boot: &Boot<'_>,
    archive: &Archive,
    path: &[u8],
    errno: i32,
) -> Result<Sequel> {
    let (other, requested) = fallback(boot, archive)?;
    let path = escaped(path);
    let failed = format!("the kernel says \"Failed to execute {path} (error -{errno})\"");
    if let Some(other) = &other
        && let Some(what) = ends_here(archive, other)?
    {
        let path = escaped(&other.path);
        let then = format!("{failed} and starts {path} of the initramfs, {what}");
        return Ok(Sequel::new(Severity::Fatal, then));
    }
    Ok(match (other, requested) {
        (Some(other), _) => Sequel::new(
            Severity::Warn,
            format!(
                "{failed} and starts {} of the initramfs instead; its behaviour is not predicted",
                escaped(&other.path)
            ),
        ),
        (None, Some(requested)) => Sequel::new(
            Severity::Fatal,
            format!(
                "{failed}, looks for init={requested} in the initramfs, not on the root, and \
                 panics with \"Requested init {requested} failed\""
            ),
        ),
        (None, None) => Sequel::new(
            Severity::Fatal,
            format!("{failed} and panics with \"No working init found\""),
        ),
    })
}

/// The program of the initramfs that the kernel executes if it cannot execute `/init`, and the value of
/// `init=`.
fn fallback<'a>(
    boot: &'a Boot<'_>,
    archive: &Archive,
) -> Result<(Option<Program>, Option<&'a str>)> {
    let requested = match boot.command_line() {
        Ok(line) => line.init(),
        Err(_) if !boot.has_kernel() => None,
        Err(error) => return Err(error),
    };
    let machine = boot.kernel_architecture()?;
    for path in requested.map_or(DEFAULT_INITS.to_vec(), |path| vec![path.as_bytes()]) {
        let program = userland::program(archive, path, machine, &boot.limits)?;
        if program.starts()
            && !is_cut_off(archive, &program)
            && lacks_format(boot, &program)?.is_none()
        {
            return Ok((Some(program), requested));
        }
    }
    Ok((None, requested))
}

/// The program that the kernel starts because it cannot execute the init of the initramfs. `None` if it
/// is known that this program ends the boot: KC304 reports that, and the later steps assume a fixed init.
pub(super) fn started_instead(
    boot: &Boot<'_>,
    archive: &Archive,
    early: &Program,
) -> Result<Option<Program>> {
    let is_executed = lacks_format(boot, early)?.is_none()
        && !is_cut_off(archive, early)
        && early.trouble.as_ref().and_then(Trouble::errno).is_none();
    if is_executed {
        return Ok(None);
    }
    Ok(match fallback(boot, archive)? {
        (Some(other), _) if ends_here(archive, &other)?.is_none() => Some(other),
        _ => None,
    })
}

/// What the program is that the kernel executes instead, if it is known to mount no root.
fn ends_here(archive: &Archive, other: &Program) -> Result<Option<&'static str>> {
    if is_shell(&other.path) {
        return Ok(Some("a shell on the console"));
    }
    let is_init = is_init_of_busybox(archive, other)?;
    Ok(is_init.then_some("the init of BusyBox, which mounts no root"))
}

/// BusyBox's init without a table runs `/etc/init.d/rcS`, and starts a shell on the console.
fn is_init_of_busybox(archive: &Archive, program: &Program) -> Result<bool> {
    let Some(found) = program.found.as_ref() else {
        return Ok(false);
    };
    Ok(program.path.ends_with(b"/init")
        && archive.is_busybox(found)?
        && resolve(archive, b"/etc/inittab")?.is_err()
        && resolve(archive, b"/etc/init.d/rcS")?.is_err())
}

/// Whether an archive that breaks off does so within the program or what it runs on: the file is
/// still open for writing then, and not executed.
pub(super) fn is_cut_off(archive: &Archive, program: &Program) -> bool {
    let mut steps = program.steps.iter();
    steps.any(|step| archive.is_incomplete(step.found.node))
}
