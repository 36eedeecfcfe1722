//! How much an artefact may cost: numbers, what is left of them, and a writer that is charged.

mod meter;
mod sink;

pub use meter::{Meter, Stop, Work};
pub use sink::{Consumer, Sink};

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU64, Ordering};

const MIB: u64 = 1024 * 1024;

/// What one artefact may cost at the most. Every field has its unit in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes read from a file into memory at once.
    pub file_bytes: u64,
    /// Bytes that one compressed stream may decode to.
    pub decoded_bytes: u64,
    /// Bytes of one artefact that are held in memory together, read and decoded.
    pub memory_bytes: u64,
    /// Bytes that a codec may ask for beside its output (windows, dictionaries).
    pub codec_memory_bytes: u64,
    /// Streams of one codec behind one another. A stream of nothing is fourteen bytes, and to set a
    /// decoder up for it costs up to 0.1 ms.
    pub streams: u64,
    /// Containers inside one another.
    pub layers: u64,
    /// Places in a wrapper at which a payload without a stated offset is tried.
    pub payload_candidates: u64,
    /// Symbols of a kernel's symbol table.
    pub symbols: u64,
    /// Sections or segments of an ELF or PE file.
    pub sections: u64,
    /// Positioned reads of one file system.
    pub reads: u64,
    /// Bytes of a file system that are read together.
    pub read_bytes: u64,
    /// Names in one directory.
    pub directory_entries: u64,
    /// Entries of one cpio archive, over all its segments.
    pub cpio_entries: u64,
    /// Bytes that one archive may decode to, over all its segments. They pass by, and are not held
    /// in memory.
    pub archive_bytes: u64,
    /// Bytes of archive members that are kept in memory; the others are decoded again when asked
    /// for.
    pub kept_bytes: u64,
    /// Bytes that reading one artefact may decode, read and search altogether. What is decoded again
    /// counts again, and so does each layer, partition and candidate.
    pub work_bytes: u64,
    /// Seconds of processor time after which reading ends; 0 is no bound. The library reads no
    /// clock: its caller stops it by the [`Stop`] of [`Limits::meter`], as the command does.
    pub seconds: u64,
    /// Files that one program may need: interpreters and libraries.
    pub program_files: u64,
    /// Kernel modules of one release.
    pub modules: u64,
    /// Bytes that are kept of one line of a log.
    pub line_bytes: u64,
    /// Boots in one log that are told of, the last ones.
    pub boots: u64,
    /// Bytes that one boot may write: the copy or the overlay of its disk and its other temporary
    /// files together, and likewise its log.
    pub scratch_bytes: u64,
    /// Counts the work of one artefact against [`Limits::work_bytes`]. Clones share the count.
    pub meter: Meter,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 128 * MIB,
            decoded_bytes: 128 * MIB,
            memory_bytes: 216 * MIB,
            codec_memory_bytes: 132 * MIB,
            // bgzip, whose streams are the smallest in use, cuts 128 MiB into 2048.
            streams: 4096,
            layers: 6,
            payload_candidates: 64,
            symbols: 1_000_000,
            sections: 4096,
            reads: 200_000,
            read_bytes: 512 * MIB,
            directory_entries: 200_000,
            cpio_entries: 200_000,
            archive_bytes: 512 * MIB,
            kept_bytes: 32 * MIB,
            work_bytes: 2048 * MIB,
            seconds: 0,
            program_files: 256,
            modules: 20_000,
            line_bytes: 8192,
            boots: 64,
            scratch_bytes: 4096 * MIB,
            meter: Meter::default(),
        }
    }
}

impl Limits {
    /// The names by which [`Limits::set`] knows the fields.
    pub const NAMES: [&'static str; 22] = [
        "file_bytes",
        "decoded_bytes",
        "memory_bytes",
        "codec_memory_bytes",
        "streams",
        "layers",
        "payload_candidates",
        "symbols",
        "sections",
        "reads",
        "read_bytes",
        "directory_entries",
        "cpio_entries",
        "archive_bytes",
        "kept_bytes",
        "work_bytes",
        "seconds",
        "program_files",
        "modules",
        "line_bytes",
        "boots",
        "scratch_bytes",
    ];

    /// A limit's value as people write it: a number, or one with K, M or G behind it.
    pub fn parse_amount(text: &str) -> Option<u64> {
        let units = [
            (['K', 'k'], 1_u64 << 10),
            (['M', 'm'], 1 << 20),
            (['G', 'g'], 1 << 30),
        ];
        let (digits, unit) = units
            .into_iter()
            .find_map(|(letters, unit)| Some((text.strip_suffix(letters)?, unit)))
            .unwrap_or((text, 1));
        digits.parse::<u64>().ok()?.checked_mul(unit)
    }

    /// Sets the limit `name`; `false` where there is none of that name.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let field = match name {
            "file_bytes" => &mut self.file_bytes,
            "decoded_bytes" => &mut self.decoded_bytes,
            "memory_bytes" => &mut self.memory_bytes,
            "codec_memory_bytes" => &mut self.codec_memory_bytes,
            "streams" => &mut self.streams,
            "layers" => &mut self.layers,
            "payload_candidates" => &mut self.payload_candidates,
            "symbols" => &mut self.symbols,
            "sections" => &mut self.sections,
            "reads" => &mut self.reads,
            "read_bytes" => &mut self.read_bytes,
            "directory_entries" => &mut self.directory_entries,
            "cpio_entries" => &mut self.cpio_entries,
            "archive_bytes" => &mut self.archive_bytes,
            "kept_bytes" => &mut self.kept_bytes,
            "work_bytes" => &mut self.work_bytes,
            "seconds" => &mut self.seconds,
            "program_files" => &mut self.program_files,
            "modules" => &mut self.modules,
            "line_bytes" => &mut self.line_bytes,
            "boots" => &mut self.boots,
            "scratch_bytes" => &mut self.scratch_bytes,
            _ => return false,
        };
        *field = value;
        true
    }
}

/// What is left of [`Limits::memory_bytes`] for one artefact.
#[derive(Debug)]
pub struct Budget {
    memory_bytes: u64,
    left_bytes: AtomicU64,
    work: Work,
}

impl Budget {
    /// The whole budget of one artefact.
    pub fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes,
            left_bytes: AtomicU64::new(limits.memory_bytes),
            work: limits.work(),
        }
    }

    /// Takes `bytes`, or fails with the limit's name.
    pub fn take(&self, bytes: u64) -> Result<()> {
        self.work.check()?;
        self.left_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map(drop)
            .map_err(|_| Error::limit("memory_bytes", self.memory_bytes))
    }

    /// Gives `bytes` back, when what they were taken for is gone.
    pub fn give(&self, bytes: u64) {
        self.left_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_add(bytes).min(self.memory_bytes))
            })
            .ok();
    }

    /// What is left.
    pub fn left_bytes(&self) -> u64 {
        self.left_bytes.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_limit_can_be_set() {
        for name in Limits::NAMES {
            assert!(Limits::default().set(name, 1), "{name}");
        }
        assert!(!Limits::default().set("patience", 1));
    }

    #[test]
    fn budget_is_spent_and_given_back() {
        let budget = Budget::new(&Limits {
            memory_bytes: 10,
            ..Limits::default()
        });
        budget.take(8).unwrap();
        assert!(budget.take(3).is_err());
        budget.give(8);
        budget.take(10).unwrap();
    }
}
