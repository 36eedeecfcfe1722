//! `/etc/ld.so.cache`: where `ldconfig` found the libraries of each name.
//!
//! Source: glibc's `sysdeps/generic/dl-cache.h` (`struct cache_file_new`, since 2.2; before it may
//! stand a list in the old format).

use crate::architecture::Architecture;
use crate::bytes::{Endianness, Window};
use crate::userland::machine::Machine;
use binrw::BinRead;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Longest cache that is read; a full desktop's has 200 KiB.
pub(super) const CACHE_BYTES: u64 = 2 * 1024 * 1024;

const MAGIC_OLD: &[u8] = b"ld.so-1.7.0\0";
const MAGIC_NEW: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER_BYTES: u64 = 48;
const ENTRY_BYTES: u64 = 24;
const OLD_HEADER_BYTES: u64 = 16;
const OLD_ENTRY_BYTES: u64 = 12;

/// `struct file_entry_new`.
#[derive(BinRead)]
struct FileEntry {
    flags: u32,
    /// Where the name stands.
    key: u32,
    /// Where the path stands.
    value: u32,
    /// The oldest kernel that it is for; loaders before 2.36 look at it.
    osversion: u32,
    /// The processors that it is for; zero for all.
    hwcap: u64,
}

/// What a cache has of one name.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// The path that every processor takes: the first, and no other is tried.
    pub path: Option<Vec<u8>>,
    /// Whether there are others, for some processors or kernels, or out of order.
    pub has_variants: bool,
}

/// Where libraries are, by their names.
#[derive(Debug, Default)]
pub(super) struct Cache {
    names: HashMap<Vec<u8>, Listed>,
}

impl Cache {
    /// Reads a cache as the loader of a machine does; `None` where it is none to it.
    pub(super) fn parse(bytes: &[u8], machine: Machine) -> Option<Self> {
        let order = machine.endianness;
        let whole = Window::new(bytes, 0);
        let start = if whole.has(0, MAGIC_OLD) {
            let count = u64::from(whole.u32("nlibs", 12, order).ok()?);
            let entries = count.checked_mul(OLD_ENTRY_BYTES)?;
            OLD_HEADER_BYTES
                .checked_add(entries)?
                .checked_next_multiple_of(8)?
        } else {
            0
        };
        let length = whole.len().checked_sub(start)?;
        let cache = whole.window("cache", start, length).ok()?;
        if !cache.has(0, MAGIC_NEW) {
            return None;
        }
        let [flags] = *cache.get(28, 1)? else {
            return None;
        };
        let own = match order {
            Endianness::Little => 2,
            Endianness::Big => 3,
        };
        if flags != 0 && flags & 3 != own {
            return None;
        }
        let count = u64::from(cache.u32("nlibs", 20, order).ok()?);
        let entries = cache
            .window("entries", HEADER_BYTES, count.checked_mul(ENTRY_BYTES)?)
            .ok()?;
        let mut names: HashMap<Vec<u8>, Listed> = HashMap::new();
        let mut before: Option<&[u8]> = None;
        let mut is_sorted = true;
        // The file bounds the number of entries, but not how long the strings are that they share.
        let mut left_bytes = CACHE_BYTES;
        for index in 0..count {
            let at = index.checked_mul(ENTRY_BYTES)?;
            let entry: FileEntry = entries.header("file_entry_new", at, order).ok()?;
            let (Some(name), Some(path)) = (string(cache, entry.key), string(cache, entry.value))
            else {
                continue;
            };
            is_sorted &= before.is_none_or(|before| compare(before, name) != Ordering::Less);
            before = Some(name);
            if !is_for(machine, entry.flags) {
                continue;
            }
            let cost = u64::try_from(name.len().saturating_add(path.len())).ok()?;
            left_bytes = left_bytes.checked_sub(cost)?;
            let listed = names.entry(name.to_vec()).or_default();
            if entry.hwcap != 0 || entry.osversion != 0 {
                listed.has_variants = true;
            } else {
                listed.path.get_or_insert_with(|| path.to_vec());
            }
        }
        if !is_sorted {
            // It is searched by halves, which may come past any name.
            for listed in names.values_mut() {
                listed.has_variants |= listed.path.take().is_some();
            }
        }
        Some(Self { names })
    }

    /// What there is of that name.
    pub(super) fn listed(&self, name: &[u8]) -> Option<&Listed> {
        self.names.get(name)
    }
}

/// As the loader compares names: digits by the number that they are. A cache has the last name first.
///
/// Source: glibc's `elf/dl-cache.c`, `_dl_cache_libcmp`.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let [left, right] = [one, other].map(|text| text.first().copied());
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let [left_digits, right_digits] = [one, other].map(digits);
        match (left, right) {
            (None, _) | (_, None) => return left.cmp(&right),
            _ if left_digits > 0 && right_digits > 0 => {
                let (left, right) = (one.split_at(left_digits), other.split_at(right_digits));
                let order = numbers(left.0, right.0);
                if order != Ordering::Equal {
                    return order;
                }
                (one, other) = (left.1, right.1);
            }
            // A digit is more than anything else.
            _ if left_digits > 0 => return Ordering::Greater,
            _ if right_digits > 0 => return Ordering::Less,
            (Some(left), Some(right)) if left != right => return left.cmp(&right),
            _ => {
                one = one.get(1..).unwrap_or_default();
                other = other.get(1..).unwrap_or_default();
            }
        }
    }
}

/// Which of two numbers is more, however many digits they have.
fn numbers(one: &[u8], other: &[u8]) -> Ordering {
    let [one, other] = [one, other].map(|digits| {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.get(zeros..).unwrap_or_default()
    });
    (one.len(), one).cmp(&(other.len(), other))
}

/// Whether a library is of the machine's kind, as far as its numbers are known here.
///
/// Source: glibc's `sysdeps/generic/ldconfig.h` (`FLAG_ELF_LIBC6` and what stands behind it).
fn is_for(machine: Machine, flags: u32) -> bool {
    const ANY: u32 = 1;
    let own = match (machine.architecture(), machine.e_machine) {
        (Some(Architecture::X86_64), _) => 0x0303,
        (Some(Architecture::I386), _) => 0x0003,
        (Some(Architecture::Aarch64), _) => 0x0a03,
        (None, 62) => 0x0803,
        _ => return true,
    };
    flags == own || flags == ANY
}

fn string(cache: Window<'_>, at: u32) -> Option<&[u8]> {
    let rest = cache.as_bytes().get(usize::try_from(at).ok()?..)?;
    // No path is longer, and no scan of a hostile file shall be.
    let rest = rest.get(..crate::tree::PATH_MAX).unwrap_or(rest);
    let end = rest.iter().position(|byte| *byte == 0)?;
    rest.get(..end)
}
