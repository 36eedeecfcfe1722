//! `kallsyms_offsets` or `kallsyms_addresses`: where each symbol is.
//!
//! Source: `scripts/kallsyms.c`, `write_src`, and `kernel/kallsyms.c`, `kallsyms_sym_address`.
//! Until Linux 6.3 the table is before `kallsyms_num_syms`, since 6.4 behind
//! `kallsyms_token_index`. No version states its form, but symbols are sorted by address: the form
//! in which the addresses rise is the right one.

use super::locate::Places;
use super::tokens::{INDEX_BYTES, Tokens};
use super::words::{Words, align_up};
use crate::kernel::header::Segment;

/// How the addresses of the symbols are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Whole words (until Linux 4.5, and without `CONFIG_KALLSYMS_BASE_RELATIVE` until 6.10).
    Words,
    /// 32 bits, counted from `kallsyms_relative_base` (Linux 4.6 to 6.19).
    Relative,
    /// The same with `CONFIG_KALLSYMS_ABSOLUTE_PERCPU` (x86_64 until Linux 6.14): a number that is
    /// not negative is an address itself.
    RelativeOrAbsolute,
    /// 32 bits, counted from the place of the number itself (since Linux 7.0).
    PlaceRelative,
    /// The address itself in 32 bits (since Linux 7.0, 32-bit kernels that are not relocatable).
    Halves,
}

/// What addresses are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// They are virtual addresses, as the kernel was linked.
    Virtual,
    /// They are counted from the lowest symbol: the image does not state for where it was linked,
    /// since the kernel relocates itself when it starts.
    LowestSymbol,
}

/// The addresses of all symbols.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) table: usize,
    pub(super) form: Form,
    pub(super) origin: Origin,
    pub(super) values: Vec<u64>,
}

/// Finds the addresses by the places of the other tables; `None` where no form fits.
pub(super) fn find(
    words: Words<'_>,
    tokens: &Tokens,
    places: &Places,
    bits: Option<u8>,
    segments: &[Segment],
) -> Option<Addresses> {
    let alignment = places.alignment();
    let word_bytes = match bits {
        Some(64) => 8,
        Some(_) => 4,
        // `ALGN` is 8 where words are, or 2 to the power of 8.
        None if alignment.is_multiple_of(8) && alignment != 16 => 8,
        None => 4,
    };
    let table = Tables {
        words,
        places,
        alignment,
        word_bytes,
        segments,
    };
    table.before().or_else(|| table.behind(tokens))
}

struct Tables<'a> {
    words: Words<'a>,
    places: &'a Places,
    alignment: usize,
    word_bytes: usize,
    segments: &'a [Segment],
}

impl Tables<'_> {
    /// Bytes of a table whose entries are of `entry_bytes`, with the padding behind it.
    fn padded_bytes(&self, entry_bytes: usize) -> Option<usize> {
        self.places
            .count
            .checked_mul(entry_bytes)?
            .checked_next_multiple_of(self.alignment)
    }

    fn before(&self) -> Option<Addresses> {
        let relative = || {
            let base = self.places.num_syms.checked_sub(self.alignment)?;
            let table = base.checked_sub(self.padded_bytes(4)?)?;
            self.relative(table, base)
        };
        let whole = || {
            let table = self
                .places
                .num_syms
                .checked_sub(self.padded_bytes(self.word_bytes)?)?;
            self.whole(table)
        };
        relative().or_else(whole)
    }

    fn behind(&self, tokens: &Tokens) -> Option<Addresses> {
        let end = tokens.index.checked_add(INDEX_BYTES)?;
        let table = align_up(end, tokens.table, self.alignment)?;
        let base = table.checked_add(self.padded_bytes(4)?)?;
        let known = self.relative(table, base).or_else(|| self.whole(table));
        if known.is_some() || self.alignment != 4 {
            return known;
        }
        self.halves(table).or_else(|| self.place_relative(table))
    }

    fn relative(&self, table: usize, base: usize) -> Option<Addresses> {
        let base = self.words.word(base, self.word_bytes)?;
        // A base that the kernel's own relocation fills in is zero in the image.
        let origin = match base {
            0 => Origin::LowestSymbol,
            _ => Origin::Virtual,
        };
        let entries = self.entries(table, 4)?;
        let (form, values) = if entries.first() == Some(&0) && rises(&entries) {
            (Form::Relative, entries)
        } else {
            let absolute = |entry: u64| entry < 0x8000_0000;
            if entries.iter().copied().all(absolute) {
                return None;
            }
            (Form::RelativeOrAbsolute, entries)
        };
        let values: Vec<u64> = values
            .into_iter()
            .map(|entry| match form {
                Form::Relative => base.wrapping_add(entry),
                _ if entry < 0x8000_0000 => entry,
                _ => base.wrapping_add(u64::from(u32::MAX).wrapping_sub(entry)),
            })
            .collect();
        self.risen(table, form, origin, values)
    }

    fn whole(&self, table: usize) -> Option<Addresses> {
        let values = self.entries(table, self.word_bytes)?;
        self.risen(table, Form::Words, Origin::Virtual, values)
    }

    fn halves(&self, table: usize) -> Option<Addresses> {
        if self.word_bytes != 4 {
            return None;
        }
        let values = self.entries(table, 4)?;
        self.risen(table, Form::Halves, Origin::Virtual, values)
    }

    fn place_relative(&self, table: usize) -> Option<Addresses> {
        let entries = self.entries(table, 4)?;
        if entries.first() == entries.last() {
            // Any filling rises when it is counted from its own place.
            return None;
        }
        let (origin, mut place) = match self.virtual_address(table) {
            Some(address) => (Origin::Virtual, address),
            None => (Origin::LowestSymbol, 0),
        };
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            // Signed, and counted from its own place.
            let negative = if entry < 0x8000_0000 { 0 } else { 1_u64 << 32 };
            values.push(place.wrapping_add(entry).wrapping_sub(negative));
            place = place.wrapping_add(4);
        }
        if origin == Origin::LowestSymbol {
            let lowest = values.first().copied()?;
            for value in &mut values {
                *value = value.wrapping_sub(lowest);
            }
        }
        self.risen(table, Form::PlaceRelative, origin, values)
    }

    fn entries(&self, table: usize, entry_bytes: usize) -> Option<Vec<u64>> {
        let length = self.places.count.checked_mul(entry_bytes)?;
        let bytes = self.words.bytes.get(table..table.checked_add(length)?)?;
        let entries = Words {
            bytes,
            order: self.words.order,
        };
        let mut values = Vec::with_capacity(self.places.count);
        values.extend(
            (0..length)
                .step_by(entry_bytes)
                .map_while(|at| entries.word(at, entry_bytes)),
        );
        Some(values)
    }

    fn virtual_address(&self, offset: usize) -> Option<u64> {
        let offset = u64::try_from(offset).ok()?;
        self.segments.iter().find_map(|segment| {
            let inside = offset.checked_sub(segment.offset)?;
            (inside < segment.file_bytes)
                .then(|| segment.virtual_address.checked_add(inside))
                .flatten()
        })
    }

    fn risen(
        &self,
        table: usize,
        form: Form,
        origin: Origin,
        values: Vec<u64>,
    ) -> Option<Addresses> {
        let different = values.first() < values.last() || values.len() == 1;
        (different && rises(&values)).then_some(Addresses {
            table,
            form,
            origin,
            values,
        })
    }
}

fn rises(values: &[u64]) -> bool {
    values
        .iter()
        .zip(values.iter().skip(1))
        .all(|(one, next)| one <= next)
}
