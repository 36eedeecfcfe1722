//! KC310: there is not the RAM to unpack the initramfs.

use super::super::{Belief, Cause, Says, Tell};
use crate::bundle::{Bundle, Unpacked};
use crate::console::Clues;
use crate::error::Result;
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
    summary: "What the initramfs unpacks to, beside the kernel and the archive itself, is more \
        than the machine's RAM.",
    explanation: "The files of an initramfs lie in RAM, and while it is unpacked the archive lies \
        there too. With neither root= nor rootfstype= the first root is a tmpfs, which holds \
        half of the RAM and no more; otherwise it is a ramfs, which takes all of it. When a \
        file does not fit, the kernel stops unpacking or kills what it can.",
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
    check: Some(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let ram_bytes = bundle.ram_bytes()?;
    let Unpacked::Tree(archive) = bundle.unpacked()? else {
        return Ok(Vec::new());
    };
    let needs_bytes = initramfs
        .file_bytes()
        .saturating_add(archive.unpacked_bytes);
    let with_kernel_bytes = if needs_bytes > ram_bytes {
        needs_bytes
    } else {
        needs_bytes.saturating_add(bundle.memory_bytes()?.unwrap_or(0))
    };
    let half_bytes = ram_bytes / 2;
    let (holds, is_over) = if with_kernel_bytes > ram_bytes {
        (
            format!("the machine has {} MiB of RAM", mib(ram_bytes)),
            true,
        )
    } else {
        (
            format!("a tmpfs holds half of {} MiB of RAM", mib(ram_bytes)),
            archive.unpacked_bytes > half_bytes && is_tmpfs(bundle)?,
        )
    };
    if !is_over {
        return Ok(Vec::new());
    }
    let wanted_bytes = with_kernel_bytes.max(archive.unpacked_bytes.saturating_mul(2));
    // A quarter more, for what the kernel takes besides.
    let wanted_mib = mib(wanted_bytes.saturating_add(wanted_bytes / 4)).saturating_add(1);
    Ok(vec![INITRAMFS_EXCEEDS_RAM.finding(
        format!(
            "The initramfs unpacks to {} MiB from {} MiB, and {holds}.",
            mib(archive.unpacked_bytes),
            mib(initramfs.file_bytes())
        ),
        "Unpacking ends with \"Initramfs unpacking failed: write error\" or for want of memory, and the files behind that point are missing.",
        format!("Give the machine at least {wanted_mib} MiB of RAM, or make the initramfs smaller."),
    )])
}

/// Whether it is known not to be unpacked to its end, so that what is in it does not matter.
pub(super) fn is_exceeded(bundle: &Bundle) -> bool {
    check(bundle).is_ok_and(|findings| !findings.is_empty())
}

/// Whether the first root is a tmpfs: by what the line says, if the kernel has it.
fn is_tmpfs(bundle: &Bundle) -> Result<bool> {
    let line = bundle.command_line()?;
    let types = line.value("rootfstype");
    let is_asked_for = match (line.value("root"), types) {
        (_, Some(types)) => types.contains("tmpfs"),
        (root, None) => root.is_none_or(str::is_empty),
    };
    Ok(is_asked_for && bundle.builds_in("TMPFS")?)
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
