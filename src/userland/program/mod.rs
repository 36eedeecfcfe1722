//! A program, and each file that the kernel executes in its turn: what `execve` answers, found out
//! without running it.
//!
//! Sources: `fs/exec.c` (`do_open_execat`, `exec_binprm`), `fs/namei.c` (`may_open`,
//! `generic_permission`), `fs/binfmt_elf.c` (`load_elf_binary`), `init/main.c` (`kernel_init`), as
//! they are from 5.4 to 6.18.

mod execution;

use super::elf::ElfFacts;
use super::libraries::{IsaNeed, Library, Loader};
use super::trouble::Trouble;
use crate::architecture::Architecture;
use crate::error::Result;
use crate::limits::Limits;
use crate::tree::{Found, Tree};
use execution::{Execution, Stop};

/// Where the kernel looks for an init when it is told none, in its order.
pub const DEFAULT_INITS: [&[u8]; 4] = [b"/sbin/init", b"/etc/init", b"/bin/init", b"/bin/sh"];

/// What a path is, as a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProgramKind {
    /// Not there.
    Missing,
    /// A directory.
    Directory,
    /// A device, a pipe or a socket.
    Special,
    /// An ELF file.
    Elf,
    /// A script.
    Script,
    /// A regular file of another kind, or empty.
    Other,
}

/// One file that the kernel opens to execute it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path as it was asked for.
    pub path: Vec<u8>,
    /// Where it led.
    pub found: Found,
    /// Who asked for it.
    pub how: How,
}

/// Who asks for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The caller.
    Asked,
    /// The first line of a script, with its argument.
    Shebang {
        /// What stands behind the interpreter, as one argument.
        argument: Option<Vec<u8>>,
    },
    /// `PT_INTERP` of an ELF file.
    Interp,
}

/// What a kernel needs besides the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// `BINFMT_ELF`.
    pub elf: bool,
    /// `BINFMT_SCRIPT`.
    pub script: bool,
    /// The option of Kconfig without which a program of this machine does not run.
    pub compat: Option<&'static str>,
}

/// A program with all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The path that was asked for.
    pub path: Vec<u8>,
    /// Where it leads; `None` where it leads nowhere.
    pub found: Option<Found>,
    /// What is there.
    pub kind: ProgramKind,
    /// Each file that the kernel opens in turn, this one first, a loader last.
    pub steps: Vec<Step>,
    /// What the ELF file at the end of the scripts says.
    pub elf: Option<ElfFacts>,
    /// The loader that it names.
    pub interpreter: Option<Vec<u8>>,
    /// The kind of that loader, where it is there.
    pub loader: Option<Loader>,
    /// The libraries, each once, in the order in which they are looked for. Empty where the loader
    /// is none that is known here.
    pub libraries: Vec<Library>,
    /// Whether glibc's `/etc/ld.so.cache` is there and whole; `None` where no loader reads it.
    /// Without it libraries in directories of `/etc/ld.so.conf` are not found.
    pub library_cache: Option<bool>,
    /// Whether it is an ELF file that asks for no loader.
    pub static_: bool,
    /// The highest level of x86-64 that one of its files states to need.
    pub isa_level: Option<IsaNeed>,
    /// What the kernel needs to have.
    pub needs: Needs,
    /// The first reason for which it does not run.
    pub trouble: Option<Trouble>,
}

impl Program {
    /// Whether it is systemd, by the name of the file that its links lead to.
    pub fn is_systemd(&self) -> bool {
        let found = self.found.as_ref();
        found.is_some_and(|found| found.path.ends_with(b"/systemd"))
    }

    /// Whether the kernel starts it; it may still fail for want of a library.
    pub fn starts(&self) -> bool {
        self.trouble.as_ref().and_then(Trouble::errno).is_none()
    }

    /// The ELF file at the end of the scripts: the program itself, or the interpreter.
    pub fn final_step(&self) -> Option<&Step> {
        let mut steps = self.steps.iter().rev();
        steps.find(|step| step.how != How::Interp)
    }
}

/// The programs that a kernel tries as init, and which of them it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitChain {
    /// Whether one was asked for (`init=`): then there is no other.
    pub requested: bool,
    /// Those that are tried, in order; the last is the one that starts, where one does.
    pub tried: Vec<Program>,
    /// Which of them starts; it may still fail for want of a library.
    pub runs: Option<usize>,
}

impl InitChain {
    /// The program that starts.
    pub fn program(&self) -> Option<&Program> {
        self.runs.and_then(|index| self.tried.get(index))
    }
}

/// What becomes of `path` when the kernel executes it. `machine` is the kernel's; without it a
/// program of any machine is taken.
///
/// An error is a fact that could not be had; whatever is wrong with the program is its trouble.
pub fn program(
    tree: &dyn Tree,
    path: &[u8],
    machine: Option<Architecture>,
    limits: &Limits,
) -> Result<Program> {
    let mut program = Program {
        path: path.to_vec(),
        found: None,
        kind: ProgramKind::Missing,
        steps: Vec::new(),
        elf: None,
        interpreter: None,
        loader: None,
        libraries: Vec::new(),
        library_cache: None,
        static_: false,
        isa_level: None,
        needs: Needs::default(),
        trouble: None,
    };
    let mut execution = Execution {
        tree,
        machine,
        limits,
        program: &mut program,
    };
    match execution.run() {
        Ok(()) => {}
        Err(Stop::Trouble(trouble)) => program.trouble = Some(*trouble),
        Err(Stop::Unread(error)) => return Err(error),
    }
    Ok(program)
}

/// What becomes of init: the one that `init=` asks for, or the first of [`DEFAULT_INITS`] that the
/// kernel can start.
pub fn init(
    tree: &dyn Tree,
    requested: Option<&[u8]>,
    machine: Option<Architecture>,
    limits: &Limits,
) -> Result<InitChain> {
    let paths = requested.map_or(DEFAULT_INITS.to_vec(), |path| vec![path]);
    let mut chain = InitChain {
        requested: requested.is_some(),
        tried: Vec::new(),
        runs: None,
    };
    for path in paths {
        let program = program(tree, path, machine, limits)?;
        let starts = program.starts();
        chain.tried.push(program);
        if starts {
            chain.runs = Some(chain.tried.len().saturating_sub(1));
            break;
        }
    }
    Ok(chain)
}
