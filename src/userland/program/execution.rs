//! `execve`, step by step.
//!
//! Sources: `fs/exec.c` (`do_open_execat`, `exec_binprm`), `fs/namei.c` (`may_open`,
//! `generic_permission`), `fs/binfmt_elf.c` (`load_elf_binary`).

use super::{How, Program, ProgramKind, Step};
use crate::architecture::Architecture;
use crate::bytes::escaped;
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::tree::{Errno, FileType, Found, Lost, Resolution, Tree, resolve};
use crate::userland::elf::{self, ElfFacts, Image};
use crate::userland::libraries::{self, IsaNeed, Loader};
use crate::userland::machine::{Machine, Runs};
use crate::userland::script::{self, BINPRM_BUF_SIZE, LineFault, ScriptTrouble};
use crate::userland::trouble::{EIO, ENOEXEC, LoaderFault, NotExecutable, Trouble};

/// How many scripts may follow one another: the kernel opens the interpreter of the sixth, and gives
/// up.
const REWRITES: usize = 5;
/// How much of a file that is no program is shown.
const SHOWN_BYTES: usize = 16;

/// Why the execution goes no further.
pub(super) enum Stop {
    Trouble(Box<Trouble>),
    Unread(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Unread(error)
    }
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(Box::new(trouble))
    }
}

/// Returns true for an inode that a directory names and that has no links. The kernel answers EUCLEAN.
///
/// Models `ext4_lookup` in `fs/ext4/namei.c`, where `__ext4_iget` answers ESTALE.
fn is_deleted(error: &Error) -> bool {
    error.kind() == Kind::Corrupt && error.field() == "i_links_count"
}

/// One `execve`.
pub(super) struct Execution<'a> {
    pub tree: &'a dyn Tree,
    pub machine: Option<Architecture>,
    pub limits: &'a Limits,
    pub program: &'a mut Program,
}

impl Execution<'_> {
    /// Follows the program until it starts, or does not.
    pub(super) fn run(&mut self) -> std::result::Result<(), Stop> {
        let path = self.program.path.clone();
        let mut found = match resolve(self.tree, &path) {
            Ok(Ok(found)) => found,
            Ok(Err(lost)) => return Err(self.lost(lost)?.into()),
            Err(error) if is_deleted(&error) => {
                let errno = Errno::Deleted;
                let links = Vec::new();
                let lost = Lost {
                    errno,
                    at: path,
                    links,
                };
                return Err(Trouble::Missing { lost }.into());
            }
            Err(error) => return Err(error.into()),
        };
        self.program.found = Some(found.clone());
        self.program.kind = match found.stat.file_type {
            FileType::Regular => ProgramKind::Other,
            FileType::Directory => ProgramKind::Directory,
            _ => ProgramKind::Special,
        };
        if let Some(why) = not_executable(&found) {
            let path = found.path;
            return Err(Trouble::NotExecutable { path, why }.into());
        }
        self.step(path, &found, How::Asked);
        let mut rewrites = 0_usize;
        loop {
            let first = self.first_bytes(&found)?;
            let Some(line) = script::shebang(&first) else {
                return self.binary(&found, &first);
            };
            self.program.needs.script = true;
            if rewrites == 0 {
                self.program.kind = ProgramKind::Script;
            }
            let script = found.path;
            found = self.interpreter(&script, line)?;
            if rewrites == REWRITES {
                return Err(Trouble::Script(ScriptTrouble::TooDeep { script }).into());
            }
            rewrites = rewrites.saturating_add(1);
        }
    }

    fn step(&mut self, path: Vec<u8>, found: &Found, how: How) {
        let found = found.clone();
        self.program.steps.push(Step { path, found, how });
    }

    fn first_bytes(&self, found: &Found) -> Result<Vec<u8>> {
        let length = u64::try_from(BINPRM_BUF_SIZE).unwrap_or(u64::MAX);
        self.tree
            .read(found.node, 0, length.min(found.stat.size_bytes))
    }

    /// A link that is broken is told apart from a file that is not there at the end of good links.
    fn lost(&self, lost: Lost) -> Result<Trouble> {
        if let Some(last) = lost.links.last()
            && (lost.errno == Errno::Loop || resolve(self.tree, &last.path)?.is_err())
        {
            return Ok(Trouble::BrokenLink { lost });
        }
        Ok(Trouble::Missing { lost })
    }

    fn interpreter(
        &mut self,
        script: &[u8],
        line: std::result::Result<script::Shebang, LineFault>,
    ) -> std::result::Result<Found, Stop> {
        let script = script.to_vec();
        let line = match line {
            Ok(line) => line,
            Err(fault) => return Err(Trouble::Script(ScriptTrouble::Line { script, fault }).into()),
        };
        let interpreter = line.interpreter;
        let found = match resolve(self.tree, &interpreter)? {
            Ok(found) => found,
            Err(lost) => {
                let carriage_return = match interpreter.strip_suffix(b"\r") {
                    Some(without) => self.resolves(without)?,
                    None => false,
                };
                return Err(Trouble::Script(ScriptTrouble::InterpreterMissing {
                    script,
                    interpreter,
                    lost,
                    carriage_return,
                })
                .into());
            }
        };
        if let Some(why) = not_executable(&found) {
            return Err(Trouble::Script(ScriptTrouble::InterpreterNotExecutable {
                script,
                interpreter,
                why,
            })
            .into());
        }
        let argument = line.argument;
        self.step(interpreter, &found, How::Shebang { argument });
        Ok(found)
    }

    fn resolves(&self, path: &[u8]) -> Result<bool> {
        resolve(self.tree, path).map(|resolution: Resolution| resolution.is_ok())
    }

    /// A file that is no script: an ELF file, or nothing that the kernel knows.
    fn binary(&mut self, found: &Found, first: &[u8]) -> std::result::Result<(), Stop> {
        let path = found.path.clone();
        if !elf::is_elf(first) {
            if let Some(before) = script::before_shebang(first) {
                let (script, before) = (path, before.to_vec());
                return Err(Trouble::Script(ScriptTrouble::NotAtStart { script, before }).into());
            }
            let first_bytes = first.get(..SHOWN_BYTES).unwrap_or(first).to_vec();
            return Err(Trouble::NoFormat { path, first_bytes }.into());
        }
        if self.program.kind == ProgramKind::Other {
            self.program.kind = ProgramKind::Elf;
        }
        self.program.needs.elf = true;
        let executed = elf::as_executed(first);
        let first = executed.as_ref();
        let refused = |problem: Error, errno: i32| Trouble::BadElf {
            path: path.clone(),
            problem,
            errno,
        };
        let made_for = elf::machine(first).map_err(|problem| refused(problem, ENOEXEC))?;
        if let Some(expected) = self.machine {
            match made_for.runs_on(expected) {
                Runs::Natively => {}
                Runs::Compat(option) => self.program.needs.compat = Some(option),
                Runs::Never => {
                    return Err(Trouble::WrongArchitecture {
                        path,
                        found: made_for,
                        expected,
                    }
                    .into());
                }
            }
        }
        let image = elf::answer(Image::open(self.tree, found, first))?
            .map_err(|problem| refused(problem, ENOEXEC))?;
        // What is not there to be read is EIO, what is read and not right ENOEXEC.
        let interpreter = elf::answer(image.interpreter())?.map_err(|problem| {
            let cut = problem.kind() == Kind::Truncated;
            refused(problem, if cut { EIO } else { ENOEXEC })
        })?;
        let facts = elf::answer(image.facts())?.map_err(|problem| refused(problem, ENOEXEC))?;
        self.program.static_ = interpreter.is_none();
        self.program.interpreter.clone_from(&interpreter);
        self.program.isa_level = IsaNeed::highest(None, &path, &facts);
        self.program.elf = Some(facts.clone());
        let problem = match facts.problem.clone() {
            Some(problem) => Some(problem),
            None => image.entry_fault()?,
        };
        let Some(loader_path) = interpreter else {
            return Self::whole(path, problem);
        };
        let (loader, loader_facts) = self.loader(&path, &loader_path, made_for)?;
        Self::whole(path, problem)?;
        if let Some(problem) = loader_facts.problem {
            // By what is missing the kernel refuses it, or it crashes.
            let damaged = format!("{} is damaged: {problem}", escaped(&loader.path));
            return Err(Error::unsupported("loader", damaged).into());
        }
        Self::whole(found.path.clone(), facts.dynamic_problem.clone())?;
        self.program.isa_level =
            IsaNeed::highest(self.program.isa_level.take(), &loader.path, &loader_facts);
        let kind = Loader::of(&loader_path, &loader.path, &loader_facts);
        self.program.loader = Some(kind.clone());
        let closure = libraries::closure(
            self.tree,
            libraries::Start {
                program: found,
                facts: &facts,
                loader_name: &loader_path,
                loader: &loader,
                loader_facts: &loader_facts,
                kind: &kind,
            },
            self.limits,
        )?;
        self.program.libraries = closure.libraries;
        self.program.library_cache = closure.cache;
        self.program.isa_level = closure
            .isa_level
            .into_iter()
            .chain(self.program.isa_level.take())
            .max_by_key(|need| need.level);
        match closure.trouble {
            Some(trouble) => Err(trouble.into()),
            None => Ok(()),
        }
    }

    fn whole(path: Vec<u8>, problem: Option<Error>) -> std::result::Result<(), Stop> {
        match problem {
            Some(problem) => Err(Trouble::Damaged { path, problem }.into()),
            None => Ok(()),
        }
    }

    /// The loader as the kernel opens it, before it gives up the program that asks for it.
    fn loader(
        &mut self,
        program: &[u8],
        path: &[u8],
        made_for: Machine,
    ) -> std::result::Result<(Found, ElfFacts), Stop> {
        let (program, loader) = (program.to_vec(), path.to_vec());
        let found = match resolve(self.tree, path)? {
            Ok(found) => found,
            Err(lost) => {
                return Err(Trouble::LoaderMissing {
                    program,
                    loader,
                    lost,
                }
                .into());
            }
        };
        let unusable = |fault| Trouble::LoaderUnusable {
            program: program.clone(),
            loader: loader.clone(),
            fault,
        };
        if let Some(why) = not_executable(&found) {
            return Err(unusable(LoaderFault::NotExecutable(why)).into());
        }
        self.step(path.to_vec(), &found, How::Interp);
        let header_bytes: usize = if made_for.bits == 64 { 64 } else { 52 };
        let first = self.first_bytes(&found)?;
        if first.len() < header_bytes {
            return Err(unusable(LoaderFault::Short).into());
        }
        let first = elf::as_executed(&first);
        if let Ok(machine) = elf::machine(&first)
            && elf::is_elf(&first)
            && machine != made_for
        {
            let expected = made_for.to_string();
            let found = machine;
            return Err(unusable(LoaderFault::WrongMachine { found, expected }).into());
        }
        if elf::is_elf(&first) && !elf::is_loadable(&first) {
            // It is answered with -1, which no cause of the catalogue tells.
            let problem = Error::unsupported("e_type of the loader", escaped(&found.path));
            return Err(problem.into());
        }
        let image = elf::answer(Image::open(self.tree, &found, &first))?
            .map_err(|problem| unusable(LoaderFault::Elf(problem)))?;
        let mut facts =
            elf::answer(image.facts())?.map_err(|problem| unusable(LoaderFault::Elf(problem)))?;
        if facts.problem.is_none() {
            facts.problem = image.entry_fault()?;
        }
        Ok((found, facts))
    }
}

/// Why the kernel opens no such file to execute it, though it is there. The superuser may do
/// everything but execute what nobody may.
fn not_executable(found: &Found) -> Option<NotExecutable> {
    let mode = found.stat.mode;
    match found.stat.file_type {
        FileType::Regular if mode & 0o111 == 0 => Some(NotExecutable::NoExecuteBit { mode }),
        FileType::Regular => None,
        FileType::Directory => Some(NotExecutable::Directory),
        other => Some(NotExecutable::Special(other)),
    }
}
