//! From an inode to its blocks: a tree of extents, or the block map of ext2 and ext3.

use super::super::super::checksum::crc32c;
use super::super::low;
use super::Writer;

impl Writer<'_> {
    /// What leads to these blocks: the inode's part, and blocks of its own.
    pub fn map(&mut self, inode: u32, blocks: &[usize], unwritten: bool) -> ([u8; 60], Vec<usize>) {
        if self.spec.extents {
            self.map_extents(inode, blocks, unwritten)
        } else {
            self.map_blocks(blocks)
        }
    }

    fn map_blocks(&mut self, blocks: &[usize]) -> ([u8; 60], Vec<usize>) {
        let mut i_block = Vec::new();
        let mut map_blocks = Vec::new();
        let (direct, rest) = blocks.split_at(blocks.len().min(12));
        i_block.extend(pointers(direct));
        i_block.resize(48, 0);
        let in_block = self.size() / 4;
        let (single, double) = rest.split_at(rest.len().min(in_block));
        assert!(
            double.len() <= in_block * in_block,
            "a file needs a triple indirect block"
        );
        let single = self.put_pointers(single, &mut map_blocks);
        i_block.extend(pointers(&[single]));
        let mut indirect = Vec::new();
        for chunk in double.chunks(in_block) {
            indirect.push(self.put_pointers(chunk, &mut map_blocks));
        }
        let double = self.put_pointers(&indirect, &mut map_blocks);
        i_block.extend(pointers(&[double]));
        i_block.resize(60, 0);
        (i_block.try_into().unwrap(), map_blocks)
    }

    /// A block of pointers; none where all are holes.
    fn put_pointers(&mut self, blocks: &[usize], map_blocks: &mut Vec<usize>) -> usize {
        if blocks.iter().all(|block| *block == 0) {
            return 0;
        }
        let block = self.take_block();
        self.put_block(block, &pointers(blocks));
        map_blocks.push(block);
        block
    }

    fn map_extents(
        &mut self,
        inode: u32,
        blocks: &[usize],
        unwritten: bool,
    ) -> ([u8; 60], Vec<usize>) {
        let size = self.size();
        let in_block = (size - 12) / 12;
        // Each entry with the first logical block that it leads to.
        let mut entries: Vec<(u32, [u8; 12])> = extents(blocks)
            .into_iter()
            .map(|(logical, physical, length)| {
                let length = length | if unwritten { 0x8000 } else { 0 };
                (logical, extent(logical, physical, length))
            })
            .collect();
        let mut map_blocks = Vec::new();
        let mut depth = 0;
        while entries.len() > 4 {
            let mut above = Vec::new();
            for chunk in entries.chunks(in_block) {
                let mut node = extent_node(chunk, in_block, depth);
                if self.spec.metadata_csum {
                    node.resize(12 + in_block * 12, 0);
                    let checksum = crc32c(self.inode_seed(inode), &node);
                    node.extend(checksum.to_le_bytes());
                }
                let block = self.take_block();
                self.put_block(block, &node);
                map_blocks.push(block);
                let logical = chunk[0].0;
                let mut index = [0; 12];
                index[..4].copy_from_slice(&logical.to_le_bytes());
                index[4..8].copy_from_slice(&low::<u32>(block).to_le_bytes());
                above.push((logical, index));
            }
            entries = above;
            depth += 1;
        }
        let mut root = extent_node(&entries, 4, depth);
        root.resize(60, 0);
        (root.try_into().unwrap(), map_blocks)
    }
}

fn pointers(blocks: &[usize]) -> Vec<u8> {
    let pointers = blocks.iter().map(|block| low::<u32>(*block));
    pointers.flat_map(u32::to_le_bytes).collect()
}

/// Runs of blocks that follow each other: logical, physical, length.
fn extents(blocks: &[usize]) -> Vec<(u32, usize, u16)> {
    let mut extents: Vec<(u32, usize, u16)> = Vec::new();
    for (logical, block) in blocks.iter().enumerate().filter(|(_, block)| **block != 0) {
        let logical: u32 = low(logical);
        match extents.last_mut() {
            Some((first, physical, length))
                if *physical + usize::from(*length) == *block
                    && *first + u32::from(*length) == logical
                    && *length < 0x7fff =>
            {
                *length += 1;
            }
            _ => extents.push((logical, *block, 1)),
        }
    }
    extents
}

fn extent(logical: u32, physical: usize, length: u16) -> [u8; 12] {
    let mut extent = [0; 12];
    extent[..4].copy_from_slice(&logical.to_le_bytes());
    extent[4..6].copy_from_slice(&length.to_le_bytes());
    extent[8..].copy_from_slice(&low::<u32>(physical).to_le_bytes());
    extent
}

/// A header and its entries.
fn extent_node(entries: &[(u32, [u8; 12])], max: usize, depth: u16) -> Vec<u8> {
    let mut node = Vec::new();
    for field in [0xf30a, low(entries.len()), low(max), depth] {
        node.extend(field.to_le_bytes());
    }
    node.extend([0; 4]);
    node.extend(entries.iter().flat_map(|(_, entry)| *entry));
    node
}
