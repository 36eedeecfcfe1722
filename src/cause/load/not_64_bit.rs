//! KC108: a 32-bit kernel where the target enters in 64-bit mode.

use super::super::{Cause, Check, Says, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Entry;

/// The cause.
pub static NOT_64_BIT: Cause = Cause {
    code: Code(108),
    name: "not-64-bit",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The x86 kernel has 32 bits, and the target starts only 64-bit kernels.",
    explanation: "libkrun and Firecracker start the CPU in 64-bit mode. A 32-bit kernel, or a \
        bzImage whose xloadflags lack XLF_KERNEL_64, has no code for that mode. Cloud Hypervisor \
        enters in 32-bit mode, but its loader reads only 64-bit ELF files. QEMU starts both.",
    fix: "Use an x86_64 kernel (CONFIG_64BIT=y).",
    tells: &[Tell {
        text: "Kernel Loader: Invalid program header size",
        by: "VMMs on the linux-loader crate, a 32-bit ELF (0.13.2)",
        says: Says::It,
    }],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, xloadflags",
        "linux-loader 0.13.2 src/loader/elf/mod.rs, validate_header",
        "Cloud Hypervisor pull request 6200, Firecracker pull request 6037",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if platform.architecture != Architecture::X86_64 {
        return Ok(Vec::new());
    }
    let header = bundle.kernel()?.header()?;
    let bzimage = header.boot_protocol.is_some();
    let enters_32_bit = match platform.entry {
        Entry::PvhElfRealMode => true,
        Entry::PvhElf => bzimage,
        Entry::Long64 | Entry::Image => false,
    };
    if enters_32_bit {
        return Ok(Vec::new());
    }
    // What the header of a bzImage says of its architecture is this flag.
    let message = if header.kernel_64 == Some(false) {
        "The boot header's xloadflags lack XLF_KERNEL_64: this is a 32-bit x86 kernel."
    } else if bundle.kernel()?.architecture()? == Architecture::I386 {
        "This is a 32-bit x86 kernel."
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![NOT_64_BIT.finding(
        message,
        format!(
            "{} starts only 64-bit kernels: it refuses this one, or the guest faults at once.",
            bundle.target.title
        ),
        "Use an x86_64 kernel (CONFIG_64BIT=y).",
    )])
}
