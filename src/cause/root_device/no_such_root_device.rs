//! KC405: `root=` names a disk or a partition that the machine does not have.

use super::super::{Belief, Cause, Says, Tell};
use super::seen;
use super::{
    initramfs_misses_root, is_looked_up, kernel_misses_root, kernel_refuses_root, needs_no_device,
    of_unread_table, panics, root_parameters, unread_table,
};
use crate::bundle::{Bundle, Mounter, RootDevice};
use crate::cmdline::Root;
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm;

/// Partitions below this have a number beside the disk's whether they exist or not (`PART_BITS`
/// in `drivers/block/virtio_blk.c`).
const NUMBERED_PARTITIONS: u32 = 16;

/// The cause.
pub static NO_SUCH_ROOT_DEVICE: Cause = Cause {
    code: Code(405),
    name: "no-such-root-device",
    stage: Stage::RootDevice,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "root= names a disk or partition that the machine does not have.",
    explanation: "The first virtio disk is /dev/vda, whatever the image is called: sda, nvme0n1 and \
        mmcblk0 are other machines' disks. /dev/vda1 is there only where the image has a table of \
        partitions; on an image that is a file system as a whole, the kernel knows the number of \
        that partition all the same, does not wait for it, and fails to open it with error -6.",
    fix: "Name what is there: root=/dev/vda for a bare file system, root=/dev/vda1 for the first \
        partition.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"‹vda1›\" or unknown-block(‹254,1›): error -6",
            by: "Linux; since 6.5 with /dev/ before the name",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "here are the available partitions:",
            by: "Linux, before the list of what is there",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "Waiting for root device ‹/dev/vdb›...",
            by: "Linux, with rootwait",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "‹/dev/vdb›: Can't lookup blockdev",
            by: "Linux 6.18, where the init of an initramfs mounts what is not there",
            says: Says::When(looked_up),
        },
        Tell {
            text: "does not exist.  Dropping to a shell!",
            by: "the init of initramfs-tools",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some say nothing before it",
            says: Says::When(seen::no_such_device),
        },
        Tell {
            text: "kelpie-check: cannot find root=‹vda›: this initramfs knows /dev/NAME alone",
            by: "the init that `initramfs build` makes",
            says: Says::When(is_bare_name),
        },
        Tell {
            text: "kelpie-check: cannot open ‹/dev/vdb› (error -2)",
            by: "the init that `initramfs build` makes, where no such device comes",
            says: Says::When(looked_up),
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, blk_lookup_devt; before 6.5 block/genhd.c",
        "Linux drivers/block/virtio_blk.c, virtblk_name_format and PART_BITS",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(root) = bundle.command_line()?.root() else {
        return Ok(Vec::new());
    };
    // These have causes of their own.
    if matches!(root, Root::PartUuid { .. } | Root::PartLabel(_)) {
        return Ok(Vec::new());
    }
    // Where nobody looks into the file systems for it, that is what is wrong.
    let by_file_system = matches!(root, Root::Uuid(_) | Root::Label(_));
    if by_file_system && !is_looked_up(bundle)? {
        return Ok(Vec::new());
    }
    if bundle.kernel_mounts_root()? && needs_no_device(bundle)? {
        return Ok(Vec::new());
    }
    let device = bundle.root_device()?;
    if let Some(table) = unread_table(bundle)? {
        let consequence = match bundle.mounter()? {
            Mounter::Initramfs(generator) => initramfs_misses_root(generator),
            Mounter::Kernel | Mounter::Archive => by_kernel(bundle, &root)?,
        };
        return Ok(vec![
            of_unread_table(&NO_SUCH_ROOT_DEVICE, table, consequence).about(Role::Kernel),
        ]);
    }
    let RootDevice::Absent { named, instead } = device else {
        return Ok(Vec::new());
    };
    let consequence = match bundle.mounter()? {
        Mounter::Archive => return Ok(Vec::new()),
        Mounter::Kernel => by_kernel(bundle, &root)?,
        Mounter::Initramfs(generator) => initramfs_misses_root(generator),
    };
    let fix = match bundle.root()? {
        Some(_) => format!("Write {}.", root_parameters(bundle)?),
        None => "Give the root with --rootfs.".to_owned(),
    };
    Ok(vec![NO_SUCH_ROOT_DEVICE.finding(
        format!("root= names {named}, and there is {instead}."),
        consequence,
        fix,
    )])
}

fn by_kernel(bundle: &Bundle, root: &Root) -> Result<String> {
    if matches!(root, Root::Other { .. } | Root::Tag { .. }) {
        return kernel_refuses_root(bundle);
    }
    let number = match root {
        Root::Nfs => Some("0,255"),
        Root::Cifs => Some("0,254"),
        Root::Ram => Some("1,0"),
        _ => None,
    };
    if let Some(number) = number {
        return Ok(panics(&format!("unknown-block({number})")));
    }
    let disk = vmm::disk_name(0);
    let has_disk = bundle.root()?.is_some_and(|given| !given.is_folder());
    match root.find(&[disk.as_str()]) {
        Some((_, Some(number))) if has_disk && number < NUMBERED_PARTITIONS => {
            Ok(panics(&format!("unknown-block(254,{number})")))
        }
        _ => kernel_misses_root(bundle),
    }
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
