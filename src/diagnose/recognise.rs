//! Which known lines a line is: all of them are looked for at once.

use crate::cause::{CAUSES, Cause, Tell};
use crate::console::{MARKS, Pattern, Shows};
use crate::error::{Error, Result};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};
use std::sync::LazyLock;

/// What a known line is to us.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// It shows how far the boot is.
    Mark(Shows),
    /// It tells of a cause.
    Tell(&'static Cause, &'static Tell),
}

/// How much of a known line is looked for before the line is compared: memory grows with it.
const NEEDLE_BYTES: usize = 20;

/// Every known line.
#[derive(Debug)]
pub(super) struct Recogniser {
    needles: AhoCorasick,
    /// The known lines that have a needle, for each needle: those whose whole needle is the same stand together.
    known: Vec<Vec<Alike>>,
}

/// Known lines with the same whole needle, each with its number.
type Alike = Vec<(usize, Pattern, Known)>;

impl Recogniser {
    /// The one that there is: it is made once.
    pub(super) fn get() -> Result<&'static Self> {
        static RECOGNISER: LazyLock<Result<Recogniser>> = LazyLock::new(Recogniser::new);
        RECOGNISER.as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self> {
        let mut needles: Vec<Vec<u8>> = Vec::new();
        let mut known: Vec<Vec<Alike>> = Vec::new();
        let mut count = 0_usize;
        let marks = MARKS
            .iter()
            .map(|mark| (mark.text, Known::Mark(mark.shows)));
        let tells = CAUSES.into_iter().flat_map(|cause| {
            let tells = cause.tells.iter();
            tells.map(move |tell| (tell.text, Known::Tell(cause, tell)))
        });
        for (text, what) in marks.chain(tells) {
            let pattern = Pattern::parse(text);
            let number = count;
            count = count.saturating_add(1);
            // As it is printed, and as it is where a paste lost blanks.
            let mut printed = pattern.needle().to_vec();
            let mut pasted = printed.clone();
            pasted.dedup_by(|a, b| *a == b' ' && *b == b' ');
            printed.truncate(NEEDLE_BYTES);
            pasted.truncate(NEEDLE_BYTES);
            let spellings = [Some(printed.clone()), (pasted != printed).then_some(pasted)];
            for needle in spellings.into_iter().flatten() {
                let place = needles.iter().position(|other| *other == needle);
                let entry = (number, pattern.clone(), what);
                let Some(here) = place.and_then(|place| known.get_mut(place)) else {
                    needles.push(needle);
                    known.push(vec![vec![entry]]);
                    continue;
                };
                let is_alike = |alike: &&mut Alike| {
                    let first = alike.first();
                    first.is_some_and(|(_, first, _)| first.needle() == pattern.needle())
                };
                match here.iter_mut().find(is_alike) {
                    Some(alike) => alike.push(entry),
                    None => here.push(vec![entry]),
                }
            }
        }
        let needles = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&needles)
            .map_err(|error| Error::unsupported("diagnose", error.to_string()))?;
        Ok(Self { needles, known })
    }

    /// Returns true if a known line may be in there.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        // Most lines have the beginning of no needle, which is found out faster.
        let Some(first) = self.needles.find(bytes) else {
            return false;
        };
        // No needle ends before the first that is found.
        let from = first.end().saturating_sub(NEEDLE_BYTES);
        let mut begun = self
            .needles
            .find_overlapping_iter(Input::new(bytes).span(from..bytes.len()));
        begun.any(|found| {
            let known = self.known.get(found.pattern().as_usize());
            let rest = bytes.get(found.start()..).unwrap_or_default();
            let mut known = known.into_iter().flatten();
            known.any(|alike| begins(alike, rest))
        })
    }

    /// Hands over what a line is, with the number of the known line and what stands for the varying parts: marks
    /// first.
    pub(super) fn of_line<'l>(
        &self,
        line: &'l [u8],
        mut each: impl FnMut(usize, Known, Vec<&'l [u8]>),
    ) {
        let mut found: Vec<(usize, usize)> = self
            .needles
            .find_overlapping_iter(line)
            .map(|found| (found.pattern().as_usize(), found.start()))
            .collect();
        // A line that has a needle twice is looked at once, by the first.
        found.sort_unstable();
        let mut seen: Vec<usize> = Vec::new();
        for (place, start) in found {
            let rest = line.get(start..).unwrap_or_default();
            let known = self.known.get(place).into_iter().flatten();
            for (number, pattern, what) in known.filter(|alike| begins(alike, rest)).flatten() {
                if seen.contains(number) {
                    continue;
                }
                seen.push(*number);
                if let Some(varying) = pattern.find(line) {
                    each(*number, *what, varying);
                }
            }
        }
    }
}

/// Returns true if a text begins with the needle that these have.
fn begins(alike: &Alike, text: &[u8]) -> bool {
    let first = alike.first();
    first.is_some_and(|(_, pattern, _)| pattern.has_needle_at_start(text))
}
