//! KC202: no console that is asked for, or that the target offers, has its driver in the kernel.

use super::super::{Cause, Check, Says, Tell};
use super::has_early_console;
use crate::bundle::Bundle;
use crate::cmdline::CommandLine;
use crate::error::{Error, Result};
use crate::finding::{Code, Finding, Severity};
use crate::kernel::options::Driver;
use crate::role::Role;
use crate::stage::Stage;
use crate::vmm::{Console, Platform};

/// The cause.
pub static CONSOLE_DRIVER_MISSING: Cause = Cause {
    code: Code(202),
    name: "console-driver-missing",
    stage: Stage::Console,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The drivers of all consoles that console= names, or that the target offers, are \
        modules or absent.",
    explanation: "Messages before userspace need a built-in console driver: the 8250 serial port, \
        Arm's PL011, or virtio's hvc, which also needs its virtio transport. The machine may boot \
        without output; if it fails, the reason is invisible. A module works as soon as an \
        initramfs loads it.",
    fix: "Build the driver of the console in: CONFIG_SERIAL_8250_CONSOLE=y, \
        CONFIG_SERIAL_AMBA_PL011_CONSOLE=y, or CONFIG_VIRTIO_CONSOLE=y.",
    tells: &[Tell {
        text: "Warning: unable to open an initial console.",
        by: "Linux 6.1, if another console shows it",
        says: Says::Aside,
    }],
    sources: &[
        "Linux Documentation/admin-guide/serial-console.rst",
        "kelpie-check src/vmm/, the consoles of each target",
    ],
    check: Check::Facts(check),
};

/// What is known of one console's drivers together: the weakest of them.
enum Reach {
    Speaks,
    Later,
    Never,
    Unknown(Error),
}

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    let platform = bundle.platform()?;
    let line = bundle.command_line().ok();
    let named = line.map(CommandLine::consoles).unwrap_or_default();
    let judged: Vec<&Console> = platform
        .consoles
        .iter()
        .filter(|console| named.is_empty() || named.iter().any(|one| one.device == console.device))
        .collect();
    // What is not on this machine at all is KC201's.
    if judged.is_empty() {
        return Ok(Vec::new());
    }
    let mut later = false;
    let mut unknown = None;
    for console in &judged {
        match reach(bundle, platform, console)? {
            Reach::Speaks => return Ok(Vec::new()),
            Reach::Later => later = true,
            Reach::Never => {}
            Reach::Unknown(error) => unknown = Some(error),
        }
    }
    if let Some(error) = unknown {
        return Err(error);
    }
    let devices: Vec<&str> = judged.iter().map(|console| console.device).collect();
    let devices = devices.join(" and ");
    let target = bundle.target.title;
    let who = if named.is_empty() {
        format!("{target} offers {devices}")
    } else {
        format!("console= names {devices}")
    };
    let fix = fix(bundle, platform, &judged)?;
    let whose = if judged.len() == 1 {
        "whose driver is"
    } else {
        "whose drivers are"
    };
    let has_early_console = line.is_some_and(has_early_console);
    Ok(vec![if later {
        CONSOLE_DRIVER_MISSING
            .finding(
                format!("{who}, {whose} not built into this kernel."),
                "The console shows nothing until an initramfs loads the driver; a panic before \
                    that is silent.",
                fix,
            )
            .with_severity(Severity::Warn)
    } else {
        let message = format!("{who}, {whose} missing in this kernel.");
        if has_early_console {
            CONSOLE_DRIVER_MISSING
                .finding(
                    message,
                    "The early console works, but the output of init is never visible.",
                    fix,
                )
                .with_severity(Severity::Warn)
        } else {
            CONSOLE_DRIVER_MISSING.finding(
                message,
                "The boot has no visible output, even if it succeeds.",
                fix,
            )
        }
    }])
}

/// What the usual console lacks.
fn fix(bundle: &Bundle, platform: &Platform, judged: &[&Console]) -> Result<String> {
    let mut settings = Vec::new();
    let usual = judged.first().into_iter();
    for option in usual.flat_map(|console| platform.console_options(console)) {
        if bundle.driver(option)? != Driver::BuiltIn {
            settings.push(format!("CONFIG_{option}=y"));
        }
    }
    Ok(format!("Use a kernel with {}.", settings.join(" and ")))
}

fn reach(bundle: &Bundle, platform: &Platform, console: &Console) -> Result<Reach> {
    let mut reach = Reach::Speaks;
    for option in platform.console_options(console) {
        match bundle.driver(option)? {
            Driver::BuiltIn => {}
            Driver::Absent => return Ok(Reach::Never),
            Driver::Module | Driver::NotBuiltIn => reach = Reach::Later,
            Driver::Unknown(why) => {
                if matches!(reach, Reach::Speaks) {
                    reach = Reach::Unknown(Error::unsupported(option, why.to_owned()));
                }
            }
        }
    }
    Ok(reach)
}
