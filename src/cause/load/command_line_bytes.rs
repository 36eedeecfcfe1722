//! KC112: bytes in the command line that the VMM refuses, or that turn what it adds into something
//! else.

use super::super::root_device::seen;
use super::super::{Belief, Cause, Check, Says, Tell};
use super::needs_named_devices;
use crate::bundle::Bundle;
use crate::cmdline::{Effective, leaves_open};
use crate::console::Clues;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static COMMAND_LINE_BYTES: Cause = Cause {
    code: Code(112),
    name: "command-line-bytes",
    stage: Stage::Load,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "The command line has bytes that the VMM refuses, or a ` -- ` before the VMM's own \
        parameters.",
    explanation: "VMMs on the linux-loader crate accept only the bytes 0x20 to 0x7e. With a tab, a \
        line break at the end of a file or a non-ASCII letter, the VMM does not start; libkrun \
        aborts. Parameters after ` -- ` are arguments of init. A VMM that appends its own \
        parameters at the very end, as libkrun and QEMU's microvm do, passes them to init then, \
        and the kernel never sees the devices that they name.",
    fix: "Write the command line in ASCII on one line, and remove ` -- `.",
    tells: &[
        Tell {
            text: "String contains a non-printable ASCII character.",
            by: "VMMs on the linux-loader crate (0.13.2)",
            says: Says::It,
        },
        Tell {
            text: "InvalidAscii",
            by: "libkrun 1.19.7, in the message of its panic",
            says: Says::It,
        },
        Tell {
            text: "VFS: Unable to mount root fs on ‹unknown-block(0,0)›",
            by: "Linux, if the VMM's parameters follow --",
            says: Says::When(weigh),
        },
        Tell {
            text: "Waiting for root device ‹/dev/vda›...",
            by: "Linux, if the VMM's parameters follow --, with rootwait",
            says: Says::When(weigh),
        },
    ],
    sources: &[
        "linux-loader 0.13.2 src/cmdline/mod.rs, valid_str",
        "krun-vmm 1.19.7 src/builder.rs",
        "Linux init/main.c, start_kernel (parse_args, after_dashes)",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let line = bundle.command_line()?;
    let platform = bundle.command_line_platform()?;
    let target = bundle.target.title;
    let mut findings = Vec::new();
    if let Some((offset, byte)) = Effective::refused_byte(platform, line) {
        let fix = match byte {
            b'\n' | b'\r' => "Remove the line break: printf %s \"$(cat FILE)\".",
            b'\t' => "Replace the tab with a space.",
            _ => "Write it in ASCII.",
        };
        findings.push(
            COMMAND_LINE_BYTES
                .finding(
                    format!(
                        "The byte at {offset} of the command line is {}.",
                        describe(byte)
                    ),
                    format!(
                        "{target} accepts only 0x20 to 0x7e, and ends before the kernel starts."
                    ),
                    fix,
                )
                .at(Place {
                    offset: u64::try_from(offset).ok(),
                    member: None,
                }),
        );
    }
    let effective = bundle.effective_command_line()?;
    if effective.swallowed {
        let place = Place {
            offset: line.dashes.and_then(|at| u64::try_from(at).ok()),
            member: None,
        };
        let devices = effective
            .additions
            .iter()
            .any(|addition| names_device(addition));
        let message =
            format!("The command line has ` -- `, and {target} adds parameters after it.");
        let fix = "Remove ` -- `.";
        findings.push(if devices && needs_named_devices(bundle)? {
            COMMAND_LINE_BYTES
                .finding(
                    message,
                    "virtio_mmio.device= goes to init, and the kernel finds no disk.",
                    fix,
                )
                .at(place)
        } else {
            COMMAND_LINE_BYTES
                .finding(
                    message,
                    "The added parameters go to init, and the kernel does not read them.",
                    fix,
                )
                .with_severity(Severity::Warn)
                .at(place)
        });
    }
    findings.extend(in_quotation(bundle, &effective)?);
    Ok(findings)
}

/// What the VMM adds behind a quotation that does not end is a part of it.
fn in_quotation(bundle: &Bundle, effective: &Effective) -> Result<Option<Finding>> {
    if !effective.quoted {
        return Ok(None);
    }
    let target = bundle.target.title;
    let finding = COMMAND_LINE_BYTES.finding(
        format!(
            "The command line has a `\"` without an end, and {target} adds parameters after it."
        ),
        "virtio_mmio.device= becomes a part of the last parameter, and the kernel finds no disk.",
        "Close the quotation mark.",
    );
    let names_devices = effective
        .additions
        .iter()
        .any(|addition| names_device(addition));
    Ok(Some(if names_devices && needs_named_devices(bundle)? {
        finding
    } else {
        let finding = finding.with_severity(Severity::Warn);
        Finding {
            consequence: "The added parameters become a part of the last parameter.".to_owned(),
            ..finding
        }
    }))
}

/// Whether a parameter tells the kernel of a device.
fn names_device(parameter: &str) -> bool {
    parameter.starts_with("virtio_mmio.device=")
}

fn describe(byte: u8) -> String {
    match byte {
        b'\n' => "a line break (0x0a)".to_owned(),
        b'\r' => "a carriage return (0x0d)".to_owned(),
        b'\t' => "a tab (0x09)".to_owned(),
        0x80.. => format!("{byte:#04x}, which is not ASCII"),
        _ => format!("{byte:#04x}, a control character"),
    }
}

/// No disk is there, and the parameter by which the VMM tells of it went to init, or into a quotation.
fn weigh(clues: &Clues) -> Belief {
    let is_lost = clues.command_line.as_ref().is_some_and(|line| {
        let mut words = line.split_whitespace();
        let is_behind_dashes = words.any(|word| word == "--") && words.any(names_device);
        let mut named = line.split(" virtio_mmio.device=");
        let before = named.next().unwrap_or_default();
        is_behind_dashes || (named.next().is_some() && leaves_open(before.as_bytes()))
    });
    if is_lost && seen::disks(clues).next().is_none() {
        Belief::Certain
    } else {
        Belief::No
    }
}
