//! The kernel command line, parsed as the kernel does.
//!
//! Sources: `lib/cmdline.c` (`next_arg`), `kernel/params.c` (`parse_args`), `init/main.c`
//! (`unknown_bootoption`, `set_init_arg`), `init/do_mounts.c`, `block/early-lookup.c`,
//! `kernel/printk/printk.c` (`console_setup`), of Linux 6.1 and 6.12.

mod console;
mod effective;
mod facts;
mod named;
mod number;
mod parameters;
mod parse;
mod problems;
mod root;
mod typos;

pub use console::Console;
pub use effective::{
    Effective, Limiter, command_line_size, effective, effective_within, leaves_open,
};
pub use facts::{Handed, RootWait};
pub use named::{Named, Tag, encode_link};
pub use parameters::{PARAMETERS, Read, Spec, Takes, Who, find};
pub use problems::{Problem, ProblemKind, problems};
pub use root::Root;
pub use typos::{Unknown, suggest, unknown};

/// A command line, as the kernel takes it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The bytes.
    pub raw: Vec<u8>,
    /// What stands before `--`, in order.
    pub parameters: Vec<Parameter>,
    /// What stands behind `--`, for init, in order. A second `--` ends these too, and what follows
    /// it is lost.
    pub init_arguments: Vec<Vec<u8>>,
    /// Where `--` is, if there is one.
    pub dashes: Option<usize>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name as it is written; bytes that are not UTF-8 and control characters as `\xNN`.
    pub name: String,
    /// What stands behind the first `=`, without quotes around it, escaped likewise.
    pub value: Option<String>,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// What is known of it.
    pub spec: Option<&'static Spec>,
}

impl Parameter {
    /// It as it is written, quotes apart.
    pub fn text(&self) -> String {
        match &self.value {
            Some(value) => format!("{}={value}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether it is named so; dashes and underscores are equal (`lib/cmdline.c`, `parameq`).
    pub fn is(&self, name: &str) -> bool {
        parse::same_name(&self.name, name)
    }

    /// Whether it reaches what it is named after. A `__setup` parameter that takes a value is
    /// found by `name=`, so that `root` alone is not `root=`; a flag like `ro` refuses one
    /// (`init/do_mounts.c`, `readonly`).
    pub fn is_read(&self) -> bool {
        let Some(spec) = self.spec else { return false };
        match (spec.read, spec.takes) {
            (Read::Setup, Takes::Nothing) => self.value.is_none(),
            (Read::Setup, takes) if !takes.may_lack() => self.value.is_some(),
            _ => true,
        }
    }

    /// Whether init gets it: what the kernel does not read, and has no dot. Names with one are for
    /// modules, and go nowhere.
    pub fn is_handed_to_init(&self) -> bool {
        let is_the_kernels = self
            .spec
            .is_some_and(|spec| spec.read != Read::Userspace && self.is_read());
        !is_the_kernels && !self.name.contains('.')
    }
}

/// Two are equal where they say the same: what is known of the name follows from it.
impl PartialEq for Parameter {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value, self.offset) == (&other.name, &other.value, other.offset)
    }
}

impl Eq for Parameter {}
