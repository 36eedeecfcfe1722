//! Parameters that nothing here knows, and what may have been meant.
//!
//! The kernel hands what it does not know to init: with a value as its environment, without one as
//! an argument, and says so since 5.15 (`init/main.c`, `unknown_bootoption`,
//! `print_unknown_bootoptions`). Most of what is unknown is meant for somebody: so a name is called
//! a slip only where it is near to one that boots depend on and nothing else has it.

use super::parameters::{PARAMETERS, find, is_known_elsewhere};
use super::{CommandLine, Parameter};
use crate::similar::distance;

/// A parameter that nothing here knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub offset: usize,
    /// Whether init gets it: names with a dot belong to modules, and go nowhere.
    pub goes_to_init: bool,
    /// What was probably meant.
    pub meant: Option<&'static str>,
}

/// The kernel keeps 32 arguments and 32 variables for init, and panics at one more
/// (CONFIG_INIT_ENV_ARG_LIMIT): nothing behind those is looked at.
const MOST: usize = 64;

/// The longest name that is compared.
const LONGEST: usize = 40;

/// What is not known, in order; no more than the kernel would hand to init.
pub fn unknown(line: &CommandLine) -> Vec<Unknown> {
    line.parameters
        .iter()
        .filter(|parameter| parameter.spec.is_none() && !parameter.name.is_empty())
        .take(MOST)
        .map(describe)
        .collect()
}

fn describe(parameter: &Parameter) -> Unknown {
    Unknown {
        name: parameter.name.clone(),
        offset: parameter.offset,
        goes_to_init: !parameter.name.contains('.'),
        meant: suggest(&parameter.name),
    }
}

/// The parameter that a name is a slip of: one letter for names of four to seven, two for longer
/// ones, neighbours swapped counting as one; or other case alone. Up to five letters, one that is
/// another letter makes another word (`inst`, `init`).
pub fn suggest(name: &str) -> Option<&'static str> {
    let written = name.replace('-', "_");
    let length = written.len();
    let is_known = || find(name).is_some() || is_known_elsewhere(name);
    if !written.is_ascii() || length > LONGEST || is_known() {
        return None;
    }
    let names = || {
        PARAMETERS
            .iter()
            .filter(|spec| !spec.prefix)
            .map(|spec| spec.name)
    };
    if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
        // Variables of init's environment are written in capitals.
        return names().find(|known| *known == written.to_ascii_lowercase());
    }
    let allowed = match length {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    names()
        .filter(|known| known.len() > 3 && known.len().abs_diff(length) <= allowed)
        // Few are left to measure by then, and measuring is what costs.
        .filter(|known| begins_alike(&written, known))
        .map(|known| (distance(&written, &known.replace('-', "_")), known))
        .filter(|(distance, known)| *distance <= allowed && keeps_letters(&written, known))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Words of up to five letters have to keep all of them.
fn keeps_letters(written: &str, known: &str) -> bool {
    let letters = |name: &str| {
        let mut letters: Vec<u8> = name.bytes().collect();
        letters.sort_unstable();
        letters
    };
    written.len() > 5 || written.len() != known.len() || letters(written) == letters(known)
}

/// A slip seldom changes both of the first two letters, and words that differ there mean something
/// else (`noapic`, `lapic`).
fn begins_alike(written: &str, known: &str) -> bool {
    let two = |name: &str| {
        (
            name.as_bytes().first().copied(),
            name.as_bytes().get(1).copied(),
        )
    };
    let (one, other) = (two(written), two(known));
    one.0 == other.0 || one == (other.1, other.0)
}
