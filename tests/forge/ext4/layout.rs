//! Where things stand in an image, for who wants to read or damage them there.

use super::strip;

/// Where everything stands in an image.
#[derive(Clone, Default)]
pub struct Layout {
    pub block_size: usize,
    pub blocks: usize,
    pub inodes: usize,
    /// Absolute offsets in bytes.
    pub superblock_at: usize,
    pub descriptors_at: usize,
    pub block_bitmap_at: usize,
    pub inode_bitmap_at: usize,
    pub inode_table_at: usize,
    pub mmp_at: Option<usize>,
    /// Where the journal's first block is; the others follow it.
    pub journal_at: Option<usize>,
    pub places: Vec<Place>,
}

/// Where one inode and its content stand.
#[derive(Clone)]
pub struct Place {
    pub path: Vec<u8>,
    pub inode: u32,
    pub inode_at: usize,
    /// Its blocks in order; 0 is a hole.
    pub blocks: Vec<usize>,
    /// Blocks that hold its extent tree or block map.
    pub map_blocks: Vec<usize>,
}

impl Layout {
    pub fn of(&self, path: impl AsRef<[u8]>) -> &Place {
        let path = strip(path.as_ref());
        let found = self.places.iter().find(|place| place.path == path);
        found.unwrap_or_else(|| panic!("{} isn't in the image", path.escape_ascii()))
    }

    /// The absolute offset of a file's nth block.
    pub fn block_at(&self, path: impl AsRef<[u8]>, index: usize) -> usize {
        self.of(path).blocks[index] * self.block_size
    }
}
