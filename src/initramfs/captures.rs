//! The members that are kept when a compressed segment is decoded again.

use super::cpio::length;
use super::nodes::Content;
use crate::limits::Limits;
use crate::userland::elf::{facts_ranges, is_elf};
use std::collections::{BTreeMap, BTreeSet};

/// A larger ELF file is not searched for its facts.
const SEARCHED_FILE_BYTES: u64 = 8 * 1024 * 1024;
/// The share of `kept_bytes` that holds parts of ELF files: one of this many.
const PARTS_SHARE: u64 = 4;
/// The memory that one part takes in addition to its bytes.
const PART_BYTES: u64 = 64;

/// A run of bytes of one file, with its offset in the file.
type Part = (u64, Vec<u8>);

/// The room that is left of `kept_bytes`, and the parts of files that are kept.
pub(super) struct Kept {
    pub whole_left_bytes: u64,
    parts_left_bytes: u64,
    /// Parts of ELF files, by the segment and the offset of the file.
    parts: BTreeMap<(usize, u64), Vec<Part>>,
    /// The segments whose ELF files have been searched.
    searched: BTreeSet<usize>,
    limits: Limits,
}

impl Kept {
    pub fn new(limits: &Limits) -> Self {
        let kept_bytes = limits.kept_bytes;
        let parts_left_bytes = kept_bytes.checked_div(PARTS_SHARE).unwrap_or(0);
        Self {
            whole_left_bytes: kept_bytes.saturating_sub(parts_left_bytes),
            parts_left_bytes,
            parts: BTreeMap::new(),
            searched: BTreeSet::new(),
            limits: limits.clone(),
        }
    }

    /// Returns bytes of a file if one kept part holds all of them.
    pub fn read(&self, content: &Content, offset: u64, length_bytes: u64) -> Option<Vec<u8>> {
        let parts = self.parts.get(&(content.segment, content.offset))?;
        let end = offset.checked_add(length_bytes)?;
        parts.iter().find_map(|(at, bytes)| {
            let skipped = offset.checked_sub(*at)?;
            let is_whole = end <= at.saturating_add(length(bytes.len()));
            is_whole.then(|| part(bytes, skipped, length_bytes))
        })
    }

    /// Returns the files to search for facts, which is done once for each segment.
    pub fn unsearched<'a>(&mut self, segment: usize, files: &[&'a Content]) -> Vec<&'a Content> {
        if !self.searched.insert(segment) {
            return Vec::new();
        }
        let small = |content: &&&Content| content.there_bytes <= SEARCHED_FILE_BYTES;
        files.iter().filter(small).copied().collect()
    }

    /// Keeps the parts of an ELF file that hold its facts, if there is room for all of them.
    fn keep_facts(&mut self, content: &Content, bytes: &[u8]) {
        let ranges = facts_ranges(bytes, &self.limits);
        if ranges.is_empty() {
            return;
        }
        let cost = ranges.iter().fold(0_u64, |sum, range| {
            let part_bytes = range.end.saturating_sub(range.start);
            sum.saturating_add(part_bytes).saturating_add(PART_BYTES)
        });
        let Some(left) = self.parts_left_bytes.checked_sub(cost) else {
            return;
        };
        self.parts_left_bytes = left;
        let parts = ranges.into_iter().map(|range| {
            let part_bytes = range.end.saturating_sub(range.start);
            (range.start, part(bytes, range.start, part_bytes))
        });
        self.parts
            .insert((content.segment, content.offset), parts.collect());
    }
}

/// The purpose of captured bytes.
pub(super) enum Purpose<'a> {
    /// They answer the read that led to the decoding.
    Answer,
    /// The whole file is kept.
    Whole(&'a Content),
    /// The file is searched for its facts and then dropped.
    Facts(&'a Content),
}

/// A run of bytes that is wanted of a stream.
pub(super) struct Capture<'a> {
    /// The offset of its next byte.
    pub at: u64,
    pub left_bytes: u64,
    pub bytes: Vec<u8>,
    pub purpose: Purpose<'a>,
}

impl<'a> Capture<'a> {
    pub fn whole(content: &'a Content) -> Self {
        Self::of(content, Purpose::Whole(content))
    }

    pub fn facts(content: &'a Content) -> Self {
        Self::of(content, Purpose::Facts(content))
    }

    fn of(content: &Content, purpose: Purpose<'a>) -> Self {
        Self {
            at: content.offset,
            left_bytes: content.there_bytes,
            bytes: Vec::new(),
            purpose,
        }
    }

    /// Takes its part of a piece. Returns false if it begins after the piece.
    pub fn take(&mut self, piece_at: u64, piece: &[u8], kept: &mut Kept) -> bool {
        let end = piece_at.saturating_add(length(piece.len()));
        if self.at >= end && self.left_bytes > 0 {
            return false;
        }
        if self.left_bytes == 0 {
            return true;
        }
        if self.bytes.is_empty() {
            let all = usize::try_from(self.left_bytes).unwrap_or(0);
            self.bytes.reserve_exact(all);
        }
        let taken = part(piece, self.at.saturating_sub(piece_at), self.left_bytes);
        self.at = self.at.saturating_add(length(taken.len()));
        self.left_bytes = self.left_bytes.saturating_sub(length(taken.len()));
        self.bytes.extend_from_slice(&taken);
        if let Purpose::Facts(content) = self.purpose {
            self.search(content, kept);
        }
        true
    }

    /// Keeps the facts of a complete ELF file, and drops the bytes of any other file early.
    fn search(&mut self, content: &Content, kept: &mut Kept) {
        let is_other = self.bytes.len() >= 4 && !is_elf(&self.bytes);
        if is_other || self.left_bytes == 0 {
            self.left_bytes = 0;
            let bytes = std::mem::take(&mut self.bytes);
            kept.keep_facts(content, &bytes);
        }
    }
}

/// As much of `length_bytes` at `offset` as is there.
pub(super) fn part(bytes: &[u8], offset: u64, length_bytes: u64) -> Vec<u8> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = bytes.get(start..).unwrap_or_default();
    let count = usize::try_from(length_bytes).unwrap_or(usize::MAX);
    rest.get(..count).unwrap_or(rest).to_vec()
}
