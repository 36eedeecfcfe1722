//! KC310: there is not the RAM to unpack the initramfs.

use super::super::{Belief, Cause, Check, Says, Tell};
use crate::console::Clues;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static INITRAMFS_EXCEEDS_RAM: Cause = Cause {
    code: Code(310),
    name: "initramfs-exceeds-ram",
    stage: Stage::Initramfs,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The unpacked initramfs does not fit into the machine's RAM beside the kernel and the \
        archive.",
    explanation: "The files of an initramfs are in RAM, and so is the archive while the kernel \
        unpacks it. With neither root= nor rootfstype=, the first root is a tmpfs, which is \
        limited to half of the RAM; otherwise it is a ramfs without a limit. If a file does not \
        fit, the kernel stops unpacking or kills processes.",
    fix: "Give the machine more RAM, or make the initramfs smaller.",
    tells: &[
        Tell {
            text: "Initramfs unpacking failed: write error",
            by: "Linux",
            says: Says::It,
        },
        Tell {
            text: "Kernel panic - not syncing: System is deadlocked on memory",
            by: "Linux",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux init/do_mounts.c, init_rootfs; mm/shmem.c, shmem_default_max_blocks",
        "Linux init/initramfs.c, unpack_to_rootfs",
    ],
    check: Check::Boot,
};

/// What an initramfs needs of RAM, and the machine has not.
pub(crate) struct Lack {
    /// Its size as a file.
    pub(crate) file_bytes: u64,
    /// The size of what is in it.
    pub(crate) unpacked_bytes: u64,
    /// Both, with the kernel where that is known and matters.
    pub(crate) needs_bytes: u64,
    /// What there is.
    pub(crate) ram_bytes: u64,
    /// Whether it would fit, if a tmpfs held more than half of RAM.
    pub(crate) is_half: bool,
}

/// The finding about it.
pub(crate) fn of(lack: &Lack) -> Finding {
    let ram_mib = mib(lack.ram_bytes);
    let holds = match lack.is_half {
        true => format!("a tmpfs holds half of {ram_mib} MiB of RAM"),
        false => format!("the machine has {ram_mib} MiB of RAM"),
    };
    let wanted_bytes = lack.needs_bytes.max(lack.unpacked_bytes.saturating_mul(2));
    // A quarter more, for what the kernel takes besides.
    let wanted_mib = mib(wanted_bytes.saturating_add(wanted_bytes / 4)).saturating_add(1);
    INITRAMFS_EXCEEDS_RAM.finding(
        format!(
            "The initramfs unpacks to {} MiB from {} MiB, but {holds}.",
            mib(lack.unpacked_bytes),
            mib(lack.file_bytes)
        ),
        "Unpacking ends with \"Initramfs unpacking failed: write error\" or out of memory, and the \
            later files are missing.",
        format!(
            "Give the machine at least {wanted_mib} MiB of RAM, or make the initramfs smaller."
        ),
    )
}

fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

/// Nothing but the kernel and its archive were there to fill the memory.
fn weigh(clues: &Clues) -> Belief {
    if clues.has_initramfs && !clues.ran_initramfs {
        Belief::Certain
    } else {
        Belief::Possible
    }
}
