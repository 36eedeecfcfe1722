//! KC111: the command line, with what the VMM adds, is longer than what arrives.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::needs_named_devices;
use crate::bundle::Bundle;
use crate::cmdline::{CommandLine, Effective, Limiter, Parameter};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static COMMAND_LINE_TOO_LONG: Cause = Cause {
    code: Code(111),
    name: "command-line-too-long",
    stage: Stage::Load,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The command line is longer than the VMM accepts, or longer than the kernel keeps.",
    explanation: "A kernel keeps COMMAND_LINE_SIZE bytes of its command line, 2048 on x86 and \
        arm64, 1024 on riscv, and silently drops the rest. A VMM's own parameters are at the end, \
        so they are lost first: on x86 libkrun names the virtio devices there. Some VMMs have a \
        maximum of their own, and refuse a longer line or abort.",
    fix: "Shorten the command line.",
    tells: &[
        Tell {
            text: "Inserting string would make command line too long.",
            by: "VMMs on the linux-loader crate (0.13.2)",
            says: Says::It,
        },
        Tell {
            text: "VFS: Cannot open root device \"(null)\" or unknown-block(0,0)",
            by: "Linux before 6.5, if root= was cut off",
            says: Says::When(weigh),
        },
        Tell {
            text: "VFS: Cannot open root device \"\" or unknown-block(0,0)",
            by: "Linux 6.5 and later, if root= or the disk's virtio_mmio.device= was cut off",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "Linux arch/*/include/uapi/asm/setup.h, COMMAND_LINE_SIZE",
        "Linux Documentation/arch/x86/boot.rst, cmdline_size",
        "krun-vmm 1.19.7 src/builder.rs, krun-arch 1.19.7 src/*/layout.rs",
        "linux-loader 0.13.2 src/cmdline/mod.rs",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.command_line()?;
    let effective = bundle.effective_command_line()?;
    if effective.left_bytes.is_some() {
        return Ok(Vec::new());
    }
    let over_bytes = effective.bytes.saturating_sub(effective.limit_bytes);
    let fix = format!("Shorten the command line by {over_bytes} bytes.");
    let with_additions = if effective.additions.is_empty() {
        ""
    } else {
        " with the VMM's additions"
    };
    let length = format!(
        "The command line has {} bytes{with_additions}",
        effective.bytes
    );
    let target = bundle.target.title;
    if effective.limiter == Limiter::Vmm {
        return Ok(vec![COMMAND_LINE_TOO_LONG.finding(
            format!("{length}; {target} accepts {}.", effective.limit_bytes),
            format!("{target} refuses it, or aborts, before the kernel starts."),
            fix,
        )]);
    }
    let kept = effective.kept();
    let lost = lost(&effective, &kept);
    let mut matter = Vec::new();
    for parameter in &lost {
        if matters(bundle, parameter, &kept)? {
            matter.push(parameter.text());
        }
    }
    let message = format!("{length}; the kernel keeps {}.", effective.limit_bytes);
    let finding = if matter.is_empty() {
        let words: Vec<String> = lost
            .iter()
            .map(|parameter| short(&parameter.text()))
            .collect();
        COMMAND_LINE_TOO_LONG
            .finding(
                message,
                if words.is_empty() {
                    "The kernel silently drops its end.".to_owned()
                } else {
                    format!("The kernel silently drops its end: {}.", few(&words))
                },
                fix,
            )
            .with_severity(Severity::Warn)
    } else {
        let words: Vec<String> = matter.iter().map(|text| short(text)).collect();
        COMMAND_LINE_TOO_LONG.finding(
            message,
            format!(
                "The kernel silently drops its end, and {} with it.",
                few(&words)
            ),
            fix,
        )
    };
    Ok(vec![finding.at(Place {
        offset: Some(effective.limit_bytes.saturating_sub(1)),
        member: None,
    })])
}

/// The parameters that arrive cut or not at all.
fn lost<'a>(effective: &'a Effective, kept: &CommandLine) -> Vec<&'a Parameter> {
    let all = effective.line.parameters.iter().enumerate();
    all.filter(|(at, parameter)| kept.parameters.get(*at) != Some(*parameter))
        .map(|(_, parameter)| parameter)
        .collect()
}

/// Whether the boot hangs on it.
fn matters(bundle: &Bundle, parameter: &Parameter, kept: &CommandLine) -> Result<bool> {
    if parameter.is("virtio_mmio.device") {
        return needs_named_devices(bundle);
    }
    if parameter.is("console") {
        let platform = bundle.command_line_platform()?;
        let has_another = kept.consoles().iter().any(|named| {
            let mut there = platform.consoles.iter();
            there.any(|console| console.device == named.device)
        });
        return Ok(!has_another);
    }
    // An init that the kernel tries first by itself is not missed, unless half of its path is left.
    if parameter.is("init") && parameter.value.as_deref() == Some("/sbin/init") {
        return Ok(kept.init().is_some_and(|init| init != "/sbin/init"));
    }
    Ok(["root", "init", "rdinit"]
        .iter()
        .any(|name| parameter.is(name)))
}

fn short(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}

fn few(words: &[String]) -> String {
    const MOST: usize = 4;
    let mut shown: Vec<&str> = words.iter().take(MOST).map(String::as_str).collect();
    if words.len() > MOST {
        shown.push("…");
    }
    shown.join(", ")
}

/// The kernel's line is as long as it can be, and root= is not in it. A kernel that prints no more
/// of it than one line of its log takes leaves open whether it had more.
fn weigh(clues: &Clues) -> Belief {
    let without_root = |line: &&String| !line.contains("root=");
    match clues.command_line.as_ref().filter(without_root) {
        Some(line) if line.len() >= 2000 => Belief::Certain,
        Some(line) if line.len() >= seen::PRINTED_BYTES => Belief::Likely,
        _ => Belief::No,
    }
}
