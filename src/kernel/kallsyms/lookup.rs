//! Which of some names a symbol table holds, in one pass over it.
//!
//! Few symbols are expanded whole: the first seven bytes of a name, up to the dot of a compiler's
//! suffix, are put together from numbers, and most names are not looked for by these alone.

use super::names::{Lengths, split_first};
use super::tokens::Tokens;
use std::collections::HashMap;

/// Bits of the filter; 200 names set 1 in 80 of them.
const FILTER_BITS: usize = 1 << 14;

/// What leaves as many bits of a hash as number the filter's.
const FILTER_SHIFT: u32 = u64::BITS - FILTER_BITS.trailing_zeros();

/// The names that are looked for.
pub(super) struct Wanted<'a> {
    found: HashMap<&'a [u8], bool>,
    filter: Vec<u64>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(names: &[&'a str]) -> Self {
        let mut wanted = Self {
            found: HashMap::with_capacity(names.len()),
            filter: vec![0; FILTER_BITS / 64],
        };
        for name in names {
            let bytes = name.as_bytes();
            let mut first = [0; 8];
            first
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            let (word, bit) = slot(stem(u64::from_le_bytes(first)));
            if let Some(word) = wanted.filter.get_mut(word) {
                *word |= bit;
            }
            wanted.found.insert(bytes, false);
        }
        wanted
    }

    pub(super) fn found(&self, name: &str) -> bool {
        self.found.get(name.as_bytes()).copied().unwrap_or_default()
    }

    /// Notes every wanted name that is in `names`.
    pub(super) fn search(&mut self, tokens: &Tokens, names: &[u8], lengths: Lengths) {
        let mut rest = names;
        let mut expanded = Vec::new();
        while let Some((compressed, behind)) = split_first(rest, lengths) {
            rest = behind;
            if self.may_want(tokens, compressed) {
                tokens.expand(compressed, &mut expanded);
                self.note(expanded.get(1..).unwrap_or_default());
            }
        }
    }

    #[inline]
    fn may_want(&self, tokens: &Tokens, compressed: &[u8]) -> bool {
        let mut first = 0_u64;
        let mut bits = 0_u32;
        for byte in compressed {
            let token = tokens.get(*byte);
            first |= token.first_bytes.wrapping_shl(bits);
            bits = bits.saturating_add(u32::from(token.length).saturating_mul(8));
            if bits >= u64::BITS {
                break;
            }
        }
        // The kind comes first. 64-bit ELFv1 PowerPC has a dot before the name of each function.
        let name = first >> 8;
        if name & 0xff == u64::from(b'.') {
            return true;
        }
        let (word, bit) = slot(stem(name));
        self.filter.get(word).is_some_and(|word| word & bit != 0)
    }

    fn note(&mut self, symbol: &[u8]) {
        let symbol = symbol.strip_prefix(b".").unwrap_or(symbol);
        if let Some(found) = self.found.get_mut(symbol) {
            *found = true;
        }
        for dot in memchr::memchr_iter(b'.', symbol) {
            if let Some(found) = symbol.get(..dot).and_then(|name| self.found.get_mut(name)) {
                *found = true;
            }
        }
    }
}

/// The first seven bytes of a name, up to its first dot.
#[inline]
fn stem(first_bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let first_bytes = first_bytes & (u64::MAX >> 8);
    let differs = first_bytes ^ ONES.wrapping_mul(u64::from(b'.'));
    let dots = differs.wrapping_sub(ONES) & !differs & ONES.wrapping_mul(0x80);
    if dots == 0 {
        return first_bytes;
    }
    // All bits below the lowest dot's byte.
    let dot_bits = dots.trailing_zeros() & !7;
    first_bytes & (1_u64.wrapping_shl(dot_bits)).wrapping_sub(1)
}

/// The word and bit of the filter for a stem.
#[inline]
fn slot(stem: u64) -> (usize, u64) {
    let hash = stem.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> FILTER_SHIFT;
    let word = usize::try_from(hash >> 6).unwrap_or_default();
    (
        word,
        1_u64.wrapping_shl(u32::try_from(hash & 63).unwrap_or_default()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_end_at_the_first_dot() {
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        assert_eq!(stem(number(b"foo.cold")), number(b"foo\0\0\0\0\0"));
        assert_eq!(stem(number(b"virtblk_")), number(b"virtblk\0"));
        assert_eq!(stem(number(b"a.b.c.d.")), number(b"a\0\0\0\0\0\0\0"));
        assert_eq!(stem(number(b"seven_7.")), number(b"seven_7\0"));
        assert_eq!(stem(0), 0);
    }
}
