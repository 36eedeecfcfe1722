//! KC204: `quiet` hides what led to a panic.

use super::super::Cause;
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
    summary: "quiet keeps the messages that would explain a failed boot from the console.",
    explanation: "quiet sets the console's level to 4: errors and worse are shown, warnings and \
        information are not. Of a panic the line itself is seen, and the steps before it, such as \
        the disks that were found or the init that was run, are not. A later loglevel= wins over \
        it, and panic_print= with bit 5 prints the messages again when the kernel panics.",
    fix: "Leave quiet out, or add loglevel=7 behind it.",
    tells: &[],
    sources: &[
        "Linux init/main.c, quiet_kernel and loglevel",
        "Linux kernel/panic.c, panic_print",
    ],
    check: Some(check),
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
                "Where the boot fails, the panic is seen, and the lines before it that say why are \
                 not.",
                "Leave quiet out, or add loglevel=7 behind it.",
            )
            .at(Place {
                offset: u64::try_from(quiet.offset).ok(),
                member: None,
            }),
    ])
}
