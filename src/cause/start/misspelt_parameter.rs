//! KC210: a parameter of the command line is misspelt.

use crate::bundle::Bundle;
use crate::cause::{Cause, Check};
use crate::cmdline;
use crate::error::Result;
use crate::finding::{Code, Finding, Place, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static MISSPELT_PARAMETER: Cause = Cause {
    code: Code(210),
    name: "misspelt-parameter",
    stage: Stage::Start,
    role: Role::Cmdline,
    severity: Severity::Warn,
    summary: "A parameter of the command line is unknown, and one letter or two away from a known one.",
    explanation: "The kernel reports no unknown parameter as an error: it passes the word to init, as an \
        argument or in its environment, and continues with the default of the parameter that was meant. \
        Since Linux 5.15 it prints \"Unknown kernel command line parameters\". A misspelt root= or \
        console= fails later for a reason that does not mention the word.",
    fix: "Correct the name of the parameter.",
    tells: &[],
    sources: &[
        "Linux init/main.c, unknown_bootoption and print_unknown_bootoptions",
        "Linux Documentation/admin-guide/kernel-parameters.txt",
    ],
    check: Check::Facts(check),
};

fn check(bundle: &Bundle) -> Result<Vec<Finding>> {
    bundle.command_line()?;
    let line = bundle.effective_command_line()?.kept();
    let unknown = cmdline::unknown(&line).into_iter();
    let misspelt = unknown.filter_map(|unknown| {
        let meant = unknown.meant?;
        let consequence = if unknown.goes_to_init {
            format!("The kernel passes it to init, and boots as if {meant} were not given.")
        } else {
            format!("The kernel ignores it, and boots as if {meant} were not given.")
        };
        let place = Place {
            offset: u64::try_from(unknown.offset).ok(),
            member: None,
        };
        Some(
            MISSPELT_PARAMETER
                .finding(
                    format!("No parameter is called {}; {meant} is.", unknown.name),
                    consequence,
                    format!("Write {meant} instead of {}.", unknown.name),
                )
                .at(place),
        )
    });
    Ok(misspelt.collect())
}
