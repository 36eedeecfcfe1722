//! KC204: `quiet` hides what led to a panic.

use super::super::{Cause, Check};
use crate::bundle::Bundle;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// What `quiet` sets (CONFIG_CONSOLE_LOGLEVEL_QUIET's default): messages below it are shown.
const QUIET_LEVEL: i64 = 4;

/// The cause.
pub static QUIET_HIDES_PANIC: Cause = Cause {
    code: Code(204),
    name: "quiet-hides-panic",
    stage: Stage::Console,
    role: Role::Cmdline,
    severity: Severity::Info,
    summary: "quiet hides the messages that would explain a failed boot.",
    explanation: "quiet sets the console's level to 4: it shows errors, but no warnings and no \
        information. The line of a panic is visible, but the steps before it are not, such as the \
        disks that were found or the init that was run. A later loglevel= overrides it, and \
        panic_print= with bit 5 prints the messages again when the kernel panics.",
    fix: "Remove quiet, or add loglevel=7 after it.",
    tells: &[],
    sources: &[
        "Linux init/main.c, quiet_kernel and loglevel",
        "Linux kernel/panic.c, panic_print",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.command_line()?;
    let line = bundle.effective_command_line()?.kept();
    let hides = line
        .console_loglevel()
        .is_some_and(|level| level <= QUIET_LEVEL);
    let Some(quiet) = line.named("quiet").last() else {
        return Ok(Vec::new());
    };
    if !hides || line.has("panic_print") {
        return Ok(Vec::new());
    }
    Ok(vec![
        QUIET_HIDES_PANIC
            .finding(
                "quiet is on the command line.",
                "If the boot fails, the panic is visible, but the lines before it that explain it \
                    are not.",
                "Remove quiet, or add loglevel=7 after it.",
            )
            .at(Place {
                offset: u64::try_from(quiet.offset).ok(),
                member: None,
            }),
    ])
}
