//! KC108: a 32-bit kernel where the target enters in 64-bit mode.

use super::super::{Cause, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;
use crate::vmm::Entry;

/// The cause.
pub static NOT_64_BIT: Cause = Cause {
    code: Code(108),
    name: "not-64-bit",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "The x86 kernel has no 64-bit entry, and the target uses no other.",
    explanation: "libkrun, Firecracker and Cloud Hypervisor hand the CPU over in 64-bit mode. A \
        32-bit kernel, or a bzImage whose xloadflags lack XLF_KERNEL_64, has nothing that could \
        run there.",
    fix: "Use an x86_64 kernel (CONFIG_64BIT=y).",
    tells: &[Tell {
        text: "Kernel Loader: Invalid Elf magic number",
        by: "VMMs on the linux-loader crate",
    }],
    sources: &["Linux Documentation/arch/x86/boot.rst, xloadflags"],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if platform.architecture != Architecture::X86_64 || platform.entry == Entry::PvhElfRealMode {
        return Ok(Vec::new());
    }
    let header = bundle.kernel.header()?;
    let message = if bundle.kernel.architecture()? == Architecture::I386 {
        "This is a 32-bit x86 kernel."
    } else if header.kernel_64 == Some(false) {
        "The boot header's xloadflags lack XLF_KERNEL_64: there is no 64-bit entry."
    } else {
        return Ok(Vec::new());
    };
    Ok(vec![NOT_64_BIT.finding(
        message,
        format!(
            "{} enters in 64-bit mode; it refuses this kernel, or the guest faults at once.",
            bundle.target.title
        ),
        "Use an x86_64 kernel (CONFIG_64BIT=y).",
    )])
}
