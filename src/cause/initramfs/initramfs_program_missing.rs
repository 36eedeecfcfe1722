//! KC314: the init of the initramfs runs, and a program or a script that it needs does not.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INITRAMFS_PROGRAM_MISSING: Cause = Cause {
    code: Code(314),
    name: "initramfs-program-missing",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "A program or a script that the initramfs needs to mount the root is missing or does \
        not run.",
    explanation: "The init of an initramfs is a script that uses others: udevd or nlplug-findfs \
        loads the drivers of devices, and scripts that it reads with `.` mount the root. Without \
        the former, no driver that is a module is loaded. Without the latter, the shell ends at \
        once. boot=NAME makes initramfs-tools read /scripts/NAME, which another package installs.",
    fix: "Build the initramfs again with its generator, on a system that has the program.",
    tells: &[
        Tell {
            text: "/init: ‹…›: can't open '‹/scripts/live›': No such file or directory",
            by: "BusyBox sh, in an initramfs",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "/init: .: cannot open ‹/scripts/live›: No such file",
            by: "dash, in an initramfs",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "/init: line ‹…›: ‹nlplug-findfs›: not found",
            by: "BusyBox sh, in an initramfs",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "/init: exec: line ‹…›: ‹switch_root›: not found",
            by: "BusyBox sh, in an initramfs",
            says: Says::When(in_initramfs),
        },
        Tell {
            text: "/init: ‹…›: exec: ‹switch_root›: not found",
            by: "dash, in an initramfs",
            says: Says::When(in_initramfs),
        },
    ],
    sources: &[
        "initramfs-tools 0.142 init; systemd 252 debian/extra/initramfs-tools/scripts/init-top/udev",
        "dracut 059 modules.d/99base/init.sh",
        "mkinitfs 3.13 initramfs-init.in",
        "POSIX.1-2017, Consequences of Shell Errors",
    ],
    check: Check::Boot,
};

/// The finding about a program or a script of the initramfs by this generator: what is wrong with it,
/// and what happens then.
pub(crate) fn of(generator: &str, path: &str, what: &str, then: &str) -> Finding {
    INITRAMFS_PROGRAM_MISSING.finding(
        format!("{path} of the initramfs by {generator} {what}."),
        then,
        "Build the initramfs again, on a system that has it.",
    )
}

fn in_initramfs(clues: &Clues) -> Belief {
    Belief::Certain.only_if(clues.is_in_initramfs())
}
