//! KC404: `root=UUID=` or the like, and nobody who could look it up.

use super::super::{Belief, Cause, Says, Tell};
use super::seen;
use super::{
    initramfs_misses_root, is_looked_up, kernel_refuses_root, needs_no_device, root_parameters,
};
use crate::bundle::{Bundle, Mounter};
use crate::cmdline::Root;
use crate::console::Clues;
use crate::error::Result;
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
    summary: "root= names a file system by its UUID or label, and who mounts it does not look that up.",
    explanation: "UUID= and LABEL= are written inside a file system, which the kernel does not look \
        into before it mounts it: the init of an initramfs does that. The kernel itself knows \
        /dev/ names, device numbers, PARTUUID= and PARTLABEL=. With rootwait a kernel before 6.5 \
        waits for ever; later ones say that root= is invalid.\n\n\
        Nor does each initramfs know every kind of name: Alpine's looks up UUID= and LABEL= and no \
        PARTUUID=, and one that `kelpie-check initramfs build` makes opens what is called \
        /dev/NAME.",
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
            by: "Linux, in its panic; some say nothing before it",
            says: Says::When(weigh),
        },
        Tell {
            text: "kelpie-check: cannot find root=‹UUID=…›: this initramfs knows /dev/NAME alone",
            by: "the init that `initramfs build` makes",
            says: Says::When(is_by_content),
        },
        Tell {
            text: "mount: mounting ‹PARTUUID=…› on ‹/sysroot› failed: No such file or directory",
            by: "BusyBox in Alpine's initramfs, which takes it for the name of a file",
            says: Says::When(by_busybox),
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, early_lookup_bdev; before 6.5 init/do_mounts.c, name_to_dev_t",
        "Linux init/do_mounts.c, parse_root_device",
        "Ultramarine-Linux/bootc issue 4",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let line = bundle.command_line()?;
    let by = match line.root() {
        Some(Root::Uuid(_)) => "a file system by its UUID",
        Some(Root::Label(_)) => "a file system by its label",
        Some(Root::PartUuid { .. }) => "a partition by its UUID",
        Some(Root::PartLabel(_)) => "a partition by its label",
        _ => return Ok(Vec::new()),
    };
    if is_looked_up(bundle)? {
        return Ok(Vec::new());
    }
    let write = format!("Write {}", root_parameters(bundle)?);
    let (nobody, consequence, fix) = match bundle.mounter()? {
        Mounter::Archive => return Ok(Vec::new()),
        Mounter::Kernel if needs_no_device(bundle)? => return Ok(Vec::new()),
        Mounter::Kernel => (
            "no initramfs looks it up".to_owned(),
            kernel_refuses_root(bundle)?,
            format!("{write}, or give an initramfs with --initramfs."),
        ),
        Mounter::Initramfs(generator) => (
            format!("the initramfs by {} does not look that up", generator.name),
            initramfs_misses_root(generator),
            format!("{write}."),
        ),
    };
    Ok(vec![ROOT_BY_UUID_WITHOUT_INITRAMFS.finding(
        format!("root= names {by}, and {nobody}."),
        consequence,
        fix,
    )])
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
