//! What a report states about an init: the program, and whether the kernel can start it.

use crate::bytes::escaped;
use crate::error::Error;
use crate::userland::{InitChain, Program, ProgramKind};

/// The init that is started, or the first that was wanted where none is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitFacts {
    /// The path that is executed.
    pub path: Option<String>,
    /// Where it leads, without links.
    pub resolved: Option<String>,
    /// What is there: `elf`, `script`, `missing`, `directory`, `special`, `other`.
    pub kind: Option<&'static str>,
    /// `uname -m` of the binary at the end.
    pub architecture: Option<&'static str>,
    /// The loader that the binary names, or the interpreter of a script.
    pub interpreter: Option<String>,
    /// Every file that the kernel opens in turn.
    pub steps: Vec<String>,
    /// Whether the binary asks for no loader.
    pub is_static: Option<bool>,
    /// The libraries that it needs, with those that they need.
    pub libraries: Vec<String>,
    /// Those of them that the loader does not find.
    pub missing_libraries: Vec<String>,
    /// The level of x86-64 that one of the files asks for.
    pub isa_level: Option<String>,
    /// `runs` or `error`.
    pub outcome: Option<&'static str>,
    /// What the kernel answers, as a positive number, where it does not start it.
    pub errno: Option<i32>,
    /// Why it does not run.
    pub trouble: Option<String>,
    /// Why it could not be found out.
    pub unknown: Option<String>,
}

impl InitFacts {
    /// Of the programs that a kernel tries as init.
    pub(super) fn of_chain(chain: Result<&InitChain, &Error>) -> Self {
        match chain {
            Ok(chain) => match chain.program().or(chain.tried.first()) {
                Some(program) => Self::of(program),
                None => Self::default(),
            },
            Err(error) => Self {
                unknown: Some(error.to_string()),
                ..Self::default()
            },
        }
    }

    /// Of one program.
    pub(in crate::check) fn of(program: &Program) -> Self {
        let text = |bytes: &Vec<u8>| escaped(bytes);
        let script = program
            .steps
            .get(1)
            .filter(|_| program.kind == ProgramKind::Script);
        Self {
            path: Some(escaped(&program.path)),
            resolved: program.found.as_ref().map(|found| escaped(&found.path)),
            kind: Some(match program.kind {
                ProgramKind::Missing => "missing",
                ProgramKind::Directory => "directory",
                ProgramKind::Special => "special",
                ProgramKind::Elf => "elf",
                ProgramKind::Script => "script",
                ProgramKind::Other => "other",
            }),
            architecture: program
                .elf
                .as_ref()
                .and_then(|elf| elf.machine.architecture())
                .map(|architecture| architecture.name()),
            interpreter: script
                .map(|step| escaped(&step.path))
                .or_else(|| program.interpreter.as_ref().map(text)),
            steps: program
                .steps
                .iter()
                .map(|step| escaped(&step.found.path))
                .collect(),
            is_static: program.elf.as_ref().map(|_| program.static_),
            libraries: program
                .libraries
                .iter()
                .map(|library| escaped(&library.name))
                .collect(),
            missing_libraries: program
                .libraries
                .iter()
                .filter(|library| library.path.is_none())
                .map(|library| escaped(&library.name))
                .collect(),
            isa_level: program
                .isa_level
                .as_ref()
                .map(|need| need.level.to_string()),
            outcome: Some(match program.trouble {
                None => "runs",
                Some(_) => "error",
            }),
            errno: program.trouble.as_ref().and_then(|trouble| trouble.errno()),
            trouble: program.trouble.as_ref().map(ToString::to_string),
            unknown: None,
        }
    }
}
