//! What of the files' content is kept while it passes by.

use super::cpio::length;
use super::drivers;
use super::nodes::Content;
use std::sync::{Arc, OnceLock};

/// A larger file is never kept.
const KEPT_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// The content that passes by: of one file at a time.
pub(super) struct Contents {
    /// The sum of it.
    pub data_bytes: u64,
    segment: usize,
    /// Whether the segment can be read again at no cost.
    is_plain: bool,
    writing: Option<Writing>,
    kept_left_bytes: u64,
}

struct Writing {
    node: usize,
    offset: u64,
    there_bytes: u64,
    kept: Option<Vec<u8>>,
}

impl Contents {
    /// Of which `kept_bytes` may be kept.
    pub fn new(kept_bytes: u64) -> Self {
        Self {
            data_bytes: 0,
            segment: 0,
            is_plain: true,
            writing: None,
            kept_left_bytes: kept_bytes,
        }
    }

    /// What comes from here on is of this segment.
    pub fn begin_segment(&mut self, segment: usize, is_plain: bool) {
        self.segment = segment;
        self.is_plain = is_plain;
    }

    /// The content of `node`, whose name is `name`, comes next: `size_bytes`, the first at `offset`.
    pub fn begin(&mut self, node: usize, name: &[u8], size_bytes: u64, offset: u64) {
        let is_kept = !self.is_plain
            && size_bytes <= KEPT_FILE_BYTES.min(self.kept_left_bytes)
            && drivers::is_wanted(name);
        let kept = is_kept.then(|| {
            self.kept_left_bytes = self.kept_left_bytes.saturating_sub(size_bytes);
            Vec::with_capacity(usize::try_from(size_bytes).unwrap_or(0))
        });
        self.writing = Some(Writing {
            node,
            offset,
            there_bytes: 0,
            kept,
        });
    }

    /// More of it.
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(writing) = &mut self.writing else {
            return;
        };
        let count = length(bytes.len());
        writing.there_bytes = writing.there_bytes.saturating_add(count);
        self.data_bytes = self.data_bytes.saturating_add(count);
        if let Some(kept) = &mut writing.kept {
            kept.extend_from_slice(bytes);
        }
    }

    /// It is complete, or no more of it comes: the node, and what it holds.
    pub fn end(&mut self) -> Option<(usize, Content)> {
        let writing = self.writing.take()?;
        let bytes = OnceLock::new();
        if let Some(kept) = writing.kept {
            bytes.set(Arc::new(kept)).ok();
        }
        let content = Content {
            segment: self.segment,
            offset: writing.offset,
            there_bytes: writing.there_bytes,
            bytes,
        };
        Some((writing.node, content))
    }

    /// What was kept of a file is gone, and leaves room for another.
    pub fn give_back(&mut self, content: &Content) {
        if let Some(bytes) = content.bytes.get() {
            let given_back = length(bytes.capacity());
            self.kept_left_bytes = self.kept_left_bytes.saturating_add(given_back);
        }
    }
}
