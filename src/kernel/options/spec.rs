//! One option and the rule by which a kernel without its configuration shows it.
//!
//! Only functions are taken for signs, because a kernel without `KALLSYMS_ALL` lists nothing
//! else; and only such functions as the compiler can't inline away: those that another file calls
//! and those whose address is taken (probes, operations, initcalls).

use crate::architecture::Architecture;

/// A Kconfig option that a cause needs.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// The name, without `CONFIG_`.
    pub name: &'static str,
    /// How it shows.
    pub rule: Rule,
    /// The module that it is when it is `m`, by all the names it has had; none for what is never
    /// a module.
    pub modules: &'static [&'static str],
    /// Where the option exists; empty is everywhere. Elsewhere it is `n`.
    pub architectures: &'static [Architecture],
    /// Where the rule names every function by which the option shows, so that their absence means
    /// something; empty is wherever the option exists.
    pub complete_on: &'static [Architecture],
    /// The first release in which the absence of the named symbols means something.
    pub since: (u16, u16),
    /// The driver that this option is a part of. Its functions are in the kernel only while the
    /// driver is.
    pub within: Option<&'static str>,
    /// An option that selects this one, and where it does.
    pub implied_by: Option<(&'static str, &'static [Architecture])>,
    /// An option without which this one can't be `y`.
    pub needs: Option<&'static str>,
    /// An option with which this one can't be `y`.
    pub unless: Option<&'static str>,
}

/// How an option shows in a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// It is built in exactly when one of these functions is in the symbol table.
    Functions(&'static [&'static str]),
    /// As `Functions`, for variables: told only by a kernel with `KALLSYMS_ALL`.
    Variables(&'static [&'static str]),
    /// Without one of these variables it is off; with them, nothing is said.
    OffWithout(&'static [&'static str]),
    /// The architecture's word has 64 bits.
    Bits64,
    /// Pages have this many bytes. Larger pages need fewer levels of page tables, and each level
    /// has a function of its own: the one named here belongs to a level that such pages don't have.
    PageSizeBytes {
        /// Size of a page.
        bytes: u64,
        /// The function of a level too deep for it.
        too_deep: &'static str,
    },
    /// The image is an EFI program.
    EfiStub,
    /// Only a configuration tells; the reason follows.
    Hidden(&'static str),
}

impl Rule {
    /// The symbols that the rule asks for.
    pub fn symbols(&self) -> &[&'static str] {
        match self {
            Self::PageSizeBytes { too_deep, .. } => std::slice::from_ref(too_deep),
            Self::Functions(names) | Self::Variables(names) | Self::OffWithout(names) => names,
            _ => &[],
        }
    }
}

impl OptionSpec {
    pub(super) const fn new(name: &'static str, rule: Rule) -> Self {
        Self {
            name,
            rule,
            modules: &[],
            architectures: &[],
            complete_on: &[],
            since: (5, 4),
            within: None,
            implied_by: None,
            needs: None,
            unless: None,
        }
    }

    pub(super) const fn modules(mut self, modules: &'static [&'static str]) -> Self {
        self.modules = modules;
        self
    }

    pub(super) const fn only_on(mut self, architectures: &'static [Architecture]) -> Self {
        self.architectures = architectures;
        self
    }

    pub(super) const fn complete_on(mut self, architectures: &'static [Architecture]) -> Self {
        self.complete_on = architectures;
        self
    }

    pub(super) const fn since(mut self, major: u16, minor: u16) -> Self {
        self.since = (major, minor);
        self
    }

    pub(super) const fn within(mut self, option: &'static str) -> Self {
        self.within = Some(option);
        self
    }

    pub(super) const fn implied_by(
        mut self,
        option: &'static str,
        architectures: &'static [Architecture],
    ) -> Self {
        self.implied_by = Some((option, architectures));
        self
    }

    pub(super) const fn needs(mut self, option: &'static str) -> Self {
        self.needs = Some(option);
        self
    }

    pub(super) const fn unless(mut self, option: &'static str) -> Self {
        self.unless = Some(option);
        self
    }

    /// Whether the option exists there; an unknown architecture excludes nothing.
    pub fn exists_on(&self, architecture: Option<Architecture>) -> bool {
        architecture.is_none_or(|one| among(self.architectures, one))
    }

    /// Whether the rule is complete there; where the architecture is unknown, only such rules are
    /// as are complete everywhere.
    pub fn is_complete_on(&self, architecture: Option<Architecture>) -> bool {
        match architecture {
            Some(one) => among(self.complete_on, one),
            None => self.complete_on.is_empty() && self.architectures.is_empty(),
        }
    }
}

fn among(set: &[Architecture], one: Architecture) -> bool {
    set.is_empty() || set.contains(&one)
}
