//! The facts of an initramfs for machines.

use super::init::InitJson;
use crate::check::{InitramfsFacts, ModulesFacts, SegmentFacts};
use schemars::JsonSchema;
use serde::Serialize;

/// The facts of an initramfs; null if one is unreadable.
#[derive(Serialize, JsonSchema)]
pub struct InitramfsJson {
    file_bytes: Option<u64>,
    segments: Vec<SegmentJson>,
    entries: u64,
    unpacked_bytes: u64,
    generator: Option<&'static str>,
    generator_version: Option<String>,
    /// The evidence.
    generator_evidence: Option<String>,
    init: InitJson,
    modules: Vec<ModulesJson>,
    /// True if it was read to its end.
    whole: bool,
    /// Problems of the kernel with unpacking.
    problems: Vec<String>,
}

/// A segment.
#[derive(Serialize, JsonSchema)]
struct SegmentJson {
    /// Null where it is stored.
    codec: Option<&'static str>,
    offset: u64,
    compressed_bytes: u64,
    decoded_bytes: u64,
    entries: u64,
    /// True if it contains microcode.
    early: bool,
}

/// The kernel modules of one release.
#[derive(Serialize, JsonSchema)]
struct ModulesJson {
    release: String,
    names: Vec<String>,
    /// gz, xz, zst or none.
    compression: &'static str,
    vermagic: Option<String>,
}

impl InitramfsJson {
    pub fn of(facts: &InitramfsFacts) -> Self {
        Self {
            file_bytes: facts.file_bytes,
            segments: facts.segments.iter().map(SegmentJson::of).collect(),
            entries: facts.entries,
            unpacked_bytes: facts.unpacked_bytes,
            generator: facts.generator,
            generator_version: facts.generator_version.clone(),
            generator_evidence: facts.generator_evidence.clone(),
            init: InitJson::of(&facts.init),
            modules: facts.modules.iter().map(ModulesJson::of).collect(),
            whole: facts.whole,
            problems: facts.problems.clone(),
        }
    }
}

impl SegmentJson {
    fn of(facts: &SegmentFacts) -> Self {
        Self {
            codec: facts.codec,
            offset: facts.offset,
            compressed_bytes: facts.compressed_bytes,
            decoded_bytes: facts.decoded_bytes,
            entries: facts.entries,
            early: facts.early,
        }
    }
}

impl ModulesJson {
    fn of(facts: &ModulesFacts) -> Self {
        Self {
            release: facts.release.clone(),
            names: facts.names.clone(),
            compression: facts.compression,
            vermagic: facts.vermagic.clone(),
        }
    }
}
