//! The parameters that concern booting: who reads them, and what they take.
//!
//! Source: `Documentation/admin-guide/kernel-parameters.txt` and the file that each row names. How
//! the kernel's are read was taken from the tables of real kernels (`__setup_start`,
//! `__start___param`) of Linux 6.18.

mod elsewhere;
mod kernel;
mod userspace;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What is known of one parameter.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name, or what its name begins with.
    pub name: &'static str,
    /// Whether `name` is a beginning: `systemd.`.
    pub prefix: bool,
    /// What it takes.
    pub takes: Takes,
    /// Who it is for.
    pub who: Who,
    /// How it is read.
    pub read: Read,
    /// Where it is documented or read.
    pub source: &'static str,
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is a flag.
    Nothing,
    /// A number.
    Number,
    /// Yes or no; alone it is yes.
    Boolean,
    /// A number of bytes, with a unit.
    Size,
    /// A path or a device.
    Path,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Anything.
    Text,
    /// Anything, or nothing.
    OptionalText,
    /// A console and its options.
    Console,
}

/// Who a parameter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The kernel.
    Kernel,
    /// The init of an initramfs.
    Initramfs,
    /// The init of the system.
    Init,
    /// The boot loader, which leaves its own trace.
    BootLoader,
    /// The guest's side of a VMM.
    Vmm,
}

/// How a parameter is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// `early_param`: before everything else, by its whole name, with or without a value.
    Early,
    /// `__setup`: later, by `name=`, or by the bare name where it is a flag.
    Setup,
    /// `core_param` or `module_param`: by its type, where a wrong value is an error of the whole
    /// line.
    Param,
    /// From /proc/cmdline, or as an argument or a variable of init.
    Userspace,
}

impl Takes {
    /// Whether it can stand without a value.
    pub fn may_lack(self) -> bool {
        matches!(self, Self::Nothing | Self::Boolean | Self::OptionalText)
    }

    /// Whether `name=` without more has no effect.
    pub(super) fn is_spoiled_by_nothing(self) -> bool {
        matches!(
            self,
            Self::Number | Self::Size | Self::Path | Self::OneOf(_)
        )
    }

    /// What stands for a value in a message.
    pub(super) fn example(self) -> &'static str {
        match self {
            Self::Number => "NUMBER",
            Self::Size => "512M",
            Self::Path => "PATH",
            Self::OneOf(words) => words.first().copied().unwrap_or("WORD"),
            Self::Console => "DEVICE",
            _ => "VALUE",
        }
    }
}

/// Every parameter that is known here: the kernel's, then those of userspace.
pub static PARAMETERS: LazyLock<Vec<Spec>> =
    LazyLock::new(|| [kernel::PARAMETERS, userspace::PARAMETERS].concat());

/// By name, with underscores for dashes.
static BY_NAME: LazyLock<HashMap<String, &'static Spec>> = LazyLock::new(|| {
    let all = PARAMETERS.iter();
    all.map(|spec| (folded(spec.name), spec)).collect()
});

static ELSEWHERE: LazyLock<HashSet<String>> =
    LazyLock::new(|| elsewhere::NAMES.iter().map(|name| folded(name)).collect());

fn folded(name: &str) -> String {
    name.replace('-', "_")
}

/// What is known of the parameter of that name.
pub fn find(name: &str) -> Option<&'static Spec> {
    // No name here is longer; one of a megabyte is not worth copying.
    if name.len() > 64 {
        return None;
    }
    let name = folded(name);
    let exact = BY_NAME.get(&name).filter(|spec| !spec.prefix);
    let by_prefix = || {
        let (module, _) = name.split_once('.')?;
        BY_NAME.get(&format!("{module}."))
    };
    exact.or_else(by_prefix).copied()
}

/// Whether a kernel knows a name that has no row here.
pub(super) fn is_known_elsewhere(name: &str) -> bool {
    ELSEWHERE.contains(&folded(name))
}
