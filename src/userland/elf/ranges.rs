//! The ranges of an ELF file that its facts are read from.

use super::{Image, as_executed};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{Entry, FileType, Found, NodeId, Stat, Tree};
use crate::userland::script::BINPRM_BUF_SIZE;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Returns the ranges that reading the facts of an ELF file reads, in order and without overlaps;
/// none if the file has no facts. Kept instead of the file, they give the same facts. The bytes read
/// are charged to `work_bytes`.
pub(crate) fn facts_ranges(file: &[u8], limits: &Limits) -> Vec<Range<u64>> {
    let head = file.get(..BINPRM_BUF_SIZE).unwrap_or(file);
    let head_range = 0..length(head);
    let recorder = Recorder {
        file,
        limits,
        ranges: Mutex::new(vec![head_range]),
    };
    let found = Found {
        node: recorder.root(),
        stat: recorder.file_stat(),
        path: Vec::new(),
        links: Vec::new(),
    };
    let image = Image::open(&recorder, &found, &as_executed(head));
    if image.and_then(|image| image.facts()).is_err() {
        return Vec::new();
    }
    let ranges = recorder.ranges.into_inner();
    merged(ranges.unwrap_or_else(PoisonError::into_inner))
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn merged(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// A tree of one file that records what is read of it.
struct Recorder<'a> {
    file: &'a [u8],
    limits: &'a Limits,
    ranges: Mutex<Vec<Range<u64>>>,
}

impl Recorder<'_> {
    fn file_stat(&self) -> Stat {
        Stat {
            file_type: FileType::Regular,
            mode: 0,
            uid: 0,
            gid: 0,
            size_bytes: length(self.file),
            links: 1,
            modified: 0,
            device: None,
        }
    }
}

impl Tree for Recorder<'_> {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn stat(&self, _node: NodeId) -> Result<Stat> {
        Ok(self.file_stat())
    }

    fn lookup(&self, _directory: NodeId, _name: &[u8]) -> Result<Option<NodeId>> {
        Ok(None)
    }

    fn list(&self, _directory: NodeId) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn read_link(&self, _node: NodeId) -> Result<Vec<u8>> {
        Err(Error::absent("symbolic link", "the tree is one file"))
    }

    fn read(&self, _node: NodeId, offset: u64, length_bytes: u64) -> Result<Vec<u8>> {
        self.limits.charge_work(length_bytes)?;
        let end = offset.saturating_add(length_bytes).min(length(self.file));
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.file.get(at(offset)..at(end)).unwrap_or_default();
        if let Ok(mut ranges) = self.ranges.lock() {
            ranges.push(offset.min(end)..end);
        }
        Ok(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_or_overlap_are_one() {
        assert_eq!(
            merged(vec![10..20, 0..4, 15..30, 4..6, 40..41]),
            [0..6, 10..30, 40..41]
        );
    }

    #[test]
    fn what_is_no_elf_file_has_no_ranges() {
        let limits = Limits::default();
        assert!(facts_ranges(b"", &limits).is_empty());
        assert!(facts_ranges(&[0x55; 5000], &limits).is_empty());
    }
}
