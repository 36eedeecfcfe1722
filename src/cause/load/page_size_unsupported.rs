//! KC107: the kernel's pages are of a size that the CPU may lack.

use super::super::{Cause, Check, Says, Tell};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static PAGE_SIZE_UNSUPPORTED: Cause = Cause {
    code: Code(107),
    name: "page-size-unsupported",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The arm64 kernel uses pages of 16 or 64 KiB, which the machine's CPU may not \
        support.",
    explanation: "An arm64 kernel is built for one page size, and each CPU implements only some of \
        4, 16 and 64 KiB. Apple silicon has no 64 KiB granule; Cortex-A53, A57 and A72 have no 16 \
        KiB granule. The kernel stops in its first instructions, before any console.",
    fix: "Use a kernel with 4K pages (CONFIG_ARM64_4K_PAGES=y): every CPU has them.",
    tells: &[Tell {
        text: "EFI stub: ERROR: This ‹64› KB granular kernel is not supported by your CPU",
        by: "the EFI stub; started directly, the kernel prints nothing",
        says: Says::It,
    }],
    sources: &[
        "Linux Documentation/arch/arm64/booting.rst, flags bits 1-2",
        "Linux arch/arm64/kernel/head.S, __no_granule_support",
        "lima-vm/lima issue 841",
        "QEMU target/arm/cpu64.c, id_aa64mmfr0 of each CPU",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if platform.architecture != Architecture::Aarch64 || platform.page_sizes.is_empty() {
        return Ok(Vec::new());
    }
    let Some(bytes) = bundle.kernel()?.optional(|header| header.page_size_bytes)? else {
        return Ok(Vec::new());
    };
    Ok(platform
        .page_sizes
        .iter()
        .filter(|size| size.bytes == bytes)
        .map(|size| {
            let finding = PAGE_SIZE_UNSUPPORTED.finding(
                format!(
                    "This kernel uses {}K pages; {}.",
                    bytes / 1024,
                    size.lacking
                ),
                "On such a CPU it stops before its first message.",
                "Use a kernel with 4K pages (CONFIG_ARM64_4K_PAGES=y).",
            );
            if size.never {
                finding
            } else {
                finding.with_severity(Severity::Warn)
            }
        })
        .collect())
}
