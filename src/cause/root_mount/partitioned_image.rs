//! KC013: the image has partitions, and `root=` names the whole disk.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Says, Tell};
use super::stops;
use crate::bundle::{Bundle, RootDevice};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::rootfs::Scheme;
use crate::stage::Stage;
use crate::vmm;

/// The cause.
pub static PARTITIONED_IMAGE: Cause = Cause {
    code: Code(13),
    name: "partitioned-image",
    stage: Stage::RootMount,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "The root's disk has partitions, and root= names the whole disk.",
    explanation: "Images of installed systems and cloud images are disks: a partition table stands \
        before the file system. With root=/dev/vda the kernel looks for a file system in the first \
        bytes of the disk and finds the table. The partition has a device of its own, /dev/vda1, \
        or a name that survives another order of disks, PARTUUID=.",
    fix: "Name the partition: root=/dev/vda‹n› or root=PARTUUID=‹uuid›.",
    tells: &[
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(254,0)›",
            by: "Linux, every version",
            says: Says::When(weigh),
        },
        Tell {
            text: "EXT4-fs (‹vda›): VFS: Can't find ext4 filesystem",
            by: "Linux fs/ext4/super.c, where an initramfs mounts the disk as a whole",
            says: Says::Perhaps,
        },
        Tell {
            text: "mount: mounting ‹/dev/vda› on ‹/sysroot› failed: Invalid argument",
            by: "BusyBox, in an initramfs; it asks the kernel to be silent",
            says: Says::When(super::by_busybox),
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, mount_root_generic (mount_block_root before 6.6)",
        "Linux block/early-lookup.c",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.root()? else {
        return Ok(Vec::new());
    };
    if root.is_folder() {
        return Ok(Vec::new());
    }
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
    let device = format!("/dev/{}{}", vmm::disk_name(0), partition.number);
    let message = format!(
        "The image is a partitioned disk ({scheme}), and its root is partition {}.",
        partition.number
    );
    if bundle.command_line().is_err() || bundle.is_command_line_assumed() {
        return Ok(vec![
            PARTITIONED_IMAGE
                .finding(
                    message,
                    "It boots where root= names the partition.",
                    format!("Boot it with root={device}."),
                )
                .with_severity(Severity::Info),
        ]);
    }
    if bundle.root_device()? != RootDevice::Disk || super::bad_root_flags::stop_ext4(bundle)? {
        return Ok(Vec::new());
    }
    Ok(vec![PARTITIONED_IMAGE.finding(
        format!(
            "The image is a partitioned disk ({scheme}), and root= names the whole disk instead of \
             partition {}.",
            partition.number
        ),
        stops(bundle)?,
        format!("Use root={device}."),
    )])
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
