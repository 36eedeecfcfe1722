//! KC113: the kernel ignores the command line that it is given.

use super::super::Cause;
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::stage::Stage;
use crate::vmm::Transport;

/// The cause.
pub static COMMAND_LINE_FORCED: Cause = Cause {
    code: Code(113),
    name: "command-line-forced",
    stage: Stage::Load,
    severity: Severity::Fatal,
    summary: "The kernel was built to use its own command line and drop the VMM's.",
    explanation: "CONFIG_CMDLINE_OVERRIDE (x86) and CONFIG_CMDLINE_FORCE (arm64, riscv) make the \
        built-in command line the only one. root=, console= and init= of the caller are lost. \
        On x86 libkrun, Firecracker and QEMU's microvm also name the virtio devices there, \
        so the guest finds no disk at all.",
    fix: "Build without CONFIG_CMDLINE_OVERRIDE or CONFIG_CMDLINE_FORCE.",
    tells: &[],
    sources: &[
        "Linux arch/x86/Kconfig, CMDLINE_OVERRIDE",
        "Linux arch/arm64/Kconfig, CMDLINE_FORCE",
    ],
    check,
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let option = match platform.architecture {
        Architecture::X86_64 => "CMDLINE_OVERRIDE",
        _ => "CMDLINE_FORCE",
    };
    // Hardly any kernel is built so, and no symbol shows it: unknown is not worth a word.
    if bundle.driver(option)? != Driver::BuiltIn {
        return Ok(Vec::new());
    }
    let finding = COMMAND_LINE_FORCED.finding(
        format!("{option} is built into this kernel."),
        "It drops the command line that it is given: root=, console= and init= have no effect.",
        format!("Use a kernel without CONFIG_{option}."),
    );
    Ok(vec![if platform.transport == Transport::MmioCommandLine {
        finding
    } else {
        finding.with_severity(Severity::Warn)
    }])
}
