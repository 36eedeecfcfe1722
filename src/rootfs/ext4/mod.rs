//! Our own reader of ext2, ext3 and ext4: read-only, by positioned reads, at a cost that follows
//! what is asked and not the size of the image.
//!
//! Source: `Documentation/filesystems/ext4/` and `fs/ext4/` of Linux.
//!
//! What the kernel would refuse is an error that names the field. Checksums are verified where they
//! are, and told of in [`Ext4::problems`]; nothing depends on them. A journal that waits to be
//! replayed is applied in memory; where it can't be, nothing behind it is told as if it were so.

mod attributes;
mod blocks;
mod checksum;
mod content;
mod directory;
mod disk;
mod extents;
pub mod features;
mod geometry;
mod group;
mod iget;
mod inline_data;
mod inode;
mod journal;
mod mmp;
mod orphan;
mod superblock;
mod symlink;
mod tree;
mod view;
mod zones;

pub use checksum::Checksum;
pub use iget::RootInodeFault;
pub use journal::Journal;
pub(super) use superblock::uuid_text;
pub use superblock::{SUPERBLOCK_AT, State, Superblock};
pub use tree::AsLinux;

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::Source;
use crate::tree::NodeId;
use disk::Disk;
use geometry::Geometry;
use group::CHECKED_GROUPS;
use journal::Loaded;
use std::sync::{Mutex, OnceLock, PoisonError};
use view::{Reading, View, Volume};

/// A file system.
pub struct Ext4 {
    volume: Volume,
    checksum: Checksum,
    journal: OnceLock<Loaded>,
}

impl Ext4 {
    /// Reads the superblock, and checks it as the kernel does before mounting. The features are
    /// not judged, and the file system may be larger than `source`: see [`Ext4::is_truncated`].
    pub fn open(source: Source, limits: &Limits) -> Result<Self> {
        let (superblock, checksum) = Superblock::read(&source)?;
        if superblock.has_journal_dev() {
            return Err(Error::unsupported(
                "s_feature_incompat",
                "a journal for another file system (journal_dev)",
            ));
        }
        let geometry = Geometry::of(&superblock)?;
        Ok(Self {
            volume: Volume {
                disk: Disk::new(source, limits),
                checksum_seed: superblock.checksum_seed(),
                superblock,
                geometry,
                problems: Mutex::default(),
                zones: OnceLock::new(),
            },
            checksum,
            journal: OnceLock::new(),
        })
    }

    /// The superblock, raw.
    pub fn superblock(&self) -> &Superblock {
        &self.volume.superblock
    }

    /// The names of all features that are set, in bit order: compat, incompat, ro_compat. A bit
    /// without a name is told by its value: `incompat_0x80000000`.
    pub fn features(&self) -> Vec<String> {
        self.superblock()
            .present_features()
            .iter()
            .map(features::Present::name)
            .collect()
    }

    /// `ext2`, `ext3` or `ext4`, by the features.
    pub fn kind(&self) -> &'static str {
        self.superblock().kind()
    }

    /// Bytes of a block.
    pub fn block_size_bytes(&self) -> u64 {
        self.volume.geometry.block_bytes
    }

    /// How many blocks the file system says it has.
    pub fn block_count(&self) -> u64 {
        self.volume.geometry.blocks
    }

    /// How many of them are free, as the superblock says.
    pub fn free_blocks(&self) -> u64 {
        let superblock = self.superblock();
        superblock.free_blocks_count()
    }

    /// How many inodes there are.
    pub fn inode_count(&self) -> u64 {
        self.volume.geometry.inodes
    }

    /// How many of them are free, as the superblock says.
    pub fn free_inodes(&self) -> u64 {
        u64::from(self.superblock().s_free_inodes_count)
    }

    /// The blocks that the superblock states and those that the source has, where these are fewer.
    pub fn is_truncated(&self) -> Option<(u64, u64)> {
        let stated = self.block_count();
        let there = self
            .volume
            .disk
            .len()
            .checked_div(self.block_size_bytes())
            .unwrap_or(0);
        (stated > there).then_some((stated, there))
    }

    /// In what state it was left.
    pub fn state(&self) -> State {
        self.superblock().state()
    }

    /// The label, empty where there is none.
    pub fn label(&self) -> Vec<u8> {
        self.superblock().label()
    }

    /// The UUID as `blkid` prints it.
    pub fn uuid(&self) -> String {
        self.superblock().uuid()
    }

    /// Where it was mounted last, empty where it never was.
    pub fn last_mounted(&self) -> Vec<u8> {
        self.superblock().last_mounted()
    }

    /// Seconds since 1970 of the last mount.
    pub fn last_mount_time(&self) -> Option<u64> {
        self.superblock().last_mount_time()
    }

    /// Whether the superblock agrees with its checksum.
    pub fn superblock_checksum(&self) -> Checksum {
        self.checksum
    }

    /// The groups whose descriptors disagree with their checksums, of the first 4096.
    pub fn bad_group_descriptors(&self) -> Result<Vec<u64>> {
        let view = self.view()?;
        let mut bad = Vec::new();
        for group in 0..self.volume.geometry.groups.min(CHECKED_GROUPS) {
            if let Checksum::Bad { .. } = view.check_descriptor(group)? {
                bad.push(group);
            }
        }
        Ok(bad)
    }

    /// The journal. Where it waits to be replayed, its log is read.
    pub fn journal(&self) -> &Journal {
        &self.loaded().journal
    }

    /// What Linux finds wrong with the inode of the root directory as it mounts, and refuses to mount
    /// for; `None` where it takes it.
    pub fn root_inode_fault(&self) -> Result<Option<RootInodeFault>> {
        iget::root_fault(&self.view()?)
    }

    /// The first of what ext4 keeps for itself that lies in another: a bitmap in a table, a block of
    /// the journal in a bitmap. Since 5.9 Linux doesn't mount it; [`Error`] names the field.
    pub fn overlap(&self) -> Result<Option<Error>> {
        Ok(self.view()?.zones().overlap().cloned())
    }

    /// What Linux, from 5.15 on, finds wrong with the orphan file, and doesn't mount for; `None` where
    /// it takes it, or none is there.
    pub fn orphan_file_fault(&self) -> Result<Option<Error>> {
        orphan::fault(&self.view()?)
    }

    /// The flags of an inode, by name: `extents`, `inline_data`, `encrypt`, `immutable` …
    pub fn inode_flags(&self, node: NodeId) -> Result<Vec<&'static str>> {
        Ok(self.view()?.used_inode(node.0)?.flag_names())
    }

    /// What was found wrong so far and hindered nobody: checksums, and holes in directories.
    pub fn problems(&self) -> Vec<Error> {
        self.volume
            .problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn loaded(&self) -> &Loaded {
        self.journal.get_or_init(|| Loaded::of(&self.volume))
    }

    fn view(&self) -> Result<View<'_>> {
        let replay = self.loaded().replay.as_ref().map_err(Clone::clone)?;
        Ok(View {
            volume: &self.volume,
            replay: replay.as_ref(),
            reading: Reading::Lenient,
        })
    }
}
