//! `/etc/ld.so.cache`: where `ldconfig` found the libraries of each name.
//!
//! Source: glibc's `sysdeps/generic/dl-cache.h` (`struct cache_file_new`, since 2.2; before it may
//! stand a list in the old format).

use crate::bytes::{Endianness, Window};
use binrw::BinRead;
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
    _flags: i32,
    /// Where the name stands.
    key: u32,
    /// Where the path stands.
    value: u32,
    _osversion: u32,
    _hwcap: u64,
}

/// Where libraries are, by their names.
#[derive(Debug, Default)]
pub(super) struct Cache {
    paths: HashMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Cache {
    /// Reads a cache of either byte order; `None` where it is none.
    pub(super) fn parse(bytes: &[u8], order: Endianness) -> Option<Self> {
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
        let count = u64::from(cache.u32("nlibs", 20, order).ok()?);
        let entries = cache
            .window("entries", HEADER_BYTES, count.checked_mul(ENTRY_BYTES)?)
            .ok()?;
        let mut paths: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        // The file bounds the number of entries, but not how long the strings are that they share.
        let mut left_bytes = CACHE_BYTES;
        for index in 0..count {
            let at = index.checked_mul(ENTRY_BYTES)?;
            let entry: FileEntry = entries.header("file_entry_new", at, order).ok()?;
            let (Some(name), Some(path)) = (string(cache, entry.key), string(cache, entry.value))
            else {
                continue;
            };
            let cost = u64::try_from(name.len().saturating_add(path.len())).ok()?;
            left_bytes = left_bytes.checked_sub(cost)?;
            paths.entry(name.to_vec()).or_default().push(path.to_vec());
        }
        Some(Self { paths })
    }

    /// The paths of that name, the preferred first.
    pub(super) fn paths(&self, name: &[u8]) -> &[Vec<u8>] {
        self.paths.get(name).map_or(&[], Vec::as_slice)
    }
}

fn string(cache: Window<'_>, at: u32) -> Option<&[u8]> {
    let rest = cache.as_bytes().get(usize::try_from(at).ok()?..)?;
    // No path is longer, and no scan of a hostile file shall be.
    let rest = rest.get(..crate::tree::PATH_MAX).unwrap_or(rest);
    let end = rest.iter().position(|byte| *byte == 0)?;
    rest.get(..end)
}
