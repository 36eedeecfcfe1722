//! KC316: a software RAID that the root needs is not assembled.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static RAID_NOT_ASSEMBLED: Cause = Cause {
    code: Code(316),
    name: "raid-not-assembled",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A software RAID (md) below the root is not assembled in the initramfs.",
    explanation: "mdadm in the initramfs assembles arrays from the superblocks of their members, or as its \
        copy of mdadm.conf lists them. It fails if the disks are not there yet (their \
        controller's driver loads late or is missing), if the copy is older than the array, if \
        too few members are left, or if raid1, raid456 or another personality is missing. What \
        is stacked on the array, LUKS or LVM, fails after it. It is known only by booting.",
    fix: "In the rescue shell run `cat /proc/mdstat` and `mdadm --assemble --scan`. On the system, \
        run `mdadm --detail --scan`, bring /etc/mdadm.conf up to date, and make the initramfs \
        anew (update-initramfs -u, dracut --force --mdadmconf); for late disks add rootdelay=.",
    tells: &[
        Tell {
            text: "Failure: failed to assemble all arrays.",
            by: "mdadm, its script for initramfs-tools (Debian)",
            says: Says::When(early),
        },
        Tell {
            text: "mdadm: No arrays found in config file or automatically",
            by: "mdadm, Assemble.c",
            says: Says::When(weak),
        },
        Tell {
            text: "mdadm: No devices listed in conf file were found.",
            by: "mdadm, Assemble.c",
            says: Says::When(early),
        },
        Tell {
            text: "mount: ‹/root›unknown filesystem type 'linux_raid_member'",
            by: "util-linux mount: the member of an array in place of the array",
            says: Says::When(early),
        },
        Tell {
            text: "md‹0›: failed to run raid set",
            by: "Linux, drivers/md/md.c",
            says: Says::When(early),
        },
        Tell {
            text: "raid‹1›: not enough operational devices",
            by: "Linux, drivers/md/raid5.c",
            says: Says::When(early),
        },
        Tell {
            text: "not enough operational mirrors",
            by: "Linux, drivers/md/raid1.c and raid10.c",
            says: Says::When(early),
        },
        Tell {
            text: "not enough to start the array",
            by: "mdadm, Assemble.c",
            says: Says::When(early),
        },
        Tell {
            text: "mdadm: /dev/md‹0› has been started with ‹1› drive (out of ‹2›)",
            by: "mdadm, Assemble.c, where it still starts",
            says: Says::Aside,
        },
        Tell {
            text: "md: personality for level ‹1› is not loaded!",
            by: "Linux, drivers/md/md.c",
            says: Says::When(early),
        },
    ],
    sources: &[
        "mdadm 4.2 Assemble.c; Debian mdadm 4.2 debian/initramfs/script.local-block",
        "Linux 6.12 drivers/md/md.c and raid1.c, run",
        "Debian bug reports of mdadm: arrays whose disks come late",
    ],
    check: Check::Running,
};

/// On the root, the same lines are about another file system.
fn early(clues: &Clues) -> Belief {
    if clues.is_past_initramfs() {
        Belief::No
    } else {
        Belief::Certain
    }
}

/// initramfs-tools says this of every system without an array.
fn weak(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.is_past_initramfs())
}
