//! KC013: the image has partitions, and `root=` names the whole disk.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::Mount;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::{RootFs, Scheme};
use crate::stage::Stage;
use crate::vmm;

/// The cause.
pub static PARTITIONED_IMAGE: Cause = Cause {
    code: Code(13),
    name: "partitioned-image",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root's disk has partitions, but root= names the whole disk.",
    explanation: "Images of installed systems and cloud images are disks with a partition table. \
        With root=/dev/vda, the kernel looks for a file system in the first bytes of the disk and \
        finds the table. The partition has its own device, /dev/vda1, and a name that does not \
        depend on the order of disks, PARTUUID=.",
    fix: "Name the partition: root=/dev/vda‹n› or root=PARTUUID=‹uuid›.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, every version",
            says: Says::When(weigh),
        },
        Tell {
            text: "EXT4-fs (‹vda›): VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, if an initramfs mounts the whole disk",
            says: Says::Perhaps,
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: Invalid argument",
            by: "BusyBox, in an initramfs; it asks the kernel to be silent",
            says: Says::When(super::by_busybox),
        },
        Tell {
            text: "mount: wrong fs type, bad option, bad superblock on /dev/‹sda›",
            by: "util-linux mount before 2.31, of the name of a whole disk",
            says: Says::When(by_util_linux),
        },
        Tell {
            text: "mount: ‹/sysroot›: wrong fs type, bad option, bad superblock on /dev/‹sda›,",
            by: "util-linux mount",
            says: Says::When(by_util_linux),
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, mount_root_generic (mount_block_root before 6.6)",
        "Linux block/early-lookup.c",
    ],
    check: Check::Boot,
};

/// Returns the finding if the disk has partitions, and the system is in one of them. `is_whole_disk` says
/// whether `root=` names the disk, if a command line is given.
pub(crate) fn of(
    mount: &Mount<'_>,
    root: &RootFs,
    is_whole_disk: Option<bool>,
) -> Result<Vec<Finding>> {
    let Some(table) = root.partitions()? else {
        return Ok(Vec::new());
    };
    let scheme = match table.scheme {
        Scheme::Gpt => "GPT",
        Scheme::Mbr => "MBR",
    };
    // Without a partition to name, KC010 says that there is none.
    let Some(partition) = root.partition()? else {
        return Ok(Vec::new());
    };
    let named = format!(
        "/dev/{}",
        vmm::partition_name(&mount.disk_name(), partition.number)
    );
    Ok(match is_whole_disk {
        None => vec![
            PARTITIONED_IMAGE
                .finding(
                    format!(
                        "The image is a partitioned disk ({scheme}), and its root is partition {}.",
                        partition.number
                    ),
                    "It boots if root= names the partition.",
                    format!("Boot it with root={named}."),
                )
                .with_severity(Severity::Info),
        ],
        Some(true) => vec![PARTITIONED_IMAGE.finding(
            format!(
                "The image is a partitioned disk ({scheme}), but root= names the whole disk \
                    instead of partition {}.",
                partition.number
            ),
            mount.stops()?,
            format!("Use root={named}."),
        )],
        Some(false) => Vec::new(),
    })
}

/// The disk that root= names has partitions.
fn weigh(clues: &Clues) -> Belief {
    // Where the kernel lacks the type that is stated, it comes no further.
    let lacks_type = seen::error(clues) == Some(-19);
    if !lacks_type && !super::is_refused(clues) {
        return Belief::No;
    }
    let Some(name) = seen::named(clues).filter(|name| !name.is_empty()) else {
        return Belief::Possible;
    };
    let is_partition_of_it = |disk: &str| {
        let rest = disk.strip_prefix(name.as_str());
        rest.is_some_and(|rest| rest.ends_with(|letter: char| letter.is_ascii_digit()))
    };
    match (seen::disks(clues).any(is_partition_of_it), lacks_type) {
        (true, false) => Belief::Certain,
        (false, false) | (true, true) => Belief::Possible,
        (false, true) => Belief::No,
    }
}

/// mount got no file system from a disk that it was given as a whole.
fn by_util_linux(clues: &Clues) -> Belief {
    match clues.refused_mount.as_deref() {
        Some(device) if !clues.is_past_initramfs() && is_whole_disk(device) => Belief::Likely,
        _ => Belief::No,
    }
}

/// Returns true for the name of a disk, and not of a partition or a volume. A virtio disk is often a file system as
/// a whole.
fn is_whole_disk(device: &str) -> bool {
    let is_numbered = device.ends_with(|letter: char| letter.is_ascii_digit());
    match device {
        _ if device.starts_with("nvme") || device.starts_with("mmcblk") => !device.contains('p'),
        _ if ["sd", "xvd", "hd"]
            .iter()
            .any(|kind| device.starts_with(kind)) =>
        {
            !is_numbered
        }
        _ => false,
    }
}
