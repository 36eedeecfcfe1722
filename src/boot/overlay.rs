//! The overlay that takes a guest's writes: an empty qcow2 image of version 3. Its header names no
//! backing file; QEMU's command line names the node below.
//!
//! Source: QEMU `docs/interop/qcow2.rst`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

const CLUSTER_BITS: u32 = 16;
const CLUSTER_BYTES: u64 = 1 << CLUSTER_BITS;
const SECTOR_BYTES: u64 = 512;
/// One table of level 2 fills a cluster, by 8 bytes an entry.
const L2_COVERAGE_BYTES: u64 = CLUSTER_BYTES * (CLUSTER_BYTES / 8);
/// QEMU's own limit: a table of 32 MiB.
const L1_ENTRIES_MAX: u64 = 4 * 1024 * 1024;
const HEADER_BYTES: u32 = 104;
/// Clusters before the level 1 table: the header, the table of reference counts, a block of them.
const L1_CLUSTER: u64 = 3;

/// Writes an overlay for a disk of that size to the new file `to`.
pub(super) fn write(to: &Path, disk_bytes: u64) -> io::Result<()> {
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "the disk is too large");
    // QEMU rounds a raw file up to whole sectors.
    let size = disk_bytes
        .checked_next_multiple_of(SECTOR_BYTES)
        .ok_or_else(too_large)?;
    let l1_entries = size.div_ceil(L2_COVERAGE_BYTES).max(1);
    if l1_entries > L1_ENTRIES_MAX {
        return Err(too_large());
    }
    let l1_size = u32::try_from(l1_entries).map_err(io::Error::other)?;
    let l1_clusters = l1_entries.saturating_mul(8).div_ceil(CLUSTER_BYTES);
    let clusters = L1_CLUSTER.saturating_add(l1_clusters);

    let mut head = Vec::new();
    head.extend(b"QFI\xfb");
    head.extend(3_u32.to_be_bytes());
    // No backing file: neither an offset nor a length of its name.
    head.extend([0; 12]);
    head.extend(CLUSTER_BITS.to_be_bytes());
    head.extend(size.to_be_bytes());
    // Not encrypted.
    head.extend(0_u32.to_be_bytes());
    head.extend(l1_size.to_be_bytes());
    head.extend(L1_CLUSTER.saturating_mul(CLUSTER_BYTES).to_be_bytes());
    // The table of reference counts, and how many clusters it has.
    head.extend(CLUSTER_BYTES.to_be_bytes());
    head.extend(1_u32.to_be_bytes());
    // Neither snapshots nor features.
    head.extend([0; 36]);
    // Reference counts of 16 bits.
    head.extend(4_u32.to_be_bytes());
    head.extend(HEADER_BYTES.to_be_bytes());

    let mut table = vec![0; usize::try_from(CLUSTER_BYTES).map_err(io::Error::other)?];
    head.resize(table.len(), 0);
    let block_at = CLUSTER_BYTES.saturating_mul(2);
    table.splice(..8, block_at.to_be_bytes());
    let mut file = File::create_new(to)?;
    file.write_all(&head)?;
    file.write_all(&table)?;
    let counts: Vec<u8> = (0..clusters).flat_map(|_| 1_u16.to_be_bytes()).collect();
    file.write_all(&counts)?;
    file.set_len(clusters.saturating_mul(CLUSTER_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::rootfs::RootFs;

    #[test]
    fn an_overlay_is_an_empty_disk_that_names_no_file() {
        let folder = tempfile::tempdir().unwrap();
        for (number, (bytes, size)) in
            [(0, 0), (1000, 1024), (1 << 30, 1 << 30), (3 << 40, 3 << 40)]
                .into_iter()
                .enumerate()
        {
            let path = folder.path().join(number.to_string());
            write(&path, bytes).unwrap();
            let root = RootFs::open(&path, &Limits::default()).unwrap();
            let layout = root.layout().unwrap();
            assert_eq!(layout.disk_bytes, Some(size));
            assert!(layout.references.is_empty());
            let disk = root.image().unwrap().disk.clone().unwrap();
            assert_eq!(disk.len(), size);
            let start = disk.read("disk", 0, size.min(4096)).unwrap();
            assert!(start.iter().all(|byte| *byte == 0));
        }
        assert!(write(&folder.path().join("large"), u64::MAX).is_err());
        assert!(write(&folder.path().join("larger"), 1 << 60).is_err());
    }
}
