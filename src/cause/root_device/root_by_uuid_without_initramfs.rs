//! KC404: `root=UUID=` or the like, and nobody who could look it up.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::seen;
use crate::cmdline::Root;
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static ROOT_BY_UUID_WITHOUT_INITRAMFS: Cause = Cause {
    code: Code(404),
    name: "root-by-uuid-without-initramfs",
    stage: Stage::RootDevice,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "root= names a file system by its UUID or label, but nothing in this boot resolves \
        UUIDs or labels.",
    explanation: "UUID= and LABEL= are inside a file system, and the kernel does not read it \
        before the mount; the init of an initramfs does. The kernel itself resolves /dev/ names, \
        device numbers, PARTUUID= and PARTLABEL=. With rootwait, a kernel before 6.5 waits \
        forever; later ones report that root= is invalid.\n\nAn initramfs may not support every \
        kind of name: Alpine's resolves UUID= and LABEL= but not PARTUUID=, and one that \
        `kelpie-check initramfs build` makes opens only /dev/NAME.",
    fix: "Name the disk with root=/dev/vda, or the partition with root=PARTUUID=, or give an \
        initramfs.",
    tells: &[
        Tell {
            text: "VFS: Cannot open root device \"UUID=‹…›\" or unknown-block(0,0): error ‹-6›",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"LABEL=‹…›\" or unknown-block(0,0): error ‹-6›",
            by: "Linux",
            says: Says::When(weigh),
        },
        Tell {
            text: "Disabling rootwait; root= is invalid.",
            by: "Linux 6.5 and later, with rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for root device UUID=‹…›...",
            by: "Linux before 6.5, with rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for root device LABEL=‹…›...",
            by: "Linux before 6.5, with rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some print nothing before it",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot find root=‹UUID=…›: this initramfs knows /dev/NAME alone",
            by: "the init that `initramfs build` makes",
            says: Says::When(is_by_content),
        },
        Tell {
            text: "mount: mounting ‹PARTUUID=…› on ‹/sysroot› failed: No such file or directory",
            by: "BusyBox in Alpine's initramfs, which interprets it as a file name",
            says: Says::When(by_busybox),
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, early_lookup_bdev; before 6.5 init/do_mounts.c, name_to_dev_t",
        "Linux init/do_mounts.c, parse_root_device",
        "Ultramarine-Linux/bootc issue 4",
    ],
    check: Check::Boot,
};

/// The finding about a name that nothing in this boot looks up. `generator` names the initramfs that
/// mounts the root; without one the kernel does.
pub(crate) fn of(
    root: &Root,
    generator: Option<&str>,
    parameters: &str,
    consequence: String,
) -> Finding {
    let by = match root {
        Root::Uuid(_) => "a file system by its UUID",
        Root::Label(_) => "a file system by its label",
        Root::PartUuid { .. } => "a partition by its UUID",
        _ => "a partition by its label",
    };
    let (nothing, fix) = match generator {
        None => (
            "no initramfs resolves it".to_owned(),
            format!("Write {parameters}, or give an initramfs with --initramfs."),
        ),
        Some(name) => (
            format!("the initramfs by {name} does not resolve it"),
            format!("Write {parameters}."),
        ),
    };
    ROOT_BY_UUID_WITHOUT_INITRAMFS.finding(
        format!("root= names {by}, but {nothing}."),
        consequence,
        fix,
    )
}

/// Some name that stands on the disk.
fn is_by_content(clues: &Clues) -> Belief {
    let is_it = |name: &str| seen::is_by_file_system(name) || seen::is_by_table(name);
    match seen::named(clues) {
        Some(name) if is_it(&name) => Belief::Certain,
        Some(_) => Belief::No,
        None => Belief::Possible,
    }
}

/// UUID= and LABEL=, and no initramfs.
fn weigh(clues: &Clues) -> Belief {
    let Some(name) = seen::named(clues) else {
        return seen::unnamed(clues);
    };
    if clues.has_reached(Stage::RootMount) {
        return Belief::No;
    }
    match (seen::is_by_file_system(&name), clues.ran_initramfs) {
        (true, false) => Belief::Certain,
        (true, true) => Belief::Possible,
        (false, _) => Belief::No,
    }
}

/// BusyBox looks up no name out of a table of partitions.
fn by_busybox(clues: &Clues) -> Belief {
    let is_by_table = seen::named(clues).is_some_and(|name| seen::is_by_table(&name));
    Belief::Certain.only_if(is_by_table && clues.is_in_initramfs())
}
