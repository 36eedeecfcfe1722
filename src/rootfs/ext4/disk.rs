//! Positioned reads that are counted, and the blocks that were read last.
//!
//! Source: none of ext4's; the numbers are those of [`Limits`].

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How many blocks are remembered: enough that the paths of one question, which go through the same
/// directories again and again, are read once.
const CACHED_BLOCKS: usize = 64;

/// What a read costs beside its bytes, in bytes of work.
const READ_WORK_BYTES: u64 = 512;

/// A block as it is on the disk, or as the journal will have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    InPlace,
    Replayed,
}

type Cached = (u64, Version, Arc<[u8]>);

/// The source of a file system, with what may still be asked of it.
pub(super) struct Disk {
    source: Source,
    limits: Limits,
    reads: AtomicU64,
    read_bytes: AtomicU64,
    scanned_bytes: AtomicU64,
    cache: Mutex<VecDeque<Cached>>,
}

impl Disk {
    pub(super) fn new(source: Source, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            reads: AtomicU64::new(0),
            read_bytes: AtomicU64::new(0),
            scanned_bytes: AtomicU64::new(0),
            cache: Mutex::default(),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// `length` bytes of `field` at `offset`, charged as one read.
    pub(super) fn read(
        &self,
        field: &'static str,
        offset: u64,
        length: u64,
    ) -> Result<Cow<'_, [u8]>> {
        charge(&self.reads, 1, "reads", self.limits.reads)?;
        self.limits
            .charge_work(length.saturating_add(READ_WORK_BYTES))?;
        charge(
            &self.read_bytes,
            length,
            "read_bytes",
            self.limits.read_bytes,
        )?;
        self.source.read(field, offset, length)
    }

    /// Charges for going through `length` bytes once more, whether they had to be read or not:
    /// a small image may send a reader through the same blocks without end.
    pub(super) fn scan(&self, length: u64) -> Result<()> {
        self.limits.charge_work(length)?;
        charge(
            &self.scanned_bytes,
            length,
            "read_bytes",
            self.limits.read_bytes,
        )
    }

    /// The block that was remembered under `key`, or what `read` gives, remembered.
    pub(super) fn cached(
        &self,
        block: u64,
        version: Version,
        read: impl FnOnce() -> Result<Arc<[u8]>>,
    ) -> Result<Arc<[u8]>> {
        if let Some(bytes) = self.recall(block, version) {
            return Ok(bytes);
        }
        let bytes = read()?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= CACHED_BLOCKS {
            cache.pop_back();
        }
        cache.push_front((block, version, Arc::clone(&bytes)));
        Ok(bytes)
    }

    fn recall(&self, block: u64, version: Version) -> Option<Arc<[u8]>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let place = cache
            .iter()
            .position(|(number, kept, _)| *number == block && *kept == version)?;
        let entry = cache.remove(place)?;
        let bytes = Arc::clone(&entry.2);
        cache.push_front(entry);
        Some(bytes)
    }
}

fn charge(counter: &AtomicU64, amount: u64, name: &'static str, limit: u64) -> Result<()> {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| {
            spent.checked_add(amount).filter(|spent| *spent <= limit)
        })
        .map(drop)
        .map_err(|_| Error::limit(name, limit))
}
