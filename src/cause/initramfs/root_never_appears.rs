//! KC315: the initramfs gives up on the root, and the log does not show why.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ROOT_NEVER_APPEARS: Cause = Cause {
    code: Code(315),
    name: "root-never-appears",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The initramfs waited for the root device and gave up; the log does not show what keeps \
        it away.",
    explanation: "The init of an initramfs waits until the device appears that root= or the configuration \
        of the initramfs names. It may be that the name is wrong, that no driver for the disk or \
        its controller is loaded, that a layer below (RAID, LUKS, LVM, multipath, network) is \
        not set up, or that a slow device needs more time. In the shell of the initramfs, `cat \
        /proc/cmdline`, `blkid`, `ls /dev/disk/by-uuid` and `dmesg` tell these apart. It is \
        known only by booting.",
    fix: "In the rescue shell compare `cat /proc/cmdline` with `blkid`: if the disk is there, \
        correct root=; if it is not, add the driver of its controller to the initramfs, or raise \
        rootdelay= or rd.timeout=.",
    tells: &[
        Tell {
            text: "Gave up waiting for root",
            by: "initramfs-tools, scripts/local, local_device_setup",
            says: Says::When(early),
        },
        Tell {
            text: "An error occurred in stage ‹1› of the boot process, which must",
            by: "NixOS, nixos/modules/system/boot/stage-1-init.sh, fail",
            says: Says::When(early),
        },
        Tell {
            text: "Warning: dracut-initqueue: timeout",
            by: "dracut, modules.d/99base/dracut-initqueue.sh",
            says: Says::When(early),
        },
        Tell {
            text: "Warning: dracut-initqueue timeout",
            by: "dracut before 055",
            says: Says::When(early),
        },
        Tell {
            text: "Could not boot.",
            by: "dracut, modules.d/98dracut-systemd/dracut-emergency.sh and 99base/init.sh",
            says: Says::When(early),
        },
        Tell {
            text: "Dependency failed for ‹initrd-root-device.target - ›Initrd Root Device",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Dependency failed for ‹initrd-root-fs.target - ›Initrd Root File System",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Timed out waiting for device /dev/gpt-auto-root",
            by: "systemd in an initramfs, without root=",
            says: Says::It,
        },
        Tell {
            text: "Timed out waiting for device dev-gpt\\x2dauto\\x2droot.device",
            by: "systemd in an initramfs, without root=",
            says: Says::It,
        },
        Tell {
            text: "Timed out waiting for device ‹dev-gpt\\x2dauto\\x2droot.device - ›/dev/gpt-auto-root",
            by: "systemd 253 and later in an initramfs, without root=",
            says: Says::It,
        },
        Tell {
            text: "Unable to find a medium containing a live file system",
            by: "live-boot, components/9990-misc-helpers.sh",
            says: Says::When(early),
        },
        Tell {
            text: "Generating \"/run/initramfs/rdsosreport.txt\"",
            by: "dracut, as it starts its shell",
            says: Says::When(early),
        },
    ],
    sources: &[
        "initramfs-tools 0.142 scripts/local, local_device_setup",
        "dracut 059 modules.d/99base/dracut-initqueue.sh and init.sh",
        "NixOS 24.11 nixos/modules/system/boot/stage-1-init.sh",
        "systemd 252 units/initrd-root-device.target and initrd-root-fs.target; systemd-gpt-auto-generator(8)",
    ],
    check: Check::Running,
};

/// Any other line says more.
fn early(clues: &Clues) -> Belief {
    Belief::Possible.only_if(!clues.is_past_initramfs())
}
