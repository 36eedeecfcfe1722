//! KC908: it prints, and does not get to the end.

use super::super::Cause;
use crate::finding::{Code, Severity};
use crate::role::Role;
use crate::stage::Stage;

/// The cause.
pub static DEADLINE_AFTER_OUTPUT: Cause = Cause {
    code: Code(908),
    name: "deadline-after-output",
    stage: Stage::Userspace,
    role: Role::Kernel,
    severity: Severity::Fatal,
    summary: "The boot printed something and then nothing that would end it.",
    explanation: "The console shows how far it came: what hangs is what comes after the last stage \
        that was reached. A driver may wait for hardware, an init for a disk or a network, \
        and a slow machine may only need more time. A log that was cut off looks the same. \
        It is known only by booting.",
    fix: "Give it more time; boot without quiet, and with initcall_debug, to see what the \
        kernel does last.",
    tells: &[],
    sources: &["Linux Documentation/admin-guide/kernel-parameters.txt, initcall_debug"],
    check: None,
};
