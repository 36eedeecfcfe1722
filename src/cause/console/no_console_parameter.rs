//! KC203: the command line leaves the choice of a console to the kernel.

use super::super::{Cause, Check, Says, Tell};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static NO_CONSOLE_PARAMETER: Cause = Cause {
    code: Code(203),
    name: "no-console-parameter",
    stage: Stage::Console,
    role: Role::Cmdline,
    severity: Severity::Warn,
    summary: "The command line has no console=, and nothing else names a console.",
    explanation: "Without console=, the kernel takes the first device that registers. With \
        CONFIG_VT_CONSOLE, as in every distribution's kernel, that is tty0, the screen, and a \
        microVM has no screen. Without it, the serial port or hvc0 is first. If a device tree has \
        a stdout-path, as QEMU's virt does, the kernel takes that.",
    fix: "Add console= with a console that the target has.",
    tells: &[Tell {
        text: "printk: console [tty0] enabled",
        by: "Linux; newer ones say printk: legacy console [tty0] enabled",
        says: Says::Aside,
    }],
    sources: &[
        "Linux kernel/printk/printk.c, register_console (try_enable_default_console)",
        "Linux drivers/of/base.c, of_console_check",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    if !bundle.command_line()?.consoles().is_empty() {
        return Ok(Vec::new());
    }
    let platform = bundle.platform()?;
    if platform.stdout_path {
        return Ok(Vec::new());
    }
    let consequence = match bundle.builds_in("VT_CONSOLE") {
        Ok(true) => {
            "The kernel takes tty0, a screen that the machine does not have, and the boot has no \
                visible output."
        }
        Ok(false) => {
            for console in platform.consoles {
                let mut options = platform.console_options(console);
                if options.all(|option| bundle.builds_in(option).unwrap_or(false)) {
                    return Ok(Vec::new());
                }
            }
            "The kernel takes the first console that registers."
        }
        Err(_) => {
            "The kernel takes the first console that registers, usually a screen that does \
            not exist."
        }
    };
    Ok(vec![NO_CONSOLE_PARAMETER.finding(
        "The command line has no console=.",
        consequence,
        format!("Add console={}.", platform.default_console()),
    )])
}
