//! KC2xx, the console: whether the kernel is seen to run.

pub(super) mod console_driver_missing;
pub(super) mod no_console_parameter;
pub(super) mod no_such_console;
pub(super) mod quiet_hides_panic;

use crate::cmdline::CommandLine;

/// Whether an early console is asked for, which goes on speaking while no other registers.
fn has_early_console(line: &CommandLine) -> bool {
    line.has("earlycon") || line.has("earlyprintk")
}
