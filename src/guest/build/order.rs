//! In which order modules are loaded: each after what it depends on.
//!
//! Sources: `modules.dep(5)`, `modprobe.d(5)` ("softdep"), `modules.alias`; a module's own
//! `.modinfo` where no list says it.

use super::{Wanted, check_name};
use crate::error::{Error, Kind, Result};
use crate::tree::{read_whole, regular};
use crate::userland::modules::{Modules, modinfo, normalised};
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// More modules no boot needs.
const MODULES: usize = 256;
/// Longest list of aliases that is read; a distribution's has a MiB.
const ALIASES_BYTES: u64 = 8 * 1024 * 1024;

/// So many modules are asked whether they answer to a name.
const NAMESAKES: usize = 16;

/// A module in its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ordered {
    pub name: String,
    /// All that it depends on, what is loaded last first.
    pub needs: Vec<String>,
}

/// What a module asks for.
struct Asked {
    /// What it does not load without.
    depends: Vec<String>,
    /// What it would like to find.
    soft: Vec<String>,
}

/// The modules to load for those of `names`.
pub(super) fn of(
    wanted: &Wanted<'_>,
    available: &Modules,
    names: &[String],
) -> Result<Vec<Ordered>> {
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let aliases = Aliases::default();
    // Depth first without recursion: a name is left when all that it asks for has been. One that
    // comes round to itself is loaded once, as modprobe does it.
    let mut stack: Vec<(String, bool)> = names
        .iter()
        .rev()
        .map(|name| (name.clone(), false))
        .collect();
    while let Some((name, done)) = stack.pop() {
        if done {
            order.push(name);
            continue;
        }
        if asked.contains_key(&name) || available.is_builtin(&name) == Some(true) {
            continue;
        }
        if asked.len() >= MODULES {
            return Err(Error::limit("modules of an initramfs", 256));
        }
        let mut asks = asked_by(wanted, available, &name)?;
        asks.depends = without_repetitions(asks.depends);
        asks.soft = without_repetitions(asks.soft);
        // What it would like and is not there, it does without.
        let mut soft = Vec::new();
        for name in &asks.soft {
            match available.get(name) {
                Some(_) => soft.push(name.clone()),
                None => soft.extend(aliases.modules(wanted, available, name)?),
            }
        }
        asks.soft = without_repetitions(soft);
        stack.push((name.clone(), true));
        let both = asks.depends.iter().chain(&asks.soft).rev();
        stack.extend(both.map(|name| (name.clone(), false)));
        asked.insert(name, asks);
    }
    Ok(order
        .iter()
        .map(|name| Ordered {
            name: name.clone(),
            needs: needs(name, &asked, &order),
        })
        .collect())
}

/// The names in their order, each once. A list may repeat a name hundreds of thousands of times.
fn without_repetitions(names: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let is_first: Vec<bool> = names
        .iter()
        .map(|name| seen.insert(name.as_str()))
        .collect();
    let kept = names.iter().zip(is_first).filter(|(_, is_first)| *is_first);
    kept.map(|(name, _)| name.clone()).collect()
}

/// All that a module depends on, among those that are loaded, the last one first.
fn needs(name: &str, asked: &BTreeMap<String, Asked>, order: &[String]) -> Vec<String> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    let mut ahead = vec![name];
    while let Some(next) = ahead.pop() {
        for needed in asked.get(next).map_or(&[][..], |asked| &asked.depends) {
            if needed != name && all.insert(needed) {
                ahead.push(needed);
            }
        }
    }
    let last_first = order.iter().rev();
    last_first
        .filter(|name| all.contains(name.as_str()))
        .cloned()
        .collect()
}

fn asked_by(wanted: &Wanted<'_>, available: &Modules, name: &str) -> Result<Asked> {
    check_name("name of a module", name)?;
    let module = available.get(name).ok_or_else(|| {
        let found = format!("it is needed, but {} does not have it", available.release);
        Error::absent(format!("module {name}"), found)
    })?;
    let info = modinfo(wanted.tree, &module.path, wanted.limits)
        .map_err(|error| error.within(format!("module {name}")))?;
    let architecture = wanted.machine.architecture();
    if info.machine.architecture() != Some(architecture) {
        return Err(Error::wrong_machine(
            architecture.name(),
            format!("module {name} for {}", info.machine),
        ));
    }
    if let Some(release) = info.release().filter(|release| *release != wanted.release) {
        return Err(Error::invalid_setting(
            format!("vermagic of module {name}"),
            wanted.release,
            crate::bytes::escaped(release.as_bytes()),
        ));
    }
    let listed = available.soft_dependencies.get(&module.name);
    Ok(Asked {
        depends: if available.has_dependencies {
            module.depends.clone()
        } else {
            info.depends
        },
        soft: listed.cloned().unwrap_or(info.soft_dependencies),
    })
}

/// Which modules answer to names that are no module's own.
#[derive(Default)]
struct Aliases {
    /// Lines `alias NAME MODULE`, patterns for devices left out; `None` where there is no list.
    listed: OnceCell<Option<BTreeMap<String, Vec<String>>>>,
    /// The aliases of the modules that were read, so that none is decoded twice.
    own: RefCell<BTreeMap<String, BTreeSet<String>>>,
}

impl Aliases {
    /// The modules that answer to a name: all of them, as modprobe does it, since one may be for a
    /// processor that the machine has not.
    fn modules(&self, wanted: &Wanted<'_>, available: &Modules, name: &str) -> Result<Vec<String>> {
        let listed = match self.listed.get() {
            Some(listed) => listed,
            None => {
                let read = read_aliases(wanted)?;
                self.listed.get_or_init(|| read)
            }
        };
        let mut found = match listed {
            Some(listed) => listed.get(name).cloned().unwrap_or_default(),
            None => self.by_own_word(wanted, available, name)?,
        };
        found.retain(|name| available.get(name).is_some());
        Ok(found)
    }

    /// Where nothing lists aliases, the modules that are named after it say whether they answer: of
    /// `crypto-crc32c` these are `crc32c_generic` and the like.
    fn by_own_word(
        &self,
        wanted: &Wanted<'_>,
        available: &Modules,
        name: &str,
    ) -> Result<Vec<String>> {
        let stem = name.strip_prefix("crypto_").unwrap_or(name);
        let named = available.modules.range(stem.to_owned()..);
        let namesakes = named
            .take_while(|(name, _)| name.starts_with(stem))
            .take(NAMESAKES);
        let mut found = Vec::new();
        for (namesake, module) in namesakes {
            let mut own = self.own.borrow_mut();
            if !own.contains_key(namesake) {
                let read = modinfo(wanted.tree, &module.path, wanted.limits);
                // A damaged module answers to nothing; a limit is no answer.
                let aliases = match read {
                    Ok(info) => info.aliases.iter().map(|alias| normalised(alias)).collect(),
                    Err(error) if error.kind() == Kind::Limit => return Err(error),
                    Err(_) => BTreeSet::new(),
                };
                own.insert(namesake.clone(), aliases);
            }
            if own
                .get(namesake)
                .is_some_and(|aliases| aliases.contains(name))
            {
                found.push(module.name.clone());
            }
        }
        Ok(found)
    }
}

fn read_aliases(wanted: &Wanted<'_>) -> Result<Option<BTreeMap<String, Vec<String>>>> {
    let path = format!("/lib/modules/{}/modules.alias", wanted.release);
    let Some(found) = regular(wanted.tree, path.as_bytes())? else {
        return Ok(None);
    };
    let bytes = read_whole(
        wanted.tree,
        &found,
        "bytes of a list of aliases",
        ALIASES_BYTES,
    )?;
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let mut words = line.split_ascii_whitespace();
        if let (Some("alias"), Some(alias), Some(name)) = (words.next(), words.next(), words.next())
            && !alias.contains(['*', '?', '['])
        {
            let named = aliases.entry(normalised(alias)).or_default();
            named.push(normalised(name));
        }
    }
    Ok(Some(aliases))
}
