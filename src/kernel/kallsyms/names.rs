//! `kallsyms_names`: the compressed names, one behind the other, each with its length first.
//!
//! Source: `kernel/kallsyms.c`, `kallsyms_expand_symbol` and `get_symbol_offset`. A length is one
//! byte; since Linux 6.1 one of 128 and more is two, its low seven bits first, marked by the high
//! bit. There is a marker, the offset in the names, for every 256th of them.

use super::words::Words;

/// Names from one marker to the next.
pub(super) const GROUP: usize = 256;

/// How lengths are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lengths {
    /// One byte, whatever its value.
    One,
    /// Two bytes for 128 and more.
    OneOrTwo,
}

/// Splits the first name off `bytes`.
#[inline]
pub(super) fn split_first(bytes: &[u8], lengths: Lengths) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 || lengths == Lengths::One {
        return rest.split_at_checked(usize::from(*first));
    }
    let (second, rest) = rest.split_first()?;
    let length = usize::from(*first & 0x7f) | usize::from(*second & 0x7f).checked_shl(7)?;
    rest.split_at_checked(length)
}

/// Walks `count` names from `start` on, and returns where the last ends; `None` where a name is
/// empty, passes `end`, or a marker disagrees.
pub(super) fn walk(
    words: Words<'_>,
    (start, end): (usize, usize),
    count: usize,
    markers: &[u64],
    lengths: Lengths,
) -> Option<usize> {
    let names = words.bytes.get(start..end)?;
    let mut rest = names;
    let mut left = count;
    for marker in markers {
        let offset = names.len().checked_sub(rest.len())?;
        if u64::try_from(offset) != Ok(*marker) {
            return None;
        }
        let group = left.min(GROUP);
        for _ in 0..group {
            let (name, behind) = split_first(rest, lengths)?;
            if name.is_empty() {
                return None;
            }
            rest = behind;
        }
        left = left.checked_sub(group)?;
    }
    (left == 0).then(|| end.checked_sub(rest.len())).flatten()
}
