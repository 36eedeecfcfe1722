//! `kallsyms_token_table` and `kallsyms_token_index`: what each byte of a compressed name stands
//! for.
//!
//! Source: `scripts/kallsyms.c`, `write_src`, and `kernel/kallsyms.c`, `kallsyms_expand_symbol`;
//! unchanged from Linux 2.6.10 to 7.0. The table is 256 strings, each ended by a NUL. The index is
//! 256 half words, the place of each string in the table, and follows it, aligned.
//!
//! A byte that occurs in names stands for itself, so the table of any kernel holds the run
//! `a NUL b NUL c NUL …`. So do key maps in UTF-16, and these come first in most images: only an
//! index that agrees with all 256 strings makes a token table.

use super::words::Words;
use crate::bytes::Endianness;
use memchr::{memchr_iter, memmem};

/// A run that every table holds, from the token of [`RUN_BYTE`] on.
const RUN: &[u8] = b"a\0b\0c\0d\0e\0f\0g\0h\0i\0";

/// The byte whose token begins the run.
const RUN_BYTE: usize = 0x61;

/// `KSYM_NAME_LEN`, 128 before Linux 6.1 and 512 since; no token is longer than a name.
pub(super) const KSYM_NAME_LEN: usize = 512;

/// Alignment of the tables: `.align 8` meant 256 bytes on arm64 and others before `.balign`.
pub(super) const ALIGNMENT_MAX: usize = 256;

/// Entries of the index.
const TOKENS: usize = 256;

/// Bytes of the index.
pub(super) const INDEX_BYTES: usize = 512;

/// The furthest that a half word of the index can point.
const TABLE_BYTES_MAX: usize = 0x1_0000;

/// A token: its first eight bytes as a little-endian number, zeros behind it, and its place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Token {
    pub(super) first_bytes: u64,
    pub(super) length: u16,
    start: u16,
}

/// The tokens of a kernel, and where they were found.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    tokens: [Token; TOKENS],
    text: Vec<u8>,
    pub(super) order: Endianness,
    pub(super) table: usize,
    pub(super) index: usize,
}

/// Places where a token table may be: those behind `from`, then those before it.
pub(super) fn candidates(image: &[u8], from: u64) -> impl Iterator<Item = usize> {
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(image.len());
    let behind = image.get(from..).unwrap_or_default();
    // A run may begin before and end behind.
    let end = from.saturating_add(RUN.len().saturating_sub(1));
    let before = image.get(..end).unwrap_or(image);
    memmem::find_iter(behind, RUN)
        .map(move |place| from.saturating_add(place))
        .chain(memmem::find_iter(before, RUN))
}

impl Tokens {
    /// The token table that has the run at `place`, if an index says so.
    pub(super) fn at(image: &[u8], place: usize) -> Option<Self> {
        let ahead = image.get(place..)?;
        let ahead = ahead.get(..TABLE_BYTES_MAX).unwrap_or(ahead);
        let last = memchr_iter(0, ahead).nth(TOKENS - RUN_BYTE - 1)?;
        let end = place.checked_add(last)?.checked_add(1)?;

        // Padding, then the index: a zero for the first token, and the length of that token.
        let padded = image.get(end..end.checked_add(ALIGNMENT_MAX)?)?;
        let nonzero = end.checked_add(padded.iter().position(|byte| *byte != 0)?)?;
        [Endianness::Little, Endianness::Big]
            .into_iter()
            .flat_map(|order| [2_usize, 3].map(|before| (order, before)))
            .find_map(|(order, before)| {
                let index = nonzero.checked_sub(before).filter(|index| *index >= end)?;
                let words = Words {
                    bytes: image,
                    order,
                };
                let to_run = words.u16(index.checked_add(2 * RUN_BYTE)?)?;
                let table = place.checked_sub(usize::from(to_run))?;
                Self::read(words, table, end, index)
            })
    }

    /// Reads all tokens, and holds every one against the index.
    fn read(words: Words<'_>, table: usize, end: usize, index: usize) -> Option<Self> {
        let text = words.bytes.get(table..end)?;
        let mut tokens = [Token::default(); TOKENS];
        let mut nuls = memchr_iter(0, text);
        let mut start = 0_usize;
        for (number, token) in tokens.iter_mut().enumerate() {
            let stated = words.u16(index.checked_add(number.checked_mul(2)?)?)?;
            if usize::from(stated) != start {
                return None;
            }
            let nul = nuls.next()?;
            let bytes = text.get(start..nul)?;
            if bytes.len() > KSYM_NAME_LEN {
                return None;
            }
            let mut first_bytes = [0; 8];
            first_bytes
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            *token = Token {
                first_bytes: u64::from_le_bytes(first_bytes),
                length: u16::try_from(bytes.len()).ok()?,
                start: stated,
            };
            start = nul.checked_add(1)?;
        }
        (start == text.len()).then(|| Self {
            tokens,
            text: text.to_vec(),
            order: words.order,
            table,
            index,
        })
    }

    /// What `byte` stands for.
    pub(super) fn get(&self, byte: u8) -> Token {
        self.tokens
            .get(usize::from(byte))
            .copied()
            .unwrap_or_default()
    }

    /// Writes what `compressed` stands for to `expanded`: the kind, then the name. Cut where the
    /// kernel cuts it.
    pub(super) fn expand(&self, compressed: &[u8], expanded: &mut Vec<u8>) {
        expanded.clear();
        for byte in compressed {
            let token = self.get(*byte);
            let start = usize::from(token.start);
            let end = start.saturating_add(usize::from(token.length));
            expanded.extend_from_slice(self.text.get(start..end).unwrap_or_default());
            if expanded.len() > KSYM_NAME_LEN {
                expanded.truncate(KSYM_NAME_LEN);
                return;
            }
        }
    }
}
