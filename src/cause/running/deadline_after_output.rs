//! KC908: it prints, and does not get to the end.

use super::super::{Cause, Check};
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
    summary: "The boot printed messages, but did not end before the deadline.",
    explanation: "The console shows how far the boot got: the step after the last reached stage \
        hangs. A driver may wait for hardware, an init for a disk or a network, and a slow machine \
        may only need more time. A truncated log looks the same. It is known only from a boot.",
    fix: "Raise --timeout. Boot without quiet, and with initcall_debug, to see the kernel's last \
        steps.",
    tells: &[],
    sources: &["Linux Documentation/admin-guide/kernel-parameters.txt, initcall_debug"],
    check: Check::Running,
};
