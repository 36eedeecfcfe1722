//! The log of a journal, read from its first transaction to its last.
//!
//! Source: `Documentation/filesystems/ext4/journal.rst`; `do_one_pass` and `scan_revoke_records` in
//! `fs/jbd2/recovery.c`.

use super::super::checksum::{Crc32c, crc32_be};
use super::super::content::{Map, Place};
use super::super::view::{View, slice};
use super::replay::{JournalCopy, Replay};
use super::superblock::{JournalSuperblock, MAGIC};
use crate::bytes::{Endianness, Window};
use crate::error::{Error, Result};
use binrw::BinRead;
use std::collections::BTreeMap;
use std::sync::Arc;

const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKE: u32 = 5;
const HEADER_BYTES: u64 = 12;
const REVOKE_HEADER_BYTES: u64 = 16;
/// The checksum at the end of descriptor and revoke blocks.
const TAIL_BYTES: u64 = 4;
const COMMIT_CHECKSUM_AT: usize = 16;
const UUID_BYTES: u64 = 16;
const FLAG_ESCAPE: u32 = 1;
const FLAG_SAME_UUID: u32 = 2;
const FLAG_LAST: u32 = 8;
/// `h_chksum_type` and size of a checksum v1.
const V1_CRC32: (u8, u8) = (1, 4);
/// Blocks and revocations of one log that are remembered: four times those of the largest journal
/// that mke2fs makes by itself.
const KEPT_RECORDS: usize = 1 << 20;
/// The first tag of a fast commit.
const FAST_COMMIT_HEAD: u16 = 9;
/// The length of its value, `struct ext4_fc_head`.
const FAST_COMMIT_HEAD_BYTES: u16 = 8;

/// The header of every block of the log but the copies.
#[derive(Debug, BinRead)]
struct BlockHeader {
    h_magic: u32,
    h_blocktype: u32,
    h_sequence: u32,
}

/// The rest of a commit block.
#[derive(Debug, BinRead)]
struct CommitHeader {
    /// 0x0c: 1 for crc32, of checksums v1.
    h_chksum_type: u8,
    /// 0x0d: its bytes.
    h_chksum_size: u8,
    /// 0x0e: padding.
    _h_padding: [u8; 2],
    /// 0x10: the checksum.
    h_chksum: [u32; 8],
    /// 0x30: time.
    h_commit_sec: u64,
}

/// A tag: one block that a descriptor tells of.
struct Tag {
    block: u64,
    flags: u32,
    checksum: Option<(u32, u32)>,
}

/// What is known of the log so far. Transactions are counted from 0, since their numbers wrap.
#[derive(Default)]
struct Records {
    copies: Vec<(u64, u64, JournalCopy)>,
    revoked: Vec<(u64, u64)>,
}

pub(super) struct Log<'a> {
    view: View<'a>,
    map: Map<'a>,
    superblock: &'a JournalSuperblock,
    /// The block that is read next.
    at: u64,
    walked: u64,
    /// Checksum v1 of the transaction so far.
    sum: u32,
}

/// Why the log is not read further.
enum End {
    /// Here the last whole transaction ends.
    Regular,
    Corrupt(Error),
}

impl<'a> Log<'a> {
    pub(super) fn new(view: View<'a>, map: Map<'a>, superblock: &'a JournalSuperblock) -> Self {
        Self {
            view,
            map,
            superblock,
            at: u64::from(superblock.s_start),
            walked: 0,
            sum: u32::MAX,
        }
    }

    /// Reads the whole log.
    pub(super) fn replay(mut self) -> Result<Replay> {
        let mut done = Records::default();
        let mut sequence = self.superblock.s_sequence;
        let mut transaction = 0_u64;
        if self.superblock.s_start != 0 {
            let mut last_time = 0;
            while let Some((records, time)) = self.transaction(sequence, transaction, last_time)? {
                last_time = time;
                done.copies.extend(records.copies);
                done.revoked.extend(records.revoked);
                if done.copies.len().saturating_add(done.revoked.len()) > KEPT_RECORDS {
                    return Err(too_long());
                }
                sequence = sequence.wrapping_add(1);
                transaction = transaction.saturating_add(1);
            }
            self.refuse_fast_commits(sequence)?;
        }
        let revoked: BTreeMap<u64, u64> = done.revoked.into_iter().collect();
        let copies = done
            .copies
            .into_iter()
            .filter(|(block, transaction, _)| {
                revoked
                    .get(block)
                    .is_none_or(|revoked| revoked < transaction)
            })
            .map(|(block, _, copy)| (block, copy))
            .collect();
        Ok(Replay {
            copies,
            checksum_seed: self.superblock.checksum_seed(),
        })
    }

    /// One transaction, with the time of its commit; `None` where no whole one follows.
    fn transaction(
        &mut self,
        sequence: u32,
        transaction: u64,
        last_time: u64,
    ) -> Result<Option<(Records, u64)>> {
        let mut records = Records::default();
        let mut has_bad_block = false;
        self.sum = u32::MAX;
        loop {
            let (place, bytes) = self.next()?;
            let at = self.view.geometry().offset_of(place);
            let window = Window::new(&bytes, at);
            let header: BlockHeader = window.header("journal_header_s", 0, Endianness::Big)?;
            if header.h_magic != MAGIC || header.h_sequence != sequence {
                return Ok(None);
            }
            match header.h_blocktype {
                DESCRIPTOR => {
                    has_bad_block |= !self.tail_is_good(&window);
                    self.sum_v1(&bytes);
                    self.descriptor(&window, sequence, transaction, &mut records)?;
                }
                REVOKE => {
                    has_bad_block |= !self.tail_is_good(&window);
                    self.revocations(&window, transaction, &mut records)?;
                }
                COMMIT => {
                    let commit: CommitHeader =
                        window.header("commit_header", HEADER_BYTES, Endianness::Big)?;
                    let time = commit.h_commit_sec;
                    let is_good = !has_bad_block && self.commit_is_good(&window, &commit);
                    if is_good {
                        return Ok(Some((records, time)));
                    }
                    return match self.bad_commit(sequence, has_bad_block, time < last_time, at) {
                        End::Regular => Ok(None),
                        End::Corrupt(error) => Err(error),
                    };
                }
                _ => return Ok(None),
            }
            if records.copies.len().saturating_add(records.revoked.len()) > KEPT_RECORDS {
                return Err(too_long());
            }
        }
    }

    /// A commit whose checksums are wrong is what an older log has left, if it is older than the
    /// one before it; or was interrupted, where commits need not wait for their blocks.
    fn bad_commit(&self, sequence: u32, has_bad_block: bool, is_older: bool, at: u64) -> End {
        if is_older || (!has_bad_block && self.superblock.has_async_commit()) {
            return End::Regular;
        }
        End::Corrupt(Error::corrupt(
            "h_chksum",
            at,
            format!("the checksums of transaction {sequence} in the journal"),
            "others",
        ))
    }

    /// The next block of the log, with its place in the file system.
    fn next(&mut self) -> Result<(u64, Arc<[u8]>)> {
        let place = self.step()?;
        Ok((place, self.view.block("journal", place)?))
    }

    /// The place of the next block of the log.
    fn step(&mut self) -> Result<u64> {
        let length = self
            .superblock
            .end()
            .saturating_sub(self.superblock.first());
        if self.walked > length {
            return Err(Error::corrupt(
                "h_sequence",
                0,
                format!("a log of {length} blocks"),
                "one that has no end",
            ));
        }
        let place = self.place(self.at)?;
        self.walked = self.walked.saturating_add(1);
        self.at = self.at.saturating_add(1);
        if self.at >= self.superblock.end() {
            self.at = self.superblock.first();
        }
        Ok(place)
    }

    fn place(&mut self, block: u64) -> Result<u64> {
        match self.map.at(&self.view, block, 1)?.place {
            Place::Blocks(place) => Ok(place),
            Place::Hole | Place::Unwritten => Err(Error::corrupt(
                "journal",
                0,
                format!("block {block} of the journal"),
                "a hole",
            )),
        }
    }

    fn descriptor(
        &mut self,
        window: &Window<'_>,
        sequence: u32,
        transaction: u64,
        records: &mut Records,
    ) -> Result<()> {
        let mut at = HEADER_BYTES;
        let end = window.len().saturating_sub(self.tail_bytes());
        while at.saturating_add(self.tag_bytes()) <= end {
            let tag = self.tag(window, at)?;
            let place = if self.superblock.has_checksum_v1() {
                let (place, bytes) = self.next()?;
                self.sum_v1(&bytes);
                place
            } else {
                self.step()?
            };
            records.copies.push((
                tag.block,
                transaction,
                JournalCopy {
                    block: place,
                    is_escaped: tag.flags & FLAG_ESCAPE != 0,
                    sequence,
                    checksum: tag.checksum,
                },
            ));
            at = at.saturating_add(self.tag_bytes());
            if tag.flags & FLAG_SAME_UUID == 0 {
                at = at.saturating_add(UUID_BYTES);
            }
            if tag.flags & FLAG_LAST != 0 {
                break;
            }
        }
        Ok(())
    }

    fn tag_bytes(&self) -> u64 {
        if self.superblock.has_checksum_v3() {
            return 16;
        }
        let checksum = if self.superblock.has_checksums() {
            2
        } else {
            0
        };
        let high = if self.superblock.has_64bit() { 4 } else { 0 };
        8_u64.saturating_add(checksum).saturating_add(high)
    }

    fn tag(&self, window: &Window<'_>, at: u64) -> Result<Tag> {
        let word =
            |offset: u64| window.u32("t_blocknr", at.saturating_add(offset), Endianness::Big);
        let half = |offset: u64| window.u16("t_flags", at.saturating_add(offset), Endianness::Big);
        let mut block = u64::from(word(0)?);
        if self.superblock.has_64bit() {
            block |= u64::from(word(8)?) << 32;
        }
        Ok(if self.superblock.has_checksum_v3() {
            Tag {
                block,
                flags: word(4)?,
                checksum: Some((word(12)?, u32::MAX)),
            }
        } else {
            let checksum = self
                .superblock
                .has_checksums()
                .then(|| half(4))
                .transpose()?;
            Tag {
                block,
                flags: u32::from(half(6)?),
                checksum: checksum.map(|stored| (u32::from(stored), 0xffff)),
            }
        })
    }

    fn revocations(
        &self,
        window: &Window<'_>,
        transaction: u64,
        records: &mut Records,
    ) -> Result<()> {
        let count = u64::from(window.u32("r_count", HEADER_BYTES, Endianness::Big)?);
        let most = window.len().saturating_sub(self.tail_bytes());
        if count > most {
            return Err(Error::corrupt(
                "r_count",
                window.base().saturating_add(HEADER_BYTES),
                format!("at most {most}"),
                count.to_string(),
            ));
        }
        let is_wide = self.superblock.has_64bit();
        let record_bytes = if is_wide { 8 } else { 4 };
        let mut at = REVOKE_HEADER_BYTES;
        while at.saturating_add(record_bytes) <= count {
            let block = if is_wide {
                window.u64("r_count", at, Endianness::Big)?
            } else {
                u64::from(window.u32("r_count", at, Endianness::Big)?)
            };
            records.revoked.push((block, transaction));
            at = at.saturating_add(record_bytes);
        }
        Ok(())
    }

    fn tail_bytes(&self) -> u64 {
        if self.superblock.has_checksums() {
            TAIL_BYTES
        } else {
            0
        }
    }

    /// Whether a descriptor or revoke block agrees with its checksum.
    fn tail_is_good(&self, window: &Window<'_>) -> bool {
        if !self.superblock.has_checksums() {
            return true;
        }
        let at = window.len().saturating_sub(TAIL_BYTES);
        let computed = Crc32c::new(self.superblock.checksum_seed())
            .bytes(slice(window.as_bytes(), 0, at))
            .bytes(&[0; 4])
            .value();
        window.u32("t_checksum", at, Endianness::Big) == Ok(computed)
    }

    fn commit_is_good(&self, window: &Window<'_>, commit: &CommitHeader) -> bool {
        let [stored, ..] = commit.h_chksum;
        if self.superblock.has_checksum_v1() {
            let kind = (commit.h_chksum_type, commit.h_chksum_size);
            return (kind == V1_CRC32 && stored == self.sum) || (kind == (0, 0) && stored == 0);
        }
        if !self.superblock.has_checksums() {
            return true;
        }
        let computed = Crc32c::new(self.superblock.checksum_seed())
            .with_zeros(window.as_bytes(), COMMIT_CHECKSUM_AT, 4)
            .value();
        computed == stored
    }

    fn sum_v1(&mut self, bytes: &[u8]) {
        if self.superblock.has_checksum_v1() {
            self.sum = crc32_be(self.sum, bytes);
        }
    }

    /// Fast commits after the log change inodes and directories by rules of their own, and are not
    /// replayed here.
    ///
    /// Models `fc_do_one_pass` in `fs/jbd2/recovery.c` and the start of `ext4_fc_replay_scan` in
    /// `fs/ext4/fast_commit.c`. A first block that begins with another tag, or with the head of
    /// another transaction, ends the scan. A head that the kernel refuses fails the mount, or does
    /// not, by its version.
    fn refuse_fast_commits(&mut self, sequence: u32) -> Result<()> {
        let Some(first) = self.superblock.first_fast_commit() else {
            return Ok(());
        };
        let place = self.place(first)?;
        let bytes = self.view.block("journal", place)?;
        let window = Window::new(&bytes, self.view.geometry().offset_of(place));
        if window.u16("fc_tag", 0, Endianness::Little)? != FAST_COMMIT_HEAD {
            return Ok(());
        }
        let length = window.u16("fc_len", 2, Endianness::Little)?;
        let features = window.u32("fc_features", 4, Endianness::Little)?;
        let tid = window.u32("fc_tid", 8, Endianness::Little)?;
        if length == FAST_COMMIT_HEAD_BYTES && features == 0 && tid != sequence {
            return Ok(());
        }
        Err(Error::unsupported(
            "journal",
            "not replayed: it holds fast commits",
        ))
    }
}

fn too_long() -> Error {
    Error::unsupported(
        "journal",
        format!("not replayed: it holds more than {KEPT_RECORDS} blocks"),
    )
}
