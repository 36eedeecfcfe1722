//! What a report states about an initramfs.

use super::InitFacts;
use crate::bytes::escaped;
use crate::initramfs::{Archive, Segment};
use crate::predict::Boot;
use crate::userland;
use crate::userland::modules::{self, Compression, Modules, modinfo};

/// The facts of one initramfs.
#[derive(Debug, Clone, Default)]
pub struct InitramfsFacts {
    /// Size of the file.
    pub file_bytes: Option<u64>,
    /// Its segments, in order.
    pub segments: Vec<SegmentFacts>,
    /// Entries over all segments.
    pub entries: u64,
    /// Bytes of all files in it.
    pub unpacked_bytes: u64,
    /// Who made it: `mkinitfs`, `initramfs-tools`, `dracut`, …
    pub generator: Option<&'static str>,
    /// In which version.
    pub generator_version: Option<String>,
    /// What says so.
    pub generator_evidence: Option<String>,
    /// `/init`, and what it needs.
    pub init: InitFacts,
    /// Kernel modules, by release.
    pub modules: Vec<ModulesFacts>,
    /// Whether it was read to its end.
    pub whole: bool,
    /// What stops the kernel's unpacking, or hurts it.
    pub problems: Vec<String>,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFacts {
    /// Its codec; none where it is stored.
    pub codec: Option<&'static str>,
    /// Where it begins.
    pub offset: u64,
    /// Its length in the file.
    pub compressed_bytes: u64,
    /// Its length unpacked.
    pub decoded_bytes: u64,
    /// Its entries.
    pub entries: u64,
    /// Whether it holds microcode, which the kernel reads before it unpacks anything.
    pub early: bool,
}

/// The modules of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModulesFacts {
    /// The release.
    pub release: String,
    /// Their names, sorted.
    pub names: Vec<String>,
    /// `gz`, `xz`, `zst` or `none`; the most frequent.
    pub compression: &'static str,
    /// The version magic of the first that could be read.
    pub vermagic: Option<String>,
}

impl InitramfsFacts {
    /// Everything that can be had of the boot's initramfs.
    pub fn of(boot: &Boot<'_>) -> Self {
        let Ok(Some(initramfs)) = boot.initramfs() else {
            return Self::default();
        };
        let mut facts = Self {
            file_bytes: Some(initramfs.file_bytes()),
            ..Self::default()
        };
        let Ok(archive) = initramfs.archive() else {
            return facts;
        };
        facts.whole = archive.problems.is_empty();
        facts.segments = archive.segments.iter().map(SegmentFacts::of).collect();
        facts.entries = archive.entries;
        facts.unpacked_bytes = archive.unpacked_bytes;
        if let Ok(generator) = initramfs.generator() {
            facts.generator = Some(generator.name);
            facts.generator_version.clone_from(&generator.version);
            facts.generator_evidence = Some(generator.evidence.to_string());
        }
        facts.init = init(archive, boot);
        let mut unread = Vec::new();
        let releases = modules::releases(archive).unwrap_or_else(|error| {
            unread.push(error.to_string());
            Vec::new()
        });
        for release in &releases {
            match modules::modules(archive, release, &boot.limits) {
                Ok(modules) => facts
                    .modules
                    .extend(modules.map(|modules| ModulesFacts::of(&modules, archive, boot))),
                Err(error) => unread.push(error.to_string()),
            }
        }
        facts.problems = archive
            .problems
            .iter()
            .map(|problem| match problem.kernel_message {
                None => problem.error.to_string(),
                Some(said) => format!("{}; the kernel says \"{said}\"", problem.error),
            })
            .chain(unread)
            .collect();
        facts
    }
}

/// The init of the archive, whatever the kernel makes of the archive.
fn init(archive: &Archive, boot: &Boot<'_>) -> InitFacts {
    let path = boot.rdinit().unwrap_or_else(|_| "/init".to_owned());
    let machine = boot.kernel_architecture().ok().flatten();
    match userland::program(archive, path.as_bytes(), machine, &boot.limits) {
        Ok(program) => InitFacts::of(&program),
        Err(error) => InitFacts::of_chain(Err(&error)),
    }
}

impl SegmentFacts {
    fn of(segment: &Segment) -> Self {
        Self {
            codec: segment.codec.map(|codec| codec.name),
            offset: segment.offset,
            compressed_bytes: segment.stored_bytes,
            decoded_bytes: segment.decoded_bytes,
            entries: segment.entries,
            early: segment.early,
        }
    }
}

impl ModulesFacts {
    fn of(modules: &Modules, archive: &Archive, boot: &Boot<'_>) -> Self {
        let count = |wanted: Compression| {
            let all = modules.modules.values();
            all.filter(|module| module.compression == wanted).count()
        };
        let kinds = [
            (Compression::None, "none"),
            (Compression::Gzip, "gz"),
            (Compression::Xz, "xz"),
            (Compression::Zstd, "zst"),
        ];
        // One that a boot needs is at hand already; any other may have to be decoded again.
        let sample = SAMPLES
            .iter()
            .find_map(|name| modules.get(name))
            .or_else(|| modules.modules.values().next());
        Self {
            release: escaped(modules.release.as_bytes()),
            names: modules.modules.keys().cloned().collect(),
            compression: kinds
                .into_iter()
                .max_by_key(|(kind, _)| count(*kind))
                .map_or("none", |(_, name)| name),
            vermagic: sample
                .and_then(|module| modinfo(archive, &module.path, &boot.limits).ok())
                .and_then(|info| info.vermagic),
        }
    }
}

/// Modules by which the version magic of all is told.
const SAMPLES: [&str; 4] = ["virtio_blk", "virtio_mmio", "ext4", "virtio_pci"];
