//! The facts of an init for machines.

use crate::check::InitFacts;
use schemars::JsonSchema;
use serde::Serialize;

/// A program that is started as init; null if a fact is unreadable.
#[derive(Serialize, JsonSchema)]
pub struct InitJson {
    /// The path that is executed.
    path: Option<String>,
    /// The path after all links are resolved.
    resolved: Option<String>,
    /// elf, script, missing, directory, special or other.
    kind: Option<&'static str>,
    architecture: Option<&'static str>,
    /// The loader of a binary, or the interpreter of a script.
    interpreter: Option<String>,
    /// Every file that the kernel opens in turn.
    steps: Vec<String>,
    is_static: Option<bool>,
    libraries: Vec<String>,
    missing_libraries: Vec<String>,
    isa_level: Option<String>,
    /// runs or error.
    outcome: Option<&'static str>,
    /// The error number of the kernel, positive, if it does not start the program.
    errno: Option<i32>,
    /// Why it does not run.
    trouble: Option<String>,
    /// The reason why nothing is known.
    unknown: Option<String>,
}

impl InitJson {
    pub fn of(facts: &InitFacts) -> Self {
        let facts = facts.clone();
        Self {
            path: facts.path,
            resolved: facts.resolved,
            kind: facts.kind,
            architecture: facts.architecture,
            interpreter: facts.interpreter,
            steps: facts.steps,
            is_static: facts.is_static,
            libraries: facts.libraries,
            missing_libraries: facts.missing_libraries,
            isa_level: facts.isa_level,
            outcome: facts.outcome,
            errno: facts.errno,
            trouble: facts.trouble,
            unknown: facts.unknown,
        }
    }
}
