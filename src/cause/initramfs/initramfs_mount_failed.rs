//! KC319: the initramfs cannot mount a file system that the system needs.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INITRAMFS_MOUNT_FAILED: Cause = Cause {
    code: Code(319),
    name: "initramfs-mount-failed",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs cannot mount the root, or a file system below it.",
    explanation: "Before it hands over, an initramfs mounts the root and what lies below it: /usr, \
        /nix/store, an overlay, a share of the host. It fails if that device or share is \
        missing, if the kernel has no driver of the file system (overlay, 9p, virtiofs), if a \
        directory of the overlay is missing, or if units race. The kernel's line before it names \
        the reason. It is known only by booting.",
    fix: "Read what the kernel said before (`dmesg | tail` in the rescue shell, `journalctl -xb`), \
        and mount it there by hand. See that the driver is in the initramfs and that the device \
        or share is attached.",
    tells: &[
        Tell {
            text: "Failed to mount /sysroot/‹nix›",
            by: "systemd in an initramfs",
            says: Says::Mostly,
        },
        Tell {
            text: "Failed to mount /sysroot",
            by: "systemd in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "Failed to mount sysroot-‹nix-store›.mount",
            by: "systemd 246 and later in an initramfs",
            says: Says::Mostly,
        },
        Tell {
            text: "Failed to mount sysroot.mount",
            by: "systemd 246 and later in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "Dependency failed for ‹initrd-fs.target - ›Initrd File Systems",
            by: "systemd in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "Dependency failed for /sysroot",
            by: "systemd in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "Dependency failed for sysroot‹…›.mount",
            by: "systemd in an initramfs",
            says: Says::When(weak),
        },
        Tell {
            text: "Dependency failed for initrd-fs.target",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "overlayfs: failed to resolve '‹path›'",
            by: "Linux, fs/overlayfs/super.c",
            says: Says::When(early),
        },
        Tell {
            text: "overlay: failed to resolve '‹path›'",
            by: "Linux before 6.5, fs/overlayfs/super.c",
            says: Says::When(early),
        },
        Tell {
            text: "mount: ‹/sysroot›: unknown filesystem type 'overlay'",
            by: "util-linux mount, without OVERLAY_FS",
            says: Says::When(early),
        },
        Tell {
            text: "mount: mounting overlay on ‹/sysroot› failed: ‹…›",
            by: "BusyBox",
            says: Says::When(early),
        },
        Tell {
            text: "ERROR: Failed to mount '‹…›' on real root",
            by: "the init of mkinitcpio",
            says: Says::When(weak),
        },
    ],
    sources: &[
        "systemd 252 src/core/mount.c, mount_set_state; src/core/job.c, the words of a job",
        "Linux 6.12 fs/overlayfs/super.c and params.c",
        "microvm-nix/microvm.nix issue 210; NixOS/nixpkgs issue 245089",
    ],
    check: Check::Running,
};

/// On the root, the same lines are about another file system.
fn early(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.is_past_initramfs())
}

/// What it depends on is more often the reason.
fn weak(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.is_past_initramfs())
}
