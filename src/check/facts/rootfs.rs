//! What a report states about a root file system.

use super::InitFacts;
use crate::bytes::escaped;
use crate::error::Result;
use crate::predict::Boot;
use crate::rootfs::ext4::{Checksum, Ext4, Journal};
use crate::rootfs::{Partition, Reference, RootFs};
use crate::tree::Tree;
use crate::userland::{self, modules};
use std::collections::BTreeMap;

/// The facts of one root file system.
#[derive(Debug, Clone, Default)]
pub struct RootfsFacts {
    /// Size of the file; `None` of a folder.
    pub file_bytes: Option<u64>,
    /// How the disk is stored: `raw`, `qcow2`, `directory`.
    pub image_format: Option<&'static str>,
    /// The other files that the image refers to.
    pub references: Vec<Reference>,
    /// Size of the disk that the guest sees.
    pub disk_bytes: Option<u64>,
    /// What is on the volume: `ext4`, `squashfs`, `directory`.
    pub filesystem: Option<&'static str>,
    /// The same, as people say it.
    pub title: Option<String>,
    /// The partition that holds it.
    pub partition: Option<PartitionFacts>,
    /// All partitions of the disk.
    pub partitions: Vec<PartitionFacts>,
    /// What only an ext2, ext3 or ext4 superblock tells.
    pub ext: Option<ExtFacts>,
    /// `/etc/alpine-release`.
    pub alpine_release: Option<String>,
    /// `/etc/os-release`, by key.
    pub os_release: BTreeMap<String, String>,
    /// `uname -m` of its programs.
    pub architecture: Option<&'static str>,
    /// The init that a kernel without `init=` would start.
    pub init: InitFacts,
    /// Which init system it is.
    pub init_system: Option<&'static str>,
    /// Releases that have kernel modules here.
    pub modules: Vec<String>,
    /// Directories and devices that a boot counts on, and whether they are there.
    pub places: Vec<(&'static str, bool)>,
    /// The root in `/etc/fstab`: device and type.
    pub fstab_root: Option<(String, String)>,
    /// Terminals that `/etc/inittab` starts a login on.
    pub inittab_terminals: Vec<String>,
    /// Whether its files could be read.
    pub readable: bool,
    /// What was found damaged on the way.
    pub problems: Vec<String>,
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionFacts {
    /// Its number, as in `vda1`.
    pub number: u32,
    /// Where it begins.
    pub start_bytes: u64,
    /// Its length.
    pub length_bytes: u64,
    /// Its type: a GUID, or a byte.
    pub kind: String,
    /// `PARTUUID`.
    pub uuid: Option<String>,
    /// `PARTLABEL`.
    pub label: Option<String>,
}

/// What a superblock says.
#[derive(Debug, Clone, Default)]
pub struct ExtFacts {
    /// Features that are on, in the order of their bits.
    pub features: Vec<String>,
    /// Unmounted cleanly, as far as the superblock says.
    pub clean: bool,
    /// The kernel met errors in it.
    pub has_errors: bool,
    /// The journal has to be replayed.
    pub needs_recovery: bool,
    /// Files wait for their deletion.
    pub orphans: bool,
    /// Size of a block.
    pub block_size_bytes: u64,
    /// Blocks of the file system.
    pub block_count: u64,
    /// Blocks that the volume has, where it has fewer.
    pub blocks_present: Option<u64>,
    /// Bytes that are free.
    pub free_bytes: u64,
    /// Inodes of the file system.
    pub inode_count: u64,
    /// Inodes that are free.
    pub free_inodes: u64,
    /// Its label.
    pub label: Option<String>,
    /// Its UUID.
    pub uuid: String,
    /// Where it was mounted last.
    pub last_mounted_on: Option<String>,
    /// When it was mounted last, seconds since 1970.
    pub last_mounted: Option<u64>,
    /// `internal`, `external` or `none`.
    pub journal: &'static str,
    /// `good`, `bad` or `none`.
    pub superblock_checksum: &'static str,
}

impl RootfsFacts {
    /// Everything that can be had of the boot's root.
    pub fn of(boot: &Boot<'_>) -> Self {
        let Ok(Some(root)) = boot.root() else {
            return Self::default();
        };
        let mut facts = Self {
            file_bytes: root.file_bytes(),
            ..Self::default()
        };
        facts.read_disk(root);
        if let Ok(Some(ext4)) = root.ext4() {
            facts.filesystem = Some(ext4.kind());
            facts.title = Some(format!("{} file system", ext4.kind()));
            facts.ext = Some(ExtFacts::of(ext4));
        }
        if let Ok(tree) = root.tree() {
            facts.read_tree(tree, boot);
        }
        if let Ok(Some(ext4)) = root.ext4() {
            let problems = ext4.problems();
            facts
                .problems
                .splice(0..0, problems.iter().map(ToString::to_string));
        }
        facts
    }

    fn read_disk(&mut self, root: &RootFs) {
        if let Ok(layout) = root.layout() {
            self.references.clone_from(&layout.references);
        }
        if let Ok(image) = root.image() {
            self.image_format = Some(image.format);
            self.disk_bytes = image.virtual_bytes();
        }
        if let Ok(contents) = root.contents() {
            self.filesystem = Some(contents.name());
            self.title = Some(contents.title());
        }
        if let Ok(Some(table)) = root.partitions() {
            self.partitions = table.partitions.iter().map(PartitionFacts::of).collect();
        }
        if let Ok(partition) = root.partition() {
            self.partition = partition.map(PartitionFacts::of);
        }
    }

    fn read_tree(&mut self, tree: &dyn Tree, boot: &Boot<'_>) {
        let init = boot.init();
        let chain = init.as_ref().ok().copied().flatten();
        let system = userland::system(tree, chain, &boot.limits);
        self.readable = true;
        self.init = match &init {
            Ok(Some(chain)) => InitFacts::of_chain(Ok(chain)),
            Ok(None) => InitFacts::default(),
            Err(error) => InitFacts::of_chain(Err(error)),
        };
        self.alpine_release = self
            .known(system.alpine_release)
            .map(|release| release.text);
        self.os_release = self
            .known(system.os_release)
            .map(|release| release.values)
            .unwrap_or_default();
        self.architecture = self
            .known(system.machine)
            .and_then(|machine| machine.architecture())
            .map(|architecture| architecture.name());
        self.init_system = self.known(system.init_system).map(|system| system.name());
        self.modules = self
            .known(modules::releases(tree).map(Some))
            .unwrap_or_default();
        self.places = self
            .known(system.places.map(Some))
            .unwrap_or_default()
            .iter()
            .map(|place| (place.path, place.stat.is_some()))
            .collect();
        self.fstab_root = self
            .known(system.fstab)
            .and_then(|fstab| fstab.root().cloned())
            .map(|mount| (mount.device, mount.file_system));
        self.inittab_terminals = self
            .known(system.inittab)
            .map(|inittab| inittab.terminals().into_iter().map(str::to_owned).collect())
            .unwrap_or_default();
    }

    /// A fact; what keeps it from being read is told once among the problems, so that what is not
    /// known does not look like what is not there.
    fn known<T>(&mut self, fact: Result<Option<T>>) -> Option<T> {
        match fact {
            Ok(fact) => fact,
            Err(error) => {
                let error = error.to_string();
                if !self.problems.contains(&error) {
                    self.problems.push(error);
                }
                None
            }
        }
    }
}

impl PartitionFacts {
    fn of(partition: &Partition) -> Self {
        Self {
            number: partition.number,
            start_bytes: partition.start_bytes,
            length_bytes: partition.length_bytes,
            kind: partition.type_id.clone(),
            uuid: partition.uuid.clone(),
            label: partition.label.clone(),
        }
    }
}

impl ExtFacts {
    fn of(ext4: &Ext4) -> Self {
        let state = ext4.state();
        let text = |bytes: Vec<u8>| Some(escaped(&bytes)).filter(|text| !text.is_empty());
        Self {
            features: ext4.features(),
            clean: state.clean,
            has_errors: state.has_errors,
            needs_recovery: state.needs_recovery,
            orphans: state.orphans,
            block_size_bytes: ext4.block_size_bytes(),
            block_count: ext4.block_count(),
            blocks_present: ext4.is_truncated().map(|(_, present)| present),
            free_bytes: ext4.free_blocks().saturating_mul(ext4.block_size_bytes()),
            inode_count: ext4.inode_count(),
            free_inodes: ext4.free_inodes(),
            label: text(ext4.label()),
            uuid: ext4.uuid(),
            last_mounted_on: text(ext4.last_mounted()),
            last_mounted: ext4.last_mount_time(),
            journal: match ext4.journal() {
                Journal::None => "none",
                Journal::External { .. } => "external",
                Journal::Internal { .. } => "internal",
            },
            superblock_checksum: match ext4.superblock_checksum() {
                Checksum::None => "none",
                Checksum::Good => "good",
                Checksum::Bad { .. } => "bad",
            },
        }
    }
}
