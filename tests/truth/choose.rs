//! Which cases there are: each value alone, then pairs and triples of values, so chosen that each
//! brings as many pairs as it can that have not stood together yet.
//!
//! Numbers come from xorshift64 (Marsaglia 2003, shifts 13, 7, 17), so a seed gives the same cases
//! on every machine.

use super::forge::Numbers;
use super::space::{Space, Value};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How many candidates a case is chosen from.
const CANDIDATES: usize = 24;
/// How many values may be changed at once.
const CHANGES: usize = 3;

/// A value of a dimension, by their numbers.
type Pick = (usize, usize);

/// One boot.
#[derive(Clone)]
pub struct Case<'a> {
    pub space: &'a Space,
    /// The number of its value in each dimension.
    pub picks: Vec<usize>,
}

impl<'a> Case<'a> {
    fn base(space: &'a Space) -> Self {
        Self {
            space,
            picks: vec![0; space.dimensions.len()],
        }
    }

    fn with(&self, changes: &[Pick]) -> Self {
        let mut case = self.clone();
        for (dimension, value) in changes {
            case.picks[*dimension] = *value;
        }
        case
    }

    /// Its values with the names of their dimensions.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &'a Value)> {
        let dimensions = self.space.dimensions.iter().zip(self.picks.clone());
        dimensions.map(|((name, values), pick)| (*name, &values[pick]))
    }

    /// Those in which it is not the system that boots.
    pub fn changed(&self) -> impl Iterator<Item = (&'static str, &'a Value)> {
        let picks = self.picks.clone();
        let changed = self.values().zip(picks);
        changed.filter_map(|(value, pick)| (pick != 0).then_some(value))
    }

    /// What tells it from others.
    pub fn title(&self) -> String {
        let mut title = format!("{}:", self.space.name);
        for (number, (dimension, value)) in self.changed().enumerate() {
            let and = if number == 0 { "" } else { "," };
            write!(title, "{and} {dimension} {}", value.name).unwrap();
        }
        if self.changed().next().is_none() {
            title.push_str(" as it boots");
        }
        title
    }

    /// Whether each change makes a difference beside the others.
    pub fn stands(&self) -> bool {
        let names: Vec<&str> = self.changed().map(|(name, _)| name).collect();
        let mut hidden = self.changed().flat_map(|(_, value)| value.hides);
        !hidden.any(|dimension| names.contains(dimension))
    }

    /// Whether it ends when nothing comes any more.
    pub fn waits_seconds(&self) -> Option<u32> {
        self.values()
            .filter_map(|(_, value)| value.waits_seconds)
            .max()
    }

    /// The pairs of changes in it.
    fn pairs(&self) -> Vec<(Pick, Pick)> {
        let changes: Vec<Pick> = self
            .picks
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, value)| *value != 0)
            .collect();
        let mut pairs = Vec::new();
        for (at, one) in changes.iter().enumerate() {
            pairs.extend(changes.iter().skip(at + 1).map(|other| (*one, *other)));
        }
        pairs
    }
}

/// The numbers of a seed; xorshift must not start at zero.
fn numbers(seed: u64) -> Numbers {
    Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
}

/// All pairs of changes that can stand together.
pub fn possible_pairs(space: &Space) -> BTreeSet<(Pick, Pick)> {
    let base = Case::base(space);
    let changes = changes(space);
    let mut pairs = BTreeSet::new();
    for (at, one) in changes.iter().enumerate() {
        for other in changes.iter().skip(at + 1) {
            if one.0 != other.0 && base.with(&[*one, *other]).stands() {
                pairs.insert((*one, *other));
            }
        }
    }
    pairs
}

/// The pairs that cases have.
pub fn pairs_of(cases: &[&Case]) -> BTreeSet<(Pick, Pick)> {
    cases.iter().flat_map(|case| case.pairs()).collect()
}

fn changes(space: &Space) -> Vec<Pick> {
    let values = |(dimension, values): (usize, &(&str, Vec<Value>))| {
        (1..values.1.len()).map(move |value| (dimension, value))
    };
    space
        .dimensions
        .iter()
        .enumerate()
        .flat_map(values)
        .collect()
}

/// The case of that title, be it among those that are chosen or not.
pub fn titled<'a>(space: &'a Space, title: &str) -> Option<Case<'a>> {
    let mut case = Case::base(space);
    let mut rest = title.strip_prefix(space.name.as_str())?.strip_prefix(':')?;
    for (at, (dimension, values)) in space.dimensions.iter().enumerate() {
        let Some(named) = rest.strip_prefix(&format!(" {dimension} ")) else {
            continue;
        };
        // A name may begin another, and have commas.
        let fits = |value: &Value| {
            let behind = named.strip_prefix(value.name.as_str())?;
            let behind = behind
                .strip_prefix(',')
                .or(behind.is_empty().then_some(""))?;
            let is_next = |(name, _): &(&str, Vec<Value>)| behind.starts_with(&format!(" {name} "));
            let goes_on = behind.is_empty() || space.dimensions.iter().skip(at + 1).any(is_next);
            goes_on.then_some(behind)
        };
        let found = values.iter().enumerate().skip(1);
        let (pick, behind) = found
            .filter_map(|(pick, value)| Some((pick, fits(value)?)))
            .min_by_key(|(_, behind)| behind.len())?;
        case.picks[at] = pick;
        rest = behind;
    }
    rest.is_empty().then_some(case)
}

/// The value of that name.
fn pick(space: &Space, (dimension, value): (&str, &str)) -> Pick {
    let mut dimensions = space.dimensions.iter();
    let at = dimensions.position(|(name, _)| *name == dimension);
    let at = at.unwrap_or_else(|| panic!("{} has no {dimension}", space.name));
    let mut values = space.dimensions[at].1.iter();
    let number = values.position(|known| known.name == value);
    let number = number.unwrap_or_else(|| panic!("{dimension} has no {value}"));
    (at, number)
}

/// The cases of a space: the system itself, each value alone, the pairs that are named, and so many with several at once.
pub fn all(space: &Space, seed: u64, together: usize) -> Vec<Case<'_>> {
    let base = Case::base(space);
    let changes = changes(space);
    let mut cases = vec![base.clone()];
    cases.extend(changes.iter().map(|change| base.with(&[*change])));
    let besides = space
        .besides
        .iter()
        .map(|pair| base.with(&pair.map(|named| pick(space, named))));
    cases.extend(besides);
    let count = cases.len() + together;
    let mut left = possible_pairs(space);
    let mut numbers = numbers(seed);
    while cases.len() < count && !left.is_empty() {
        let mut best: Option<(usize, Case)> = None;
        for _ in 0..CANDIDATES {
            let (one, other) = *left.iter().nth(numbers.below(left.len())).unwrap();
            let mut candidate = base.with(&[one, other]);
            let third = changes[numbers.below(changes.len())];
            if numbers.below(2) == 0 && third.0 != one.0 && third.0 != other.0 {
                let more = candidate.with(&[third]);
                if more.stands() {
                    candidate = more;
                }
            }
            // One wait is as good as two.
            let waits = candidate
                .values()
                .filter(|value| value.1.waits_seconds.is_some());
            if waits.count() > 1 {
                continue;
            }
            let news = candidate.pairs();
            let news = news.iter().filter(|pair| left.contains(pair)).count();
            if best.as_ref().is_none_or(|(most, _)| news > *most) {
                best = Some((news, candidate));
            }
        }
        let Some((_, case)) = best else { break };
        debug_assert!(case.changed().count() <= CHANGES);
        for pair in case.pairs() {
            left.remove(&pair);
        }
        cases.push(case);
    }
    cases
}

/// Some of the cases, of all kinds: those that end by themselves, and a few that do not.
pub fn sample<'a>(all: &[Case<'a>], seed: u64, count: usize, slow: usize) -> Vec<Case<'a>> {
    let mut numbers = numbers(seed ^ 0x5a);
    let (mut waiting, mut others): (Vec<Case>, Vec<Case>) = all
        .iter()
        .filter(|case| case.space.is_minimal)
        .cloned()
        .partition(|case| case.waits_seconds().is_some());
    let mut taken = Vec::new();
    for (from, count) in [(&mut waiting, slow), (&mut others, count - slow)] {
        for _ in 0..count.min(from.len()) {
            let number = numbers.below(from.len());
            taken.push(from.swap_remove(number));
        }
    }
    taken
}
