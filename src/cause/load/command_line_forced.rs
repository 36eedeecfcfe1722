//! KC113: the kernel ignores the command line that it is given.

use super::super::{Cause, Check};
use crate::architecture::Architecture;
use crate::bundle::Bundle;
use crate::cmdline::Parameter;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::FoundBy;

/// The cause.
pub static COMMAND_LINE_FORCED: Cause = Cause {
    code: Code(113),
    name: "command-line-forced",
    stage: Stage::Load,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The kernel was built to use its own command line and ignore the VMM's.",
    explanation: "CONFIG_CMDLINE_OVERRIDE (x86) and CONFIG_CMDLINE_FORCE (arm64, riscv) make the \
        kernel use only its built-in command line. root=, console= and init= of the VMM are lost. \
        On x86 libkrun also names the virtio devices there, so its guest finds no disk; the same \
        holds for QEMU's microvm with acpi=off.",
    fix: "Build without CONFIG_CMDLINE_OVERRIDE or CONFIG_CMDLINE_FORCE.",
    tells: &[],
    sources: &[
        "Linux arch/x86/Kconfig, CMDLINE_OVERRIDE",
        "Linux arch/arm64/Kconfig, CMDLINE_FORCE",
        "krun-devices 1.19.7 and QEMU hw/i386/microvm.c, virtio_mmio.device=",
    ],
    check: Check::Facts(check),
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
    let message =
        format!("{option} is set in this kernel: it ignores the command line it is given.");
    let fix = format!("Use a kernel without CONFIG_{option}.");
    let lost = lost(bundle);
    // Where it is known that there is no root, no disk is missed.
    let names_the_disk =
        platform.bus.found_by == FoundBy::CommandLine && !matches!(bundle.root(), Ok(None));
    Ok(vec![if names_the_disk {
        COMMAND_LINE_FORCED.finding(
            message,
            format!(
                "{lost} have no effect, and no virtio device is found, since {} names them there.",
                bundle.target.title
            ),
            fix,
        )
    } else {
        COMMAND_LINE_FORCED
            .finding(message, format!("{lost} have no effect."), fix)
            .with_severity(Severity::Warn)
    }])
}

/// What is lost: of a line that is known, what the boot hangs on.
fn lost(bundle: &Bundle) -> String {
    const NAMES: [&str; 5] = ["root", "console", "init", "rdinit", "rootfstype"];
    let any = || "root=, console= and init=".to_owned();
    let Ok(line) = bundle.command_line() else {
        return any();
    };
    let words: Vec<String> = line
        .parameters
        .iter()
        .filter(|parameter| NAMES.iter().any(|name| parameter.is(name)))
        .map(Parameter::text)
        .collect();
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => any(),
    }
}
