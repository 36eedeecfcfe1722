//! KC110: a big-endian kernel for a little-endian machine.

use super::super::{Cause, Check};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::bytes::Endianness;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static BIG_ENDIAN: Cause = Cause {
    code: Code(110),
    name: "big-endian",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The arm64 or riscv kernel is built big-endian.",
    explanation: "Bit 0 of the Image header's flags states that the kernel runs big-endian. The \
        architecture makes that mode optional, and on a CPU without it (Apple silicon) the kernel \
        prints nothing. On other CPUs it runs, but cannot start a little-endian userspace.",
    fix: "Use a little-endian kernel (CONFIG_CPU_BIG_ENDIAN off).",
    tells: &[],
    sources: &[
        "Linux Documentation/arch/arm64/booting.rst, flags bit 0",
        "QEMU issue 747 (nothing printed on Apple silicon; it boots with TCG and with KVM)",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if !matches!(
        platform.architecture,
        Architecture::Aarch64 | Architecture::Riscv64
    ) {
        return Ok(Vec::new());
    }
    if bundle.kernel()?.optional(|header| header.endianness)? != Some(Endianness::Big) {
        return Ok(Vec::new());
    }
    let message = "This kernel is built big-endian.";
    let fix = "Use a little-endian kernel (CONFIG_CPU_BIG_ENDIAN off).";
    Ok(vec![if platform.big_endian {
        BIG_ENDIAN
            .finding(
                message,
                "A CPU without that mode (Apple silicon) prints nothing; another boots, but then \
                    runs no little-endian init.",
                fix,
            )
            .with_severity(Severity::Warn)
    } else {
        BIG_ENDIAN.finding(
            message,
            format!(
                "No CPU of {} runs it, and it prints nothing.",
                bundle.target.title
            ),
            fix,
        )
    }])
}
