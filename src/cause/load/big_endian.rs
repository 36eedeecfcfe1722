//! KC110: a big-endian kernel for a little-endian machine.

use super::super::Cause;
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::bytes::Endianness;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

/// The cause.
pub static BIG_ENDIAN: Cause = Cause {
    code: Code(110),
    name: "big-endian",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "The arm64 or riscv kernel is built big-endian.",
    explanation: "Bit 0 of the Image header's flags says that the kernel runs big-endian. The CPU \
        may lack that mode (Apple silicon does), the VMM's device tree and virtio devices are \
        little-endian, and so is every distribution's userspace.",
    fix: "Use a little-endian kernel (CONFIG_CPU_LITTLE_ENDIAN=y).",
    tells: &[],
    sources: &["Linux Documentation/arch/arm64/booting.rst, flags bit 0"],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    if !matches!(
        platform.architecture,
        Architecture::Aarch64 | Architecture::Riscv64
    ) {
        return Ok(Vec::new());
    }
    if bundle.kernel.optional(|header| header.endianness)? != Some(Endianness::Big) {
        return Ok(Vec::new());
    }
    let finding = BIG_ENDIAN.finding(
        "This kernel is built big-endian.",
        format!(
            "{} offers it a little-endian machine; nothing is printed.",
            bundle.target.title
        ),
        "Use a little-endian kernel (CONFIG_CPU_LITTLE_ENDIAN=y).",
    );
    Ok(vec![if platform.big_endian {
        finding.with_severity(Severity::Warn)
    } else {
        finding
    }])
}
