//! KC318: LVM does not find or activate the volume group of the root.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static VOLUME_GROUP_NOT_ACTIVATED: Cause = Cause {
    code: Code(318),
    name: "volume-group-not-activated",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The LVM volume group that holds the root is not found or not activated in the initramfs.",
    explanation: "lvm in the initramfs looks for physical volumes and activates the logical volumes that \
        root= or rd.lvm.lv= names. It fails if a disk or an encrypted or RAID layer below is \
        missing, if lvm.conf, a devices file or rd.lvm.vg= filters it out, or if dm-thin, \
        dm-raid or dm-cache is missing. It is known only by booting.",
    fix: "In the rescue shell run `lvm pvs`, `lvm vgs` and `lvm vgchange -ay`. On the system, \
        correct root= or rd.lvm.lv=, see that `lvmdevices` lists the disk, and make the \
        initramfs anew with lvm in it.",
    tells: &[
        Tell {
            text: "Volume group \"‹vg0›\" not found",
            by: "LVM, lib/metadata/metadata.c",
            says: Says::When(early),
        },
        Tell {
            text: "Cannot process volume group ‹vg0›",
            by: "LVM, tools/toollib.c",
            says: Says::When(early),
        },
        Tell {
            text: "Couldn't find device with uuid ‹…›",
            by: "LVM, lib/metadata/metadata.c",
            says: Says::When(early),
        },
        Tell {
            text: "Failed to find logical volume \"‹vg0/root›\"",
            by: "LVM, tools/toollib.c",
            says: Says::When(early),
        },
        Tell {
            text: "mount: ‹/root: ›unknown filesystem type 'LVM2_member'",
            by: "util-linux mount: the physical volume in place of the logical one",
            says: Says::When(early),
        },
        Tell {
            text: "Warning: LVM ‹…›not found",
            by: "dracut, modules.d/90lvm",
            says: Says::When(early),
        },
        Tell {
            text: "Refusing activation of partial LV",
            by: "LVM, lib/metadata/lv_manip.c",
            says: Says::When(early),
        },
        Tell {
            text: "device-mapper: table: ‹254:0›: thin-pool: unknown target type",
            by: "Linux without DM_THIN_PROVISIONING",
            says: Says::When(early),
        },
    ],
    sources: &[
        "LVM2 2.03.16 tools/toollib.c and lib/metadata/metadata.c",
        "dracut 059 modules.d/90lvm",
        "initramfs-tools and lvm2 2.03.16 debian/initramfs-tools/lvm2/scripts/local-block/lvm2",
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
