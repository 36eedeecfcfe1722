//! KC406: `root=PARTUUID=` or `PARTLABEL=` names a partition that is in no table.

use super::super::{Belief, Cause, Says, Tell};
use super::seen;
use super::{
    initramfs_misses_root, is_looked_up, kernel_misses_root, of_unread_table, root_parameters,
    unread_table,
};
use crate::bundle::{Bundle, Mounter, RootDevice};
use crate::cmdline::Root;
use crate::console::Clues;
use crate::error::Result;
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
    explanation: "PARTUUID= is written in the table of partitions: with GPT a UUID of each, with an \
        MBR the disk's signature and the number, as in 1234abcd-01. PARTLABEL= is in a GPT alone. \
        Neither is the UUID or the label of the file system inside, which UUID= and LABEL= name. \
        With rootwait the kernel waits for the partition for ever.",
    fix: "Write the PARTUUID as the table has it, or name the partition: root=/dev/vda1.",
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
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, in its panic; some say nothing before it",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux block/early-lookup.c, devt_from_partuuid; before 6.5 init/do_mounts.c",
        "Linux block/partitions/core.c and msdos.c, set_info",
    ],
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let what = match bundle.command_line()?.root() {
        Some(Root::PartUuid { .. }) => "PARTUUID",
        Some(Root::PartLabel(_)) => "PARTLABEL",
        _ => return Ok(Vec::new()),
    };
    let device = bundle.root_device()?;
    let table = unread_table(bundle)?;
    if table.is_none() && !matches!(device, RootDevice::Absent { .. }) {
        return Ok(Vec::new());
    }
    // Where nobody looks into the table for it, that is what is wrong.
    if !is_looked_up(bundle)? {
        return Ok(Vec::new());
    }
    let consequence = match bundle.mounter()? {
        Mounter::Archive => return Ok(Vec::new()),
        Mounter::Kernel if super::needs_no_device(bundle)? => return Ok(Vec::new()),
        Mounter::Kernel => kernel_misses_root(bundle)?,
        Mounter::Initramfs(generator) => initramfs_misses_root(generator),
    };
    if let Some(table) = table {
        return Ok(vec![
            of_unread_table(&NO_SUCH_PARTUUID, table, consequence).about(Role::Kernel),
        ]);
    }
    let RootDevice::Absent { named, instead } = device else {
        return Ok(Vec::new());
    };
    let fix = match bundle.root()? {
        Some(_) => format!(
            "Write the {what} as the table has it, or {}.",
            root_parameters(bundle)?
        ),
        None => "Give the root with --rootfs.".to_owned(),
    };
    Ok(vec![NO_SUCH_PARTUUID.finding(
        format!("root= names {named}, and there is {instead}."),
        consequence,
        fix,
    )])
}

/// Disks are there, and the partition in no table of theirs.
fn weigh(clues: &Clues) -> Belief {
    let Some(name) = seen::named(clues) else {
        return seen::unnamed(clues);
    };
    if !seen::is_by_table(&name) {
        return Belief::No;
    }
    match (seen::disks(clues).next(), clues.has_listed_disks) {
        (Some(_), _) => Belief::Certain,
        (None, true) => Belief::Possible,
        (None, false) => Belief::Likely,
    }
}
