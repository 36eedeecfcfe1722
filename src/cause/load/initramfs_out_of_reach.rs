//! KC114: the initramfs lies where the kernel does not get it whole.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

const MIB: u64 = 1024 * 1024;

/// The cause.
pub static INITRAMFS_OUT_OF_REACH: Cause = Cause {
    code: Code(114),
    name: "initramfs-out-of-reach",
    stage: Stage::Load,
    role: Role::Initramfs,
    severity: Severity::Fatal,
    summary: "The VMM places the initramfs over the kernel, beyond RAM, or too high.",
    explanation: "A VMM copies the initramfs to its own address: below the end of RAM, below a gap \
        in it (libkrun on x86: 0xd0000000; Cloud Hypervisor: 0xc0000000), or from the middle of \
        RAM (QEMU's virt). Few VMMs check if the kernel is there already, or if it fits after the \
        middle. A bzImage before protocol 2.12 also states the highest address from which it reads \
        an initramfs (initrd_addr_max). If the sum is larger than RAM, the cause is KC104.",
    fix: "Give the machine more RAM, or make the initramfs smaller.",
    tells: &[
        Tell {
            text: "overlaps in-use memory region - disabling initrd",
            by: "Linux, INITRD: with its address, if a device tree names it",
            says: Says::It,
        },
        Tell {
            text: "initrd extends beyond end of memory",
            by: "Linux on x86, before 3.9",
            says: Says::It,
        },
        Tell {
            text: "could not load initrd",
            by: "QEMU virt",
            says: Says::It,
        },
        Tell {
            text: "initrd is too large, cannot support.",
            by: "QEMU on x86",
            says: Says::It,
        },
    ],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, initrd_addr_max",
        "Linux init/initramfs.c, reserve_initrd_mem",
        "krun-vmm 1.19.7 src/builder.rs, load_external_kernel",
        "QEMU hw/arm/boot.c, arm_setup_direct_kernel_boot; hw/i386/x86.c, x86_load_linux",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let Some(initramfs) = bundle.initramfs()? else {
        return Ok(Vec::new());
    };
    let platform = bundle.platform()?;
    let ram_bytes = bundle.ram_bytes()?;
    let kernel_bytes = bundle.memory_bytes()?.unwrap_or(0);
    if kernel_bytes.saturating_add(initramfs.file_bytes()) > ram_bytes {
        return Ok(Vec::new());
    }
    let Some((start, end)) = bundle.initramfs_addresses()? else {
        return Ok(Vec::new());
    };
    let target = bundle.target.title;
    let size_mib = initramfs.file_bytes().div_ceil(MIB);
    let ram_end = platform.ram_base.saturating_add(ram_bytes);
    if end > ram_end {
        let missing_mib = end.saturating_sub(ram_end).div_ceil(MIB);
        return Ok(vec![INITRAMFS_OUT_OF_REACH.finding(
            format!(
                "{target} puts the initramfs of {size_mib} MiB at {start:#x}, but RAM ends at \
                    {ram_end:#x}."
            ),
            "The VMM refuses it, or the kernel finds it truncated.",
            // What begins in the middle gains half of what is added.
            format!(
                "Give the machine at least {} MiB of RAM.",
                (ram_bytes / MIB).saturating_add(missing_mib.saturating_mul(2))
            ),
        )]);
    }
    if let Some(kernel_end) = bundle.kernel_end()?
        && start < kernel_end
    {
        return Ok(vec![INITRAMFS_OUT_OF_REACH.finding(
            format!(
                "{target} puts the initramfs of {size_mib} MiB at {start:#x}, but the kernel \
                    reaches up to {kernel_end:#x}."
            ),
            "The initramfs overwrites the kernel, or the kernel overwrites it.",
            "Make the initramfs smaller.",
        )]);
    }
    let kernel = bundle.kernel()?;
    let highest = kernel.optional(|header| header.initrd_addr_max)?;
    if let Some(highest) = highest
        && highest != 0
        && end.saturating_sub(1) > highest
        && kernel.optional(|header| header.above_4g)? != Some(true)
    {
        return Ok(vec![
            INITRAMFS_OUT_OF_REACH
                .finding(
                    format!(
                        "{target} puts the initramfs at {start:#x}, but the boot header's \
                            initrd_addr_max is {highest:#x}."
                    ),
                    "The kernel may not find it there.",
                    format!(
                        "Give the machine {} MiB of RAM or less.",
                        highest.saturating_add(1) / MIB
                    ),
                )
                .with_severity(Severity::Warn),
        ]);
    }
    Ok(Vec::new())
}
