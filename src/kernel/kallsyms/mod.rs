//! kallsyms: the symbol table that a kernel carries in itself, compressed.
//!
//! Source: `scripts/kallsyms.c` and `kernel/kallsyms.c`, Linux 3.0 to 7.0. Layouts, all read here:
//!
//! | Linux | what changed |
//! |---|---|
//! | 3.0 | addresses, number, names, markers, token table, token index; all numbers `unsigned long` |
//! | 4.6 | addresses in 32 bits, relative to a base (`CONFIG_KALLSYMS_BASE_RELATIVE`) |
//! | 4.20 | number and markers in 32 bits |
//! | 6.1 | names of 128 bytes and more have lengths of two bytes |
//! | 6.1.y, 6.2 | `kallsyms_seqs_of_names` between markers and token table |
//! | 6.4 | addresses, base and sequence numbers behind the token index |
//! | 7.0 | addresses relative to their own place, no base, everything aligned to four bytes |
//!
//! Neither sections nor symbols of an ELF are used: the tables are found by their structure, and
//! believed only when each fits all others.

mod addresses;
mod locate;
mod lookup;
mod names;
mod tokens;
mod words;

pub use addresses::{Form, Origin};

use super::Segment;
use crate::bytes::Endianness;
use crate::error::{Error, Result};
use crate::limits::Limits;
use locate::Places;
use lookup::Wanted;
use names::{Lengths, split_first};
use tokens::Tokens;
use words::{Steps, Words};

/// The most that compressed names may take; real ones take 1 to 3 MB.
const NAMES_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What is known of the image beforehand. All of it may be missing: byte order and alignment show
/// in the tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Bits of a machine word.
    pub bits: Option<u8>,
    /// Where parts of the image will be in memory (ELF), so that addresses of Linux 7.0 and later
    /// are virtual ones.
    pub segments: &'a [Segment],
    /// Where the search begins: the banner, which is among the read-only data too, and spares the
    /// code before it. What is before is searched when there is nothing behind.
    pub from: u64,
}

/// Where each table is in the image, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Byte order of all numbers.
    pub endianness: Endianness,
    /// Offset of `kallsyms_num_syms`.
    pub num_syms: u64,
    /// Offset of `kallsyms_names`.
    pub names: u64,
    /// Offset of `kallsyms_markers`.
    pub markers: u64,
    /// Bytes of one marker: 4, or 8 (64-bit kernels until Linux 4.19).
    pub marker_bytes: u8,
    /// Offset of `kallsyms_token_table`.
    pub token_table: u64,
    /// Offset of `kallsyms_token_index`.
    pub token_index: u64,
    /// Offset and form of `kallsyms_offsets` or `kallsyms_addresses`, where they were understood.
    pub addresses: Option<(u64, Form)>,
}

/// One symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its address, counted as [`Symbols::origin`] says; `None` where the table of addresses was
    /// not understood.
    pub address: Option<u64>,
    /// Its kind, as `nm` and `System.map` give it: `T` a global function, `d` local data, …
    pub kind: char,
    /// Its name, with the suffixes that a compiler gave it.
    pub name: String,
}

/// The symbols of a kernel. Holds copies of the names (compressed) and addresses, some 15 bytes a
/// symbol, and nothing of the image.
#[derive(Debug, Clone)]
pub struct Symbols {
    tokens: Tokens,
    names: Vec<u8>,
    lengths: Lengths,
    count: usize,
    origin: Option<Origin>,
    addresses: Vec<u64>,
    layout: Layout,
}

impl Symbols {
    /// Finds the tables in a decoded kernel and checks each against the others. Costs one search
    /// of the image at memory speed, and one step a symbol.
    ///
    /// Fails with [`Kind::Absent`](crate::error::Kind::Absent) where there are none: the kernel
    /// was built without `CONFIG_KALLSYMS`, or is not decoded yet.
    pub fn decode(image: &[u8], hints: Hints<'_>, limits: &Limits) -> Result<Self> {
        let mut steps = Steps::new();
        let mut lonely = None;
        for place in tokens::candidates(image, hints.from) {
            steps.spend(tokens::INDEX_BYTES)?;
            let Some(tokens) = Tokens::at(image, place) else {
                continue;
            };
            match locate::before(&tokens, image, limits, &mut steps)? {
                Some(places) => return Self::read(image, tokens, &places, hints),
                None => lonely = lonely.or(Some(tokens.table)),
            }
        }
        Err(match lonely {
            Some(table) => Error::absent(
                "kallsyms_names",
                "there is a token table, but no matching names before it",
            )
            .at(offset(table)),
            None => Error::absent("kallsyms", "the image has no token table"),
        })
    }

    fn read(image: &[u8], tokens: Tokens, places: &Places, hints: Hints<'_>) -> Result<Self> {
        let words = Words {
            bytes: image,
            order: tokens.order,
        };
        let (start, end) = places.names;
        let names = image.get(start..end).unwrap_or_default();
        if names.len() > NAMES_BYTES_MAX {
            return Err(Error::limit(
                "kallsyms_names bytes",
                offset(NAMES_BYTES_MAX),
            ));
        }
        let found = addresses::find(words, &tokens, places, hints.bits, hints.segments);
        let layout = Layout {
            endianness: tokens.order,
            num_syms: offset(places.num_syms),
            names: offset(start),
            markers: offset(places.markers),
            marker_bytes: if places.marker_bytes == 8 { 8 } else { 4 },
            token_table: offset(tokens.table),
            token_index: offset(tokens.index),
            addresses: found
                .as_ref()
                .map(|found| (offset(found.table), found.form)),
        };
        Ok(Self {
            tokens,
            names: names.to_vec(),
            lengths: places.lengths,
            count: places.count,
            origin: found.as_ref().map(|found| found.origin),
            addresses: found.map(|found| found.values).unwrap_or_default(),
            layout,
        })
    }

    /// How many symbols there are (`kallsyms_num_syms`).
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none; never so for a table that was found.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Where the tables are, and how they are written.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What addresses are counted from; `None` where they were not understood.
    pub fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// Whether there is a symbol `name`, or one that a compiler made of it: `name.isra.0`,
    /// `name.constprop.0`, `name.part.0`, `name.cold`, `name.llvm.1234`, `name.cfi_jt`. Costs a
    /// pass over all names: ask for many at once by [`Symbols::present`].
    pub fn contains(&self, name: &str) -> bool {
        self.present(&[name]).first() == Some(&true)
    }

    /// [`Symbols::contains`] for each of `names`, in one pass (1 to 3 ms).
    pub fn present(&self, names: &[&str]) -> Vec<bool> {
        let mut wanted = Wanted::new(names);
        wanted.search(&self.tokens, &self.names, self.lengths);
        names.iter().map(|name| wanted.found(name)).collect()
    }

    /// Whether variables are among the symbols (`CONFIG_KALLSYMS_ALL`), and not only functions.
    ///
    /// Told by variables without a value, for nothing else than functions and the bounds of
    /// sections is there otherwise, and read-only data may be between functions.
    pub fn has_variables(&self) -> bool {
        let variable = |byte: u8| self.kind(byte).eq_ignore_ascii_case(&b'b');
        let mut expanded = Vec::new();
        self.compressed()
            .filter(|name| name.first().copied().is_some_and(variable))
            .any(|name| {
                self.tokens.expand(name, &mut expanded);
                let name = expanded.get(1..).unwrap_or_default();
                !name.starts_with(b"__start_") && !name.starts_with(b"__stop_")
            })
    }

    /// All symbols, in order of address.
    pub fn iter(&self) -> impl Iterator<Item = Symbol> {
        let mut expanded = Vec::new();
        self.compressed()
            .enumerate()
            .map(move |(number, compressed)| {
                self.tokens.expand(compressed, &mut expanded);
                let (kind, name) = expanded.split_first().unwrap_or((&b'?', &[]));
                Symbol {
                    address: self.addresses.get(number).copied(),
                    kind: char::from(*kind),
                    name: String::from_utf8_lossy(name).into_owned(),
                }
            })
    }

    fn kind(&self, byte: u8) -> u8 {
        let [kind, ..] = self.tokens.get(byte).first_bytes.to_le_bytes();
        kind
    }

    fn compressed(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.names.as_slice();
        std::iter::from_fn(move || {
            let (name, behind) = split_first(rest, self.lengths)?;
            rest = behind;
            Some(name)
        })
    }
}

fn offset(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX)
}
