//! KC406: `root=PARTUUID=` or `PARTLABEL=` names a partition that is in no table.

use super::super::{Belief, Cause, Check, Says, Tell};
use super::{UnreadTable, seen};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_SUCH_PARTUUID: Cause = Cause {
    code: Code(406),
    name: "no-such-partuuid",
    stage: Stage::RootDevice,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "No partition of the disk has the UUID or the label that root= names.",
    explanation: "PARTUUID= is in the partition table: with GPT a UUID for each partition, with an \
        MBR the disk's signature and the number, as in 1234abcd-01. Only a GPT has PARTLABEL=. \
        Neither is the UUID or the label of the file system inside, which UUID= and LABEL= name. \
        With rootwait the kernel waits forever for the partition.",
    fix: "Write the PARTUUID of the partition table, or name the partition: root=/dev/vda1.",
    tells: &[
        Tell {
            text: "Waiting for root device PARTUUID=‹…›...",
            by: "Linux, with rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for root device PARTLABEL=‹…›...",
            by: "Linux, with rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"PARTLABEL=‹…›\" or unknown-block(0,0): error ‹-6›",
            by: "Linux, without rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"PARTUUID=‹…›\" or unknown-block(0,0): error ‹-6›",
            by: "Linux, without rootwait",
            says: Says::When(weigh),
        },
        Tell {
            text: "Warning: /dev/disk/by-partuuid/‹…› does not exist",
            by: "dracut",
            says: Says::It,
        },
        Tell {
            text: "ERROR: device 'PARTUUID=‹…›' not found. Skipping fsck.",
            by: "the init of mkinitcpio",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some print nothing before it",
            says: Says::When(weigh),
        },
        Tell {
            text: "Timed out waiting for device /dev/disk/by-partuuid/‹…›",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Timed out waiting for device ‹dev-disk-by…› - /dev/disk/by-partuuid/‹…›",
            by: "systemd 246 and later in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "Timed out waiting for device dev-disk-by\\x2dpartuuid‹…›",
            by: "systemd in an initramfs",
            says: Says::When(early),
        },
        Tell {
            text: "ALERT!  PARTUUID=‹…› does not exist.",
            by: "the init of initramfs-tools",
            says: Says::When(other_disks),
        },
        Tell {
            text: "mount: ‹/new_root›: can't find PARTUUID=‹…›",
            by: "util-linux mount, in the init of mkinitcpio",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, devt_from_partuuid; before 6.5 init/do_mounts.c",
        "Linux block/partitions/core.c and msdos.c, set_info",
    ],
    check: Check::Boot,
};

/// The finding about a partition that no table has. `what` is PARTUUID or PARTLABEL; `parameters` name
/// the given root, if there is one.
pub(crate) fn of(
    what: &str,
    named: &str,
    instead: &str,
    parameters: Option<&str>,
    consequence: String,
) -> Finding {
    let fix = match parameters {
        Some(parameters) => format!("Write the {what} of the partition table, or {parameters}."),
        None => "Give the root with --rootfs.".to_owned(),
    };
    NO_SUCH_PARTUUID.finding(
        format!("root= names {named}, but there is {instead}."),
        consequence,
        fix,
    )
}

/// The finding about a partition of a table that the kernel does not read.
pub(crate) fn of_unread_table(table: &UnreadTable, consequence: String) -> Finding {
    super::of_unread_table(&NO_SUCH_PARTUUID, table, consequence)
}

/// Disks are there, and the partition in no table of theirs.
fn weigh(clues: &Clues) -> Belief {
    let Some(name) = seen::named(clues) else {
        return seen::unnamed(clues);
    };
    // A root that was mounted was found.
    if !seen::is_by_table(&name) || clues.has_reached(Stage::RootMount) {
        return Belief::No;
    }
    match (seen::disks(clues).next(), clues.has_listed_disks) {
        (Some(_), _) => Belief::Certain,
        (None, true) => Belief::Possible,
        (None, false) => Belief::Likely,
    }
}

/// On the root, systemd waits for other file systems.
fn early(clues: &Clues) -> Belief {
    Belief::Certain.only_if(!clues.is_past_initramfs())
}

/// Without any disk, its driver is missing rather.
fn other_disks(clues: &Clues) -> Belief {
    if seen::disks(clues).next().is_some() {
        Belief::Certain
    } else {
        Belief::Possible
    }
}
