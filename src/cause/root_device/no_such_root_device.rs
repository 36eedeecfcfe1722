//! KC405: `root=` names a disk or a partition that the machine does not have.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::{UnreadTable, seen};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_SUCH_ROOT_DEVICE: Cause = Cause {
    code: Code(405),
    name: "no-such-root-device",
    stage: Stage::RootDevice,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "root= names a disk or partition that the machine does not have.",
    explanation: "The first virtio disk is /dev/vda, whatever the name of the image: sda, nvme0n1 \
        and mmcblk0 are disks of other machines. /dev/vda1 exists only if the image has a \
        partition table. On an image without one, the kernel still knows the number of that \
        partition, does not wait for it, and fails to open it with error -6.",
    fix: "Name an existing device: root=/dev/vda for a bare file system, root=/dev/vda1 for the \
        first partition.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"‹vda1›\" or unknown-block(‹254,1›): error -6",
            by: "Linux; since 6.5 with /dev/ before the name",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "VFS: Cannot open root device \"‹vda1›\" or unknown-block(‹0,0›)",
            by: "Linux before 3.14, without the error",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "here are the available partitions:",
            by: "Linux, before the list of existing devices",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "Waiting for root device ‹/dev/vdb›...",
            by: "Linux, with rootwait",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "‹/dev/vdb›: Can't lookup blockdev",
            by: "Linux 6.18, if the init of an initramfs mounts a missing device",
            says: Says::When(looked_up),
        },
        Tell {
            text: "does not exist.  Dropping to a shell!",
            by: "the init of initramfs-tools",
            says: Says::When(weigh),
        },
        Tell {
            text: "does not exist. Dropping to a shell!",
            by: "the init of initramfs-tools, in a log that lost the second of two blanks",
            says: Says::When(weigh),
        },
        Tell {
            text: "Warning: ‹/dev/vdb› does not exist",
            by: "dracut",
            says: Says::When(weigh),
        },
        Tell {
            text: "ERROR: device '‹/dev/vdb›' not found. Skipping fsck.",
            by: "the init of mkinitcpio",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some print nothing before it",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "kelpie-check: cannot find root=‹vda›: this initramfs knows /dev/NAME alone",
            by: "the init that `initramfs build` makes",
            says: Says::When(is_bare_name),
        },
        Tell {
            text: "kelpie-check: cannot open ‹/dev/vdb› (error -2)",
            by: "the init that `initramfs build` makes, if no such device appears",
            says: Says::When(looked_up),
        },
        Tell {
            text: "UUID=None does not exist",
            by: "the init of initramfs-tools: an installer wrote the word of its language for nothing",
            says: Says::It,
        },
        Tell {
            text: "UUID=null does not exist",
            by: "the init of initramfs-tools, likewise",
            says: Says::It,
        },
        Tell {
            text: "UUID= does not exist",
            by: "the init of initramfs-tools, likewise",
            says: Says::It,
        },
        Tell {
            text: "ERROR: device 'UUID=' not found",
            by: "the init of mkinitcpio, likewise",
            says: Says::It,
        },
        Tell {
            text: "9pnet_virtio: no channels available for device ‹rootfs›",
            by: "Linux, net/9p/trans_virtio.c: the machine has no share of that tag",
            says: Says::It,
        },
        Tell {
            text: "virtio-fs: tag <‹rootfs›> not found",
            by: "Linux, fs/fuse/virtio_fs.c: the machine has no share of that tag",
            says: Says::It,
        },
        Tell {
            text: "Don't know how to handle 'root=‹…›'",
            by: "dracut, modules.d/99base/parse-root-opts.sh",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, blk_lookup_devt; before 6.5 block/genhd.c",
        "Linux drivers/block/virtio_blk.c, virtblk_name_format and PART_BITS",
    ],
    check: Check::Boot,
};

/// The finding about a name for which the machine has no device. `parameters` name the given root, if
/// there is one.
pub(crate) fn of(
    named: &str,
    instead: &str,
    parameters: Option<&str>,
    consequence: String,
) -> Finding {
    let fix = match parameters {
        Some(parameters) => format!("Write {parameters}."),
        None => "Give the root with --rootfs.".to_owned(),
    };
    NO_SUCH_ROOT_DEVICE.finding(
        format!("root= names {named}, but there is {instead}."),
        consequence,
        fix,
    )
}

/// The finding about a partition of a table that the kernel does not read.
pub(crate) fn of_unread_table(table: &UnreadTable, consequence: String) -> Finding {
    super::of_unread_table(&NO_SUCH_ROOT_DEVICE, table, consequence)
}

/// A name that is neither a device's nor on the disk.
fn is_bare_name(clues: &Clues) -> Belief {
    match seen::named(clues) {
        Some(name) if is_looked_up_elsewhere(&name) => Belief::No,
        Some(_) => Belief::Certain,
        None => Belief::Possible,
    }
}

/// A name that is in a file system or in a table of partitions, which have causes of their own.
fn is_looked_up_elsewhere(name: &str) -> bool {
    seen::is_by_file_system(name) || seen::is_by_table(name)
}

/// Other disks were seen by the init that looked for this one.
fn weigh(clues: &Clues) -> Belief {
    if seen::disks(clues).next().is_some() {
        Belief::Certain
    } else {
        Belief::Likely
    }
}

/// What root= names is not among the disks that were seen.
fn looked_up(clues: &Clues) -> Belief {
    let name = seen::named(clues).unwrap_or_default();
    let is_bare = seen::is_bare(clues) && !is_looked_up_elsewhere(&name);
    if is_bare && !name.is_empty() {
        Belief::Certain
    } else if name.is_empty() || seen::disks(clues).any(|disk| disk == name) {
        Belief::No
    } else if seen::disks(clues).next().is_some() {
        Belief::Certain
    } else {
        Belief::Likely
    }
}
