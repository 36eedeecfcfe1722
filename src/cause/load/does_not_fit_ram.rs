//! KC104: the machine has not the memory that the kernel asks for.

use super::super::{Cause, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::stage::Stage;

const MIB: u64 = 1024 * 1024;

/// The cause.
pub static DOES_NOT_FIT_RAM: Cause = Cause {
    code: Code(104),
    name: "does-not-fit-ram",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "The loaded kernel ends behind the end of the machine's RAM.",
    explanation: "A kernel needs more than its file: image_size (arm64, riscv) and the last \
        segment's end (ELF) count its BSS, init_size (x86) the room in which it unpacks itself. \
        The VMM keeps some RAM for itself, for the device tree on arm64.",
    fix: "Give the machine more RAM, or use a smaller kernel.",
    tells: &[
        Tell {
            text: "The kernel doesn't fit in the microVM memory",
            by: "libkrun 1.19",
        },
        Tell {
            text: "Kernel doesn't fit in RAM",
            by: "libkrun 1.19, bundled kernels",
        },
    ],
    sources: &[
        "Linux Documentation/arch/x86/boot.rst, init_size",
        "Linux Documentation/arch/arm64/booting.rst, image_size",
        "krun-vmm 1.19.7 src/builder.rs",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let Some(needed_bytes) = bundle.memory_bytes()? else {
        return Ok(Vec::new());
    };
    let ram_bytes = platform.ram_mib.saturating_mul(MIB);
    if needed_bytes <= ram_bytes {
        return Ok(Vec::new());
    }
    let needed_mib = needed_bytes.div_ceil(MIB);
    Ok(vec![DOES_NOT_FIT_RAM.finding(
        format!(
            "The kernel needs RAM up to {needed_mib} MiB; {} gives {} MiB.",
            bundle.target.title, platform.ram_mib
        ),
        "The VMM refuses it, or it overwrites what lies behind it.",
        format!("Give the machine more than {needed_mib} MiB of RAM."),
    )])
}
