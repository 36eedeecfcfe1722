//! KC403: nothing says where the root is.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::seen;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_ROOT_PARAMETER: Cause = Cause {
    code: Code(403),
    name: "no-root-parameter",
    stage: Stage::RootDevice,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The command line has no root=, but there is a root to mount.",
    explanation: "The kernel does not guess: without root= it opens device 0:0, which does not \
        exist. The init of an initramfs does not guess either, unless the initramfs is the whole \
        system. rootwait does not help here.",
    fix: "Add root=/dev/vda, or the partition: root=/dev/vda1.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"(null)\" or unknown-block(0,0): error -6",
            by: "Linux before 6.5",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"\" or unknown-block(0,0): error ‹-6›",
            by: "Linux 6.5 and later",
            says: Says::When(weigh),
        },
        Tell {
            text: "Mounting boot media: failed.",
            by: "the init of Alpine's initramfs, which looks for its media without root=",
            says: Says::When(media),
        },
        Tell {
            text: "No root device specified. Boot arguments must include a root= parameter.",
            by: "the init of initramfs-tools",
            says: Says::It,
        },
        Tell {
            text: "FATAL: No or empty root= argument",
            by: "dracut",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some print nothing before it",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot mount a root: no root= on the command line",
            by: "the init that `initramfs build` makes",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, prepare_namespace",
        "initramfs-tools 0.142, scripts/local",
        "Tomas-M/linux-live issue 228",
    ],
    check: Check::Boot,
};

/// The finding about a command line without `root=`. `parameters` name the given root, if there is one.
pub(crate) fn of(parameters: Option<&str>, consequence: String) -> Finding {
    match parameters {
        Some(parameters) => NO_ROOT_PARAMETER.finding(
            "The command line has no root=.",
            consequence,
            format!("Add {parameters}."),
        ),
        None => NO_ROOT_PARAMETER.finding(
            "The command line has no root=, and no root is given.",
            consequence,
            "Give a root with --rootfs, or an initramfs that is a whole system.",
        ),
    }
}

/// The command line in the log has no root=, or the kernel names nothing.
fn weigh(clues: &Clues) -> Belief {
    if clues.ran_initramfs {
        return Belief::No;
    }
    match seen::named(clues) {
        // A share of some name may be what was meant.
        Some(name) if seen::is_share(clues) => {
            if name.is_empty() {
                Belief::Possible
            } else {
                Belief::No
            }
        }
        Some(name) if name.is_empty() && seen::is_line_cut(clues) => Belief::Likely,
        Some(name) if name.is_empty() => Belief::Certain,
        Some(_) => Belief::No,
        None => seen::unnamed(clues),
    }
}

/// Alpine's init looks for boot media with some root= too, such as that of a share.
fn media(clues: &Clues) -> Belief {
    match seen::named(clues) {
        Some(name) if name.is_empty() => Belief::Certain,
        _ => Belief::Possible,
    }
}
