//! Kinds of disks: the drivers that a kernel needs for one, and what it calls it, a row each.

/// A kind of disk.
#[derive(Debug, PartialEq, Eq)]
pub struct DiskKind {
    /// The name in options and machine formats.
    pub name: &'static str,
    /// Whether it is a virtio device, which needs the virtio transport of its bus too.
    pub is_virtio: bool,
    /// The options of its drivers, which all have to be built in or loaded.
    pub options: &'static [&'static str],
    /// How the kernel names the disks.
    pub names: DiskNames,
    /// The major number of the disks.
    pub major: Major,
    /// The names of its links in `/dev/disk/by-path`. `{place}` is the place of its device on the bus.
    pub by_path: &'static [&'static str],
    /// QEMU's devices for it; the last one is the disk. `{bus}` is the end that names the bus.
    pub qemu: &'static [&'static str],
}

/// A major number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Major {
    /// The number: the driver's own, or the highest of those that are given out.
    pub number: u32,
    /// The options of drivers that take it if the kernel initialises them before the disk's.
    pub before: &'static [&'static str],
}

/// How a kernel names disks of one kind, in the order in which it finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskNames {
    /// This prefix and letters: `vda`, `vdb` … `vdz`, `vdaa`.
    Letters(&'static str),
}

/// A virtio block device.
///
/// Source: Linux `drivers/block/virtio_blk.c`, `virtblk_name_format`; `block/genhd.c`,
/// `__register_blkdev`. `md_init` is a `subsys_initcall`, and `pktcdvd` comes before `virtio_blk` in
/// `drivers/block/Makefile`.
pub static VIRTIO_BLK: DiskKind = DiskKind {
    name: "virtio-blk",
    is_virtio: true,
    options: &["VIRTIO_BLK"],
    names: DiskNames::Letters("vd"),
    major: Major {
        number: 254,
        before: &["BLK_DEV_MD", "CDROM_PKTCDVD"],
    },
    by_path: &["{place}", "virtio-{place}"],
    qemu: &["virtio-blk-{bus}"],
};

/// A SCSI disk behind a virtio controller.
///
/// Source: Linux `drivers/scsi/virtio_scsi.c`, `drivers/scsi/sd.c` (`sd_format_disk_name`).
pub static VIRTIO_SCSI: DiskKind = DiskKind {
    name: "virtio-scsi",
    is_virtio: true,
    options: &["SCSI", "SCSI_VIRTIO", "BLK_DEV_SD"],
    names: DiskNames::Letters("sd"),
    major: Major {
        number: 8,
        before: &[],
    },
    by_path: &["{place}-scsi-0:0:0:0"],
    qemu: &["virtio-scsi-{bus}", "scsi-hd"],
};

/// Every kind of disk.
pub static DISK_KINDS: [&DiskKind; 2] = [&VIRTIO_BLK, &VIRTIO_SCSI];

impl DiskKind {
    /// Returns the kind of that name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        DISK_KINDS.into_iter().find(|kind| kind.name == name)
    }

    /// Returns the name of the disk of that number, which counts from zero.
    pub fn disk_name(&self, number: u32) -> String {
        let DiskNames::Letters(prefix) = self.names;
        format!("{prefix}{}", letters(number))
    }

    /// Returns the path of the first disk.
    pub fn first_device(&self) -> String {
        format!("/dev/{}", self.disk_name(0))
    }
}

/// Returns the name of a partition. A `p` separates the number from a disk whose name ends with a digit.
///
/// Source: Linux `block/genhd.c` and `block/partitions/core.c`, `add_partition`.
pub fn partition_name(disk: &str, number: u32) -> String {
    if disk.ends_with(|last: char| last.is_ascii_digit()) {
        format!("{disk}p{number}")
    } else {
        format!("{disk}{number}")
    }
}

fn letters(number: u32) -> String {
    let mut letters = Vec::new();
    let mut left = Some(number);
    while let Some(number) = left {
        letters
            .push(char::from_digit(number.wrapping_rem(26).saturating_add(10), 36).unwrap_or('a'));
        left = number.wrapping_div(26).checked_sub(1);
    }
    letters.iter().rev().collect()
}
