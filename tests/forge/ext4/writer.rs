//! Puts an image together: contents, their maps, inodes, bitmaps, the descriptor, the superblock.

mod map;
mod superblock;

use super::super::checksum::crc32c;
use super::super::put;
use super::journal::Target;
use super::layout::{Layout, Place};
use super::{Content, Ext4, MADE, Node, low, name, parent};

const ROOT: u32 = 2;
const JOURNAL: u32 = 8;
const FIRST_INODE: u32 = 11;

const EXTENTS_FLAG: u32 = 0x8_0000;

/// What an inode says, beside where its content is.
struct Inode {
    mode: u16,
    links: u16,
    size_bytes: usize,
    flags: u32,
    i_block: [u8; 60],
    blocks: usize,
}

struct Writer<'a> {
    spec: &'a Ext4,
    image: Vec<u8>,
    next: usize,
    /// Blocks in front of `next` that were left out.
    skipped: Vec<usize>,
    seed: u32,
    layout: Layout,
}

pub fn write(spec: &Ext4) -> (Vec<u8>, Layout) {
    let size = spec.block_size;
    let first = first_data_block(spec);
    let per_block = size / usize::from(spec.inode_size);
    let last_inode = usize::try_from(FIRST_INODE - 1).unwrap() + spec.nodes.len() - 1;
    let inodes = (last_inode + spec.free_inodes).next_multiple_of(per_block.max(8));
    assert!(
        inodes <= size * 8,
        "one group of blocks of {size} bytes has at most {} inodes, not {inodes}",
        size * 8
    );
    let mut writer = Writer {
        spec,
        image: Vec::new(),
        next: first + 4 + inodes / per_block,
        skipped: Vec::new(),
        seed: crc32c(!0, &spec.uuid),
        layout: Layout {
            block_size: size,
            inodes,
            superblock_at: 1024,
            descriptors_at: (first + 1) * size,
            block_bitmap_at: (first + 2) * size,
            inode_bitmap_at: (first + 3) * size,
            inode_table_at: (first + 4) * size,
            ..Layout::default()
        },
    };
    if let Some(sequence) = spec.mmp {
        writer.put_mmp(sequence);
    }
    for index in 0..spec.nodes.len() {
        writer.put_node(index);
    }
    let journal = writer.put_journal();
    writer.layout.blocks = writer.next + spec.free_blocks;
    let in_group = writer.layout.blocks - first;
    assert!(
        in_group <= size * 8,
        "one group holds at most {} blocks of {size} bytes, and this image needs {in_group}: \
         give it less content or larger blocks",
        size * 8
    );
    let bytes = writer.layout.blocks * size;
    assert!(
        writer.image.len() <= bytes,
        "something stands behind the end"
    );
    writer.image.resize(bytes, 0);
    writer.put_group();
    writer.put_superblock(journal);
    (writer.image, writer.layout)
}

fn first_data_block(spec: &Ext4) -> usize {
    usize::from(spec.block_size == 1024)
}

impl Writer<'_> {
    fn size(&self) -> usize {
        self.spec.block_size
    }

    fn number(&self, index: usize) -> u32 {
        match index {
            0 => ROOT,
            _ => FIRST_INODE + low::<u32>(index) - 1,
        }
    }

    fn inode_at(&self, number: u32) -> usize {
        let index = usize::try_from(number - 1).unwrap();
        self.layout.inode_table_at + index * usize::from(self.spec.inode_size)
    }

    fn take_block(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn put_block(&mut self, block: usize, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        bytes.resize(self.size(), 0);
        put(&mut self.image, block * self.spec.block_size, &bytes);
    }

    /// Puts content into blocks of its own.
    fn put_content(&mut self, content: &[u8], holes: bool) -> Vec<usize> {
        let mut blocks = Vec::new();
        let mut in_piece = 0;
        for bytes in content.chunks(self.size()) {
            if holes && bytes.iter().all(|byte| *byte == 0) {
                blocks.push(0);
                continue;
            }
            if self.spec.fragment_blocks == Some(in_piece) {
                let skipped = self.take_block();
                self.skipped.push(skipped);
                in_piece = 0;
            }
            let block = self.take_block();
            self.put_block(block, bytes);
            blocks.push(block);
            in_piece += 1;
        }
        blocks
    }

    fn put_node(&mut self, index: usize) {
        let spec = self.spec;
        let node = &spec.nodes[index];
        let number = self.number(index);
        let mut i_block = [0; 60];
        let (mut blocks, mut map_blocks) = (Vec::new(), Vec::new());
        let (mut size_bytes, mut flags, mut links) = (0, node.i_flags, 1);
        let mut mapped: Option<Vec<u8>> = None;
        match &node.content {
            Content::File(bytes) => mapped = Some(bytes.clone()),
            Content::Directory => {
                let (bytes, directories) = self.directory(index);
                mapped = Some(bytes);
                links = 2 + directories;
            }
            Content::Symlink(target) if target.len() < 60 => {
                i_block[..target.len()].copy_from_slice(target);
                size_bytes = target.len();
            }
            Content::Symlink(target) => {
                assert!(target.len() < self.size(), "a symlink has one block");
                mapped = Some(target.clone());
            }
            Content::Device(major, minor) if *major < 256 && *minor < 256 => {
                i_block[..4].copy_from_slice(&(major << 8 | minor).to_le_bytes());
            }
            Content::Device(major, minor) => {
                let device = minor & 0xff | major << 8 | (minor & !0xff) << 12;
                i_block[4..8].copy_from_slice(&device.to_le_bytes());
            }
        }
        if let Some(content) = mapped {
            size_bytes = content.len();
            blocks = self.put_content(&content, node.holes);
            (i_block, map_blocks) = self.map(number, &blocks, node.unwritten);
            flags |= if spec.extents { EXTENTS_FLAG } else { 0 };
        }
        let taken = blocks.iter().filter(|block| **block != 0).count() + map_blocks.len();
        let inode = Inode {
            mode: node.mode,
            links,
            size_bytes,
            flags,
            i_block,
            blocks: taken,
        };
        self.put_inode(number, &inode);
        self.layout.places.push(Place {
            path: node.path.clone(),
            inode: number,
            inode_at: self.inode_at(number),
            blocks,
            map_blocks,
        });
    }

    /// The blocks of a directory, and how many directories are in it.
    fn directory(&self, index: usize) -> (Vec<u8>, u16) {
        let spec = self.spec;
        let path = &spec.nodes[index].path;
        let above = match path.is_empty() {
            true => 0,
            false => spec
                .nodes
                .iter()
                .position(|node| node.path == parent(path))
                .unwrap(),
        };
        let mut entries = vec![(index, &b"."[..]), (above, b"..")];
        for (child, node) in spec.nodes.iter().enumerate() {
            if !node.path.is_empty() && parent(&node.path) == path {
                entries.push((child, name(&node.path)));
            }
        }
        let is_directory =
            |entry: &&(usize, &[u8])| matches!(spec.nodes[entry.0].content, Content::Directory);
        let directories = entries[2..].iter().filter(is_directory).count();

        let tail_bytes = if spec.metadata_csum { 12 } else { 0 };
        let room = self.size() - tail_bytes;
        let mut content: Vec<u8> = Vec::new();
        let mut block: Vec<u8> = Vec::new();
        let mut last = 0;
        let close = |block: &mut Vec<u8>, last: usize, content: &mut Vec<u8>| {
            // The last entry takes what is left.
            put(block, last + 4, &low::<u16>(room - last).to_le_bytes());
            block.resize(room, 0);
            if spec.metadata_csum {
                block.extend([0, 0, 0, 0, 12, 0, 0, 0xde]);
                let checksum = crc32c(self.inode_seed(self.number(index)), &block[..room]);
                block.extend(checksum.to_le_bytes());
            }
            content.append(block);
        };
        for (child, name) in entries {
            let entry_bytes = (8 + name.len()).next_multiple_of(4);
            assert!(name.len() <= 255, "a name has at most 255 bytes");
            if block.len() + entry_bytes > room {
                close(&mut block, last, &mut content);
            }
            last = block.len();
            block.extend(self.number(child).to_le_bytes());
            block.extend(low::<u16>(entry_bytes).to_le_bytes());
            block.push(low(name.len()));
            block.push(if spec.filetype {
                file_type(&spec.nodes[child])
            } else {
                0
            });
            block.extend(name);
            block.resize(last + entry_bytes, 0);
        }
        close(&mut block, last, &mut content);
        (content, low(directories))
    }

    fn inode_seed(&self, inode: u32) -> u32 {
        // The generation of every inode is 0.
        crc32c(crc32c(self.seed, &inode.to_le_bytes()), &[0; 4])
    }

    fn put_inode(&mut self, number: u32, inode: &Inode) {
        let mut bytes = vec![0; usize::from(self.spec.inode_size)];
        let mut set = |at: usize, value: &[u8]| put(&mut bytes, at, value);
        let size = u64::try_from(inode.size_bytes).unwrap();
        set(0x00, &inode.mode.to_le_bytes());
        set(0x04, &size.to_le_bytes()[..4]);
        for time in [0x08, 0x0c, 0x10] {
            set(time, &MADE.to_le_bytes());
        }
        set(0x1a, &inode.links.to_le_bytes());
        let sectors = inode.blocks * self.spec.block_size / 512;
        set(0x1c, &low::<u32>(sectors).to_le_bytes());
        set(0x20, &inode.flags.to_le_bytes());
        set(0x28, &inode.i_block);
        if self.spec.inode_size > 128 {
            // i_extra_isize, i_crtime
            set(0x80, &32_u16.to_le_bytes());
            set(0x90, &MADE.to_le_bytes());
        }
        if self.spec.metadata_csum {
            let checksum = crc32c(self.inode_seed(number), &bytes).to_le_bytes();
            put(&mut bytes, 0x7c, &checksum[..2]);
            if self.spec.inode_size > 128 {
                put(&mut bytes, 0x82, &checksum[2..]);
            }
        }
        let at = self.inode_at(number);
        put(&mut self.image, at, &bytes);
    }

    fn put_mmp(&mut self, sequence: u32) {
        let mut block = vec![0; 1024];
        put(&mut block, 0x00, &0x004d_4d50_u32.to_le_bytes());
        put(&mut block, 0x04, &sequence.to_le_bytes());
        put(&mut block, 0x08, &u64::from(MADE).to_le_bytes());
        put(&mut block, 0x10, b"another-node");
        put(&mut block, 0x50, b"vda");
        put(&mut block, 0x70, &5_u16.to_le_bytes());
        if self.spec.metadata_csum {
            let checksum = crc32c(self.seed, &block[..0x3fc]);
            put(&mut block, 0x3fc, &checksum.to_le_bytes());
        }
        let number = self.take_block();
        self.put_block(number, &block);
        self.layout.mmp_at = Some(number * self.size());
    }

    /// The journal's inode and its blocks. Returns the inode's `i_block` and size.
    fn put_journal(&mut self) -> Option<([u8; 60], usize)> {
        let spec = self.spec;
        let journal = spec.journal.as_ref()?;
        let log = journal.write(spec.block_size, spec.uuid, |target| match target {
            Target::Block(number) => *number,
            Target::File(path, index) => {
                u64::try_from(self.layout.of(path).blocks[*index]).unwrap()
            }
        });
        let first = self.next;
        let blocks: Vec<usize> = (first..first + journal.blocks).collect();
        self.next += journal.blocks;
        put(&mut self.image, first * spec.block_size, &log);
        self.layout.journal_at = Some(first * spec.block_size);
        let (i_block, map_blocks) = self.map(JOURNAL, &blocks, false);
        let inode = Inode {
            mode: 0o100_600,
            links: 1,
            size_bytes: log.len(),
            flags: if spec.extents { EXTENTS_FLAG } else { 0 },
            i_block,
            blocks: blocks.len() + map_blocks.len(),
        };
        self.put_inode(JOURNAL, &inode);
        Some((i_block, log.len()))
    }

    fn free_blocks(&self) -> usize {
        self.spec.free_blocks + self.skipped.len()
    }

    fn used_inodes(&self) -> usize {
        usize::try_from(self.number(self.spec.nodes.len() - 1).max(FIRST_INODE - 1)).unwrap()
    }

    /// Bitmaps and group descriptor.
    fn put_group(&mut self) {
        let spec = self.spec;
        let size = self.size();
        let first = first_data_block(spec);
        let mut block_bitmap = vec![0; size];
        let free = self.next..self.layout.blocks;
        for bit in 0..size * 8 {
            let block = bit + first;
            if !free.contains(&block) && !self.skipped.contains(&block) {
                block_bitmap[bit / 8] |= 1 << (bit % 8);
            }
        }
        let mut inode_bitmap = vec![0; size];
        for bit in 0..size * 8 {
            if bit < self.used_inodes() || bit >= self.layout.inodes {
                inode_bitmap[bit / 8] |= 1 << (bit % 8);
            }
        }
        put(&mut self.image, self.layout.block_bitmap_at, &block_bitmap);
        put(&mut self.image, self.layout.inode_bitmap_at, &inode_bitmap);

        let is_directory = |node: &&Node| matches!(node.content, Content::Directory);
        let directories = spec.nodes.iter().filter(is_directory).count();
        let mut descriptor = vec![0; spec.descriptor_bytes];
        let mut set = |at: usize, value: &[u8]| put(&mut descriptor, at, value);
        set(0x00, &low::<u32>(first + 2).to_le_bytes());
        set(0x04, &low::<u32>(first + 3).to_le_bytes());
        set(0x08, &low::<u32>(first + 4).to_le_bytes());
        set(0x0c, &low::<u16>(self.free_blocks()).to_le_bytes());
        let free_inodes = self.layout.inodes - self.used_inodes();
        set(0x0e, &low::<u16>(free_inodes).to_le_bytes());
        set(0x10, &low::<u16>(directories).to_le_bytes());
        if spec.metadata_csum {
            // The inode table is zeroed.
            set(0x12, &4_u16.to_le_bytes());
            let of_blocks = crc32c(self.seed, &block_bitmap).to_le_bytes();
            let of_inodes = crc32c(self.seed, &inode_bitmap[..self.layout.inodes / 8]);
            let of_inodes = of_inodes.to_le_bytes();
            set(0x18, &of_blocks[..2]);
            set(0x1a, &of_inodes[..2]);
            if spec.descriptor_bytes > 32 {
                set(0x38, &of_blocks[2..]);
                set(0x3a, &of_inodes[2..]);
            }
            // Group 0; the checksum's own field counts as zeros.
            let checksum = crc32c(crc32c(self.seed, &[0; 4]), &descriptor);
            put(&mut descriptor, 0x1e, &checksum.to_le_bytes()[..2]);
        }
        put(&mut self.image, self.layout.descriptors_at, &descriptor);
    }
}

/// The type that a directory entry tells.
fn file_type(node: &Node) -> u8 {
    match node.mode >> 12 {
        0o10 => 1,
        0o04 => 2,
        0o02 => 3,
        0o06 => 4,
        0o12 => 7,
        _ => 0,
    }
}
