//! KC913: a file system other than the root is missing, and the system starts no further.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::{Clues, EndKind};
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static LOCAL_MOUNT_FAILED: Cause = Cause {
    code: Code(913),
    name: "local-mount-failed",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "A file system of /etc/fstab or of a unit, other than the root, cannot be mounted or its \
        device never appears.",
    explanation: "systemd waits 90 seconds for each device of /etc/fstab. If one does not appear, cannot \
        be checked or cannot be mounted, local-fs.target fails, and the system goes to emergency \
        mode instead of starting its services. A disk that was removed, a new UUID after \
        formatting, a volume that has no file system yet, and a driver that the running kernel \
        lacks are the usual reasons. Entries with nofail do not stop the boot. It is known only \
        by booting.",
    fix: "In emergency mode run `systemctl --failed`, `journalctl -xb` and `blkid`, and correct \
        the line in /etc/fstab; add nofail or x-systemd.device-timeout= for disks that may be \
        missing; format or attach the disk.",
    tells: &[
        Tell {
            text: "Failed to mount /‹mnt›",
            by: "systemd, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Failed to mount ‹mnt.mount› - /‹mnt›",
            by: "systemd 246 and later, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Dependency failed for /‹data›",
            by: "systemd, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Dependency failed for ‹data.mount› - /‹data›",
            by: "systemd 246 and later, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Dependency failed for Local File Systems",
            by: "systemd, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Dependency failed for ‹local-fs.target› - Local File Systems",
            by: "systemd 246 and later, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Timed out waiting for device ‹/dev/vdb›",
            by: "systemd, on the root",
            says: Says::When(weak),
        },
        Tell {
            text: ".device: Job ‹dev-vdb›.device/start timed out",
            by: "systemd, on the root",
            says: Says::When(weak),
        },
        Tell {
            text: "Failed to start File System Check on ‹/dev/vdb›",
            by: "systemd, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "Dependency failed for File System Check on ‹/dev/vdb›",
            by: "systemd, on the root",
            says: Says::When(late),
        },
        Tell {
            text: "mount: ‹/mnt›: special device ‹/dev/vdb› does not exist",
            by: "util-linux mount, of an init without systemd",
            says: Says::When(weak),
        },
        Tell {
            text: "An error occurred while mounting ‹/data›",
            by: "mountall of Upstart",
            says: Says::When(late),
        },
        Tell {
            text: "Serious errors were found while checking the disk drive for",
            by: "mountall of Upstart",
            says: Says::When(late),
        },
    ],
    sources: &[
        "systemd 252 src/core/job.c, job_done_messages; units/local-fs.target, OnFailure=",
        "systemd.mount(5), nofail and x-systemd.device-timeout",
        "microvm-nix/microvm.nix issue 273; NixOS/nixpkgs issue 32588",
    ],
    check: Check::Running,
};

/// In an initramfs the same lines are about the root.
fn late(clues: &Clues) -> Belief {
    let is_early = clues.is_early();
    let gave_up = clues.end == Some(EndKind::EmergencyShell) || clues.has_failed_local_mounts;
    match (is_early, gave_up) {
        (true, _) => Belief::No,
        (false, true) => Belief::Certain,
        (false, false) => Belief::Likely,
    }
}

fn weak(clues: &Clues) -> Belief {
    late(clues).min(Belief::Likely)
}
