//! KC707: init starts, and a mount of /etc/fstab that it waits for fails.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::userland::system::Mount;

/// The cause.
pub static FSTAB_MOUNT_FAILS: Cause = Cause {
    code: Code(707),
    name: "fstab-mount-fails",
    stage: Stage::Userspace,
    role: Role::Rootfs,
    severity: Severity::Fatal,
    summary: "Init starts, and waits for a mount of /etc/fstab that fails.",
    explanation: "systemd mounts every line of /etc/fstab that has neither `noauto`, `nofail` nor \
        `x-systemd.automount`, and waits for its device. If the device does not appear within 90 \
        seconds, or the mount fails, local-fs.target fails, and systemd starts emergency.target: \
        a shell for root, and no service. This is what remains of a system that is moved to a \
        virtual machine with fewer disks, or booted by a kernel that lacks the driver of its EFI \
        system partition. Swap areas, file systems in a network and the line of / itself stop \
        nothing, and OpenRC goes on without a mount that fails.",
    fix: "Remove the line from /etc/fstab, or add `nofail` to its options.",
    tells: &[Tell {
        text: "Dependency failed for ‹local-fs.target - ›Local File Systems.",
        by: "systemd, after a mount of /etc/fstab failed",
        says: Says::When(on_root),
    }],
    sources: &[
        "systemd 252 src/fstab-generator/fstab-generator.c, add_mount; units/local-fs.target",
        "OpenRC 0.55 init.d/localmount.in",
    ],
    check: Check::Boot,
};

/// The finding about a line of /etc/fstab: why its mount fails, and what init does then.
pub(crate) fn of(mount: &Mount, why: &str, then: &str) -> Finding {
    FSTAB_MOUNT_FAILS.finding(
        format!(
            "/etc/fstab mounts {} on {}, which fails: {why}.",
            mount.device, mount.mount_point
        ),
        format!("{then}."),
        "Remove the line from /etc/fstab, or add `nofail` to its options.",
    )
}

/// systemd of the root, not of an initramfs.
fn on_root(clues: &Clues) -> Belief {
    Belief::Likely.only_if(!clues.is_in_initramfs())
}
