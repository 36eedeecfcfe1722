//! The init on the root: which programs are tried, which of them starts, and what keeps it from running.
//!
//! Source: Linux `init/main.c` (`kernel_init`, `try_to_run_init_process`), `fs/exec.c`. With `init=`
//! there is no other. Without it the kernel goes through its list, and what runs last, `/bin/sh`, is a
//! shell that nobody reads: the system has not come up. The models of the generators say what the init
//! of an initramfs does in the kernel's place.

use super::boot::{Boot, RootMounter};
use super::drivers::Supply;
use super::ending::refuses_init;
use super::gap::{Gap, is_escaped, words};
use super::kernel_init_freeable::loader_words;
use super::recorder::Recorder;
use crate::bundle::Bundle;
use crate::bytes::escaped;
use crate::cause::init::cpu_level_too_new::level_left_open;
use crate::cause::init::{
    cpu_level_too_new, init_library_missing, init_link_broken, init_loader_missing,
    init_not_executable, init_script_broken, init_wrong_architecture, no_device_nodes,
    no_elf_support, no_init,
};
use crate::error::Result;
use crate::finding::Finding;
use crate::initramfs::Model;
use crate::role::Role;
use crate::stage::Stage;
use crate::tree::{FileType, Tree, read_whole, resolve};
use crate::userland::program::DEFAULT_INITS;
use crate::userland::{self, InitChain, InitEnd, InitFault, InitTrouble, Loader, Program, Trouble};

/// What is not modelled of it.
pub(super) static GAPS: [Gap; 6] = [
    Gap {
        what: "`sysctl.vm.`, which may leave init without memory.",
        from: Stage::Init,
        met: |boot| words(boot, |word| word.name.starts_with("sysctl.vm.")),
    },
    Gap {
        what: "An `init=` with escaped bytes.",
        from: Stage::Init,
        met: |boot| {
            words(boot, |word| {
                word.is("init") && is_escaped(word.value.as_deref())
            })
        },
    },
    Gap {
        what: "`LD_` variables for the loader of init, and `ia32_emulation=` with a 32-bit init.",
        from: Stage::Init,
        met: |boot| {
            // Those for a loader of the initramfs leave open what comes earlier.
            let early = boot.early_init().ok().flatten();
            let is_later = early
                .is_none_or(|early| early.interpreter.is_none() && early.needs.compat.is_none());
            loader_words(boot, started(boot).filter(|_| is_later))
        },
    },
    Gap {
        what: "An init that an absolute link leads to, with mkinitcpio, which follows it in its archive.",
        from: Stage::Init,
        met: |boot| linked(boot).into_iter().collect(),
    },
    Gap {
        what: "Libraries that /etc/ld.so.preload names.",
        from: Stage::Init,
        met: preloaded,
    },
    Gap {
        what: "The x86-64 level of the CPU, if init needs more than v2 and `--cpu-level` is not \
            given.",
        from: Stage::Init,
        met: |boot| {
            let level = started(boot).and_then(|init| level_left_open(boot.cpu_level, init));
            let open = level.map(|level| format!("whether the machine's CPU has x86-64-v{level}"));
            open.into_iter().collect()
        },
    },
];

/// The init that is started, even if it ends at once.
pub(super) fn started<'a>(boot: &'a Boot<'_>) -> Option<&'a Program> {
    boot.init().ok().flatten().and_then(InitChain::program)
}

/// Libraries that glibc's loader loads before those of the program. It ignores one that is missing.
///
/// Models `do_preload` and `handle_preload_list` in glibc `elf/rtld.c`.
fn preloaded(boot: &Boot<'_>) -> Vec<String> {
    const PATH: &str = "/etc/ld.so.preload";
    const LIST_BYTES: u64 = 64 * 1024;
    let by_glibc = started(boot).is_some_and(|init| init.loader == Some(Loader::Glibc));
    let root = boot.root().ok().flatten().filter(|_| by_glibc);
    let Some(root) = root.and_then(|root| root.as_linux().ok()) else {
        return Vec::new();
    };
    let Ok(Ok(list)) = resolve(root, PATH.as_bytes()) else {
        return Vec::new();
    };
    let is_ignored =
        |name: &[u8]| name.starts_with(b"/") && matches!(resolve(root, name), Ok(Err(_)));
    let is_open = match read_whole(root, &list, "bytes of a text file", LIST_BYTES) {
        Ok(text) => text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.split(|byte| *byte == b'#').next())
            .flat_map(|line| line.split(|byte| byte.is_ascii_whitespace() || *byte == b':'))
            .any(|name| !name.is_empty() && !is_ignored(name)),
        Err(_) => list.stat.size_bytes > 0,
    };
    let open = is_open.then(|| format!("the effect of the libraries in {PATH}"));
    open.into_iter().collect()
}

/// The last of the kernel's list.
const SHELL: &[u8] = b"/bin/sh";

/// A cause of a program that is there and does not run: the trouble, and what happens then.
type OfTrouble = fn(&Bundle, &InitTrouble, &str) -> Result<Option<Finding>>;

const REFUSALS: [(u16, OfTrouble); 6] = [
    (602, |_, trouble, then| {
        Ok(init_not_executable::of(trouble, then))
    }),
    (603, |_, trouble, then| {
        Ok(init_link_broken::of(trouble, then))
    }),
    (604, |_, trouble, then| {
        Ok(init_wrong_architecture::of(trouble, then))
    }),
    (605, init_loader_missing::of),
    (606, |_, trouble, then| {
        Ok(init_script_broken::of(trouble, then))
    }),
    (607, |_, trouble, _| Ok(init_library_missing::of(trouble))),
];

/// An init that is an absolute link on the root, if the initramfs follows it in its own tree.
fn linked(boot: &Boot<'_>) -> Option<String> {
    let model = boot.model().ok()??;
    let found = started(boot)?.found.as_ref()?;
    let mut links = found.links.iter();
    let is_absolute = links.any(|link| link.target.starts_with(b"/"));
    (model.tests_init_from_outside && is_absolute).then(|| {
        let path = escaped(&found.path);
        format!("whether the initramfs finds {path}, to which an absolute link leads")
    })
}

/// Follows the start of init on the root.
pub(super) fn kernel_init(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    if let Err(error) = run_init_process(boot, recorder) {
        recorder.blocked(601..=607, &error);
    }
    recorder.ask(608, || runs_no_elf(boot));
    recorder.ask(609, || lacks_nodes(boot));
    recorder.ask(610, || lacks_cpu_level(boot));
    Ok(())
}

/// A program runs, or it is not executed, or it ends at once.
fn run_init_process(boot: &Boot<'_>, recorder: &mut Recorder<'_>) -> Result<()> {
    let Some(trouble) = boot.init_trouble()? else {
        recorder.ask(601, || replaced(boot));
        // An option that is not known was taken to be there.
        let program = started(boot);
        let known = |runs: Option<Result<bool>>| runs.transpose().map(|_| None);
        recorder.ask(604, || {
            known(program.map(|program| boot.runs_compat(program)))
        });
        recorder.ask(606, || {
            known(program.map(|program| boot.runs_script(program)))
        });
        return Ok(());
    };
    let then = refuses_init(boot, trouble)?;
    recorder.ask(601, || nothing_there(boot, trouble, &then));
    for (code, of) in REFUSALS {
        recorder.ask(code, || of(boot, trouble, &then));
    }
    Ok(())
}

/// There is no program where one is looked for.
fn nothing_there(boot: &Boot<'_>, trouble: &InitTrouble, then: &str) -> Result<Option<Finding>> {
    if let Some(memory) = boot.root_in_memory()? {
        return Ok(Some(no_init::of_memory(trouble, memory, then)));
    }
    let elsewhere = boot.system_elsewhere().unwrap_or_default();
    Ok(no_init::of(trouble, elsewhere.as_deref(), then))
}

/// What `init=` names is missing, and the init of the initramfs starts another program.
fn replaced(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let Some(other) = boot.init_in_place()? else {
        return Ok(None);
    };
    let named = boot.requested_init()?.unwrap_or_default();
    Ok(Some(no_init::of_replaced(&named, &other.path)))
}

/// The kernel executes no ELF file. The init of an initramfs comes first.
fn runs_no_elf(boot: &Boot<'_>) -> Result<Option<Finding>> {
    boot.kernel()?;
    let chain = boot.init()?;
    let program = match (chain, boot.early_init()?) {
        (_, Some(early)) if early.needs.elf => Some(early),
        (Some(chain), _) => chain.tried.iter().find(|program| program.needs.elf),
        (None, _) => None,
    };
    let Some(program) = program else {
        return Ok(None);
    };
    if boot.builds_in("BINFMT_ELF")? {
        return Ok(None);
    }
    let path = escaped(&program.path);
    let consequence = match (boot.root_mounter()?, chain) {
        (RootMounter::Kernel, Some(chain)) if chain.requested => {
            format!("The kernel panics with \"Requested init {path} failed (error -8)\".")
        }
        (RootMounter::Kernel, _) => format!(
            "The kernel prints \"Starting init: {path} exists but couldn't execute it (error -8)\" \
                and panics with \"No working init found\"."
        ),
        _ => format!(
            "The kernel prints \"Failed to execute {path} (error -8)\" and panics with \"No \
                working init found\"."
        ),
    };
    Ok(Some(no_elf_support::of(&path, consequence)))
}

/// Nothing mounts devtmpfs where init looks for its devices.
fn lacks_nodes(boot: &Boot<'_>) -> Result<Option<Finding>> {
    boot.kernel()?;
    match boot.root_mounter()? {
        // An empty root has no init that would need them.
        RootMounter::Kernel if boot.root_in_memory()?.is_some() => return Ok(None),
        RootMounter::Kernel => {}
        RootMounter::Initramfs(_) => return Ok(None),
        RootMounter::Nothing => {
            let Some(initramfs) = boot.initramfs()? else {
                return Ok(None);
            };
            // An initramfs that is the whole system mounts devtmpfs itself.
            let has_nodes = is_device(initramfs.archive()?, b"/dev/null")?;
            let is_there = has_nodes || boot.builds_in("DEVTMPFS")?;
            return Ok((!is_there).then(no_device_nodes::of_initramfs));
        }
    }
    let Some(root) = boot.root()? else {
        return Ok(None);
    };
    let tree = root.tree()?;
    let (what, errno) = match resolve(tree, b"/dev")? {
        Ok(found) if found.stat.file_type == FileType::Directory => {
            let is_there = is_device(tree, b"/dev/console")? || boot.mounts_devtmpfs()?;
            return Ok((!is_there).then(no_device_nodes::of_root));
        }
        Ok(_) => ("a directory /dev", 20),
        Err(lost) => ("/dev", lost.errno.number()),
    };
    let errno = matches!(boot.mounts_devtmpfs(), Ok(true)).then_some(errno);
    Ok(Some(no_device_nodes::of_directory(what, errno)))
}

fn is_device(tree: &dyn Tree, path: &[u8]) -> Result<bool> {
    let found = resolve(tree, path)?;
    Ok(found.is_ok_and(|found| found.stat.file_type == FileType::CharacterDevice))
}

/// The program starts, and its files need a newer CPU.
fn lacks_cpu_level(boot: &Boot<'_>) -> Result<Option<Finding>> {
    let Some(program) = boot.init()?.and_then(InitChain::program) else {
        return Ok(None);
    };
    if !matches!(&program.isa_level, Some(need) if need.level > 1) {
        return Ok(None);
    }
    let is_started = match boot.init_trouble()? {
        Some(trouble) => {
            trouble.end == InitEnd::Starts && !matches!(trouble.fault, InitFault::Option(_))
        }
        None => true,
    };
    let found = is_started.then(|| cpu_level_too_new::of(boot.cpu_level, program));
    Ok(found.flatten())
}

impl Boot<'_> {
    /// What is tried as init on the root; `None` where there is no root beyond the initramfs.
    pub fn init(&self) -> Result<Option<&InitChain>> {
        if self.has_kernel() && matches!(self.root_mounter()?, RootMounter::Nothing) {
            return Ok(None);
        }
        self.init
            .get_or_init(|| self.find_init())
            .as_ref()
            .map(Some)
            .map_err(Clone::clone)
    }

    fn find_init(&self) -> Result<InitChain> {
        let root = self.mounted()?;
        if self.has_kernel()
            && let Some(model) = self.model()?
        {
            return self.find_init_of_model(&root, model);
        }
        let machine = self.kernel_architecture()?;
        let requested = self.requested_init()?;
        userland::init(
            &root,
            requested.as_deref().map(str::as_bytes),
            machine,
            &self.limits,
        )
        .map_err(|error| error.of(Role::Rootfs))
    }

    /// The init of an initramfs looks whether a program is there before it hands over to it; once
    /// it has, there is no way back.
    fn find_init_of_model(&self, root: &dyn Tree, model: &Model) -> Result<InitChain> {
        let requested = self.requested_init()?;
        let first = requested.as_deref().unwrap_or(model.default_init);
        let others = model.other_inits.iter().copied();
        let mut chain = InitChain {
            requested: requested.is_some(),
            tried: Vec::new(),
            runs: None,
        };
        for path in std::iter::once(first).chain(others.filter(|other| *other != first)) {
            let program = self.program_at(root, path.as_bytes())?;
            let is_taken = is_taken(&program);
            let starts = program.starts();
            chain.tried.push(program);
            if is_taken {
                chain.runs = starts.then_some(chain.tried.len().saturating_sub(1));
                break;
            }
        }
        Ok(chain)
    }

    /// Returns the program that the init of an initramfs starts because what `init=` names cannot be
    /// executed; `None` if it starts what `init=` names, or nothing.
    fn init_in_place(&self) -> Result<Option<&Program>> {
        let Some(chain) = self.init()?.filter(|chain| chain.requested) else {
            return Ok(None);
        };
        let replaces = self.has_kernel()
            && self
                .model()?
                .is_some_and(|model| model.replaces_missing_init);
        // systemd's switch-root takes the program of init=, or fails.
        if !replaces || self.has_early_systemd()? {
            return Ok(None);
        }
        Ok(match chain.tried.as_slice() {
            [_, .., last] if is_taken(last) => Some(last),
            _ => None,
        })
    }

    /// The program at a path of the root.
    fn program_at(&self, root: &dyn Tree, path: &[u8]) -> Result<Program> {
        let machine = self.kernel_architecture()?;
        userland::program(root, path, machine, &self.limits).map_err(|error| error.of(Role::Rootfs))
    }

    /// The init that is asked for; `None` where a list is gone through.
    fn requested_init(&self) -> Result<Option<String>> {
        if !self.has_kernel() {
            return Ok(None);
        }
        let line = self.command_line()?;
        let Some(model) = self.model()? else {
            return Ok(line.init().map(str::to_owned));
        };
        let named = line
            .init()
            .filter(|path| model.init_parameter && !(path.is_empty() && model.skips_empty_init));
        let only = Some(model.default_init).filter(|_| model.other_inits.is_empty());
        Ok(named.or(only).map(str::to_owned))
    }

    /// What keeps init on the root from coming up; `None` where the init asked for starts and
    /// finds all that it needs, or where there is no root beyond the initramfs. Options of the
    /// kernel that are not known are taken to be there.
    pub fn init_trouble(&self) -> Result<Option<&InitTrouble>> {
        self.init_trouble
            .get_or_init(|| self.find_init_trouble())
            .as_ref()
            .map(Option::as_ref)
            .map_err(Clone::clone)
    }

    fn find_init_trouble(&self) -> Result<Option<InitTrouble>> {
        let Some(chain) = self.init()? else {
            return Ok(None);
        };
        let mut first = None;
        let mut end = InitEnd::Nothing;
        if chain.requested {
            let Some(program) = chain.tried.first() else {
                return Ok(None);
            };
            let program = match self.init_in_place()? {
                Some(other) if other.path == SHELL => {
                    return Ok(Some(InitTrouble {
                        program: program.clone(),
                        fault: InitFault::NothingThere,
                        end: InitEnd::Shell,
                    }));
                }
                Some(other) => other,
                None => program,
            };
            return Ok(self.fault(program).map(|fault| {
                let end = if starts(Some(&fault)) {
                    InitEnd::Starts
                } else {
                    InitEnd::Requested
                };
                InitTrouble {
                    program: program.clone(),
                    fault,
                    end,
                }
            }));
        }
        for path in DEFAULT_INITS {
            let program = self.tried(path)?;
            let fault = self.fault(&program);
            let runs = starts(fault.as_ref());
            if path == SHELL {
                if runs {
                    end = InitEnd::Shell;
                }
                break;
            }
            match fault {
                fault if runs => {
                    return Ok(fault.map(|fault| InitTrouble {
                        program,
                        fault,
                        end: InitEnd::Starts,
                    }));
                }
                Some(fault) if !is_missing(&fault) => {
                    first.get_or_insert((program, fault));
                }
                _ => {}
            }
        }
        let (program, fault) = match (first, chain.tried.first()) {
            (Some(decisive), _) => decisive,
            (None, Some(program)) => (program.clone(), InitFault::NothingThere),
            (None, None) => return Ok(None),
        };
        Ok(Some(InitTrouble {
            program,
            fault,
            end,
        }))
    }

    /// The program at a path of the kernel's list. Those behind one that starts by its files are
    /// not in the chain, and are looked at where the kernel lacks an option for that one.
    fn tried(&self, path: &[u8]) -> Result<Program> {
        let chain = self.init()?;
        let known = chain.and_then(|chain| chain.tried.iter().find(|tried| tried.path == path));
        if let Some(program) = known {
            return Ok(program.clone());
        }
        self.program_at(&self.mounted()?, path)
    }

    fn fault(&self, program: &Program) -> Option<InitFault> {
        if let Some(trouble) = &program.trouble
            && trouble.errno().is_some()
        {
            return Some(InitFault::Program(trouble.clone()));
        }
        if let Some(option) = program.needs.compat
            && matches!(self.runs_compat(program), Ok(false))
        {
            return Some(InitFault::Option(option));
        }
        if matches!(self.runs_script(program), Ok(false)) {
            return Some(InitFault::Option("BINFMT_SCRIPT"));
        }
        program.trouble.clone().map(InitFault::Program)
    }

    /// Whether the kernel has what a program of another machine needs. An error where that is not
    /// known.
    fn runs_compat(&self, program: &Program) -> Result<bool> {
        match program.needs.compat {
            Some(option) if self.has_kernel() => self.builds_in(option),
            _ => Ok(true),
        }
    }

    /// Whether the kernel runs scripts, where the program is one. An error where that is not known.
    fn runs_script(&self, program: &Program) -> Result<bool> {
        if !program.needs.script || !self.has_kernel() {
            return Ok(true);
        }
        let supply = self.supply("BINFMT_SCRIPT")?;
        Ok(matches!(supply, Supply::BuiltIn | Supply::Module { .. }))
    }
}

fn starts(fault: Option<&InitFault>) -> bool {
    match fault {
        None => true,
        Some(InitFault::Program(trouble)) => trouble.errno().is_none(),
        Some(_) => false,
    }
}

fn is_missing(fault: &InitFault) -> bool {
    matches!(fault, InitFault::Program(Trouble::Missing { .. }))
}

/// Returns true if the init of an initramfs hands over to this program.
fn is_taken(program: &Program) -> bool {
    program.found.is_some() && !matches!(&program.trouble, Some(Trouble::NotExecutable { .. }))
}
