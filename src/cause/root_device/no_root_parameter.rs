//! KC403: nothing says where the root is.

use super::super::{Belief, Cause, Says, Tell};
use super::seen;
use super::{initramfs_misses_root, needs_no_device, panics, root_parameters};
use crate::bundle::{Bundle, Mounter};
use crate::console::Clues;
use crate::error::Result;
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
    summary: "The command line has no root=, and there is a root to mount.",
    explanation: "The kernel does not guess: without root= it opens device 0:0, which does not \
        exist. The init of an initramfs does not guess either, unless it is the whole system. \
        rootwait is of no use here.",
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
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some say nothing before it",
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
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if bundle.command_line()?.root().is_some() {
        return Ok(Vec::new());
    }
    let has_root = bundle.root()?.is_some();
    let consequence = match bundle.mounter()? {
        Mounter::Archive => return Ok(Vec::new()),
        Mounter::Kernel if needs_no_device(bundle)? => return Ok(Vec::new()),
        Mounter::Kernel => panics("unknown-block(0,0)"),
        Mounter::Initramfs(generator) => initramfs_misses_root(generator),
    };
    Ok(vec![if has_root {
        NO_ROOT_PARAMETER.finding(
            "The command line has no root=.",
            consequence,
            format!("Add {}.", root_parameters(bundle)?),
        )
    } else {
        NO_ROOT_PARAMETER.finding(
            "The command line has no root=, and no root is given.",
            consequence,
            "Give a root with --rootfs, or an initramfs that is a whole system.",
        )
    }])
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
