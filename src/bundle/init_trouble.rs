//! What keeps init from coming up: the one program that decides it, and why that does not run.
//!
//! Source: Linux `init/main.c` (`kernel_init`, `try_to_run_init_process`). With `init=` there is no
//! other. Without it the kernel goes through its list, and what runs last, `/bin/sh`, is a shell
//! that nobody reads: the system has not come up.

use super::{Bundle, Supply};
use crate::error::Result;
use crate::userland::program::DEFAULT_INITS;
use crate::userland::{Program, Trouble};

/// The last of the kernel's list.
const SHELL: &[u8] = b"/bin/sh";
/// What the kernel answers where no format of its own takes a file: `ENOEXEC`.
const ENOEXEC: i32 = 8;
/// What it answers where there is no file: `ENOENT`.
const ENOENT: i32 = 2;

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

impl Bundle {
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
        self.program(&self.mounted()?, path)
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
    pub fn runs_compat(&self, program: &Program) -> Result<bool> {
        match program.needs.compat {
            Some(option) if self.has_kernel() => self.builds_in(option),
            _ => Ok(true),
        }
    }

    /// Whether the kernel runs scripts, where the program is one. An error where that is not known.
    pub fn runs_script(&self, program: &Program) -> Result<bool> {
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
