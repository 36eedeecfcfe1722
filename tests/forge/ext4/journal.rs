//! The journal of ext3 and ext4 (jbd2): its superblock, and transactions that wait in its log.
//!
//! Places and names of the fields: `Documentation/filesystems/ext4/journal.rst` and
//! `include/linux/jbd2.h`. Its numbers are big-endian.

use super::super::checksum::crc32c;
use super::super::put;
use super::{MADE, low};

const MAGIC: u32 = 0xc03b_3998;

/// Which checksums the log has, and with them the form of a descriptor's tags.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checksums {
    None,
    V2,
    V3,
}

/// A block that a transaction writes or revokes.
#[derive(Clone)]
pub enum Target {
    /// This block of the file system.
    Block(u64),
    /// The nth block of the file with this path, which has no slash in front.
    File(Vec<u8>, usize),
}

/// Blocks that reach their places together.
#[derive(Clone)]
pub struct Transaction {
    pub writes: Vec<(Target, Vec<u8>)>,
    /// Blocks whose older copies in the log are void.
    pub revokes: Vec<Target>,
    /// It ends with a commit block; one without it never happened.
    pub committed: bool,
    /// Its commit block's checksum is another. Only where the journal has checksums.
    pub wrong_commit_checksum: bool,
    /// The checksums of its blocks are others. Only where the journal has checksums.
    pub wrong_tag_checksums: bool,
    /// The magic number of its blocks, where it is another.
    pub h_magic: Option<u32>,
}

impl Default for Transaction {
    fn default() -> Self {
        Self {
            writes: Vec::new(),
            revokes: Vec::new(),
            committed: true,
            wrong_commit_checksum: false,
            wrong_tag_checksums: false,
            h_magic: None,
        }
    }
}

/// The area of fast commits at the end of a journal.
#[derive(Clone)]
pub struct FastCommits {
    /// `s_num_fc_blks`; 0 stands for 256.
    pub s_num_fc_blks: u32,
    /// What the first block of the area holds, which is one block after the log.
    pub first: Vec<u8>,
}

impl FastCommits {
    /// Tags of the transaction `tid`, between a head and a tail (`struct ext4_fc_tl`).
    pub fn of(tid: u32, tags: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut add = |tag: u16, value: &[u8]| {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
            bytes.extend(value);
        };
        add(9, &[[0; 4], tid.to_le_bytes()].concat());
        for (tag, value) in tags {
            add(*tag, value);
        }
        add(8, &tid.to_le_bytes());
        // The length of the tail counts its checksum, which follows what it covers.
        let length_at = bytes.len() - 6;
        put(&mut bytes, length_at, &8_u16.to_le_bytes());
        let checksum = crc32c(0, &bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }
}

/// A journal. With transactions its file system is one that `needs_recovery`.
#[derive(Clone)]
pub struct Journal {
    pub blocks: usize,
    pub checksums: Checksums,
    /// Block numbers of 64 bits.
    pub is_64bit: bool,
    /// Where in the log its transactions begin; they go on at its front where it ends.
    pub start: usize,
    /// The number of the first transaction.
    pub sequence: u32,
    pub transactions: Vec<Transaction>,
    /// Bits that are set whatever the journal has, as in the two below.
    pub s_feature_compat: u32,
    pub s_feature_incompat: u32,
    pub s_feature_ro_compat: u32,
    pub s_magic: Option<u32>,
    pub s_blocktype: Option<u32>,
    pub s_blocksize: Option<u32>,
    pub s_maxlen: Option<u32>,
    pub s_first: Option<u32>,
    /// 0 is a clean log.
    pub s_start: Option<u32>,
    pub s_errno: Option<u32>,
    /// With checksums: the superblock's is another.
    pub wrong_checksum: bool,
    /// Fast commits, in blocks of the journal that the log leaves free.
    pub fast_commits: Option<FastCommits>,
    /// Whether the file system says `needs_recovery`, where that isn't what the log says.
    pub needs_recovery: Option<bool>,
}

impl Default for Journal {
    /// Clean, of the smallest size that is allowed.
    fn default() -> Self {
        Self {
            blocks: 1024,
            checksums: Checksums::None,
            is_64bit: false,
            start: 1,
            sequence: 1,
            transactions: Vec::new(),
            s_feature_compat: 0,
            s_feature_incompat: 0,
            s_feature_ro_compat: 0,
            s_magic: None,
            s_blocktype: None,
            s_blocksize: None,
            s_maxlen: None,
            s_first: None,
            s_start: None,
            s_errno: None,
            wrong_checksum: false,
            fast_commits: None,
            needs_recovery: None,
        }
    }
}

impl Journal {
    /// Whether the file system is one that `needs_recovery`.
    pub fn is_needed(&self) -> bool {
        self.needs_recovery.unwrap_or(!self.transactions.is_empty())
    }

    /// The whole journal; `place` tells the number of a target's block.
    pub fn write(
        &self,
        block_size: usize,
        uuid: [u8; 16],
        place: impl Fn(&Target) -> u64,
    ) -> Vec<u8> {
        let mut log = Log {
            journal: self,
            block_size,
            seed: crc32c(!0, &uuid),
            bytes: vec![0; self.blocks * block_size],
            next: self.start,
            room: self.blocks - 1,
        };
        log.put_superblock(uuid);
        log.put_fast_commits();
        for (sequence, transaction) in (self.sequence..).zip(&self.transactions) {
            log.put_transaction(sequence, transaction, &place);
        }
        log.bytes
    }

    fn incompat(&self) -> u32 {
        let revokes = |transaction: &Transaction| !transaction.revokes.is_empty();
        let checksums = match self.checksums {
            Checksums::None => 0,
            Checksums::V2 => 0x8,
            Checksums::V3 => 0x10,
        };
        u32::from(self.transactions.iter().any(revokes))
            | u32::from(self.is_64bit) << 1
            | checksums
            | if self.fast_commits.is_some() { 0x20 } else { 0 }
            | self.s_feature_incompat
    }
}

/// A journal that is being written.
struct Log<'a> {
    journal: &'a Journal,
    block_size: usize,
    seed: u32,
    bytes: Vec<u8>,
    next: usize,
    room: usize,
}

impl Log<'_> {
    fn has_checksums(&self) -> bool {
        self.journal.checksums != Checksums::None
    }

    fn put_superblock(&mut self, uuid: [u8; 16]) {
        let journal = self.journal;
        let dirty = !journal.transactions.is_empty();
        let start = if dirty { low(journal.start) } else { 0 };
        let has_checksums = self.has_checksums();
        let mut set = |at: usize, value: u32| put(&mut self.bytes, at, &value.to_be_bytes());
        set(0x00, journal.s_magic.unwrap_or(MAGIC));
        set(0x04, journal.s_blocktype.unwrap_or(4));
        set(0x0c, journal.s_blocksize.unwrap_or(low(self.block_size)));
        set(0x10, journal.s_maxlen.unwrap_or(low(journal.blocks)));
        set(0x14, journal.s_first.unwrap_or(1));
        set(0x18, journal.sequence);
        set(0x1c, journal.s_start.unwrap_or(start));
        set(0x20, journal.s_errno.unwrap_or(0));
        set(0x24, journal.s_feature_compat);
        set(0x28, journal.incompat());
        set(0x2c, journal.s_feature_ro_compat);
        set(0x40, 1);
        if let Some(fast) = &journal.fast_commits {
            set(0x54, fast.s_num_fc_blks);
        }
        if has_checksums {
            set(0x50, 4 << 24);
        }
        put(&mut self.bytes, 0x30, &uuid);
        if has_checksums {
            let checksum = crc32c(!0, &self.bytes[..1024]) ^ u32::from(journal.wrong_checksum);
            put(&mut self.bytes, 0xfc, &checksum.to_be_bytes());
        }
    }

    fn put_fast_commits(&mut self) {
        let Some(fast) = &self.journal.fast_commits else {
            return;
        };
        let blocks = match fast.s_num_fc_blks {
            0 => 256,
            stated => usize::try_from(stated).unwrap(),
        };
        let first = self.journal.blocks - blocks + 1;
        put(&mut self.bytes, first * self.block_size, &fast.first);
    }

    fn put_transaction(
        &mut self,
        sequence: u32,
        transaction: &Transaction,
        place: impl Fn(&Target) -> u64,
    ) {
        for revokes in transaction.revokes.chunks(self.revokes_in_a_block()) {
            let mut block = self.header(5, sequence, transaction);
            for revoke in revokes {
                let number = place(revoke);
                if self.journal.is_64bit {
                    block.extend(number.to_be_bytes());
                } else {
                    block.extend(u32::try_from(number).unwrap().to_be_bytes());
                }
                let used: u32 = low(block.len());
                put(&mut block, 12, &used.to_be_bytes());
            }
            self.append_with_tail(block);
        }
        for writes in transaction.writes.chunks(self.tags_in_a_block()) {
            let mut descriptor = self.header(1, sequence, transaction);
            let mut blocks = Vec::new();
            for (index, (target, content)) in writes.iter().enumerate() {
                assert_eq!(
                    content.len(),
                    self.block_size,
                    "a journal takes whole blocks"
                );
                let mut content = content.clone();
                let is_escaped = content.starts_with(&MAGIC.to_be_bytes());
                if is_escaped {
                    content[..4].fill(0);
                }
                let is_last = index + 1 == writes.len();
                let flags =
                    u32::from(is_escaped) | u32::from(index > 0) << 1 | u32::from(is_last) << 3;
                let checksum = crc32c(self.seed, &sequence.to_be_bytes());
                let checksum =
                    crc32c(checksum, &content) ^ u32::from(transaction.wrong_tag_checksums);
                descriptor.extend(self.tag(place(target), flags, checksum));
                if index == 0 {
                    // The journal's UUID, once.
                    descriptor.extend(&self.bytes[0x30..0x40]);
                }
                blocks.push(content);
            }
            self.append_with_tail(descriptor);
            for block in blocks {
                self.append(block);
            }
        }
        if transaction.committed {
            let mut commit = self.header(2, sequence, transaction);
            put(&mut commit, 0x30, &u64::from(MADE).to_be_bytes());
            commit.resize(self.block_size, 0);
            if self.has_checksums() {
                let checksum =
                    crc32c(self.seed, &commit) ^ u32::from(transaction.wrong_commit_checksum);
                put(&mut commit, 0x10, &checksum.to_be_bytes());
            }
            self.append(commit);
        }
    }

    /// The first bytes of a block of the log, as far as its own fields begin.
    fn header(&self, blocktype: u32, sequence: u32, transaction: &Transaction) -> Vec<u8> {
        let mut header = Vec::new();
        for field in [transaction.h_magic.unwrap_or(MAGIC), blocktype, sequence] {
            header.extend(field.to_be_bytes());
        }
        if blocktype == 5 {
            header.extend([0; 4]);
        }
        header
    }

    fn tag(&self, number: u64, flags: u32, checksum: u32) -> Vec<u8> {
        let bytes = number.to_be_bytes();
        let (high, low) = bytes.split_at(4);
        if self.journal.checksums == Checksums::V3 {
            return [low, &flags.to_be_bytes(), high, &checksum.to_be_bytes()].concat();
        }
        let mut tag = low.to_vec();
        let has_checksum = self.journal.checksums == Checksums::V2;
        tag.extend(if has_checksum {
            checksum.to_be_bytes()[2..].to_vec()
        } else {
            vec![0; 2]
        });
        tag.extend(&flags.to_be_bytes()[2..]);
        if self.journal.is_64bit {
            tag.extend(high);
        }
        if has_checksum {
            // Two bytes more than its fields take, since the kernel counts the checksum twice.
            tag.extend([0; 2]);
        }
        tag
    }

    fn tags_in_a_block(&self) -> usize {
        let tag = self.tag(0, 0, 0).len();
        (self.block_size - 12 - 16 - 4) / tag
    }

    fn revokes_in_a_block(&self) -> usize {
        (self.block_size - 16 - 4) / 8
    }

    fn append_with_tail(&mut self, mut block: Vec<u8>) {
        block.resize(self.block_size, 0);
        if self.has_checksums() {
            let checksum = crc32c(self.seed, &block);
            put(&mut block, self.block_size - 4, &checksum.to_be_bytes());
        }
        self.append(block);
    }

    fn append(&mut self, block: Vec<u8>) {
        self.room = self.room.checked_sub(1).expect("the journal is too small");
        put(&mut self.bytes, self.next * self.block_size, &block);
        self.next += 1;
        if self.next == self.journal.blocks {
            self.next = 1;
        }
    }
}
