//! KC308: the initramfs mounts without a type, and the file system is a module that nothing loads.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::initramfs::Model;
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ROOT_TYPE_UNSTATED: Cause = Cause {
    code: Code(308),
    name: "root-type-unstated",
    stage: Stage::Initramfs,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The init of the initramfs loads a file system driver only if it is named, and \
        nothing names it.",
    explanation: "Alpine's init mounts the root without -t unless rootfstype= is given. BusyBox's \
        mount then tries the file systems that the kernel already has. Drivers of devices load \
        when the devices appear, but no device needs a file system. So a file system that is a \
        module must be named: with rootfstype=, with modules=, or in /etc/modules of the \
        initramfs.",
    fix: "Add rootfstype= to the command line.",
    tells: &[
        Tell {
            text: "mount: mounting ‹/dev/vda› on /sysroot failed: No such file or directory",
            by: "BusyBox, in Alpine's initramfs",
            says: Says::When(weigh),
        },
        Tell {
            text: "Mounting root: failed.",
            by: "Alpine's init",
            says: Says::Perhaps,
        },
        Tell {
            text: "Attempted to kill init! exitcode=0x00000000",
            by: "Linux, after Alpine's init has ended",
            says: Says::When(ends_in_initramfs),
        },
    ],
    sources: &["mkinitfs, initramfs-init.in", "BusyBox util-linux/mount.c"],
    check: Check::Boot,
};

/// The finding about the module `name`, which mounts the type `kind`. `root` is the value of `root=`.
pub(crate) fn of(generator: &str, model: &Model, name: &str, kind: &str, root: &str) -> Finding {
    let consequence = if generator == "mkinitfs" {
        format!(
            "Its init says \"mount: mounting {root} on /sysroot failed: No such file or directory\" and \"Mounting root: failed.\", and the kernel panics with \"Attempted to kill init!\"."
        )
    } else {
        format!(
            "Its init does not mount the root, and says \"{}\".",
            model.on_missing_root.says
        )
    };
    let fix = if model.by_rootfstype {
        format!("Add rootfstype={kind} to the command line.")
    } else {
        format!(
            "Name {name} in {} of the initramfs.",
            model.lists.join(" or ")
        )
    };
    ROOT_TYPE_UNSTATED.finding(
        format!(
            "{name} is a module, and the initramfs by {generator} loads it only if it is named, which nothing does."
        ),
        consequence,
        fix,
    )
}

/// The disk is there, and no driver of its file system.
fn weigh(clues: &Clues) -> Belief {
    let name = seen::named(clues).unwrap_or_default();
    if clues.has_reached(Stage::RootMount) {
        Belief::No
    } else if seen::disks(clues).next().is_none() {
        Belief::Likely
    } else if !seen::is_bare(clues) && seen::disks(clues).any(|disk| name.starts_with(disk)) {
        Belief::Certain
    } else {
        Belief::No
    }
}

/// Alpine's init ends where it can't mount the root.
fn ends_in_initramfs(clues: &Clues) -> Belief {
    Belief::Possible.only_if(clues.is_in_initramfs())
}
