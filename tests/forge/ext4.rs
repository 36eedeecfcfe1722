//! ext2, ext3 and ext4 images of one block group, no larger than what they hold.
//!
//! Places and names of the fields: `Documentation/filesystems/ext4/` and `fs/ext4/ext4.h`.

pub mod journal;
pub mod layout;
mod writer;

use journal::{Journal, Target, Transaction};
use layout::Layout;

/// When everything was made: one moment for all.
pub const MADE: u32 = 1_700_000_000;

/// What an entry of a directory leads to.
#[derive(Clone)]
pub enum Content {
    File(Vec<u8>),
    Directory,
    Symlink(Vec<u8>),
    Device(u32, u32),
}

/// One inode and the path that leads to it; the root's path is empty.
#[derive(Clone)]
pub struct Node {
    pub path: Vec<u8>,
    /// `i_mode`, the type with it.
    pub mode: u16,
    pub content: Content,
    /// Bits beside those that it needs.
    pub i_flags: u32,
    /// Whole blocks of zeros are holes.
    pub holes: bool,
    /// Its extents are unwritten: what stands in its blocks isn't its content.
    pub unwritten: bool,
}

/// The image. Fields that begin with `s_` are for defects: they are laid over the superblock when
/// all the rest is written, and only its checksum is made after them.
#[derive(Clone)]
pub struct Ext4 {
    pub block_size: usize,
    pub inode_size: u16,
    pub extents: bool,
    /// Types in directory entries.
    pub filetype: bool,
    pub metadata_csum: bool,
    /// 32, or 64 with the feature 64bit.
    pub descriptor_bytes: usize,
    /// Contents come in pieces of so many blocks, with a free block between two.
    pub fragment_blocks: Option<usize>,
    pub free_blocks: usize,
    pub free_inodes: usize,
    pub uuid: [u8; 16],
    pub label: &'static str,
    pub journal: Option<Journal>,
    /// The journal is on the device of this UUID.
    pub external_journal: Option<[u8; 16]>,
    /// Multiple mount protection, with this sequence number in its block.
    pub mmp: Option<u32>,
    pub nodes: Vec<Node>,

    /// Bits that are set whatever the image has, as in the two below.
    pub s_feature_compat: u32,
    pub s_feature_incompat: u32,
    pub s_feature_ro_compat: u32,
    /// Bits of `s_feature_incompat` that are cleared whatever the image has.
    pub s_feature_incompat_cleared: u32,
    pub s_blocks_count: Option<u64>,
    pub s_first_data_block: Option<u32>,
    pub s_log_block_size: Option<u32>,
    pub s_blocks_per_group: Option<u32>,
    pub s_inodes_per_group: Option<u32>,
    pub s_magic: Option<u16>,
    pub s_state: Option<u16>,
    pub s_errors: Option<u16>,
    pub s_rev_level: Option<u32>,
    pub s_inode_size: Option<u16>,
    pub s_desc_size: Option<u16>,
    pub s_journal_inum: Option<u32>,
    pub s_last_orphan: Option<u32>,
    pub s_checksum_type: Option<u8>,
    /// With `metadata_csum`: the superblock's checksum is another.
    pub wrong_checksum: bool,

    /// Bytes laid over the whole image, at absolute offsets.
    pub patches: Vec<(usize, Vec<u8>)>,
    pub truncated_to: Option<usize>,
}

impl Ext4 {
    /// ext4 as a small root often is: extents, inodes of 256 bytes, no journal, no checksums.
    pub fn new() -> Self {
        Self {
            inode_size: 256,
            extents: true,
            ..Self::ext2()
        }
    }

    pub fn ext2() -> Self {
        let image = Self {
            block_size: 1024,
            inode_size: 128,
            extents: false,
            filetype: true,
            metadata_csum: false,
            descriptor_bytes: 32,
            fragment_blocks: None,
            free_blocks: 64,
            free_inodes: 8,
            uuid: *b"forged-root-uuid",
            label: "forged",
            journal: None,
            external_journal: None,
            mmp: None,
            nodes: Vec::new(),
            s_feature_compat: 0,
            s_feature_incompat: 0,
            s_feature_ro_compat: 0,
            s_feature_incompat_cleared: 0,
            s_blocks_count: None,
            s_first_data_block: None,
            s_log_block_size: None,
            s_blocks_per_group: None,
            s_inodes_per_group: None,
            s_magic: None,
            s_state: None,
            s_errors: None,
            s_rev_level: None,
            s_inode_size: None,
            s_desc_size: None,
            s_journal_inum: None,
            s_last_orphan: None,
            s_checksum_type: None,
            wrong_checksum: false,
            patches: Vec::new(),
            truncated_to: None,
        };
        image.directory("/", 0o755).directory("/lost+found", 0o700)
    }

    /// ext2 with a journal.
    pub fn ext3() -> Self {
        Self::ext2().journal()
    }

    pub fn file(self, path: impl AsRef<[u8]>, permissions: u16, bytes: impl Into<Vec<u8>>) -> Self {
        let content = Content::File(bytes.into());
        self.add(path.as_ref(), 0o100_000 | permissions, content)
    }

    /// A file whose whole blocks of zeros take no room.
    pub fn sparse_file(self, path: impl AsRef<[u8]>, permissions: u16, bytes: Vec<u8>) -> Self {
        let mut image = self.file(&path, permissions, bytes);
        image.node(path.as_ref()).holes = true;
        image
    }

    /// A file that reads as zeros, as long as `stale`, which stands in its blocks.
    pub fn unwritten_file(self, path: impl AsRef<[u8]>, permissions: u16, stale: Vec<u8>) -> Self {
        assert!(self.extents, "only extents can be unwritten");
        let mut image = self.file(&path, permissions, stale);
        image.node(path.as_ref()).unwritten = true;
        image
    }

    pub fn directory(self, path: impl AsRef<[u8]>, permissions: u16) -> Self {
        self.add(path.as_ref(), 0o040_000 | permissions, Content::Directory)
    }

    pub fn symlink(self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        let target = target.as_ref().to_vec();
        self.add(path.as_ref(), 0o120_777, Content::Symlink(target))
    }

    /// A device of `kind` `'c'` or `'b'`, which root alone may use.
    pub fn device(self, path: impl AsRef<[u8]>, kind: char, major: u32, minor: u32) -> Self {
        let kind = match kind {
            'c' => 0o020_000,
            'b' => 0o060_000,
            other => panic!("a device is 'c' or 'b', not {other:?}"),
        };
        self.add(path.as_ref(), kind | 0o600, Content::Device(major, minor))
    }

    /// Sets bits in the `i_flags` of what is already there.
    pub fn flags(mut self, path: impl AsRef<[u8]>, i_flags: u32) -> Self {
        self.node(path.as_ref()).i_flags |= i_flags;
        self
    }

    /// A clean internal journal of the smallest size.
    pub fn journal(mut self) -> Self {
        self.journal = Some(Journal::default());
        self
    }

    /// A transaction, in a journal made for it where there is none, that gives a file's blocks
    /// new contents from the beginning on: who replays the journal reads `bytes`, in the length
    /// that the file has already.
    pub fn journalled(self, path: impl AsRef<[u8]>, bytes: &[u8]) -> Self {
        let size = self.block_size;
        let mut transaction = Transaction::default();
        for (index, block) in bytes.chunks(size).enumerate() {
            let mut block = block.to_vec();
            block.resize(size, 0);
            let target = Target::File(strip(path.as_ref()), index);
            transaction.writes.push((target, block));
        }
        self.transaction(transaction)
    }

    /// A transaction, in a journal made for it where there is none.
    pub fn transaction(mut self, transaction: Transaction) -> Self {
        let journal = self.journal.get_or_insert_default();
        journal.transactions.push(transaction);
        self
    }

    /// Bytes over the finished image.
    pub fn patch(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.patches.push((offset, bytes.to_vec()));
        self
    }

    /// Cuts the finished image.
    pub fn truncate_to(mut self, bytes: usize) -> Self {
        self.truncated_to = Some(bytes);
        self
    }

    pub fn build(&self) -> Vec<u8> {
        self.build_with_layout().0
    }

    /// The image, and where everything stands in it.
    pub fn build_with_layout(&self) -> (Vec<u8>, Layout) {
        let (mut image, layout) = writer::write(self);
        for (offset, bytes) in &self.patches {
            super::put(&mut image, *offset, bytes);
        }
        if let Some(length) = self.truncated_to {
            image.truncate(length);
        }
        (image, layout)
    }

    fn node(&mut self, path: &[u8]) -> &mut Node {
        let path = strip(path);
        let found = self.nodes.iter_mut().find(|node| node.path == path);
        found.unwrap_or_else(|| panic!("{} isn't there yet", path.escape_ascii()))
    }

    /// Adds a node, and the directories above it that aren't there; replaces what is.
    fn add(mut self, path: &[u8], mode: u16, content: Content) -> Self {
        let path = strip(path);
        if !path.is_empty() {
            let parent = parent(&path).to_vec();
            match self.nodes.iter().find(|node| node.path == parent) {
                None => self = self.directory(parent, 0o755),
                Some(above) => assert!(
                    matches!(above.content, Content::Directory),
                    "{} is no directory",
                    parent.escape_ascii()
                ),
            }
        }
        let node = Node {
            path,
            mode,
            content,
            i_flags: 0,
            holes: false,
            unwritten: false,
        };
        match self.nodes.iter_mut().find(|old| old.path == node.path) {
            Some(old) => *old = node,
            None => self.nodes.push(node),
        }
        self
    }
}

/// A path without the slashes around it.
fn strip(path: &[u8]) -> Vec<u8> {
    let parts = path.split(|byte| *byte == b'/');
    let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(&b'/')
}

/// The path above a path that isn't empty.
fn parent(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[..slash.unwrap_or(0)]
}

/// The last part of a path.
fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap()
}

/// A number in the bits that a field has.
fn low<T: TryFrom<u64>>(value: usize) -> T {
    let value = u64::try_from(value).unwrap();
    T::try_from(value).unwrap_or_else(|_| panic!("{value} doesn't fit its field"))
}

/// The superblock of a device that holds nothing but a journal, and the journal behind it.
pub fn journal_device(uuid: [u8; 16], block_size: usize, journal: &Journal) -> Vec<u8> {
    let first_data_block = usize::from(block_size == 1024);
    let log = journal.write(block_size, uuid, |target| match target {
        Target::Block(number) => *number,
        Target::File(..) => panic!("a journal's own device knows no files"),
    });
    let mut superblock = vec![0; 1024];
    let blocks: u32 = low(first_data_block + 1 + journal.blocks);
    let mut set = |at: usize, bytes: &[u8]| super::put(&mut superblock, at, bytes);
    set(0x04, &blocks.to_le_bytes());
    set(0x14, &low::<u32>(first_data_block).to_le_bytes());
    set(0x18, &(block_size / 1024).ilog2().to_le_bytes());
    set(0x1c, &(block_size / 1024).ilog2().to_le_bytes());
    set(0x20, &low::<u32>(block_size * 8).to_le_bytes());
    set(0x24, &low::<u32>(block_size * 8).to_le_bytes());
    set(0x30, &MADE.to_le_bytes());
    set(0x38, &0xef53_u16.to_le_bytes());
    set(0x3a, &1_u16.to_le_bytes());
    set(0x3c, &1_u16.to_le_bytes());
    set(0x4c, &1_u32.to_le_bytes());
    set(0x54, &11_u32.to_le_bytes());
    set(0x58, &128_u16.to_le_bytes());
    // journal_dev
    set(0x60, &8_u32.to_le_bytes());
    set(0x68, &uuid);
    let mut image = Vec::new();
    super::put(&mut image, 1024, &superblock);
    super::put(&mut image, (first_data_block + 1) * block_size, &log);
    image
}
