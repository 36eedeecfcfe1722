//! KC201: `console=` names what the machine does not have.

use super::super::{Cause, Check, Says, Tell};
use super::has_early_console;
use crate::bundle::Bundle;
use crate::cmdline::{CommandLine, Console};
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Place, Severity};
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::Platform;

/// The cause.
pub static NO_SUCH_CONSOLE: Cause = Cause {
    code: Code(201),
    name: "no-such-console",
    stage: Stage::Console,
    role: Role::Cmdline,
    severity: Severity::Fatal,
    summary: "console= names a device that the target does not have.",
    explanation: "Each VMM has its own consoles: ttyS0 on a PC, ttyAMA0 on QEMU's virt, hvc0 with \
        virtio. On arm64, libkrun describes its serial port in a way that ttyAMA0 never registers, \
        so only hvc0 works. The kernel's messages go to every console= that registers. \
        /dev/console, and with it the output of init, is the last one. A wrong console does not \
        stop the machine: it boots, or fails, without output.",
    fix: "Name a console that the target has: console=ttyS0, console=ttyAMA0 or console=hvc0.",
    tells: &[Tell {
        text: "Warning: unable to open an initial console.",
        by: "Linux 5.8 and later, if another console shows it",
        says: Says::Aside,
    }],
    sources: &[
        "Linux kernel/printk/printk.c, console_setup, register_console and console_device",
        "Linux Documentation/admin-guide/serial-console.rst",
        "kelpie-check src/vmm/, the consoles of each target",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let line = bundle.command_line()?;
    let named = line.consoles();
    let Some(last) = named.last() else {
        return Ok(Vec::new());
    };
    let platform = bundle.platform()?;
    if !is_absent(platform, last) || is_first_port(line, platform, last)? {
        return Ok(Vec::new());
    }
    let target = bundle.target.title;
    let fix = format!("Write console={} last.", platform.default_console());
    let place = Place {
        offset: u64::try_from(last.offset).ok(),
        member: None,
    };
    let there = named
        .iter()
        .rev()
        .find(|console| !is_absent(platform, console));
    let Some(there) = there else {
        let devices: Vec<&str> = named
            .iter()
            .map(|console| console.device.as_str())
            .collect();
        let has: Vec<&str> = platform
            .consoles
            .iter()
            .map(|console| console.device)
            .collect();
        let message = if named.iter().all(|console| is_none(&console.device)) {
            "console=null selects no console.".to_owned()
        } else {
            format!(
                "console= names {}; {target} has {}.",
                devices.join(" and "),
                has.join(" and ")
            )
        };
        let finding = if has_early_console(line) {
            NO_SUCH_CONSOLE
                .finding(
                    message,
                    "The early console works, but the output of init is never visible.",
                    fix,
                )
                .with_severity(Severity::Warn)
        } else {
            NO_SUCH_CONSOLE.finding(
                message,
                "The boot has no visible output, even if it succeeds.",
                fix,
            )
        };
        return Ok(vec![finding.at(place)]);
    };
    // A screen registers though nobody has one; a port that is not there does not.
    let silent = is_screen(&last.device) && bundle.builds_in("VT_CONSOLE").unwrap_or(true);
    Ok(vec![
        NO_SUCH_CONSOLE
            .finding(
                format!(
                    "The last console= names {}, which {target} does not have.",
                    last.device
                ),
                if silent {
                    format!(
                        "{} shows the kernel's messages; the output of init goes to {} and is \
                            never visible.",
                        there.device, last.device
                    )
                } else {
                    format!(
                        "{} never registers, and /dev/console is {} instead.",
                        last.device, there.device
                    )
                },
                fix,
            )
            .with_severity(Severity::Warn)
            .at(place),
    ])
}

/// Whether it names a serial port beyond those that the driver counts, and is the first one in its
/// place (`univ8250_console_setup`). How many it counts is SERIAL_8250_RUNTIME_UARTS, 4 by default and
/// 32 at the most that is met, or `8250.nr_uarts=`.
fn is_first_port(line: &CommandLine, platform: &Platform, console: &Console) -> Result<bool> {
    let number = console
        .device
        .strip_prefix("ttyS")
        .and_then(|number| number.parse::<u32>().ok());
    let has_first = platform
        .consoles
        .iter()
        .any(|known| known.device == "ttyS0");
    let Some(number) = number.filter(|_| has_first) else {
        return Ok(false);
    };
    let counted = line
        .value("8250.nr_uarts")
        .and_then(|value| value.parse::<u32>().ok());
    match counted {
        Some(counted) => Ok(number >= counted),
        None if number >= MOST_PORTS => Ok(true),
        None if number >= USUAL_PORTS => Err(Error::unsupported(
            "SERIAL_8250_RUNTIME_UARTS",
            format!("it decides whether {} is ttyS0", console.device),
        )),
        None => Ok(false),
    }
}

const USUAL_PORTS: u32 = 4;
const MOST_PORTS: u32 = 32;

/// Whether it is of a kind that is judged here, and not on this machine.
fn is_absent(platform: &Platform, console: &Console) -> bool {
    let device = console.device.as_str();
    let is_known = is_none(device)
        || is_screen(device)
        || ["ttyS", "ttyAMA", "hvc"]
            .iter()
            .any(|stem| has_number_behind(device, stem));
    is_known && !platform.consoles.iter().any(|known| known.device == device)
}

/// Whether it asks for no console at all (`console_setup`: ttynull).
fn is_none(device: &str) -> bool {
    device == "ttynull"
}

fn is_screen(device: &str) -> bool {
    has_number_behind(device, "tty")
}

fn has_number_behind(device: &str, stem: &str) -> bool {
    device.strip_prefix(stem).is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}
