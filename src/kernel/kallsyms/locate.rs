//! Where the tables of kallsyms are: from the token table back to the markers, the names and
//! their number.
//!
//! Source: `scripts/kallsyms.c`, `write_src`. Through all versions the order is `kallsyms_num_syms`,
//! `kallsyms_names`, `kallsyms_markers`, `kallsyms_token_table`, `kallsyms_token_index`; addresses
//! come before these until Linux 6.3 and behind them since 6.4. Linux 6.1.y to 6.3 have
//! `kallsyms_seqs_of_names`, three bytes a symbol, between markers and token table. The number and
//! the markers are `unsigned long` until Linux 4.19 and 32 bits since. Each table is aligned to 4,
//! 8, 16 or 256 bytes.
//!
//! Nothing says where a table begins, so each place that could be one is held against the others:
//! markers rise by what 256 names can take, the number fits the count of markers, and a walk over
//! all names meets every marker and ends at the first of them.

use super::names::{GROUP, Lengths, walk};
use super::tokens::{ALIGNMENT_MAX, KSYM_NAME_LEN, Tokens};
use super::words::{Steps, Words};
use crate::bytes::Endianness;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// What 256 names take at least: a length and a token each.
const GROUP_BYTES_MIN: usize = 2 * GROUP;

/// What 256 names take at most.
const GROUP_BYTES_MAX: usize = (KSYM_NAME_LEN + 3) * GROUP;

/// How far before the token table the only marker of at most 256 symbols may be.
const LONE_MARKER_BYTES: usize = 3 * GROUP + 2 * ALIGNMENT_MAX;

/// Numbers behind the last marker that may look like markers too, so that they are tried without.
const STRAY_MARKERS: usize = 4;

/// Where the tables are in the image, all but the addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// `kallsyms_num_syms`.
    pub(super) num_syms: usize,
    /// `kallsyms_names`, and where the last name ends.
    pub(super) names: (usize, usize),
    /// `kallsyms_markers`.
    pub(super) markers: usize,
    /// Bytes of a marker.
    pub(super) marker_bytes: usize,
    /// How many symbols there are.
    pub(super) count: usize,
    /// How lengths are written.
    pub(super) lengths: Lengths,
}

impl Places {
    /// What each table is aligned to: the number of symbols is less than one unit of it.
    pub(super) fn alignment(&self) -> usize {
        self.names.0.saturating_sub(self.num_syms)
    }
}

/// Finds the tables before `tokens`.
pub(super) fn before(
    tokens: &Tokens,
    image: &[u8],
    limits: &Limits,
    steps: &mut Steps,
) -> Result<Option<Places>> {
    let search = Search {
        words: Words {
            bytes: image,
            order: tokens.order,
        },
        table: tokens.table,
        symbols: usize::try_from(limits.symbols).unwrap_or(usize::MAX),
    };
    for marker_bytes in [4, 8] {
        let found = search.markers(marker_bytes, steps)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

struct Search<'a> {
    words: Words<'a>,
    table: usize,
    symbols: usize,
}

impl Search<'_> {
    /// Tries every place before the token table at which markers may begin, nearest first.
    fn markers(&self, marker_bytes: usize, steps: &mut Steps) -> Result<Option<Places>> {
        let reach = self.symbols.saturating_mul(4).saturating_add(4096);
        let lowest = self.table.saturating_sub(reach);
        let mut run = Vec::new();
        let mut looked = 0_usize;
        let mut place = self.table;
        while let Some(next) = place.checked_sub(4).filter(|next| *next >= lowest) {
            place = next;
            looked = looked.saturating_add(1);
            if self.words.word(place, marker_bytes) != Some(0) {
                continue;
            }
            self.run(place, marker_bytes, &mut run)?;
            let lone = self.table.saturating_sub(place) <= LONE_MARKER_BYTES;
            if run.len() < 2 && !lone {
                continue;
            }
            steps.spend(looked.saturating_add(run.len()))?;
            looked = 0;
            let fewest = run.len().saturating_sub(STRAY_MARKERS).max(1);
            for taken in (fewest..=run.len()).rev() {
                let markers = run.get(..taken).unwrap_or_default();
                let found = self.names(place, marker_bytes, markers, steps)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        steps.spend(looked)?;
        Ok(None)
    }

    /// The numbers from `place` on that rise as markers do.
    fn run(&self, place: usize, marker_bytes: usize, run: &mut Vec<u64>) -> Result<()> {
        let least = u64::try_from(GROUP_BYTES_MIN).unwrap_or(u64::MAX);
        let most = u64::try_from(GROUP_BYTES_MAX).unwrap_or(u64::MAX);
        run.clear();
        run.push(0);
        let mut last = 0_u64;
        let mut at = place.saturating_add(marker_bytes);
        while at < self.table {
            let Some(marker) = self.words.word(at, marker_bytes) else {
                break;
            };
            if !marker
                .checked_sub(last)
                .is_some_and(|rise| (least..=most).contains(&rise))
            {
                break;
            }
            if run.len() > self.symbols.div_ceil(GROUP) {
                return Err(self.too_many());
            }
            run.push(marker);
            last = marker;
            at = at.saturating_add(marker_bytes);
        }
        Ok(())
    }

    /// Tries every place before `markers` that holds a number of symbols that they fit.
    fn names(
        &self,
        place: usize,
        marker_bytes: usize,
        markers: &[u64],
        steps: &mut Steps,
    ) -> Result<Option<Places>> {
        let Some(last) = markers.last().and_then(|last| usize::try_from(*last).ok()) else {
            return Ok(None);
        };
        let most = markers.len().saturating_mul(GROUP);
        let least = most.saturating_sub(GROUP).saturating_add(1);
        let nearest = place.saturating_sub(last).saturating_sub(4);
        let furthest = nearest
            .saturating_sub(GROUP_BYTES_MAX)
            .saturating_sub(2 * ALIGNMENT_MAX);
        // Tables are aligned to four bytes at least, so all of them have the token table's phase.
        let phase = place.saturating_sub(nearest) % 4;
        let mut at = nearest.saturating_add(phase).saturating_add(4);
        let mut looked = 0_usize;
        while let Some(next) = at.checked_sub(4).filter(|next| *next >= furthest) {
            at = next;
            looked = looked.saturating_add(1);
            let count = self
                .words
                .u32(at)
                .and_then(|count| usize::try_from(count).ok())
                .filter(|count| (least..=most).contains(count));
            let Some(count) = count else { continue };
            steps.spend(looked.saturating_add(count))?;
            looked = 0;
            if let Some(places) = self.verified(at, count, (place, marker_bytes), markers) {
                if count > self.symbols {
                    return Err(self.too_many());
                }
                return Ok(Some(places));
            }
        }
        steps.spend(looked)?;
        Ok(None)
    }

    /// The tables, if `count` at `number` is the number of symbols: names follow, fit all
    /// markers, and end at the first of them.
    fn verified(
        &self,
        number: usize,
        count: usize,
        (place, marker_bytes): (usize, usize),
        markers: &[u64],
    ) -> Option<Places> {
        let behind = number.checked_add(4)?;
        let padded = self
            .words
            .bytes
            .get(behind..behind.checked_add(ALIGNMENT_MAX)?)?;
        let padding = padded.iter().position(|byte| *byte != 0)?;
        let start = behind.checked_add(padding)?;
        if place.checked_sub(start)? % 4 != 0 {
            return None;
        }
        let (lengths, end) = [Lengths::OneOrTwo, Lengths::One]
            .into_iter()
            .find_map(|lengths| {
                walk(self.words, (start, place), count, markers, lengths)
                    .filter(|end| {
                        place.saturating_sub(*end) < ALIGNMENT_MAX && self.words.zero(*end, place)
                    })
                    .map(|end| (lengths, end))
            })?;
        // Where markers are 64 bits, so is the number, and it is in the second half of it.
        let half = marker_bytes == 8 && self.words.order == Endianness::Big;
        Some(Places {
            num_syms: if half { number.checked_sub(4)? } else { number },
            names: (start, end),
            markers: place,
            marker_bytes,
            count,
            lengths,
        })
    }

    fn too_many(&self) -> Error {
        Error::limit("symbols", u64::try_from(self.symbols).unwrap_or(u64::MAX))
    }
}
