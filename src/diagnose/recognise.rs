//! Which known lines a line is: all of them are looked for at once.

use crate::cause::{CAUSES, Cause, Tell};
use crate::console::{MARKS, Pattern, Shows};
use crate::error::{Error, Result};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::sync::LazyLock;

/// What a known line is to us.
#[derive(Debug, Clone, Copy)]
pub(super) enum Known {
    /// It shows how far the boot is.
    Mark(Shows),
    /// It tells of a cause.
    Tell(&'static Cause, &'static Tell),
}

/// Every known line.
#[derive(Debug)]
pub(super) struct Recogniser {
    needles: AhoCorasick,
    /// The known lines that have a needle, for each needle.
    known: Vec<Vec<(Pattern, Known)>>,
}

impl Recogniser {
    /// The one that there is: it is made once.
    pub(super) fn get() -> Result<&'static Self> {
        static RECOGNISER: LazyLock<Result<Recogniser>> = LazyLock::new(Recogniser::new);
        RECOGNISER.as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self> {
        let mut needles: Vec<&'static [u8]> = Vec::new();
        let mut known: Vec<Vec<(Pattern, Known)>> = Vec::new();
        let marks = MARKS
            .iter()
            .map(|mark| (mark.text, Known::Mark(mark.shows)));
        let tells = CAUSES.into_iter().flat_map(|cause| {
            let tells = cause.tells.iter();
            tells.map(move |tell| (tell.text, Known::Tell(cause, tell)))
        });
        for (text, what) in marks.chain(tells) {
            let pattern = Pattern::parse(text);
            let needle = pattern.needle();
            let place = needles.iter().position(|other| *other == needle);
            match place.and_then(|place| known.get_mut(place)) {
                Some(here) => here.push((pattern, what)),
                None => {
                    needles.push(needle);
                    known.push(vec![(pattern, what)]);
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

    /// Whether a known line may be in there.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.needles.is_match(bytes)
    }

    /// Hands over what a line is, with what stands for the varying parts: marks first.
    pub(super) fn of_line<'l>(&self, line: &'l [u8], mut each: impl FnMut(Known, &[&'l [u8]])) {
        let mut found: Vec<usize> = self
            .needles
            .find_overlapping_iter(line)
            .map(|found| found.pattern().as_usize())
            .collect();
        found.sort_unstable();
        found.dedup();
        for number in found {
            for (pattern, what) in self.known.get(number).into_iter().flatten() {
                if let Some(varying) = pattern.find(line) {
                    each(*what, &varying);
                }
            }
        }
    }
}
