//! The judgement: from all evidence that there is to one state for each option.
//!
//! The configuration itself comes first. Without it, what shows an option built in is believed
//! before what doesn't show it: a name that moved between two releases hides code, but nothing
//! makes code appear that isn't there.

use super::{Evidence, Judged, OPTIONS, OptionSpec, Options, Rule, State};
use crate::architecture::Architecture;
use crate::kernel::config::{Config, ModulesBuiltin, Value};
use std::borrow::Cow;
use std::collections::HashMap;

/// A kernel's own list of its symbols, as far as it is asked here.
pub trait SymbolTable {
    /// Which of these names it has, in their order. A name with a suffix that the compiler gave
    /// it (`.isra.0`, `.cold`, `.llvm.1`) counts as the name.
    fn present(&self, names: &[&str]) -> Vec<bool>;

    /// Whether variables are in it too (`KALLSYMS_ALL`), not only functions.
    fn has_variables(&self) -> bool;
}

/// What the layers of an image say of options; `None` is "they don't".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeaderFacts {
    /// The image is an EFI program.
    pub efi_stub: Option<bool>,
    /// Size of a page.
    pub page_size_bytes: Option<u64>,
}

/// All that options are judged by.
#[derive(Clone, Copy, Default)]
pub struct Sources<'a> {
    /// A configuration file of this kernel.
    pub file: Option<&'a Config>,
    /// The configuration that the image carries. Believed before the file, which may be that of
    /// another kernel.
    pub embedded: Option<&'a Config>,
    /// The kernel's `modules.builtin`.
    pub builtin: Option<&'a ModulesBuiltin>,
    /// Its symbol table.
    pub symbols: Option<&'a dyn SymbolTable>,
    /// What its headers say.
    pub header: HeaderFacts,
    /// What it runs on.
    pub architecture: Option<Architecture>,
    /// Major and minor number of its release.
    pub release: Option<(u16, u16)>,
}

/// Judges every option of [`OPTIONS`]. Asks the symbol table once.
pub fn judge(sources: &Sources<'_>) -> Options {
    let symbols = Symbols::ask(sources);
    let mut judged: Vec<Judged> = Vec::with_capacity(OPTIONS.len());
    for spec in &OPTIONS {
        let (state, evidence) = judge_one(spec, sources, &symbols, &judged);
        judged.push(Judged {
            spec,
            state,
            evidence,
        });
    }
    Options(judged)
}

type Verdict = (State, Evidence);

/// What the symbol table answered.
enum Symbols {
    Read {
        present: HashMap<&'static str, bool>,
        variables: bool,
    },
    Unread(&'static str),
}

/// Functions of every kernel, the first that another file calls and a thread of its own. A list
/// without them is not the list of a kernel, and what it lacks means nothing.
const ANCHORS: [&str; 2] = ["start_kernel", "kernel_init"];

impl Symbols {
    fn ask(sources: &Sources<'_>) -> Self {
        let Some(table) = sources.symbols else {
            return Self::Unread("there is neither a configuration nor a symbol table");
        };
        let names: Vec<&'static str> = ANCHORS
            .into_iter()
            .chain(
                OPTIONS
                    .iter()
                    .filter(|spec| spec.exists_on(sources.architecture))
                    .flat_map(|spec| spec.rule.symbols().iter().copied()),
            )
            .collect();
        let answers = table.present(&names);
        if answers.len() != names.len() {
            return Self::Unread("the symbol table has gaps");
        }
        let present: HashMap<&'static str, bool> = names.into_iter().zip(answers).collect();
        if ANCHORS
            .iter()
            .any(|anchor| present.get(anchor) != Some(&true))
        {
            return Self::Unread("the symbol table is incomplete: it lacks start_kernel");
        }
        Self::Read {
            present,
            variables: table.has_variables(),
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Read { present, .. } => present.get(name) == Some(&true),
            Self::Unread(_) => false,
        }
    }
}

fn judge_one(
    spec: &'static OptionSpec,
    sources: &Sources<'_>,
    symbols: &Symbols,
    before: &[Judged],
) -> Verdict {
    if let Some(verdict) = configured(spec, sources) {
        return verdict;
    }
    if !spec.exists_on(sources.architecture) {
        return (State::No, Evidence::Architecture);
    }
    let listed = sources.builtin.and_then(|builtin| {
        let mut names = spec.modules.iter();
        (!spec.modules.is_empty()).then(|| names.any(|name| builtin.contains(name)))
    });
    if listed == Some(true) {
        return (State::Yes, Evidence::ModulesBuiltin);
    }
    let shown = by_rule(spec, sources, symbols, before);
    match (listed, shown) {
        (_, (State::Yes, evidence)) => (State::Yes, evidence),
        (Some(false), _) => (State::NotYes, Evidence::ModulesBuiltin),
        (_, (State::Unknown, why)) => {
            by_relation(spec, sources.architecture, before).unwrap_or((State::Unknown, why))
        }
        (_, verdict) => verdict,
    }
}

fn configured(spec: &OptionSpec, sources: &Sources<'_>) -> Option<Verdict> {
    let embedded = sources.embedded.map(|config| (config, Evidence::Embedded));
    let file = sources.file.map(|config| (config, Evidence::ConfigFile));
    embedded.into_iter().chain(file).find_map(|(config, from)| {
        let state = match config.value(spec.name)? {
            Value::Yes => State::Yes,
            Value::Module => State::Module,
            Value::No => State::No,
            Value::Text(_) => return None,
        };
        Some((state, from))
    })
}

fn by_rule(
    spec: &OptionSpec,
    sources: &Sources<'_>,
    symbols: &Symbols,
    before: &[Judged],
) -> Verdict {
    match spec.rule {
        Rule::Hidden(why) => unknown(why),
        Rule::Bits64 => match sources.architecture.map(Architecture::bits) {
            Some(bits) => told(bits == 64, Evidence::Architecture),
            None => unknown("the architecture is unknown"),
        },
        Rule::PageSizeBytes { bytes, too_deep } => match sources.header.page_size_bytes {
            Some(size) => told(size == bytes, Evidence::Header),
            None if symbols.has(too_deep) => (State::NotYes, Evidence::Symbols),
            None => unknown("only the image's header states the page size"),
        },
        Rule::EfiStub => match sources.header.efi_stub {
            Some(stub) => told(stub, Evidence::Header),
            None => unknown("the stub is outside the kernel proper; only a header shows it"),
        },
        Rule::Functions(_) | Rule::Variables(_) | Rule::OffWithout(_) => {
            by_symbols(spec, sources, symbols, before)
        }
    }
}

fn by_symbols(
    spec: &OptionSpec,
    sources: &Sources<'_>,
    symbols: &Symbols,
    before: &[Judged],
) -> Verdict {
    let variables = match symbols {
        Symbols::Read { variables, .. } => *variables,
        Symbols::Unread(why) => return unknown(*why),
    };
    if !variables && !matches!(spec.rule, Rule::Functions(_)) {
        return unknown("only a variable shows it, and this kernel lists only functions");
    }
    let is = |name: &str, sought: State| state(before, name) == Some(sought);
    if spec.unless.is_some_and(|other| is(other, State::Yes)) {
        return (State::NotYes, Evidence::Symbols);
    }
    if spec.rule.symbols().iter().any(|name| symbols.has(name)) {
        return match spec.rule {
            Rule::OffWithout(_) => unknown("nothing that a kernel contains shows it"),
            _ => (State::Yes, Evidence::Symbols),
        };
    }
    // Without modules, a driver that is not built in is off, and its parts with it.
    if let Some(driver) = spec.within
        && !is(driver, State::Yes)
        && !is("MODULES", State::NotYes)
    {
        return unknown(format!("it is a part of {driver}, which is not built in"));
    }
    if !spec.is_complete_on(sources.architecture) {
        return unknown("on this architecture other functions show it");
    }
    match sources.release {
        Some(release) if release >= spec.since => (State::NotYes, Evidence::Symbols),
        Some(_) => unknown(format!(
            "before Linux {}.{} other functions show it",
            spec.since.0, spec.since.1
        )),
        None => unknown("the release is unknown, and so are the names of its functions"),
    }
}

/// What other options say of this one.
fn by_relation(
    spec: &OptionSpec,
    architecture: Option<Architecture>,
    before: &[Judged],
) -> Option<Verdict> {
    let find = |name: &str| before.iter().find(|judged| judged.spec.name == name);
    if let Some((name, architectures)) = spec.implied_by
        && architecture.is_some_and(|one| architectures.contains(&one))
        && let Some(other) = find(name)
        && other.state == State::Yes
    {
        return Some((State::Yes, other.evidence.clone()));
    }
    let other = find(spec.needs?)?;
    (other.state.is_built_in() == Some(false)).then(|| (State::NotYes, other.evidence.clone()))
}

fn state(before: &[Judged], name: &str) -> Option<State> {
    before
        .iter()
        .find(|judged| judged.spec.name == name)
        .map(|judged| judged.state)
}

fn told(fact: bool, evidence: Evidence) -> Verdict {
    (if fact { State::Yes } else { State::No }, evidence)
}

fn unknown(why: impl Into<Cow<'static, str>>) -> Verdict {
    (State::Unknown, Evidence::None { why: why.into() })
}
