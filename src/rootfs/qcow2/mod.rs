//! The disk inside a qcow2 image, by positioned reads.
//!
//! Source: QEMU `docs/interop/qcow2.rst`; `block/qcow2.c` for what QEMU refuses.
//!
//! Nothing is allocated by a count of the image: tables are read in slices of 4 KiB, as they are
//! asked for. No other file is ever opened, for an image may name any. (The crate imago reads no
//! images with zstd and none that was open in a crash, and its feature for use without an
//! asynchronous runtime excludes the one with it in the whole build.)

mod cache;
mod header;

use self::cache::Cache;
use self::header::{Compression, Header};
use crate::bytes::Endianness;
use crate::codec;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Sink};
use crate::source::{ReadAt, Source};
use flate2::{Decompress, FlushDecompress};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const ENTRY_BYTES: u64 = 8;
/// Bytes of a table that are read together.
const SLICE_BYTES: u64 = 4096;
/// Bytes of tables that are kept.
const SLICES_KEPT_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of decompressed clusters that are kept.
const CLUSTERS_KEPT_BYTES: u64 = 8 * 1024 * 1024;
/// The place in an entry of either table: bits 9 to 55.
const OFFSET_MASK: u64 = 0x00ff_ffff_ffff_fe00;
const L2_COMPRESSED: u64 = 1 << 62;
/// Reads as zeros; from version 3 on.
const L2_ZERO: u64 = 1;
/// What the length of a compressed cluster counts in.
const SECTOR_BYTES: u64 = 512;
/// More than a window of zstd needs for a cluster of 2 MiB.
const ZSTD_MEMORY_BYTES: u64 = 16 * 1024 * 1024;

/// The disk that a qcow2 image holds.
pub(super) struct Qcow2 {
    file: Source,
    header: Header,
    limits: Limits,
    slices: Cache,
    clusters: Cache,
    left_bytes: AtomicU64,
}

/// Where the bytes of a cluster are.
enum Mapping {
    /// No table of level 2 covers it.
    Unallocated,
    Zeros,
    At(u64),
    Compressed {
        offset: u64,
        length: u64,
    },
}

/// The disk in the image `file`.
pub(super) fn open(file: Source, limits: &Limits) -> Result<Source> {
    let header = Header::read(&file)?;
    Ok(Source::positioned(Arc::new(Qcow2 {
        file,
        header,
        limits: Limits {
            codec_memory_bytes: limits.codec_memory_bytes.min(ZSTD_MEMORY_BYTES),
            decoded_bytes: header.cluster_bytes(),
            ..limits.clone()
        },
        slices: Cache::new(SLICES_KEPT_BYTES),
        clusters: Cache::new(CLUSTERS_KEPT_BYTES),
        left_bytes: AtomicU64::new(limits.read_bytes),
    })))
}

impl ReadAt for Qcow2 {
    fn len(&self) -> u64 {
        self.header.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut done = 0_usize;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(count(done));
            let Some(on_disk) = self.header.size.checked_sub(at).filter(|left| *left > 0) else {
                break;
            };
            let within = at & self.header.cluster_bytes().wrapping_sub(1);
            let length = self.header.cluster_bytes().saturating_sub(within);
            let length = length.min(on_disk).min(count(rest.len()));
            let room = usize::try_from(length).unwrap_or(rest.len());
            let room = rest.get_mut(..room).unwrap_or_default();
            self.read_in_cluster(at, within, room)
                .map_err(io::Error::other)?;
            done = done.saturating_add(room.len());
        }
        Ok(done)
    }

    fn hole_bytes(&self, offset: u64) -> io::Result<u64> {
        let left = self.header.size.saturating_sub(offset);
        if left == 0 {
            return Ok(0);
        }
        let unit = match self.mapping(offset).map_err(io::Error::other)? {
            Mapping::Unallocated => self.header.l2_coverage_bytes(),
            Mapping::Zeros => self.header.cluster_bytes(),
            Mapping::At(_) | Mapping::Compressed { .. } => return Ok(0),
        };
        let hole = unit.saturating_sub(offset & unit.wrapping_sub(1));
        Ok(hole.min(left))
    }
}

impl Qcow2 {
    /// Fills `room` from the cluster that holds `at`, from its byte `within` on.
    fn read_in_cluster(&self, at: u64, within: u64, room: &mut [u8]) -> Result<()> {
        match self.mapping(at)? {
            Mapping::Unallocated | Mapping::Zeros => room.fill(0),
            Mapping::At(cluster) => {
                let start = cluster.saturating_add(within);
                let length = self.file.len().saturating_sub(start).min(count(room.len()));
                // The last cluster of a file need not be whole, and reads as zeros behind it.
                if length == 0 && self.file.len() <= cluster {
                    let expected = self.header.cluster_bytes();
                    return Err(Error::truncated("qcow2 cluster", cluster, expected, 0));
                }
                let bytes = self.file.read("qcow2 cluster", start, length)?;
                let (there, behind) = room.split_at_mut_checked(bytes.len()).unwrap_or_default();
                there.copy_from_slice(&bytes);
                behind.fill(0);
            }
            Mapping::Compressed { offset, length } => {
                let cluster = self
                    .clusters
                    .get(offset, || self.decompress(offset, length))?;
                let bytes = usize::try_from(within)
                    .ok()
                    .and_then(|within| cluster.get(within..)?.get(..room.len()))
                    .unwrap_or_default();
                if bytes.len() == room.len() {
                    room.copy_from_slice(bytes);
                }
            }
        }
        Ok(())
    }

    /// Where the cluster is that holds `at`: one entry of the level 1 table leads to a table of
    /// level 2, and one of that to the cluster.
    fn mapping(&self, at: u64) -> Result<Mapping> {
        let header = &self.header;
        let index = at.wrapping_shr(header.cluster_bits);
        // A table of level 2 fills a cluster.
        let l2_bits = header.cluster_bits.saturating_sub(ENTRY_BYTES.ilog2());
        let l1_index = index.wrapping_shr(l2_bits);
        let l2_index = index & 1_u64.wrapping_shl(l2_bits).wrapping_sub(1);
        let l1_at = entry_at(header.l1_table_offset, l1_index);
        let table = self.entry("qcow2 L1 entry", l1_at)? & OFFSET_MASK;
        if table == 0 {
            return Ok(Mapping::Unallocated);
        }
        self.aligned("qcow2 L1 entry", l1_at, table)?;
        let l2_at = entry_at(table, l2_index);
        let entry = self.entry("qcow2 L2 entry", l2_at)?;
        if entry & L2_COMPRESSED != 0 {
            // The lower bits are the place, the upper ones how many more sectors it reaches into.
            let offset_bits = 70_u32.saturating_sub(header.cluster_bits);
            let offset = entry & 1_u64.wrapping_shl(offset_bits).wrapping_sub(1);
            let sectors = (entry & L2_COMPRESSED.wrapping_sub(1)).wrapping_shr(offset_bits);
            let length = sectors
                .saturating_add(1)
                .saturating_mul(SECTOR_BYTES)
                .saturating_sub(offset % SECTOR_BYTES);
            return Ok(Mapping::Compressed { offset, length });
        }
        let cluster = entry & OFFSET_MASK;
        if cluster == 0 || (header.version >= 3 && entry & L2_ZERO != 0) {
            return Ok(Mapping::Zeros);
        }
        self.aligned("qcow2 L2 entry", l2_at, cluster)?;
        Ok(Mapping::At(cluster))
    }

    fn aligned(&self, field: &'static str, at: u64, offset: u64) -> Result<()> {
        if offset.is_multiple_of(self.header.cluster_bytes()) {
            return Ok(());
        }
        Err(Error::invalid(
            field,
            at,
            format!("a multiple of {:#x}", self.header.cluster_bytes()),
            format!("{offset:#x}"),
        ))
    }

    /// An entry of a table, big endian.
    fn entry(&self, field: &'static str, at: u64) -> Result<u64> {
        let slice_at = at.saturating_sub(at % SLICE_BYTES);
        let slice = self.slices.get(slice_at, || {
            let length = self.file.len().saturating_sub(slice_at).min(SLICE_BYTES);
            Ok(self.file.read(field, slice_at, length)?.into_owned())
        })?;
        crate::bytes::Window::new(&slice, slice_at).u64(
            field,
            at.saturating_sub(slice_at),
            Endianness::Big,
        )
    }

    /// A compressed cluster, whole. All that is decoded is charged, for small reads in many places
    /// cost a cluster each.
    fn decompress(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let cluster_bytes = self.header.cluster_bytes();
        self.left_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(cluster_bytes)
            })
            .map_err(|_| Error::limit("read_bytes", self.limits.read_bytes))?;
        // Only whole sectors are counted, and the last may be cut short by the end of the file.
        let length = match self.file.len().saturating_sub(offset) {
            0 => length,
            there => length.min(there),
        };
        self.limits
            .charge_work(cluster_bytes.saturating_add(length))?;
        let stored = self.file.read("qcow2 compressed cluster", offset, length)?;
        let decoded = match self.header.compression {
            Compression::Deflate => inflate(&stored, cluster_bytes),
            Compression::Zstd => self.decode_zstd(&stored),
        }
        .map_err(|error| error.shifted(offset))?;
        if count(decoded.len()) == cluster_bytes {
            return Ok(decoded);
        }
        Err(Error::corrupt(
            "qcow2 compressed cluster",
            offset,
            format!("what decodes to {cluster_bytes} bytes"),
            format!("{} bytes", decoded.len()),
        ))
    }

    fn decode_zstd(&self, stored: &[u8]) -> Result<Vec<u8>> {
        let codec = codec::by_name("zstd")
            .ok_or_else(|| Error::unsupported("qcow2 compression_type", "zstd"))?;
        let budget = Budget::new(&self.limits);
        let mut sink = Sink::new(&self.limits, &budget, Some(self.header.cluster_bytes()));
        codec.decode(stored, &mut sink)?;
        Ok(sink.into_bytes())
    }
}

/// Raw deflate, as far as it fills a cluster; what follows in the last sector is not looked at.
fn inflate(stored: &[u8], cluster_bytes: u64) -> Result<Vec<u8>> {
    let mut decoded = vec![0; usize::try_from(cluster_bytes).unwrap_or(0)];
    let mut inflate = Decompress::new(false);
    inflate
        .decompress(stored, &mut decoded, FlushDecompress::Finish)
        .map_err(|error| {
            Error::corrupt(
                "qcow2 compressed cluster",
                inflate.total_in(),
                "what RFC 1951 allows",
                error.message().unwrap_or("something else"),
            )
        })?;
    decoded.truncate(usize::try_from(inflate.total_out()).unwrap_or(usize::MAX));
    Ok(decoded)
}

fn entry_at(table: u64, index: u64) -> u64 {
    table.saturating_add(index.saturating_mul(ENTRY_BYTES))
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
