//! The facts of a root file system for machines.

use super::init::InitJson;
use crate::check::{PartitionFacts, RootfsFacts};
use crate::rootfs::Reference;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The facts of a root file system; null if one is unreadable, or does not exist for this kind.
#[derive(Serialize, JsonSchema)]
pub struct RootfsJson {
    file_bytes: Option<u64>,
    /// How the disk is stored: raw, qcow2, directory.
    image_format: Option<&'static str>,
    /// The other files that the image refers to. None of them is opened.
    references: Vec<ReferenceJson>,
    disk_bytes: Option<u64>,
    filesystem: Option<&'static str>,
    /// True if its files are readable.
    readable: bool,
    features: Vec<String>,
    clean: Option<bool>,
    has_errors: Option<bool>,
    needs_recovery: Option<bool>,
    orphans: Option<bool>,
    block_size_bytes: Option<u64>,
    block_count: Option<u64>,
    /// The existing blocks, if they are fewer.
    blocks_present: Option<u64>,
    free_bytes: Option<u64>,
    inode_count: Option<u64>,
    free_inodes: Option<u64>,
    /// internal, external or none.
    journal: Option<&'static str>,
    /// good, bad or none.
    superblock_checksum: Option<&'static str>,
    partition: Option<PartitionJson>,
    partitions: Vec<PartitionJson>,
    label: Option<String>,
    uuid: Option<String>,
    last_mounted_on: Option<String>,
    /// Seconds since 1970.
    last_mounted: Option<u64>,
    alpine_release: Option<String>,
    os_release: BTreeMap<String, String>,
    architecture: Option<&'static str>,
    init: InitJson,
    init_system: Option<&'static str>,
    /// Releases of kernels that have modules here.
    modules: Vec<String>,
    /// A requirement of a boot, and whether it is met.
    places: BTreeMap<&'static str, bool>,
    fstab_root: Option<FstabJson>,
    inittab_terminals: Vec<String>,
    /// Damage that was found during the read.
    problems: Vec<String>,
}

/// A partition.
#[derive(Serialize, JsonSchema)]
struct PartitionJson {
    number: u32,
    start_bytes: u64,
    length_bytes: u64,
    /// A GUID, or a byte in hexadecimal.
    #[serde(rename = "type")]
    kind: String,
    uuid: Option<String>,
    label: Option<String>,
}

/// A file that an image refers to.
#[derive(Serialize, JsonSchema)]
struct ReferenceJson {
    /// backing file, data file, extent or parent.
    kind: &'static str,
    /// The name in the image, with its unprintable bytes escaped; null if the image gives none.
    name: Option<String>,
}

/// The root in /etc/fstab.
#[derive(Serialize, JsonSchema)]
struct FstabJson {
    device: String,
    #[serde(rename = "type")]
    kind: String,
}

impl RootfsJson {
    pub fn of(facts: &RootfsFacts) -> Self {
        let ext = facts.ext.as_ref();
        Self {
            file_bytes: facts.file_bytes,
            image_format: facts.image_format,
            references: facts.references.iter().map(ReferenceJson::of).collect(),
            disk_bytes: facts.disk_bytes,
            filesystem: facts.filesystem,
            readable: facts.readable,
            features: ext.map(|ext| ext.features.clone()).unwrap_or_default(),
            clean: ext.map(|ext| ext.clean),
            has_errors: ext.map(|ext| ext.has_errors),
            needs_recovery: ext.map(|ext| ext.needs_recovery),
            orphans: ext.map(|ext| ext.orphans),
            block_size_bytes: ext.map(|ext| ext.block_size_bytes),
            block_count: ext.map(|ext| ext.block_count),
            blocks_present: ext.and_then(|ext| ext.blocks_present),
            free_bytes: ext.map(|ext| ext.free_bytes),
            inode_count: ext.map(|ext| ext.inode_count),
            free_inodes: ext.map(|ext| ext.free_inodes),
            journal: ext.map(|ext| ext.journal),
            superblock_checksum: ext.map(|ext| ext.superblock_checksum),
            partition: facts.partition.as_ref().map(PartitionJson::of),
            partitions: facts.partitions.iter().map(PartitionJson::of).collect(),
            label: ext.and_then(|ext| ext.label.clone()),
            uuid: ext.map(|ext| ext.uuid.clone()),
            last_mounted_on: ext.and_then(|ext| ext.last_mounted_on.clone()),
            last_mounted: ext.and_then(|ext| ext.last_mounted),
            alpine_release: facts.alpine_release.clone(),
            os_release: facts.os_release.clone(),
            architecture: facts.architecture,
            init: InitJson::of(&facts.init),
            init_system: facts.init_system,
            modules: facts.modules.clone(),
            places: facts.places.iter().copied().collect(),
            fstab_root: facts
                .fstab_root
                .clone()
                .map(|(device, kind)| FstabJson { device, kind }),
            inittab_terminals: facts.inittab_terminals.clone(),
            problems: facts.problems.clone(),
        }
    }
}

impl ReferenceJson {
    fn of(reference: &Reference) -> Self {
        Self {
            kind: reference.kind.name(),
            name: reference.name.clone(),
        }
    }
}

impl PartitionJson {
    fn of(facts: &PartitionFacts) -> Self {
        Self {
            number: facts.number,
            start_bytes: facts.start_bytes,
            length_bytes: facts.length_bytes,
            kind: facts.kind.clone(),
            uuid: facts.uuid.clone(),
            label: facts.label.clone(),
        }
    }
}
