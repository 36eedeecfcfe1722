//! Why a program does not run, with the number that the kernel prints.
//!
//! Sources: `fs/exec.c` (`do_open_execat`, `exec_binprm`), `fs/namei.c` (`may_open`,
//! `generic_permission`), `fs/binfmt_elf.c` (`load_elf_binary`); `init/main.c` prints the number.

use super::machine::Machine;
use super::program::Program;
use super::script::ScriptTrouble;
use crate::architecture::Architecture;
use crate::bytes::escaped;
use crate::error::{Error, hex};
use crate::tree::{Errno, FileType, Lost};
use std::fmt;

const ENOENT: i32 = 2;
pub(super) const EIO: i32 = 5;
pub(super) const ENOEXEC: i32 = 8;
pub(super) const EACCES: i32 = 13;
pub(super) const ELOOP: i32 = 40;
pub(super) const ELIBBAD: i32 = 80;

/// Why a file that is there is not executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotExecutable {
    /// It is a directory.
    Directory,
    /// It is a device, a pipe or a socket.
    Special(FileType),
    /// Not one execute bit is set; the superuser needs one too.
    NoExecuteBit {
        /// Its permission bits.
        mode: u16,
    },
}

impl fmt::Display for NotExecutable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => write!(out, "is a directory"),
            Self::Special(file_type) => write!(out, "is a {file_type}"),
            Self::NoExecuteBit { mode } => write!(out, "has no execute bit (mode {mode:04o})"),
        }
    }
}

/// What is wrong with a loader (`PT_INTERP`) that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoaderFault {
    /// It is not executed.
    NotExecutable(NotExecutable),
    /// It is made for another machine.
    WrongMachine {
        /// The machine it is made for.
        found: Machine,
        /// The machine of the program, or of the kernel.
        expected: String,
    },
    /// It is no ELF file as the kernel takes it.
    Elf(Error),
    /// It has less bytes than an ELF header.
    Short,
}

/// Why a program does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The path leads nowhere.
    Missing {
        /// Where the lookup ended.
        lost: Lost,
    },
    /// The path leads to a symbolic link that leads nowhere, or in a circle.
    BrokenLink {
        /// Where the lookup ended; its last link is the broken one.
        lost: Lost,
    },
    /// The file is there, and not a program.
    NotExecutable {
        /// The file.
        path: Vec<u8>,
        /// What it is.
        why: NotExecutable,
    },
    /// A program of another machine.
    WrongArchitecture {
        /// The program: the one asked for, or the interpreter of its script.
        path: Vec<u8>,
        /// The machine it is made for.
        found: Machine,
        /// The machine that there is.
        expected: Architecture,
    },
    /// The loader that the program names is not in the tree.
    LoaderMissing {
        /// The program.
        program: Vec<u8>,
        /// The loader: `/lib/ld-musl-x86_64.so.1`.
        loader: Vec<u8>,
        /// Where the lookup ended.
        lost: Lost,
    },
    /// The loader is there, and the kernel refuses it.
    LoaderUnusable {
        /// The program.
        program: Vec<u8>,
        /// The loader.
        loader: Vec<u8>,
        /// What is wrong with it.
        fault: LoaderFault,
    },
    /// The program is a script, and something is wrong with its first line or what that names.
    Script(ScriptTrouble),
    /// A library is not found where the loader looks.
    LibraryMissing {
        /// Its name.
        name: Vec<u8>,
        /// The file that needs it.
        needed_by: Vec<u8>,
        /// A library of that name for another machine, which the loader passes over.
        wrong_architecture: Option<(Vec<u8>, Machine)>,
    },
    /// A library is found, and is older than the file that needs it.
    VersionMissing {
        /// The version: `GLIBC_2.38`.
        version: Vec<u8>,
        /// The library that does not define it.
        library: Vec<u8>,
        /// The file that needs it.
        needed_by: Vec<u8>,
    },
    /// A library is found, and the loader refuses it.
    LibraryUnusable {
        /// Its name.
        name: Vec<u8>,
        /// The file that needs it.
        needed_by: Vec<u8>,
        /// The file that was found.
        path: Vec<u8>,
        /// What is wrong with it.
        problem: Error,
    },
    /// An ELF file that the kernel refuses.
    BadElf {
        /// The file.
        path: Vec<u8>,
        /// The field that it refuses.
        problem: Error,
        /// What it answers, positive.
        errno: i32,
    },
    /// An ELF file that the kernel starts although a part of it is not there: it crashes.
    Damaged {
        /// The file.
        path: Vec<u8>,
        /// What is not there.
        problem: Error,
    },
    /// Neither a script nor an ELF file.
    NoFormat {
        /// The file.
        path: Vec<u8>,
        /// Its first bytes; none of an empty file.
        first_bytes: Vec<u8>,
    },
}

impl Trouble {
    /// The number that the kernel prints as `error -N`; `None` where it starts the program, which
    /// then fails by itself.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Missing { lost }
            | Self::BrokenLink { lost }
            | Self::LoaderMissing { lost, .. } => Some(lost.errno.number()),
            Self::NotExecutable { .. } => Some(EACCES),
            Self::WrongArchitecture { .. } | Self::NoFormat { .. } => Some(ENOEXEC),
            Self::LoaderUnusable { fault, .. } => Some(match fault {
                LoaderFault::NotExecutable(_) => EACCES,
                LoaderFault::WrongMachine { .. } | LoaderFault::Elf(_) => ELIBBAD,
                LoaderFault::Short => EIO,
            }),
            Self::Script(trouble) => Some(trouble.errno()),
            Self::BadElf { errno, .. } => Some(*errno),
            Self::LibraryMissing { .. }
            | Self::VersionMissing { .. }
            | Self::LibraryUnusable { .. }
            | Self::Damaged { .. } => None,
        }
    }
}

/// Why init does not run, or not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitTrouble {
    /// The program that decides it: the one that is asked for, or the first of the kernel's list
    /// that is there. Where none is, the first of the list.
    pub program: Program,
    /// What is wrong with it.
    pub fault: InitFault,
    /// What happens then.
    pub end: InitEnd,
}

/// What is wrong with an init.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitFault {
    /// The root has none of the programs that are tried before the shell.
    NothingThere,
    /// The program itself.
    Program(Trouble),
    /// The kernel lacks the option without which it does not run.
    Option(&'static str),
}

/// What happens where init does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InitEnd {
    /// It is started, and ends at once.
    Starts,
    /// It was asked for, so that nothing else is tried.
    Requested,
    /// The kernel starts `/bin/sh` in its place.
    Shell,
    /// Nothing that is tried runs.
    Nothing,
}

impl InitTrouble {
    /// The number that the kernel prints, positive; `None` where it starts the program.
    pub fn errno(&self) -> Option<i32> {
        match &self.fault {
            InitFault::NothingThere => Some(ENOENT),
            InitFault::Program(trouble) => trouble.errno(),
            InitFault::Option(_) => Some(ENOEXEC),
        }
    }
}

/// A lookup that ended, in words.
pub(super) fn said(lost: &Lost) -> String {
    let at = escaped(&lost.at);
    match lost.errno {
        Errno::NotFound => format!("{at} does not exist"),
        Errno::NotADirectory => format!("a parent of {at} is not a directory"),
        Errno::Loop => format!("{at} is one symbolic link too many"),
        Errno::NameTooLong => format!("{at} is too long"),
        Errno::Deleted => format!("{at} leads to a deleted inode"),
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { lost } => write!(out, "{}", said(lost)),
            Self::BrokenLink { lost } => {
                if let Some(link) = lost.links.last() {
                    let (path, target) = (escaped(&link.path), escaped(&link.target));
                    write!(out, "the symbolic link {path} leads to {target}: ")?;
                }
                write!(out, "{}", said(lost))
            }
            Self::NotExecutable { path, why } => write!(out, "{} {why}", escaped(path)),
            Self::WrongArchitecture {
                path,
                found,
                expected,
            } => write!(
                out,
                "{} is for {found}, but the kernel is for {expected}",
                escaped(path)
            ),
            Self::LoaderMissing {
                program,
                loader,
                lost,
            } => write!(
                out,
                "{} needs the loader {}: {}",
                escaped(program),
                escaped(loader),
                said(lost)
            ),
            Self::LoaderUnusable {
                program,
                loader,
                fault,
            } => {
                let (program, loader) = (escaped(program), escaped(loader));
                write!(out, "{program} needs the loader {loader}, which ")?;
                match fault {
                    LoaderFault::NotExecutable(why) => write!(out, "{why}"),
                    LoaderFault::WrongMachine { found, expected } => {
                        write!(out, "is for {found} and not for {expected}")
                    }
                    LoaderFault::Elf(problem) => write!(out, "is not a loader: {problem}"),
                    LoaderFault::Short => write!(out, "is shorter than an ELF header"),
                }
            }
            Self::Script(trouble) => write!(out, "{trouble}"),
            Self::LibraryMissing {
                name,
                needed_by,
                wrong_architecture,
            } => {
                let (name, needed_by) = (escaped(name), escaped(needed_by));
                write!(out, "{needed_by} needs {name}, which is not found")?;
                if let Some((path, machine)) = wrong_architecture {
                    write!(out, "; {} is for {machine}", escaped(path))?;
                }
                Ok(())
            }
            Self::VersionMissing {
                version,
                library,
                needed_by,
            } => write!(
                out,
                "{} needs {} of {}, which has no such version",
                escaped(needed_by),
                escaped(version),
                escaped(library)
            ),
            Self::LibraryUnusable {
                name,
                needed_by,
                path,
                problem,
            } => write!(
                out,
                "{} needs {}, but {} is not loaded: {problem}",
                escaped(needed_by),
                escaped(name),
                escaped(path)
            ),
            Self::BadElf { path, problem, .. } => {
                write!(out, "the kernel refuses {}: {problem}", escaped(path))
            }
            Self::Damaged { path, problem } => {
                write!(out, "{} is damaged: {problem}", escaped(path))
            }
            Self::NoFormat { path, first_bytes } => write!(
                out,
                "{} is neither a script nor an ELF file: it begins with {}",
                escaped(path),
                hex(first_bytes)
            ),
        }
    }
}
