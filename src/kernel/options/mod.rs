//! What is built into a kernel: the Kconfig options that causes need, and how each one is known.
//!
//! Sources: the `Kconfig` and `Makefile` files of Linux 6.1 (which file is compiled under which
//! option); names of functions compared with kernels from 6.1 to 7.2.

mod judge;
mod spec;
mod symbols;
mod table;

pub use judge::{HeaderFacts, Sources, SymbolTable, judge};
pub use spec::{OptionSpec, Rule};
pub use table::OPTIONS;

use std::borrow::Cow;

/// What is known of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Built in.
    Yes,
    /// A module.
    Module,
    /// Off, or not an option of this architecture.
    No,
    /// Not built in: a module or off, the evidence can't tell which.
    NotYes,
    /// The evidence says nothing.
    Unknown,
}

impl State {
    /// The name in reports: `y`, `m`, `n`, `not-y`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "y",
            Self::Module => "m",
            Self::No => "n",
            Self::NotYes => "not-y",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the option is built in; `None` where that is not known.
    pub fn is_built_in(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::Module | Self::No | Self::NotYes => Some(false),
            Self::Unknown => None,
        }
    }
}

/// By what an option is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The configuration that the kernel carries within itself.
    Embedded,
    /// A configuration file beside it.
    ConfigFile,
    /// A `modules.builtin` file beside it.
    ModulesBuiltin,
    /// The functions in its symbol table.
    Symbols,
    /// A header of its image.
    Header,
    /// Its architecture alone.
    Architecture,
    /// Nothing tells.
    None {
        /// The reason, as the end of "unknown: …".
        why: Cow<'static, str>,
    },
}

impl Evidence {
    /// The name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::ConfigFile => "file",
            Self::ModulesBuiltin => "modules.builtin",
            Self::Symbols => "symbols",
            Self::Header => "header",
            Self::Architecture => "architecture",
            Self::None { .. } => "none",
        }
    }
}

/// One option, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The option.
    pub spec: &'static OptionSpec,
    /// What is known of it.
    pub state: State,
    /// By what.
    pub evidence: Evidence,
}

/// What is known of the driver behind an option, as causes ask it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver<'a> {
    /// It works without an initramfs.
    BuiltIn,
    /// It has to be loaded first.
    Module,
    /// There is none.
    Absent,
    /// It is a module or there is none.
    NotBuiltIn,
    /// Not known, and why.
    Unknown(&'a str),
}

/// Every option of [`OPTIONS`], judged, in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options(Vec<Judged>);

impl Options {
    /// The option of that name, without `CONFIG_`.
    pub fn get(&self, name: &str) -> Option<&Judged> {
        self.0.iter().find(|judged| judged.spec.name == name)
    }

    /// What is known of the option; [`State::Unknown`] for one that is not in the table.
    pub fn state(&self, name: &str) -> State {
        self.get(name).map_or(State::Unknown, |judged| judged.state)
    }

    /// What is known of the driver behind the option.
    pub fn driver(&self, name: &str) -> Driver<'_> {
        let Some(judged) = self.get(name) else {
            return Driver::Unknown("no such option in the table");
        };
        match (judged.state, &judged.evidence) {
            (State::Yes, _) => Driver::BuiltIn,
            (State::Module, _) => Driver::Module,
            (State::No, _) => Driver::Absent,
            (State::NotYes, _) => Driver::NotBuiltIn,
            (State::Unknown, Evidence::None { why }) => Driver::Unknown(why),
            (State::Unknown, _) => Driver::Unknown("the evidence contradicts itself"),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Judged> {
        self.0.iter()
    }
}
