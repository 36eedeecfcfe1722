//! KC408: the init of the initramfs mounts the /usr of /etc/fstab, and its device is missing.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static USR_DEVICE_MISSING: Cause = Cause {
    code: Code(408),
    name: "usr-device-missing",
    stage: Stage::RootDevice,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "/etc/fstab of the root names a /usr that the machine does not have, and the initramfs \
        waits for it.",
    explanation: "Programs that a system needs at its start lie in /usr, so initramfs-tools and dracut \
        mount the /usr of the root's /etc/fstab before they start init. If its device does not appear \
        they end as if the root were missing. mkinitfs goes on without it.",
    fix: "Correct the line of /usr in /etc/fstab, or give the machine the disk that has it.",
    tells: &[Tell {
        text: "Gave up waiting for /usr file system device",
        by: "the init of initramfs-tools",
        says: Says::When(in_initramfs),
    }],
    sources: &[
        "initramfs-tools 0.142 init (read_fstab_entry /usr), scripts/local (local_mount_fs)",
        "dracut 059 modules.d/98usrmount/mount-usr.sh; systemd 252 initrd-parse-etc.service",
    ],
    check: Check::Boot,
};

/// The finding about the device of /usr, for which the init by that generator waits.
pub(crate) fn of(device: &str, why: &str, generator: &str) -> Finding {
    USR_DEVICE_MISSING.finding(
        format!("/usr of /etc/fstab is {device}, and {why}."),
        format!(
            "The init of the initramfs ({generator}) waits for it and starts a shell, or ends."
        ),
        "Correct the line of /usr in /etc/fstab.",
    )
}

fn in_initramfs(clues: &Clues) -> Belief {
    Belief::Certain.only_if(clues.ran_initramfs)
}
