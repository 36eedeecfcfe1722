//! KC202: no console that the target offers has its driver in the kernel.

use super::super::{Cause, Tell};
use crate::bundle::Bundle;
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
    summary: "The drivers of every console that the target offers are modules or absent.",
    explanation: "Messages before userspace reach somebody only through a driver that is built in: \
        the 8250 serial port, Arm's PL011, or virtio's hvc, which needs its virtio transport too. \
        The machine may boot on unseen; when it fails, nobody learns why. A module serves from \
        the moment that an initramfs loads it.",
    fix: "Build the console's driver in: CONFIG_SERIAL_8250_CONSOLE=y, \
        CONFIG_SERIAL_AMBA_PL011_CONSOLE=y, or CONFIG_VIRTIO_CONSOLE=y.",
    tells: &[Tell {
        text: "Warning: unable to open an initial console.",
        by: "Linux 6.1, where another console shows it",
    }],
    sources: &[
        "Linux Documentation/admin-guide/serial-console.rst",
        "kelpie-check src/vmm/, the consoles of each target",
    ],
    check,
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
    let mut later = false;
    let mut unknown = None;
    for console in platform.consoles {
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
    let devices: Vec<&str> = platform
        .consoles
        .iter()
        .map(|console| console.device)
        .collect();
    let devices = devices.join(" and ");
    let target = bundle.target.title;
    let fix = fix(bundle, platform)?;
    let whose = if platform.consoles.len() == 1 {
        "whose driver"
    } else {
        "whose drivers"
    };
    Ok(vec![if later {
        CONSOLE_DRIVER_MISSING
            .finding(
                format!("{target} offers {devices}, {whose} this kernel has not built in."),
                "Nothing is seen before an initramfs loads the driver; a panic before that is silent.",
                fix,
            )
            .with_severity(Severity::Warn)
    } else {
        CONSOLE_DRIVER_MISSING.finding(
            format!("{target} offers {devices}, {whose} this kernel does not have."),
            "Nothing is ever seen of the boot, which may go on unseen.",
            fix,
        )
    }])
}

/// What the usual console lacks.
fn fix(bundle: &Bundle, platform: &Platform) -> Result<String> {
    let mut settings = Vec::new();
    let usual = platform.consoles.first().into_iter();
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
