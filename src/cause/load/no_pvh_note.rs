//! KC106: the target enters ELF kernels through PVH, and this one has no such entry.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Entry;

/// The cause.
pub static NO_PVH_NOTE: Cause = Cause {
    code: Code(106),
    name: "no-pvh-note",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The target starts ELF kernels by their PVH note, and this kernel has none.",
    explanation: "CONFIG_PVH adds the ELF note XEN_ELFNOTE_PHYS32_ENTRY, the address of a 32-bit \
        entry that needs no boot loader. Cloud Hypervisor and QEMU enter an ELF kernel only there. \
        The note is in the decompressed ELF, never in the bzImage.",
    fix: "Build with CONFIG_PVH=y, or give the bzImage if the target accepts it.",
    tells: &[
        Tell {
            text: "KernelMissingPvhHeader",
            by: "Cloud Hypervisor",
            says: Says::It,
        },
        Tell {
            text: "Error loading uncompressed kernel without PVH ELF Note",
            by: "QEMU, x86",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux arch/x86/platform/pvh/head.S",
        "QEMU hw/i386/x86.c, load_elfboot",
        "cloud-hypervisor/cloud-hypervisor issue 4930",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if platform.entry != Entry::PvhElf && platform.entry != Entry::PvhElfRealMode {
        return Ok(Vec::new());
    }
    if bundle
        .accepted_form()?
        .is_none_or(|form| form.container != "elf")
    {
        return Ok(Vec::new());
    }
    let header = bundle.kernel()?.header()?;
    if !header.notes_read || header.pvh_entry.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![NO_PVH_NOTE.finding(
        "This ELF kernel has no PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY).",
        format!("{} refuses it.", bundle.target.title),
        "Build with CONFIG_PVH=y, or give the bzImage instead of the ELF.",
    )])
}
